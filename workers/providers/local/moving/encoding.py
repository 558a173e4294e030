"""Frames as a file: H.264 in MP4, written while they come."""

from collections.abc import Iterable
from pathlib import Path

import av
from av.video.reformatter import ColorRange, Colorspace

from workers.providers.local.moving.film import Film
from workers.providers.local.moving.layers import Bitmap

# Two threads: a worker carries several jobs out at the same time.
_OPTIONS = {"preset": "veryfast", "crf": "20", "threads": "2"}
_BT709 = 1


def encode(frames: Iterable[Bitmap], film: Film, path: Path) -> None:
    """Write a film whose head comes first, so that it plays before all of it is there."""
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=film.rate, options=_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
