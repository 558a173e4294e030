"""A request in our terms becomes a job: read, paid, accepted, and told in their words."""

from collections.abc import Callable, Mapping

from flask import Response, json
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.dialects.vidiking import faults, terms, translate
from api.dialects.vidiking.translate import Wanted
from shared.dialects import vidiking
from shared.errors import InvalidRequest, ModelUnavailable
from shared.jobs import queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.requests import Draft
from shared.jobs.tables import Job


def submit(wanted: Wanted) -> str:
    """Take a request on, unless it was sent before; returns the id of its job."""
    return str(_once(wanted, lambda job: Answer(job_id=job.id)).job_id)


def accept(wanted: Wanted) -> Response:
    """Take a request on, and answer that it was: the same again if it was sent before."""
    answer = _once(
        wanted,
        lambda job: Answer(job_id=job.id, body=translate.accepted(job) | wanted.remarks),
    )
    return respond(answer.body or {}, terms.current().accepted)


def read(wanted: Wanted) -> Draft:
    """Check a request; raises :class:`InvalidRequest` in our words, and ModelUnavailable."""
    catalog, name = auth.catalog(), wanted.request["model"]
    model = catalog.find(name)
    if model is None or model.kind != wanted.request["kind"]:
        raise ModelUnavailable(f"Nobody here can serve {name!r}.")
    try:
        draft = requests.read(wanted.request, catalog)
    except InvalidRequest as error:
        raise InvalidRequest([*error.faults, *wanted.wrong]) from error
    if wanted.wrong:
        raise InvalidRequest(wanted.wrong)
    return draft


def find(job_id: str) -> Job:
    """Return a job of who asks; raises :class:`shared.errors.JobNotFound`."""
    with ground.current().reading() as session:
        return queries.get_job(session, account_id=auth.account().id, job_id=job_id)


def respond(shape: Mapping[str, object], status: int = 200) -> Response:
    """Answer in JSON, with the fields in their order."""
    return Response(json.dumps(shape), status, content_type="application/json")


def _once(wanted: Wanted, answer: Callable[[Job], Answer]) -> Answer:
    found = inputs.of_request()

    def write(session: Session) -> Answer:
        draft = found.resolve_one(session, read(wanted))
        quota.take(session)
        job = submission.submit(
            session,
            account_id=auth.account().id,
            origin=vidiking.NAME,
            draft=draft,
            by=auth.access(),
        )
        return answer(job)

    try:
        return idempotency.once(write)
    except InvalidRequest as error:
        raise faults.in_their_words(error, wanted.fields) from error
