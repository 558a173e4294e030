"""Jobs of whatever kind as VidiKing's clients find them again, list them and stop them."""

from typing import Any

from flask import Blueprint, Response, request

from api import auth, ground
from api.cursors import Cursors
from api.dialects.vidiking import faults, making
from api.dialects.vidiking.shapes import JobQuerySchema
from shared.accounts.access import Scope
from shared.dialects import vidiking
from shared.errors import InvalidRequest
from shared.faults import load
from shared.jobs import lifecycle, queries

blueprint = Blueprint("vidiking", __name__, url_prefix="/v1")
auth.require_key(blueprint)

_CURSORS = Cursors("renders")


@blueprint.get("/render/<their_id>")
@auth.needs(Scope.READ)
def get_job(their_id: str) -> Response:
    """Return a job as it stands."""
    job = making.find(vidiking.our_id(their_id))
    return making.respond(vidiking.job(job, ground.current().links))


@blueprint.delete("/render/<their_id>")
@auth.needs(Scope.SUBMIT)
def cancel_job(their_id: str) -> Response:
    """Cancel a job: a queued one at once, a running one as soon as it can be stopped."""
    job_id = vidiking.our_id(their_id)
    with ground.current().transaction() as session:
        found = queries.get_job(session, account_id=auth.account().id, job_id=job_id)
        lifecycle.cancel(session, found)
    job = making.find(job_id)
    shown = vidiking.job(job, ground.current().links)
    return making.respond(shown, 200 if job.finished_at else 202)


@blueprint.get("/renders")
@auth.needs(Scope.READ)
def list_jobs() -> Response:
    """List the jobs of the account, newest first, page by page."""
    query = load(JobQuerySchema(), request.args.to_dict(), root="")
    limit, before = query["limit"], _last_seen(query["cursor"])
    with ground.current().reading() as session:
        jobs = queries.list_jobs(
            session,
            account_id=auth.account().id,
            limit=limit + 1,
            before=before,
            filters=_filters(query["status"]),
        )
    page, rest = jobs[:limit], jobs[limit:]
    links = ground.current().links
    return making.respond(
        {
            "data": [vidiking.job(job, links) for job in page],
            "next_cursor": _CURSORS.write(page[-1].id) if rest else None,
        }
    )


def _last_seen(cursor: str | None) -> str | None:
    try:
        return _CURSORS.read(cursor)
    except InvalidRequest as error:
        raise faults.in_their_words(error, {}) from error


def _filters(status: str | None) -> dict[str, Any]:
    if status is None:
        return {}
    return {"status": [ours for ours, theirs in vidiking.STATUSES.items() if theirs == status]}
