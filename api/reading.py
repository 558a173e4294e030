"""What a request says: its body, and its preferences."""

import json
import re
from typing import Any, NoReturn

from flask import request

from api import ground
from shared.errors import MalformedJson

_WAIT = re.compile(r"\bwait(?:=(\d{1,6}))?\b")


def json_body() -> Any:
    """Return the body as JSON, whatever content type it claims; raises :class:`MalformedJson`."""
    try:
        return json.loads(request.get_data(cache=False), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedJson(f"The body is not JSON: {error}.") from error


def wait_seconds() -> int:
    """Return for how long the caller wants to be held (``Prefer: wait=N``), as far as allowed."""
    preference = _WAIT.search(request.headers.get("Prefer", ""))
    if preference is None:
        return 0
    most = ground.current().settings.http.max_wait_seconds
    return min(int(preference[1] or most), most)


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)
