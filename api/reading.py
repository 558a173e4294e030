"""What a request says: its body, its preferences, and its deadline."""

import json
import re
from datetime import datetime
from typing import Any, NoReturn

from flask import request

from api import ground
from shared import clock
from shared.errors import BodyTooLarge, Fault, InvalidRequest, MalformedJson
from shared.moments import duration_of

CANCEL_AFTER = "Cancel-After"

_DIGITS = re.compile(r"[0-9]{1,6}")


def json_body() -> Any:
    """Return the body as JSON, whatever content type it claims; raises :class:`MalformedJson`."""
    body = request.get_data()
    most = request.max_content_length
    if request.content_length is None and most is not None and len(body) >= most:
        # Sent in chunks, such a body is cut off where it becomes too large.
        raise BodyTooLarge
    try:
        return json.loads(body, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body is not JSON: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise MalformedJson("The body is not JSON that can be read here.") from error


def wait_seconds() -> int:
    """Return for how long the caller wants to be held (``Prefer: wait=N``), as far as allowed."""
    most = ground.current().settings.http.max_wait_seconds
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"') or str(most)
            return min(int(seconds), most) if _DIGITS.fullmatch(seconds) else 0
    return 0


def is_dry_run() -> bool:
    """Say whether nothing shall be done, but told what it would come to (``?dry_run=true``).

    Raises :class:`InvalidRequest` that names the parameter.
    """
    text = request.args.get("dry_run", "false")
    if text not in {"true", "false"}:
        raise InvalidRequest([Fault("query.dry_run", "Must be true or false.")])
    return text == "true"


def cancel_after() -> datetime | None:
    """Return when a job that is not finished is canceled (``Cancel-After: 5m``), if that is said.

    Raises :class:`InvalidRequest` that names the header.
    """
    text = request.headers.get(CANCEL_AFTER)
    if text is None:
        return None
    duration = duration_of(text.strip().lower())
    if not duration:
        message = "Must be how long from now, up to ten years: 90, 90s, 5m or 1h30m."
        raise InvalidRequest([Fault(f"header.{CANCEL_AFTER}", message)])
    return clock.now() + duration


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)
