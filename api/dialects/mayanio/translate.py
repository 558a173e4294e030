"""Their requests into ours: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.dialects.mayanio import points
from api.dialects.mayanio.shapes import (
    ImagesRequestSchema,
    ModelRequestSchema,
    VideoRequestSchema,
)
from shared import faults
from shared.catalog import Catalog, Model
from shared.dialects.mayanio_media import SIZES
from shared.errors import Fault, FileTooLarge, InvalidRequest, ModelUnavailable
from shared.jobs import media
from shared.jobs.requests import Draft
from shared.jobs.status import Kind

MOST_IMAGE_BYTES = 20_000_000
# As much in base64, and the rest of a body.
MOST_BODY_BYTES = MOST_IMAGE_BYTES * 4 // 3 + 65_536

MODEL_3D = "tripo-v2.5"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A request in our terms.

    ``what`` they call it; ``fields`` are theirs by the places of ours; ``points`` is what it costs
    where that is not what the catalogue says. One that is not ``is_held`` is answered at once.
    """

    what: str
    request: Mapping[str, Any]
    is_held: bool
    fields: Mapping[str, str]
    points: int | None = None

    def priced(self, draft: Draft) -> Draft:
        """Return a draft of it at its price; what is only tried stays free."""
        if draft.is_test or self.points is None:
            return draft
        return replace(draft, price=self.points)


Read = Callable[[Any, Catalog], Wanted]


def images(body: Any, catalog: Catalog) -> Wanted:
    """Turn a request for images into ours; raises :class:`shared.errors.InvalidRequest`."""
    theirs = faults.load(ImagesRequestSchema(), body, root="")
    model = _find(catalog, Kind.IMAGE, theirs["model"])
    width, height = SIZES[theirs["aspect_ratio"]]
    given = {
        "prompt": theirs["prompt"],
        "width": width,
        "height": height,
        "format": theirs["output_format"],
        "num_images": theirs["num_images"],
    }
    request = _request(theirs, model, "generate", given)
    fields = {"format": "output_format", "width": "aspect_ratio", "height": "aspect_ratio"}
    return _wanted("image" if theirs["num_images"] == 1 else "request", theirs, request, fields)


def video(body: Any, catalog: Catalog) -> Wanted:
    """Turn a request for a video into ours, in the least resolution that is enough."""
    theirs = faults.load(VideoRequestSchema(), body, root="")
    name = theirs["model"]
    model = _find(catalog, Kind.VIDEO, name)
    asked = lines_of(theirs["resolution"])
    if name == "ltx-2":
        asked = max(asked, 1080)
    resolution = _enough(asked, model) or f"{asked}p"
    given = {
        "prompt": theirs["prompt"],
        "duration": theirs["duration"],
        "resolution": resolution,
        "aspect_ratio": theirs["aspect_ratio"],
    }
    request = _request(theirs, model, "generate", given)
    return _wanted("video", theirs, request, {})


def model_3d(body: Any, catalog: Catalog) -> Wanted:
    """Turn a request for a 3D model into ours; raises :class:`shared.errors.FileTooLarge` too."""
    theirs = faults.load(ModelRequestSchema(), body, root="")
    model = _find(catalog, Kind.MODEL_3D, MODEL_3D)
    has_texture = theirs["texture_quality"] != "no"
    if "image_url" in theirs:
        field, image = "image_url", theirs["image_url"]
    else:
        field, image = "image_base64", _as_data_uri(theirs["image_base64"])
    given = {"image": image, "texture": has_texture}
    request = _request(theirs, model, "from_image", given)
    price = points.model_3d(model, has_texture=has_texture)
    return replace(_wanted("3D model", theirs, request, {"image": field}), points=price)


def lines_of(resolution: str) -> int:
    """Return the lines of a resolution: 720 of ``720p``."""
    return int(resolution.removesuffix("p"))


def _find(catalog: Catalog, kind: Kind, name: str) -> Model:
    found = catalog.find(name)
    if found is None or found.kind != kind:
        raise ModelUnavailable(f"Nobody here can serve {name!r}.")
    return found


def _request(
    theirs: Mapping[str, Any], model: Model, operation: str, given: dict[str, Any]
) -> dict[str, Any]:
    return {
        "kind": model.kind,
        "operation": operation,
        "model": model.name,
        "input": given,
        "webhook": theirs.get("webhook_url"),
    }


def _wanted(
    what: str, theirs: Mapping[str, Any], request: Mapping[str, Any], fields: Mapping[str, str]
) -> Wanted:
    is_held = not (theirs["is_async"] or "webhook_url" in theirs)
    return Wanted(
        what=what, request=request, is_held=is_held, fields={**fields, "webhook": "webhook_url"}
    )


def _enough(lines: int, model: Model) -> str | None:
    """Return the least resolution of a model that has so many lines, or else its largest."""
    known = sorted(model.limits.resolutions, key=lines_of)
    return next((one for one in known if lines_of(one) >= lines), known[-1] if known else None)


def _as_data_uri(text: str) -> str:
    """Return an image in base64, with or without what names its type, as a data URI."""
    content = media.content_of(text) if media.is_data(text) else text
    content = "".join(content.split())
    if text.startswith("data:") and not media.is_data(text):
        message = "Must be base64, or a data: URI in base64."
        raise InvalidRequest([Fault("image_base64", message)])
    if len(content.rstrip("=")) * 3 // 4 > MOST_IMAGE_BYTES:
        raise FileTooLarge(f"image_base64: At most {MOST_IMAGE_BYTES:,} bytes are taken.")
    return f"data:;base64,{content}"
