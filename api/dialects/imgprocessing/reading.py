"""What a request says: JSON, nothing at all, a form with a file in it, or which page."""

import base64
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import request

from api import auth, ground
from api.reading import json_body
from shared.errors import FileTooLarge, MalformedJson, UnsupportedMedia
from shared.jobs.media import IMAGES
from shared.uploads import receiving, sniffing

_MOST_FILE_BYTES = 20 * 1024 * 1024
# What a form has around the file.
_MARGIN_BYTES = 64 * 1024
_FILE = "image"


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a form says: its texts, its file in base64, and what is the same if it comes again."""

    texts: dict[str, str]
    content: str | None
    digest: bytes


def body() -> Any:
    """Return the body of what may have none; raises :class:`MalformedJson`.

    What says that it is JSON, and is empty, is none, as with them.
    """
    if not request.get_data():
        if request.mimetype == "application/json":
            raise MalformedJson("The body is empty. Send {} or no Content-Type.")
        return {}
    return json_body()


def form() -> Form:
    """Return the form; raises :class:`FileTooLarge` and :class:`UnsupportedMedia`."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMedia("Send a form: multipart/form-data.")
    most = _most_bytes()
    request.max_content_length = most + _MARGIN_BYTES
    if (request.content_length or 0) > request.max_content_length:
        raise _too_large(most)
    texts = request.form.to_dict()
    file = request.files.get(_FILE)
    content = file.read(most + 1) if file else None
    if content is not None:
        _check(content, most)
    said = [f"{name}={text}" for name, text in sorted(texts.items())]
    digest = sha256("\n".join(said).encode()).digest() + sha256(content or b"").digest()
    encoded = None if content is None else base64.b64encode(content).decode()
    return Form(texts=texts, content=encoded, digest=digest)


def _most_bytes() -> int:
    here, account = ground.current(), auth.account()
    limits = here.plans.limits(account.plan, account.overrides)
    return min(_MOST_FILE_BYTES, receiving.most_bytes(here, limits))


def _check(content: bytes, most_bytes: int) -> None:
    if len(content) > most_bytes:
        raise _too_large(most_bytes)
    if sniffing.content_type(content[: sniffing.HEAD]) not in IMAGES:
        raise UnsupportedMedia(f"This is none of: {', '.join(IMAGES)}.")


def _too_large(most_bytes: int) -> FileTooLarge:
    return FileTooLarge(f"At most {most_bytes:,} bytes are taken.")
