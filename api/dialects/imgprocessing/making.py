"""From a request to an image: one job, and the caller held until that is over."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.dialects.imgprocessing import terms
from api.dialects.imgprocessing.faults import NotMade, StillMaking
from api.dialects.imgprocessing.translate import NAME, Wanted
from shared import clock
from shared.errors import FileInUse, InvalidRequest
from shared.jobs import queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.inputs import Inputs
from shared.jobs.status import Status
from shared.jobs.tables import Job
from shared.library import images
from shared.library.images import Picture, Shelf

# What their clients wait for is 60 seconds.
_MOST_SECONDS = 55


def shelf() -> Shelf:
    """Return where the images are that the key of this request sees."""
    access = auth.access()
    return Shelf(account_id=access.account.id, is_test=access.is_test)


def word() -> str:
    """Return what is written into the corner of what this request makes, if anything."""
    return terms.current().test_mark if auth.access().is_test else ""


def take_on(read: Callable[[Session], Wanted], *, said: bytes | None = None) -> str:
    """Take a picture on, once however often it is asked for; returns the id of its job."""
    found = inputs.of_request()

    def write(session: Session) -> Answer:
        return Answer(job_id=_submit(session, read(session), found).id)

    return str(idempotency.once(write, said=said).job_id)


def wait_for(job_id: str) -> Picture:
    """Return the picture that a job makes, once it is made.

    Raises :class:`NotMade`, :class:`StillMaking` if that takes too long, and
    :class:`shared.errors.ImageNotFound` if it was removed since.
    """
    seconds = min(_MOST_SECONDS, ground.current().settings.http.hold_image_seconds)
    ground.waiting_room().wait(job_id, seconds)
    with ground.current().reading() as session:
        job = queries.get_job(session, account_id=shelf().account_id, job_id=job_id)
        match job.status:
            case Status.SUCCEEDED:
                found = images.find(session, shelf(), images.id_of(job_id))
            case Status.FAILED | Status.CANCELED:
                raise NotMade(job)
            case _:
                raise StillMaking(images.id_of(job_id))
    _tidy_up(found, job)
    return found


def _submit(session: Session, wanted: Wanted, found: Inputs) -> Job:
    try:
        draft = requests.read(wanted.request, auth.catalog())
        draft = found.resolve_one(session, draft)
    except InvalidRequest as error:
        raise wanted.in_their_words(error) from error
    quota.take(session)
    job = submission.submit(
        session, account_id=auth.account().id, origin=NAME, draft=draft, by=auth.access()
    )
    days = terms.current().test_days if job.is_test else 0
    expires_at = clock.now() + timedelta(days=days) if days else None
    images.add(session, job, name=wanted.name, expires_at=expires_at)
    return job


def _tidy_up(made: Picture, job: Job) -> None:
    """Let go of the file that an imported picture came as: it is kept as the picture by now."""
    if job.operation == "import":
        with suppress(FileInUse), ground.current().transaction() as session:
            images.release_sources(session, made.image)
