"""What a caller who asks again and again should know: whether anything changed, and when to ask."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

# Of the time that is left, or, where nobody knows that, of the time that has passed.
_SHARE_LEFT, _SHARE_PASSED = 0.5, 0.2
_SHORTEST, _LONGEST = 1, 30


def tag(shown: Mapping[str, Any], *, link_seconds: int, now: datetime) -> str:
    """Return what stays the same while a job is shown the same, but for its estimate and links.

    Links do not open forever, so after half of their time it is another one.
    """
    files = [one["id"] for one in shown["artifacts"]]
    renewal = int(now.timestamp()) // (link_seconds // 2) if files else None
    seen = {**shown, "estimate": None, "artifacts": [files, renewal]}
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:24]


def retry_after(shown: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Return when to ask again for a job, as a header; nothing if it is over."""
    if shown["finished_at"] is not None:
        return {}
    left = (shown["estimate"] or {}).get("seconds_left")
    if left is not None:
        wait = left * _SHARE_LEFT
    else:
        passed: timedelta = now - datetime.fromisoformat(shown["created_at"])
        wait = passed.total_seconds() * _SHARE_PASSED
    return {"Retry-After": str(min(max(math.ceil(wait), _SHORTEST), _LONGEST))}
