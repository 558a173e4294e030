"""Vell's paths."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, json
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota, serving
from api.dialects.vell import drafting, lock, names, reading, terms, translate
from api.dialects.vell import queries as images
from api.dialects.vell.faults import FileNotFound, GenerationLocked, NotMade
from api.serving import File
from shared.accounts.access import Scope
from shared.errors import ArtifactGone
from shared.jobs import queries, submission
from shared.jobs.idempotency import Answer
from shared.jobs.status import Role, Status
from shared.jobs.tables import Artifact, Job

# Where errors are told in Vell's shape.
PREFIXES = ("/api/v1/aiimage", "/api/v1/uploads/", "/uploads/")

_RECENT = 10
# What clients wait for at most: Vell's own server gives up after 120 s.
_MOST_SECONDS = 110

blueprint = Blueprint("vell", __name__, url_prefix="/api/v1/aiimage")
files = Blueprint("vell_files", __name__)
auth.require_key(blueprint)


@blueprint.get("/check-availability")
@auth.needs(Scope.READ)
def check_availability() -> Response:
    """Say whether a generation may start."""
    with ground.current().reading() as session:
        if lock.is_taken(session, auth.account().id):
            raise GenerationLocked
    return _answer({"status": "success", "message": "Image generation is available."})


@blueprint.get("/versions")
@auth.needs(Scope.READ)
def get_versions() -> Response:
    """Return which version of each engine is served."""
    return _answer(translate.versions(terms.current()))


@blueprint.post("/generate-image")
@auth.needs(Scope.SUBMIT)
def generate_image() -> Response:
    """Make images, and answer when they are finished; those that take longer are in the queue."""
    account_id = auth.account().id
    wanted = translate.wanted(reading.body(), terms.current())
    found = inputs.of_request()

    def submit(session: Session) -> Answer:
        drafts = drafting.read(wanted, auth.catalog())
        lock.demand_free(session, account_id)
        quota.take(session, len(drafts))
        jobs = submission.submit_many(
            session,
            account_id=account_id,
            origin=translate.NAME,
            drafts=drafting.resolve(session, wanted, drafts, found),
            by=auth.access(),
            all_or_nothing=True,
        )
        job_ids = [one.id for one in jobs if isinstance(one, Job)]
        lock.take(session, account_id, job_ids)
        return Answer(body={"jobs": job_ids})

    made = idempotency.once(submit).body or {}
    return _answer_images(_wait(made["jobs"]))


@blueprint.get("/recent-images")
@auth.needs(Scope.READ)
def list_recent_images() -> Response:
    """List the newest images."""
    with ground.current().reading() as session:
        found = images.newest_images(session, account_id=auth.account().id, limit=_RECENT)
    return _answer([_finished(job, made, place) for job, made, place in found])


@files.get("/uploads/<name>")
@files.get("/api/v1/uploads/<name>")
def get_file(name: str) -> Response:
    """Return an image to whoever knows its name."""
    here = ground.current()
    named = names.read(name, here.settings.security.secret_key)
    if named is None:
        raise FileNotFound
    with here.reading() as session:
        made = images.get_image(session, *named)
    if not made.is_kept:
        raise ArtifactGone
    return serving.serve(
        File(
            key=made.key,
            content_type=made.content_type,
            bytes=made.bytes,
            sha256=made.sha256,
            created_at=made.created_at,
        )
    )


def _wait(job_ids: Sequence[str]) -> Sequence[Job]:
    """Hold the caller until the jobs are over or the time is; returns them as they stand."""
    room = ground.waiting_room()
    seconds = min(_MOST_SECONDS, ground.current().settings.http.max_wait_seconds)
    until = time.monotonic() + seconds
    for job_id in job_ids:
        room.wait(job_id, until - time.monotonic())
    with ground.current().reading() as session:
        mine = auth.account().id
        return [queries.get_job(session, account_id=mine, job_id=one) for one in job_ids]


def _answer_images(jobs: Sequence[Job]) -> Response:
    """Answer with all that was made, and what still may be; or say why nothing was."""
    entries = [entry for job in jobs for entry in _entries(job)]
    if not entries:
        raise NotMade(next(job for job in jobs if job.status != Status.SUCCEEDED))
    storage = terms.current().image_storage
    return _answer({"status": "success", "images": entries, "image_storage": storage})


def _entries(job: Job) -> Iterator[dict[str, Any]]:
    if job.status == Status.SUCCEEDED:
        results = [one for one in job.artifacts if one.role == Role.RESULT]
        yield from (_finished(job, made, place) for place, made in enumerate(results))
    elif job.finished_at is None:
        for place in range(job.input.get("num_images", 1)):
            yield translate.unfinished(job, place, title=_title(job, place))


def _finished(job: Job, made: Artifact, place: int) -> dict[str, Any]:
    title = _title(job, place)
    if terms.current().image_storage == "s3":
        output = ground.current().links.to_artifact(made.id, made.key, made.content_type)
    else:
        output = f"uploads/{title}"
    return translate.finished(job, made, place, output=output, title=title)


def _title(job: Job, place: int) -> str:
    secret = ground.current().settings.security.secret_key
    return names.of_file(job, place, translate.words(job), secret)


def _answer(shape: Any) -> Response:
    return Response(json.dumps(shape), content_type="application/json")
