"""Their requests into ours, and images of the library into theirs: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from api.dialects.imgprocessing import shapes
from shared import faults
from shared.clock import rfc3339
from shared.errors import Fault, InvalidRequest
from shared.jobs.fields import MAX_SEED
from shared.library.images import Picture
from shared.storage.links import Links

NAME = "imgprocessing"

# What makes their pictures, but for those from words.
_ENGINE = "darkroom"
_SIDE = 1024


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One picture in our terms: its name, our request for it, their fields by those of ours."""

    name: str
    request: Mapping[str, Any]
    fields: Mapping[str, str]

    def in_their_words(self, error: InvalidRequest) -> InvalidRequest:
        """Name the places as their body has them: ``seed``, not ``$.input.seed``."""
        return InvalidRequest([Fault(self._place(one.path), one.message) for one in error.faults])

    def _place(self, path: str) -> str:
        ours = path.removeprefix("$.").removeprefix("input.")
        name = ours.partition("[")[0].partition(".")[0]
        return self.fields.get(name, name) + ours[len(name) :]


def imagined(body: Any, models: Mapping[str, str], *, word: str = "") -> Wanted:
    """Turn a request for a picture from words into ours; raises :class:`InvalidRequest`."""
    theirs = read(shapes.ImagineSchema(), body)
    given = {"prompt": theirs["prompt"], "width": _SIDE, "height": _SIDE, "format": "jpeg"}
    if "negative_prompt" in theirs and theirs["model"] != "flux":
        given["negative_prompt"] = theirs["negative_prompt"]
    if "seed" in theirs:
        given["seed"] = theirs["seed"] % (MAX_SEED + 1)
    return wanted(
        theirs["name"],
        "generate",
        given | ({"mark": word} if word else {}),
        model=models[theirs["model"]],
        webhook=theirs.get("callback_url"),
    )


def created(body: Any, is_allowed: Callable[[str], bool]) -> Wanted:
    """Turn a request for an image from an address into ours; raises :class:`InvalidRequest`."""
    wrong: list[Fault] = []
    try:
        theirs = read(shapes.CreateSchema(), body)
    except InvalidRequest as error:
        theirs, wrong = dict(error.valid), [*error.faults]
    if "url" in theirs and not is_allowed(theirs["url"]):
        wrong.append(Fault("url", "must be an address of a host from which images are taken"))
    if wrong:
        raise InvalidRequest(wrong)
    return _imported(theirs, theirs["url"], "url")


def uploaded(texts: Mapping[str, str], content: str | None) -> Wanted:
    """Turn an uploaded file, as base64, into ours; raises :class:`InvalidRequest`."""
    missing = [] if content is not None else [Fault("image", "is missing")]
    try:
        theirs = read(shapes.UploadSchema(), texts)
    except InvalidRequest as error:
        raise InvalidRequest([*error.faults, *missing]) from error
    if missing:
        raise InvalidRequest(missing)
    return _imported(theirs, f"data:;base64,{content}", "image")


def image(picture: Picture, links: Links, *, published_at: str) -> dict[str, Any]:
    """Turn an image of the library into theirs; ``published_at`` is the path of what is shown."""
    known, file = picture.image, picture.file
    return {
        "id": known.id,
        "name": known.name,
        "url": links.absolute(f"{published_at}/{known.id}") if known.is_published else None,
        "width": file.width,
        "height": file.height,
        "format": file.content_type.removeprefix("image/"),
        "size": file.bytes,
        "created_at": rfc3339(known.created_at),
    }


def read(schema: Schema, body: Any) -> dict[str, Any]:
    """Read a body, with its faults named as the body has them; raises :class:`InvalidRequest`."""
    try:
        return faults.load(schema, body, root="")
    except InvalidRequest as error:
        told = [Fault(one.path.removeprefix(".") or "body", one.message) for one in error.faults]
        raise InvalidRequest(told, valid=error.valid) from error


def _imported(theirs: Mapping[str, Any], source: str, field: str) -> Wanted:
    return wanted(
        theirs["name"],
        "import",
        {"image": source},
        webhook=theirs.get("callback_url"),
        fields={"image": field},
    )


def wanted(
    name: str,
    operation: str,
    given: Mapping[str, Any],
    *,
    model: str = _ENGINE,
    webhook: str | None,
    fields: Mapping[str, str] | None = None,
) -> Wanted:
    """Return one picture of this name that an operation of ours makes of what is given."""
    return Wanted(
        name=name,
        request={
            "kind": "image",
            "operation": operation,
            "model": model,
            "input": given,
            "webhook": webhook,
        },
        fields={"webhook": "callback_url", **(fields or {})},
    )
