"""Files are served: whole or in parts, told as what they are."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, request
from werkzeug.http import http_date, parse_range_header

from api import auth, ground
from shared.errors import LinkExpired, RangeNotSatisfiable


@dataclass(frozen=True, kw_only=True)
class File:
    """An object in the storage, as its row knows it."""

    key: str
    content_type: str
    bytes: int
    sha256: str
    created_at: datetime


def is_signed() -> bool:
    """Say whether the request has a signature, and so needs no key."""
    return "signature" in request.args


def signature() -> tuple[int, str]:
    """Return until when the request's link holds, as it says, and its signature."""
    return request.args.get("expires", 0, type=int), request.args["signature"]


def admit_by_key() -> None:
    """Let a request without a signature in by its key; raises :class:`LinkExpired` without one."""
    if not auth.has_key():
        raise LinkExpired("This link has no signature: read it anew, or send your key.")
    auth.admit()


def serve(file: File) -> Response:
    """Return a file, or the asked range of it."""
    part = _range(file)
    response = _whole(file) if part is None else _part(file, *part)
    _describe(response, file)
    response.make_conditional(request)
    return response


def _range(file: File) -> tuple[int, int] | None:
    """Return the first and the last byte asked for, or nothing if it is the whole file."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or _has_changed(file):
        return None
    first, end = asked.ranges[0]
    if first < 0:  # the last so many bytes
        first, end = max(0, file.bytes + first), None
    if first >= file.bytes:
        raise RangeNotSatisfiable(file.bytes)
    return first, min(end or file.bytes, file.bytes) - 1


def _has_changed(file: File) -> bool:
    """Say whether the caller has parts of something else (``If-Range``)."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return False
    return condition not in {f'"{file.sha256}"', http_date(file.created_at)}


def _whole(file: File) -> Response:
    response = Response(ground.current().store.read(file.key), 200)
    response.content_length = file.bytes
    return response


def _part(file: File, first: int, last: int) -> Response:
    length = last - first + 1
    content = ground.current().store.read(file.key, start=first, length=length)
    response = Response(content, 206)
    response.content_length = length
    response.headers["Content-Range"] = f"bytes {first}-{last}/{file.bytes}"
    return response


def _describe(response: Response, file: File) -> None:
    response.content_type = file.content_type
    response.set_etag(file.sha256)
    response.last_modified = file.created_at
    response.headers.update(
        {
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=86400, immutable",
            "Content-Disposition": f'inline; filename="{file.key.rsplit("/", 1)[-1]}"',
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Allow-Origin": "*",
        }
    )
