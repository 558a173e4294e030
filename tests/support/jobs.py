"""Jobs as tests need them: submitted and claimed with little ado."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.ground import Ground
from shared.jobs import lifecycle, requests, submission
from shared.jobs.status import Queue
from shared.jobs.tables import Job

LEASE = timedelta(seconds=60)


def submit(ground: Ground, account_id: str, **fields: Any) -> Job:
    """Submit a small image job."""
    asked = fields.pop("input", {})
    words = {} if "prompts" in asked else {"prompt": "a red fox"}
    of_input = words | {"width": 64, "height": 64} | asked
    draft = requests.read({"kind": "image", "input": of_input} | fields, ground.catalog)
    with ground.transaction() as session:
        return submission.submit(session, account_id=account_id, origin="test", draft=draft)


def claim(ground: Ground, *, limit: int = 1, lease: timedelta = LEASE) -> Sequence[Job]:
    """Claim image jobs as a worker would."""
    with ground.transaction() as session:
        return lifecycle.claim(session, Queue.IMAGE, worker="test", limit=limit, lease=lease)


def read(ground: Ground, job_id: str) -> Job:
    """Read a job as it stands."""
    with ground.transaction() as session:
        return session.get_one(Job, job_id)


def as_one_of_many(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a job, as it is shown by itself, in the way that lists and batches show it."""
    return shown | {"attempts": None, "queue_position": None, "estimate": None}
