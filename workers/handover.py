"""A job is handed over to a remote provider: once, with its intent written down before."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared import clock, log
from shared.db.database import AWAY
from shared.errors import (
    LeaseLost,
    OutcomeUnknown,
    ProviderBusy,
    ResultLost,
    ServiceError,
    Temporary,
)
from shared.jobs import attempts, lifecycle, lines
from shared.jobs.tables import Attempt, Job
from workers import choosing, inputs, pacing, results, routing
from workers.held import HeldJob
from workers.inputs import Given
from workers.providers.base import Accepted, Finished
from workers.tools import Tools

_logger = log.get(__name__)

# How long after a lost answer its order is looked for: the provider must have listed it by then.
_LOOK_AFTER = timedelta(seconds=5)
# How long nobody submits to a provider that has said that it is busy, but not for how long.
_PAUSE_SECONDS = 2.0
# An intent that is older than this when its order is about to leave was held up.
_FRESH = timedelta(seconds=3)
# How long the database may be away before a ticket is lost with us: as long as it may be restarted.
_TICKET_WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


def hand_over(
    held: HeldJob, provider: str, route_model: str, tools: Tools, given: Sequence[Given] = ()
) -> Job:
    """Submit a job to its provider, if that has room for it, and leave it there.

    A refusal raises what the provider said. A lost answer raises nothing: the job is parked, and
    its order is looked for; it is never sent again as long as it may have arrived.
    """
    job, given = held.job, inputs.for_remote(given, tools)
    if (wait := tools.budgets.admit(provider, job.id)) is not None:
        return _defer(job, provider, wait, tools)
    attempt = _intend(job, provider, route_model, tools)
    try:
        files = inputs.sources(given, tools.ground, since=attempt.started_at)
        answer = tools.remotes[provider].submit(routing.remote_order(job, route_model, files))
    except OutcomeUnknown as error:
        choosing.note(provider, route_model, tools, error)
        return _leave_unknown(job, tools)
    except ProviderBusy as error:
        tools.budgets.pause(provider, error.retry_after or _PAUSE_SECONDS)
        raise
    except ServiceError as error:
        choosing.note(provider, route_model, tools, error)
        raise
    except Exception:
        # A mistake of ours, after which the order may or may not have left.
        _logger.exception("taken for unknown", job_id=job.id, provider=provider)
        return _leave_unknown(job, tools)
    match answer:
        case Accepted() as accepted:
            return _leave_there(job, attempt, accepted, tools)
        case Finished() as finished:
            choosing.note(provider, route_model, tools)
            return _keep_once(job, attempt, finished, tools)


def _intend(job: Job, provider: str, route_model: str, tools: Tools) -> Attempt:
    """Write down that the order is about to leave; raises :class:`LeaseLost` if it may not."""
    try:
        with tools.ground.transaction() as session:
            attempt = attempts.intend(session, job, provider=provider, route_model=route_model)
        _demand_fresh(attempt)
        return attempt
    except BaseException:
        tools.leave(provider, job.id)
        raise


def _demand_fresh(attempt: Attempt) -> None:
    """Let no order leave late: a process that stood still may have been given up meanwhile.

    Whoever has the job then believes that the order never left, after a time that is longer.
    """
    if clock.now() - attempt.started_at > _FRESH:
        raise LeaseLost


def _leave_there(job: Job, attempt: Attempt, accepted: Accepted, tools: Tools) -> Job:
    """Save the ticket even if the database is being restarted: it is the way to what was paid."""
    usual = tools.ground.usual_seconds(routing.work(job, attempt.provider))
    due_at = pacing.first_poll(clock.now(), usual_seconds=usual)
    for wait in (*_TICKET_WAITS, None):
        try:
            parked = _keep_and_park(job, attempt, accepted, due_at, tools)
        except AWAY:
            if wait is None:
                raise
            _logger.warning(
                "ticket not saved yet", attempt_id=attempt.id, ticket_id=accepted.ticket["id"]
            )
            time.sleep(wait)
        else:
            break
    if parked is None:
        raise LeaseLost
    return parked


def _keep_and_park(
    job: Job, attempt: Attempt, accepted: Accepted, due_at: datetime, tools: Tools
) -> Job | None:
    """Do both in one commit; the ticket is saved whoever has the job by now."""
    with tools.ground.transaction() as session:
        attempts.keep_ticket(session, attempt.id, accepted.ticket, cost=accepted.cost)
        try:
            return lifecycle.park(session, job, due_at=due_at)
        except LeaseLost:
            return None


def _keep_once(job: Job, attempt: Attempt, finished: Finished, tools: Tools) -> Job:
    """Store what came with the answer itself: there is no asking for it again."""
    try:
        done = results.keep_remote(job, attempt, finished, tools)
    except Temporary as error:
        raise ResultLost from error
    taken = clock.now() - attempt.started_at
    tools.timing.made(routing.work(done, attempt.provider), taken.total_seconds())
    return done


def _defer(job: Job, provider: str, wait: timedelta, tools: Tools) -> Job:
    with tools.ground.transaction() as session:
        due_at = clock.now() + wait
        deferred = lifecycle.defer(
            session, job, due_at=due_at, waiting_for=lines.IN_LINE, provider=provider
        )
    # A place that was left just before found nobody in line.
    if tools.budgets.has_room(provider):
        tools.call_next(provider)
    return deferred


def _leave_unknown(job: Job, tools: Tools) -> Job:
    _logger.warning("answer lost", job_id=job.id, attempt_id=job.attempt_id)
    with tools.ground.transaction() as session:
        return lifecycle.park(
            session, job, due_at=clock.now() + _LOOK_AFTER, waiting_for="lost_answer"
        )
