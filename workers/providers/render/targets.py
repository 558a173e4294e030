"""What is to be written: sizes, rates and qualities, from how a caller names them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from workers.providers.render.script import Capture, Size, Target

_SHORT_SIDES = {"preview": 288, "mobile": 360, "sd": 576, "hd": 720, "1080": 1080, "4k": 2160}
_RATIOS = {
    "16:9": Fraction(16, 9),
    "9:16": Fraction(9, 16),
    "1:1": Fraction(1),
    "4:5": Fraction(4, 5),
    "4:3": Fraction(4, 3),
}
_CRF = {"verylow": 33, "low": 28, "medium": 23, "high": 20, "veryhigh": 17}
_JPEG = {"verylow": 50, "low": 65, "medium": 80, "high": 90, "veryhigh": 95}
_USUAL_RATE, _PREVIEW_RATE = Fraction(25), Fraction(15)
# What broadcasters call 23.976 and the like are these over 1001.
_THOUSANDS = 1001
_LARGEST = 4096


def canvas(output: Mapping[str, Any]) -> Size | None:
    """Return the size that is laid out on; none if the output does not ask for any."""
    if size := output.get("size"):
        return int(size["width"]), int(size["height"])
    if not output.get("resolution") and not output.get("aspectRatio"):
        return None
    return _shaped(str(output.get("resolution") or "hd"), output.get("aspectRatio") or "16:9")


def rate(output: Mapping[str, Any]) -> Fraction | None:
    """Return the exact frame rate; none if the output does not ask for any."""
    if output.get("fps"):
        return exact_rate(output["fps"])
    if output.get("resolution"):
        return _PREVIEW_RATE if output["resolution"] == "preview" else _USUAL_RATE
    return None


def exact_rate(fps: Any) -> Fraction:
    """Return the rate that is meant: 29.97 is 30000/1001."""
    given = Fraction(str(fps))
    if given.denominator == 1:
        return given
    near = Fraction(round(given * _THOUSANDS / 1000) * 1000, _THOUSANDS)
    return near if abs(near - given) < Fraction(1, 1000) else given


def near_rate(rate: Fraction) -> Fraction:
    """Return the usual rate that a source's is close to; else its own, within bounds."""
    nearest = min(_RATES, key=lambda one: abs(one - rate))
    if abs(nearest - rate) * 200 < nearest:
        return nearest
    return min(_RATES[-1], max(_RATES[0], rate)).limit_denominator(_THOUSANDS)


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
        crf=_CRF[quality],
        jpeg=_JPEG[quality],
        repeat=output.get("repeat") is not False,
        poster=_capture(poster, size, 1.0, frames, fps) if poster else None,
        thumbnail=_capture(thumbnail, size, float(thumbnail["scale"]), frames, fps)
        if thumbnail
        else None,
    )


_RATES = [exact_rate(fps) for fps in (12, 15, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60)]


def _shaped(resolution: str, ratio: str) -> Size:
    short, shape = _SHORT_SIDES[resolution], _RATIOS[ratio]
    if shape >= 1:
        return round(short * shape / 2) * 2, short
    return short, round(short / shape / 2) * 2


def _scaled(size: Size, name: str | None) -> Size:
    if not name:
        return size
    share = _SHORT_SIDES[str(name)] / min(size)
    return even((round(size[0] * share), round(size[1] * share)))


def _capture(
    given: Mapping[str, Any], size: Size, scale: float, frames: int, fps: Fraction
) -> Capture:
    frame = min(max(0, frames - 1), int(Fraction(str(given["capture"])) * fps))
    kept = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return Capture(frame=frame, size=kept)
