"""What is to be written: sizes, rates and qualities, from how a caller names them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from shared.timelines import names
from workers.providers.render.meaning.amounts import CRF, JPEG
from workers.providers.render.meaning.geometry import Size
from workers.providers.render.meaning.script import Capture, Target

_LARGEST = 4096
_LEAST, _MOST = Fraction(names.LEAST_RATE), Fraction(names.MOST_RATE)
# What sources are usually meant to have, where they miss it by a little.
_RATES = [names.frame_rate(fps) for fps in (12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60)]


def canvas(output: Mapping[str, Any]) -> Size | None:
    """Return the size that is laid out on; none if the output does not ask for any."""
    if size := output.get("size"):
        return int(size["width"]), int(size["height"])
    if not output.get("resolution") and not output.get("aspectRatio"):
        return None
    resolution, ratio = output.get("resolution") or "hd", output.get("aspectRatio") or "16:9"
    return names.frame_size(resolution, ratio)


def rate(output: Mapping[str, Any]) -> Fraction | None:
    """Return the exact frame rate; none if the output does not ask for any."""
    if output.get("fps"):
        return names.frame_rate(output["fps"])
    if output.get("resolution"):
        return Fraction(names.RESOLUTIONS[output["resolution"]][2])
    return None


def near_rate(rate: Fraction) -> Fraction:
    """Return the usual rate that a source's is close to; else its own, within bounds."""
    nearest = min(_RATES, key=lambda one: abs(one - rate))
    if abs(nearest - rate) * 200 < nearest:
        return nearest
    return min(_MOST, max(_LEAST, rate)).limit_denominator(1001)


def even(size: Size) -> Size:
    """Return the nearest size that has whole chroma samples and can be written."""
    width, height = size
    share = min(1.0, _LARGEST / max(width, height))
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def target(output: Mapping[str, Any], laid_out: Size, frames: int, fps: Fraction) -> Target:
    """Read everything about the file."""
    size = _scaled(laid_out, output.get("scaleTo"))
    quality = output.get("quality") or "medium"
    thumbnail = output.get("thumbnail")
    poster = output.get("poster")
    return Target(
        format=output.get("format") or "mp4",
        size=size,
        crf=CRF[quality],
        jpeg=JPEG[quality],
        repeat=output.get("repeat") is not False,
        poster=_capture(poster, size, 1.0, frames, fps) if poster else None,
        thumbnail=_capture(thumbnail, size, float(thumbnail["scale"]), frames, fps)
        if thumbnail
        else None,
    )


def _scaled(size: Size, name: str | None) -> Size:
    if not name:
        return size
    share = names.RESOLUTIONS[name][1] / min(size)
    return even((round(size[0] * share), round(size[1] * share)))


def _capture(
    given: Mapping[str, Any], size: Size, scale: float, frames: int, fps: Fraction
) -> Capture:
    frame = min(max(0, frames - 1), int(Fraction(str(given["capture"])) * fps))
    kept = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return Capture(frame=frame, size=kept)
