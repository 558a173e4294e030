"""Parked jobs: their providers are asked how they stand, and told when they are not wanted."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from shared import budgets, clock, log
from shared.errors import (
    NotSubmitted,
    OutcomeUnknown,
    ProviderFailed,
    ProviderLostJob,
    ProviderMisconfigured,
    ProviderTimedOut,
    ServiceError,
    Temporary,
)
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.status import Queue
from shared.jobs.tables import Attempt, Job
from workers import choosing, inputs, limits, pacing, results, routing
from workers.held import HeldJob
from workers.providers.base import Finished, Pending, Remote, Ticket
from workers.tools import Tools

_logger = log.get(__name__)

# Clocks differ: an order is looked for from this much before it was sent.
_CLOCK_SKEW = timedelta(minutes=1)
# A provider that cannot be told to stop within this time is left to itself.
_STOP_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Parked:
    """A job at a provider, and its attempt there, as they were when it was claimed."""

    job: Job
    attempt: Attempt | None


@dataclass(frozen=True)
class NotYet:
    """Nothing has changed: ask again then."""

    due_at: datetime


class NeverArrived(NotSubmitted):
    """The provider never got the order."""

    code = "never_arrived"


def claim(
    session: Session, queue: Queue, *, worker: str, limit: int, lease: timedelta
) -> Sequence[Parked]:
    """Take up to ``limit`` parked jobs that are due, with their attempts, in two statements."""
    jobs = lifecycle.resume(session, queue, worker=worker, limit=limit, lease=lease)
    under_way = attempts.read_open(session, jobs) if jobs else {}
    return [Parked(job, under_way.get(job.id)) for job in jobs]


def ask(held: HeldJob, attempt: Attempt | None, tools: Tools) -> Job | NotYet:
    """Ask a parked job's provider once; returns the job if it is over by now.

    Raises what the provider says went wrong, and :class:`shared.errors.LeaseLost`.
    """
    job = held.job
    if attempt is None:
        message = f"{job.id} is parked without an attempt"
        raise LookupError(message)
    try:
        remote = _remote(attempt, tools)
        ticket = attempt.ticket or _find(job, attempt, remote, tools)
        if ticket is None:
            return _later(held, attempt, tools)
        if job.cancel_requested_at is not None:
            return _stop(job, attempt, remote, ticket, tools)
        return _poll(held, attempt, remote, ticket, tools)
    except (ProviderFailed, ProviderLostJob, NeverArrived) as error:
        choosing.note(attempt.provider, attempt.route_model, tools, error)
        raise
    except (Temporary, ProviderMisconfigured) as error:
        # It cannot say, or what it made cannot be fetched or stored now: that ends no order, and
        # to begin anew would pay twice.
        _logger.warning("to be asked again", job_id=job.id, error=error.message)
        return _later(held, attempt, tools)


def _remote(attempt: Attempt, tools: Tools) -> Remote:
    remote = tools.remotes.get(attempt.provider)
    if remote is None:
        raise ProviderMisconfigured(f"{attempt.provider} is no longer configured here.")
    return remote


def _poll(
    held: HeldJob, attempt: Attempt, remote: Remote, ticket: Ticket, tools: Tools
) -> Job | NotYet:
    match remote.poll(ticket):
        case Finished() as finished:
            choosing.note(attempt.provider, attempt.route_model, tools)
            done = results.keep_remote(held.job, attempt, finished, tools)
            taken = clock.now() - attempt.started_at
            tools.timing.made(routing.work(done, attempt.provider), taken.total_seconds())
            return done
        case Pending(progress):
            held.progress = max(held.progress, 100.0 * (progress or 0.0))
            return _later(held, attempt, tools)


def _later(held: HeldJob, attempt: Attempt, tools: Tools) -> NotYet:
    """Say when to ask again; raises :class:`ProviderTimedOut` if that has gone on for too long."""
    if clock.now() - attempt.started_at > limits.longest_attempt(held.job, tools):
        if attempt.ticket is not None:
            with suppress(ServiceError):
                _remote(attempt, tools).cancel(attempt.ticket)
        raise ProviderTimedOut
    now = clock.now()
    usual = tools.ground.usual_seconds(routing.work(held.job, attempt.provider))
    due_at = pacing.next_poll(now, accepted_at=attempt.started_at, usual_seconds=usual)
    if budgets.is_to_be_kept(now - attempt.started_at, until=due_at - attempt.started_at):
        tools.budgets.keep(attempt.provider, held.job.id)
    return NotYet(due_at)


def _stop(job: Job, attempt: Attempt, remote: Remote, ticket: Ticket, tools: Tools) -> Job | NotYet:
    """Tell the provider, then close the job; a provider that is away is told again."""
    assert job.cancel_requested_at is not None
    try:
        remote.cancel(ticket)
    except Temporary:
        if clock.now() - job.cancel_requested_at < _STOP_WITHIN:
            raise
        _logger.warning("provider not told to stop", job_id=job.id, ticket=ticket)
    with tools.ground.transaction() as session:
        attempts.close(session, attempt.id, Outcome.CANCELED)
        aborted = lifecycle.abort(session, job)
    tools.leave(attempt.provider, job.id)
    return aborted


def _find(job: Job, attempt: Attempt, remote: Remote, tools: Tools) -> Ticket | None:
    """Look for an order whose answer was lost; nothing if it is too early to say.

    Raises :class:`OutcomeUnknown` if the provider cannot be asked, and :class:`NeverArrived` if it
    has no such order.
    """
    given = inputs.for_remote(inputs.ready(job, tools), tools)
    files = inputs.sources(given, tools.ground, since=attempt.started_at)
    wanted = routing.remote_order(job, attempt.route_model, files)
    found = remote.find(wanted, since=attempt.started_at - _CLOCK_SKEW)
    if found is None:
        raise OutcomeUnknown
    with tools.ground.transaction() as session:
        ours = attempts.unknown_tickets(session, attempt.provider, found)
        if ours:
            attempts.keep_ticket(session, attempt.id, ours[0])
            return ours[0]
    if clock.now() - attempt.started_at > tools.certain_after:
        raise NeverArrived
    return None
