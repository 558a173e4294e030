"""What a request says: JSON, or a form with a file in it."""

import base64
import re
from typing import Any

from flask import request

from api.reading import json_body
from shared.errors import BodyTooLarge, Fault, InvalidRequest

_FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
_FILE = "image_src"
_MOST_FILE_BYTES = 10 * 1024 * 1024
# What a form has around the file, or a file that is a little too large.
_MARGIN_BYTES = 1024 * 1024
# As PHP names the entries of a list: prompts[] or prompts[0].
_ENTRY = re.compile(r"(.+)\[[0-9]*\]")


def body() -> Any:
    """Return the body; texts are trimmed and what is empty is left out, as their server does.

    Raises :class:`shared.errors.MalformedJson`, :class:`InvalidRequest`, :class:`BodyTooLarge`.
    """
    said = _form() if request.mimetype in _FORMS else json_body()
    return _trimmed(said)


def _form() -> dict[str, Any]:
    most = request.max_content_length = _MOST_FILE_BYTES + _MARGIN_BYTES
    # Before the form is read: by its bytes the request is recognised if it is sent again.
    if len(request.get_data()) >= most:
        raise BodyTooLarge
    said: dict[str, Any] = {}
    for name, values in request.form.lists():
        entry = _ENTRY.fullmatch(name)
        if entry:
            entries = said.setdefault(entry[1], [])
            if isinstance(entries, list):
                entries += values
        else:
            said[name] = values[-1]
    return said | _file()


def _file() -> dict[str, str]:
    """Return the file that came along, as JSON could have it."""
    file = request.files.get(_FILE)
    content = file.read() if file else b""
    if len(content) > _MOST_FILE_BYTES:
        message = f"Must be at most {_MOST_FILE_BYTES:,} bytes."
        raise InvalidRequest([Fault(_FILE, message)])
    if not content:
        return {}
    encoded = base64.b64encode(content).decode()
    return {_FILE: f"data:application/octet-stream;base64,{encoded}"}


def _trimmed(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    trimmed = {name: _without_margins(one) for name, one in said.items()}
    return {name: one for name, one in trimmed.items() if one not in (None, "")}


def _without_margins(value: Any) -> Any:
    if isinstance(value, list):
        return [one.strip() if isinstance(one, str) else one for one in value]
    return value.strip() if isinstance(value, str) else value
