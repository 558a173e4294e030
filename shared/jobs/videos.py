"""What may be asked of a video: how long, how large, in which shape, at which rate."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Float, Integer, String
from marshmallow.validate import Length, Range

from shared.catalog import RESOLUTIONS, Model
from shared.errors import Fault
from shared.jobs.fields import MAX_PROMPT, MAX_SEED, says_something
from shared.jobs.media import IMAGES, Media


class _VideoSchema(Schema):
    duration = Float(validate=Range(min=0, min_inclusive=False))
    resolution = String()
    aspect_ratio = String()
    frame_rate = Integer(strict=True)
    seed = Integer(strict=True, validate=Range(min=0, max=MAX_SEED))


class VideoGenerateSchema(_VideoSchema):
    """Input of kind ``video``, operation ``generate``: ``duration`` in seconds."""

    prompt = String(required=True, validate=[says_something, Length(max=MAX_PROMPT)])
    negative_prompt = String(load_default="", validate=Length(max=MAX_PROMPT))
    style = String()


class VideoFromImageSchema(_VideoSchema):
    """Input of kind ``video``, operation ``from_image``: the picture is cropped to the shape."""

    image = Media(IMAGES, required=True)
    prompt = String(load_default="", validate=Length(max=MAX_PROMPT))


def beyond_limits(wanted: Mapping[str, Any], model: Model) -> Iterator[Fault]:
    """Yield what a model does not do of what is wanted."""
    limits = model.limits
    choices = {
        "resolution": limits.resolutions,
        "aspect_ratio": limits.aspect_ratios,
        "frame_rate": limits.frame_rates,
    }
    for name, known in choices.items():
        if name in wanted and wanted[name] not in known:
            offered = ", ".join(map(str, known))
            yield Fault(f"$.input.{name}", f"{model.name!r} knows: {offered}.")
    low, high = limits.min_seconds, limits.max_seconds
    if "duration" in wanted and not low <= wanted["duration"] <= high:
        yield Fault("$.input.duration", f"Must be {low:g} to {high:g} seconds for {model.name!r}.")


def frame_size(resolution: str, aspect_ratio: str) -> tuple[int, int]:
    """Return width and height, both even, as H.264 wants them."""
    side = RESOLUTIONS[resolution]
    across, down = (int(part) for part in aspect_ratio.split(":"))
    longer = 2 * round(side * max(across, down) / min(across, down) / 2)
    return (longer, side) if across >= down else (side, longer)
