"""Sound for an encoder: samples as FFmpeg takes them, counted from the first."""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet

from workers.providers.render.parts import SAMPLE_RATE, Samples


class Voice:
    """The sound of one file, stereo at 48 kHz."""

    def __init__(self, stream: AudioStream, kbits: int | None = None) -> None:
        stream.codec_context.layout = "stereo"
        if kbits is not None:
            stream.bit_rate = kbits * 1000
        self._stream = stream
        self._count = 0

    def encode(self, samples: Samples) -> "Sequence[Packet[AudioStream]]":
        """Encode the next samples, of shape (any number, 2)."""
        # Packed stereo is one row of both in turn.
        row = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(row, format="flt", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self._count, Fraction(1, SAMPLE_RATE)
        self._count += len(samples)
        return self._stream.encode(frame)

    def flush(self) -> "Sequence[Packet[AudioStream]]":
        """Return what the encoder still holds."""
        return self._stream.encode(None)
