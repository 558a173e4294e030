"""fal's platform API: the requests to an endpoint, newest first, by pages with a cursor."""

import base64
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from tests.support.emulator.jobs import Job, Jobs
from tests.support.emulator.wire import Answer, json_answer

_DAY = 86_400.0


def by_endpoint(jobs: Jobs, query: str, *, lag: float) -> Answer:
    """List requests. As with fal, a cursor is a page's number, and inputs come if asked for."""
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    try:
        endpoint = asked["endpoint_id"]
        limit = int(asked.get("limit", "50"))
        page = int(base64.b64decode(asked["cursor"])) if "cursor" in asked else 1
        since = _moment(asked["start"]) if "start" in asked else time.time() - _DAY
    except (KeyError, ValueError) as error:
        return _invalid(f"{type(error).__name__}: {error}")
    if not 1 <= limit <= 100:
        return _invalid("limit must be 1 to 100")
    found = jobs.newest_first(endpoint, since, time.time() - lag)
    shown = found[(page - 1) * limit : page * limit]
    has_more = len(found) > page * limit
    has_payloads = asked.get("expand") == "payloads"
    document = {
        "items": [_item(job, has_payloads=has_payloads) for job in shown],
        "next_cursor": base64.b64encode(str(page + 1).encode()).decode() if has_more else None,
        "has_more": has_more,
    }
    return json_answer(200, document)


def _item(job: Job, *, has_payloads: bool) -> dict[str, Any]:
    is_over = job.status == "COMPLETED"
    item = {
        "request_id": job.id,
        "endpoint_id": job.endpoint,
        "sent_at": _text(job.sent_at),
        "started_at": _text(job.starts_at),
        "ended_at": _text(job.ends_at) if is_over else None,
        "status_code": 200 if is_over else None,
    }
    return item | ({"json_input": job.input} if has_payloads else {})


def _text(moment: float) -> str:
    """Write a moment as fal does: in whole seconds."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _invalid(message: str) -> Answer:
    return json_answer(422, {"error": {"type": "validation_error", "message": message}})
