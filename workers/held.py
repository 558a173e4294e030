"""The jobs that this process has on lease: renewed together, stopped one by one."""

import math
import threading
import time
from collections.abc import Iterable
from datetime import timedelta

from shared.errors import AttemptTimedOut, JobCanceled, LeaseLost
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.tables import Job


class HeldJob:
    """One job while it is being carried out here."""

    def __init__(self, job: Job) -> None:
        self.job = job
        # An attempt that is under way goes on; a new one begins anew.
        self.progress = job.progress if job.attempt_id is not None else 0.0
        self.told = job.progress
        self._reason: Exception | None = None
        self._until = math.inf

    def limit(self, longest: timedelta) -> None:
        """Let the work take no longer than this, from now on."""
        self._until = time.monotonic() + longest.total_seconds()

    def report(self, fraction: float) -> None:
        """Note how far the work is; raises if it is no longer wanted, or takes too long."""
        if time.monotonic() > self._until:
            self.stop(AttemptTimedOut())
        if self._reason is not None:
            raise self._reason
        self.progress = max(self.progress, min(99.0, 100.0 * fraction))

    def stop(self, reason: Exception) -> None:
        """Make the next report raise this."""
        self._reason = self._reason or reason


class Holdings:
    """All jobs that this process holds, and the heartbeat that keeps them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._held: dict[str, HeldJob] = {}
        self._lock = threading.Lock()
        self._lease = timedelta(seconds=ground.settings.work.lease_seconds)
        self._apart = timedelta(seconds=ground.settings.webhook.progress_seconds)
        self._renewed_at = -math.inf

    def take(self, job: Job) -> HeldJob:
        """Hold a job from now on."""
        held = HeldJob(job)
        with self._lock:
            self._held[job.id] = held
        return held

    def drop(self, held: HeldJob) -> None:
        """Hold a job no longer."""
        with self._lock:
            self._held.pop(held.job.id, None)

    def all(self) -> list[HeldJob]:
        """Return what is held right now."""
        with self._lock:
            return list(self._held.values())

    def beat(self) -> None:
        """Once a second: renew leases and tell progress in one statement, and hear wishes."""
        held = self.all()
        if not held:
            return
        # What failed, as the database was away, is made up for by the next beat.
        now = time.monotonic()
        is_due = now - self._renewed_at >= self._lease.total_seconds() / 3
        self._renew([one for one in held if is_due or one.progress != one.told])
        if is_due:
            self._renewed_at = now
        self._heed(held)

    def _renew(self, held: list[HeldJob]) -> None:
        if not held:
            return
        rows = {one.job.id: (one.job.lease, one.progress) for one in held}
        with self._ground.transaction() as session:
            lifecycle.renew(session, rows, lease=self._lease, apart=self._apart)
        for one in held:
            one.told = rows[one.job.id][1]

    def _heed(self, held: Iterable[HeldJob]) -> None:
        """Stop what its caller no longer wants, and what another worker has by now."""
        by_id = {one.job.id: one for one in held}
        with self._ground.transaction() as session:
            now = lifecycle.look(session, list(by_id))
        for job_id, one in by_id.items():
            lease, is_unwanted = now.get(job_id, (None, False))
            if lease != one.job.lease:
                one.stop(LeaseLost())
            elif is_unwanted:
                one.stop(JobCanceled())
