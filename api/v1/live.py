"""What happens to jobs, as it happens: server-sent events."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from api import auth, ground
from api.messages import LAST_SEEN, last_seen
from api.streams import CONTENT_TYPE
from api.v1.describing import may_answer, takes_headers
from shared.accounts.access import Scope
from shared.jobs import queries
from shared.jobs.feed import Topic

blueprint = Blueprint("events", __name__, url_prefix="/v1", description="Live events.")
auth.require_key(blueprint)

_LAST_EVENT_ID = {
    "name": LAST_SEEN,
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    "description": "`id` of the last event that was seen: what came after it is sent first.",
}
_STREAM: dict[str, Any] = {
    "description": "Server-sent events: `id`, `event` (`job.queued`, `job.started`, "
    "`job.progress`, `job.succeeded`, `job.failed` or `job.canceled`) and `data`, the job.",
    "content": {CONTENT_TYPE: {"schema": {"type": "string"}}},
}


@blueprint.get("/events")
@auth.needs(Scope.READ)
@takes_headers(blueprint, _LAST_EVENT_ID)
@blueprint.doc(responses={"200": _STREAM})
@may_answer(blueprint, (401, 422, 503))
def follow_account() -> Response:
    """Follow what happens to all of your jobs from now on.

    The stream ends after some minutes: come back with the last `id`, and nothing is lost.
    """
    account_id = auth.account().id
    seen = last_seen(request.headers.get(LAST_SEEN))
    return ground.streams().open(Topic(account_id, is_account=True), account_id, after=seen)


@blueprint.get("/jobs/<job_id>/events")
@auth.needs(Scope.READ)
@takes_headers(blueprint, _LAST_EVENT_ID)
@blueprint.doc(
    responses={
        "200": _STREAM,
        "204": {"description": "The job is over, and you have seen everything."},
    }
)
@may_answer(blueprint, (401, 404, 422, 503))
def follow_job(job_id: str) -> Response:
    """Follow what happens to a job, from its beginning to its end.

    The stream ends with the job, or after some minutes: come back with the last `id` then.
    """
    account_id = auth.account().id
    seen = last_seen(request.headers.get(LAST_SEEN))
    with ground.current().reading() as session:
        job = queries.get_job(session, account_id=account_id, job_id=job_id)
    if job.finished_at is not None:
        return ground.streams().replay(Topic(job.id), after=seen or 0)
    return ground.streams().open(Topic(job.id), account_id, after=seen)
