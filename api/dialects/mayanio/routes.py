"""MayanIO's paths that make something. Where theirs is not known, all that it may be are served."""

from flask import Blueprint, Response, json, request
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.dialects.mayanio import faults, translate
from api.dialects.mayanio.translate import Read, Wanted
from api.reading import json_body
from shared.accounts import ledger
from shared.accounts.access import Scope
from shared.dialects import mayanio, mayanio_media
from shared.errors import InsufficientCredits, InvalidRequest
from shared.jobs import queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.status import Kind, Status
from shared.jobs.tables import Job

blueprint = Blueprint("mayanio", __name__, url_prefix="/api/v1")
auth.require_key(blueprint)

_LATER = "respond-async"


@blueprint.post("/images")
@auth.needs(Scope.SUBMIT)
def make_images() -> Response:
    """Make images, and answer when they are finished."""
    return _make(translate.images)


@blueprint.post("/videos")
@blueprint.post("/video")
@auth.needs(Scope.SUBMIT)
def make_video() -> Response:
    """Make a video, and answer when it is finished."""
    return _make(translate.video)


@blueprint.post("/3d")
@blueprint.post("/3d-models")
@blueprint.post("/models")
@blueprint.post("/image-to-3d")
@auth.needs(Scope.SUBMIT)
def make_model() -> Response:
    """Make a 3D model of an image, and answer when it is finished."""
    most = ground.current().settings.http.max_body_bytes
    request.max_content_length = max(most, translate.MOST_BODY_BYTES)
    return _make(translate.model_3d)


def _make(read: Read) -> Response:
    # Nothing of the request is kept while it is held: it may bring a large image.
    job_id, seconds = _submit(read)
    if seconds is not None:
        ground.waiting_room().wait(job_id, seconds)
    job, points = _get(job_id)
    match job.status:
        case _ if seconds is None:
            return _accepted(job)
        case Status.SUCCEEDED:
            made = mayanio_media.generation(job, ground.current().links, remaining_points=points)
            return answer(made)
        case Status.FAILED | Status.CANCELED:
            raise faults.NotMade(job)
    raise faults.StillMaking(job)


def answer(data: dict[str, object], status: int = 200) -> Response:
    """Answer in their envelope."""
    body = json.dumps({"success": True, "data": data})
    return Response(body, status, content_type="application/json")


def _submit(read: Read) -> tuple[str, int | None]:
    """Take a request on; returns the id of its job, and for how many seconds it may be held."""
    found, wanted = inputs.of_request(), read(json_body(), auth.catalog())

    def submit(session: Session) -> Answer:
        draft = wanted.priced(requests.read(wanted.request, auth.catalog()))
        draft = found.resolve_one(session, draft)
        quota.take(session)
        job = submission.submit(
            session,
            account_id=auth.account().id,
            origin=mayanio.NAME,
            draft=draft,
            by=auth.access(),
        )
        return Answer(job_id=job.id)

    return str(_once(wanted, submit).job_id), _patience(wanted)


def _once(wanted: Wanted, submit: idempotency.Write) -> Answer:
    try:
        return idempotency.once(submit)
    except InvalidRequest as error:
        raise faults.in_their_words(error, wanted.fields) from error
    except InsufficientCredits as error:
        raise faults.NotEnoughPoints(wanted.what, error) from error


def _patience(wanted: Wanted) -> int | None:
    if not wanted.is_held or _prefers_later():
        return None
    http = ground.current().settings.http
    is_image = wanted.request["kind"] == Kind.IMAGE
    return http.hold_image_seconds if is_image else http.hold_seconds


def _prefers_later() -> bool:
    asked = request.headers.get("Prefer", "").split(",")
    return any(one.partition(";")[0].strip().lower() == _LATER for one in asked)


def _accepted(job: Job) -> Response:
    response = answer(mayanio.receipt(job), 202)
    path = f"/api/v1/projects/{mayanio.generation_id(job)}"
    response.headers["Location"] = ground.current().links.absolute(path)
    return response


def _get(job_id: str) -> tuple[Job, int]:
    """Return a job as it stands, and the points that are left."""
    account_id = auth.account().id
    with ground.current().reading() as session:
        job = queries.get_job(session, account_id=account_id, job_id=job_id)
        return job, ledger.look(session, account_id).available
