"""VidiKing's paths."""

from flask import Blueprint, Response, json

from api import auth, ground
from api.dialects.vidiking import faults, translate
from api.reading import json_body
from shared.errors import InvalidRequest
from shared.jobs import queries, requests, submission
from shared.jobs.status import Status
from shared.jobs.tables import Job

# Where errors are told in VidiKing's shape.
PREFIXES = ("/v1/ai/", "/v1/render")

blueprint = Blueprint("vidiking", __name__, url_prefix="/v1")
auth.require_key(blueprint)


@blueprint.post("/ai/image")
def make_image() -> Response:
    """Make one image, and answer when it is finished; 202 if that takes too long."""
    here = ground.current()
    wanted = translate.image_request(json_body())
    try:
        draft = requests.read(wanted.request, here.catalog)
    except InvalidRequest as error:
        raise faults.in_their_words(error) from error
    with here.transaction() as session:
        submitted = submission.submit(
            session, account_id=auth.account().id, origin="vidiking", draft=draft
        )
    ground.waiting_room().wait(submitted.id, here.settings.http.max_wait_seconds)
    job = _get(submitted.id)
    match job.status:
        case Status.SUCCEEDED:
            credits_used = draft.model.credits
            shape = translate.finished_image(job, here.links, credits_used=credits_used)
            return _answer(shape | wanted.warnings, 200)
        case Status.FAILED | Status.CANCELED:
            raise faults.NotMade(job)
        case _:
            return _answer(translate.unfinished_image(job) | wanted.warnings, 202)


@blueprint.get("/render/<their_id>")
def get_job(their_id: str) -> Response:
    """Return a job as it stands."""
    here = ground.current()
    job = _get(translate.our_id(their_id))
    model = here.catalog.find(job.model)
    shape = translate.job(job, here.links, credits_used=model.credits if model else 0)
    return _answer(shape, 200)


def _get(job_id: str) -> Job:
    with ground.current().transaction() as session:
        return queries.get_job(session, account_id=auth.account().id, job_id=job_id)


def _answer(shape: dict[str, object], status: int) -> Response:
    return Response(json.dumps(shape), status, content_type="application/json")
