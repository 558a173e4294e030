"""One job, from its claim to its end."""

import io
from collections.abc import Iterator

from shared import clock, ids, log
from shared.errors import JobCanceled, LeaseLost
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.tables import Artifact, Job
from shared.storage.objects import artifact_key
from workers import routing
from workers.held import HeldJob
from workers.measuring import measure
from workers.providers.base import Order, Output
from workers.retry import GiveUp, Retry, decide

_logger = log.get(__name__)


def carry_out(held: HeldJob, ground: Ground) -> Job | None:
    """Make what the job asks for, store it, and close the job.

    Returns the job as it stands afterwards, or nothing if another worker has it by now.
    """
    job = held.job
    try:
        route = routing.choose(job, ground.catalog)
        order = Order(
            operation=job.operation, model=job.model, route_model=route.model, input=job.input
        )
        outputs = routing.ENGINES[route.provider].make(order, on_progress=held.report)
        artifacts = list(_store(job, outputs, ground))
        remarks = routing.remarks(job, route)
        with ground.transaction() as session:
            return lifecycle.succeed(
                session, job, provider=route.provider, artifacts=artifacts, warnings=remarks
            )
    except LeaseLost:
        _logger.info("job is another worker's now", job_id=job.id)
        return None
    except JobCanceled:
        with ground.transaction() as session:
            return lifecycle.abort(session, job)
    except Exception as error:  # noqa: BLE001 - judged, recorded, never lost
        return _settle_failure(job, error, ground)


def _store(job: Job, outputs: Iterator[Output], ground: Ground) -> Iterator[Artifact]:
    for position, output in enumerate(outputs):
        measured = measure(output.content)
        # The lease in the key: a worker given up for dead cannot replace what the next one made.
        name = f"{job.id}-{job.lease}-{position}"
        key = artifact_key(name, measured.extension)
        stored = ground.store.put(
            key, io.BytesIO(output.content), content_type=measured.content_type
        )
        yield Artifact(
            id=ids.new("art"),
            job_id=job.id,
            account_id=job.account_id,
            position=position,
            key=key,
            sha256=stored.sha256,
            bytes=stored.bytes,
            content_type=measured.content_type,
            width=measured.width,
            height=measured.height,
            seed=output.seed,
        )


def _settle_failure(job: Job, error: Exception, ground: Ground) -> Job:
    """Give the job back to be tried again, or fail it; raises :class:`LeaseLost`."""
    decision = decide(error, attempt=job.lease, most=ground.settings.work.max_claims)
    _logger.warning(
        "attempt failed",
        job_id=job.id,
        attempt=job.lease,
        decision=type(decision).__name__,
        exc_info=error,
    )
    with ground.transaction() as session:
        match decision:
            case Retry(after, cause):
                return lifecycle.retry(session, job, due_at=clock.now() + after, error=cause)
            case GiveUp(cause):
                return lifecycle.fail(session, job, cause)
