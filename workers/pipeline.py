"""One job, from its claim to its end: made here, or handed over and asked for."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from shared import clock, log
from shared.db.database import AWAY
from shared.errors import JobCanceled, LeaseLost, NotSubmitted, OutcomeUnknown, ServiceError
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.status import Status
from shared.jobs.tables import Attempt, Job
from workers import choosing, handover, inputs, limits, polling, results, routing
from workers.held import HeldJob
from workers.polling import NotYet
from workers.retry import GiveUp, Retry, decide
from workers.tools import Tools

_logger = log.get(__name__)

Answer = TypeVar("Answer")

# Not all at the same time.
_PUT_OFF_SECONDS = (5.0, 15.0)
_RETURN_SECONDS = (0.0, 5.0)


def carry_out(held: HeldJob, tools: Tools) -> Job | None:
    """Make what the job asks for and close it, or leave it at its provider.

    Returns the job as it stands afterwards, or nothing if another worker has it by now.
    """

    def make() -> Job:
        job = held.job
        try:
            route = choosing.choose(job, tools)
        except choosing.AllShut as shut:
            wait = shut.wait + timedelta(seconds=random.uniform(*_RETURN_SECONDS))
            return _put_off(job, "provider_recovery", shut.provider, wait, tools)
        try:
            given = inputs.ready(job, tools)
        except inputs.AllBusy:
            wait = timedelta(seconds=random.uniform(*_PUT_OFF_SECONDS))
            return _put_off(job, "input", route.provider, wait, tools)
        if route.provider in tools.remotes:
            return handover.hand_over(held, route.provider, route.model, tools, given)
        held.limit(limits.longest_attempt(job, tools))
        engine, begun = tools.engines[route.provider], time.monotonic()
        files = inputs.sources(given, tools.ground, since=clock.now())
        order = routing.order(job, route.model, files)
        outputs = engine.make(order, on_progress=held.report)
        done = results.keep(job, route.provider, outputs, tools)
        tools.timing.made(routing.work(job, route.provider), time.monotonic() - begun)
        return done

    after = _settled(held, tools, make)
    if after is not None and after.status != Status.QUEUED:
        tools.timing.left(after)
    return after


def _put_off(job: Job, waiting_for: str, provider: str, wait: timedelta, tools: Tools) -> Job:
    """Give a job back that nobody can carry out now: it must not wait with a slot."""
    due_at = clock.now() + wait
    with tools.ground.transaction() as session:
        return lifecycle.defer(
            session, job, due_at=due_at, waiting_for=waiting_for, provider=provider
        )


def ask(held: HeldJob, attempt: Attempt | None, tools: Tools) -> Job | NotYet | None:
    """Ask for a parked job, and close it if it is over."""
    return _settled(held, tools, lambda: polling.ask(held, attempt, tools))


def _settled(held: HeldJob, tools: Tools, step: Callable[[], Answer]) -> Answer | Job | None:
    """Take one step with a job; whatever goes wrong is judged, recorded and never lost."""
    try:
        try:
            return step()
        except JobCanceled:
            with tools.ground.transaction() as session:
                return lifecycle.abort(session, held.job)
        except (LeaseLost, *AWAY):
            # Without the database nothing is known of the job, not even whether this step was
            # written: it stays on lease, and the keeper goes on from what is really there.
            raise
        except Exception as error:  # noqa: BLE001
            return _settle_failure(held.job, error, tools)
    except LeaseLost:
        _logger.info("job is another worker's now", job_id=held.job.id)
        return None


def _settle_failure(held: Job, error: Exception, tools: Tools) -> Job:
    """Give the job back to be tried again, or fail it; raises :class:`LeaseLost`."""
    with tools.ground.transaction() as session:
        job = lifecycle.read_held(session, held)
        provider = job.provider if job.attempt_id is not None else None
        decision = _decide(session, job, error, tools)
        _log(job, error, decision)
        match decision:
            case Retry(after, cause):
                done = lifecycle.retry(session, job, due_at=clock.now() + after, error=cause)
                if not after:
                    lifecycle.ring(session, done)
            case GiveUp(cause):
                done = lifecycle.fail(session, job, cause)
    if provider is not None:
        tools.leave(provider, job.id)
    return done


def _decide(session: Session, job: Job, error: Exception, tools: Tools) -> Retry | GiveUp:
    """Judge a failure, and close its attempt; what one provider cannot do, another may at once."""
    most = limits.most_attempts(job, tools)
    if job.attempt_id is None:
        return decide(error, failures=job.tries, most=most)
    decision = decide(error, failures=choosing.failures(session, job), most=most)
    attempts.close(session, job.attempt_id, _outcome(error), decision.error)
    if isinstance(decision, GiveUp) and choosing.is_another_left(session, job, error, tools):
        return Retry(timedelta(), decision.error)
    return decision


def _outcome(error: Exception) -> Outcome:
    match error:
        case NotSubmitted():
            return Outcome.NOT_SUBMITTED
        case OutcomeUnknown():
            return Outcome.UNKNOWN
        case _:
            return Outcome.FAILED


def _log(job: Job, error: Exception, decision: Retry | GiveUp) -> None:
    # What was foreseen says all in its message; anything else is a mistake of ours.
    unforeseen = None if isinstance(error, ServiceError) else error
    _logger.warning(
        "attempt failed",
        job_id=job.id,
        failures=job.tries + 1,
        decision=type(decision).__name__,
        error=str(error),
        exc_info=unforeseen,
    )
