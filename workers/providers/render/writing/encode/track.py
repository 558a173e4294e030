"""Sound alone: MP3, or WAV."""

from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream

from workers.providers.render.parts import SAMPLE_RATE, Planes, Samples
from workers.providers.render.writing.encode.sink import Order
from workers.providers.render.writing.encode.voice import Voice

_CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le"}


class Track:
    """Writes what is heard, and nothing of what is seen."""

    def __init__(self, path: Path, order: Order) -> None:
        target = order.target
        self._container = av.open(path, "w", format=target.format)
        stream = self._container.add_stream(_CODECS[target.format], rate=SAMPLE_RATE)
        kbits = _kbits(target.crf) if target.format == "mp3" else None
        self._voice = Voice(cast(AudioStream, stream), kbits=kbits)

    def picture(self, planes: Planes) -> None:
        """Leave a frame out."""

    def sound(self, samples: Samples) -> None:
        """Write the next samples."""
        self._container.mux(self._voice.encode(samples))

    def close(self) -> None:
        """Write the rest."""
        self._container.mux(self._voice.flush())
        self._container.close()


def _kbits(crf: int) -> int:
    """Return how many bits go with pictures of this quality; here there are none beside them."""
    return 320 if crf <= 17 else 256 if crf <= 20 else 192 if crf <= 25 else 128
