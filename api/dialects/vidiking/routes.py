"""VidiKing's paths."""

from typing import Any

from flask import Blueprint, Response, json
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, quota
from api.dialects.vidiking import faults, translate
from api.reading import json_body
from shared.accounts.access import Scope
from shared.dialects import vidiking
from shared.errors import InvalidRequest
from shared.jobs import queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.requests import Draft
from shared.jobs.status import Status
from shared.jobs.tables import Job

# Where errors are told in VidiKing's shape.
PREFIXES = ("/v1/ai/", "/v1/render")

blueprint = Blueprint("vidiking", __name__, url_prefix="/v1")
auth.require_key(blueprint)


@blueprint.post("/ai/image")
@auth.needs(Scope.SUBMIT)
def make_image() -> Response:
    """Make one image, and answer when it is finished; 202 if that takes too long."""
    here = ground.current()
    wanted = translate.image_request(json_body())

    def submit(session: Session) -> Answer:
        draft = _read(wanted.request)
        quota.take(session)
        job = submission.submit(
            session,
            account_id=auth.account().id,
            origin=vidiking.NAME,
            draft=draft,
            by=auth.access(),
        )
        return Answer(job_id=job.id)

    job_id = str(idempotency.once(submit).job_id)
    ground.waiting_room().wait(job_id, here.settings.http.max_wait_seconds)
    job = _get(job_id)
    match job.status:
        case Status.SUCCEEDED:
            shape = translate.finished_image(job, here.links, credits_used=_credits(job))
            return _answer(shape | wanted.warnings, 200)
        case Status.FAILED | Status.CANCELED:
            raise faults.NotMade(job)
        case _:
            return _answer(translate.unfinished_image(job) | wanted.warnings, 202)


@blueprint.get("/render/<their_id>")
@auth.needs(Scope.READ)
def get_job(their_id: str) -> Response:
    """Return a job as it stands."""
    job = _get(vidiking.our_id(their_id))
    shape = vidiking.job(job, ground.current().links, credits_used=_credits(job))
    return _answer(shape, 200)


def _read(request: dict[str, Any]) -> Draft:
    try:
        return requests.read(request, auth.catalog())
    except InvalidRequest as error:
        raise faults.in_their_words(error) from error


def _credits(job: Job) -> int:
    model = ground.current().catalog.find(job.model)
    return model.credits if model else 0


def _get(job_id: str) -> Job:
    with ground.current().reading() as session:
        return queries.get_job(session, account_id=auth.account().id, job_id=job_id)


def _answer(shape: dict[str, object], status: int) -> Response:
    return Response(json.dumps(shape), status, content_type="application/json")
