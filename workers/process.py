"""One worker process: its ground, its shifts and its heartbeat."""

import os
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from shared import log
from shared.errors import LeaseLost
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.outbound import Outbound
from shared.signals import Bell
from shared.webhooks.tables import Delivery
from workers import delivery, keeper, pipeline
from workers.held import Holdings
from workers.shift import Shift
from workers.telling import Teller

_logger = log.get(__name__)

_BEAT_SECONDS = 1.0
# Claimed but not yet delivered after the time-out and this: the process that had it is gone.
_DELIVERY_SLACK = timedelta(seconds=15)


class WorkerProcess:
    """Everything that the tasks of one process share."""

    def __init__(self, ground: Ground, teller: Teller) -> None:
        self.ground = ground
        self._teller = teller
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._holdings = Holdings(ground)
        self._timeout = ground.settings.webhook.timeout_seconds
        self._outbound = Outbound(
            allow=ground.settings.security.webhook_networks, timeout_seconds=self._timeout
        )
        self._shifts: dict[Queue, Shift[Job] | Shift[Delivery]] = {}
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        threading.Thread(target=self._beat_on, name="heartbeat", daemon=True).start()

    def hear(self, queue: Queue) -> None:
        """Answer the bell of a queue."""
        self.ground.broker.heard(queue)
        self._shift(queue).hear()

    def keep(self) -> None:
        """Look after what is due."""
        keeper.keep(self.ground)

    def close(self) -> None:
        """Claim nothing more."""
        with self._lock:
            for shift in self._shifts.values():
                shift.close()

    def stop(self) -> None:
        """Finish what is under way within the grace time, and give the rest back."""
        self.close()
        deadline = time.monotonic() + self.ground.settings.work.stop_grace_seconds
        all_done = [
            shift.wait(max(0.0, deadline - time.monotonic())) for shift in self._shifts.values()
        ]
        if not all(all_done):
            self._give_back()
        self._is_over.set()
        self.ground.close()

    def _shift(self, queue: Queue) -> Shift[Job] | Shift[Delivery]:
        with self._lock:
            if queue not in self._shifts:
                self._shifts[queue] = self._open_shift(queue)
            return self._shifts[queue]

    def _open_shift(self, queue: Queue) -> Shift[Job] | Shift[Delivery]:
        more = partial(self.ground.broker.send, [Bell(queue, "more")])
        if queue is Queue.WEBHOOK:
            return Shift(
                queue,
                slots=self.ground.settings.webhook.slots,
                claim=self._claim_deliveries,
                carry_out=self._deliver,
                more=more,
            )
        return Shift(
            queue,
            slots=self.ground.settings.work.slots,
            claim=partial(self._claim_jobs, queue),
            carry_out=self._carry_out,
            more=more,
        )

    def _claim_jobs(self, queue: Queue, limit: int) -> Sequence[Job]:
        lease = timedelta(seconds=self.ground.settings.work.lease_seconds)
        with self.ground.transaction() as session:
            return lifecycle.claim(session, queue, worker=self._name, limit=limit, lease=lease)

    def _carry_out(self, job: Job) -> None:
        held = self._holdings.take(job)
        self._teller.started(job)
        try:
            after = pipeline.carry_out(held, self.ground)
        finally:
            self._holdings.drop(held)
        self._teller.ended(job, after)
        if after is not None:
            _logger.info("job carried out", job_id=job.id, status=after.status)

    def _claim_deliveries(self, limit: int) -> Sequence[Delivery]:
        lease = timedelta(seconds=self._timeout) + _DELIVERY_SLACK
        with self.ground.transaction() as session:
            return delivery.claim(session, limit=limit, lease=lease)

    def _deliver(self, owed: Delivery) -> None:
        delivery.deliver(owed, self.ground, self._outbound)

    def _beat_on(self) -> None:
        while not self._is_over.wait(_BEAT_SECONDS):
            try:
                self._holdings.beat()
            except Exception:
                _logger.warning("heartbeat failed", exc_info=True)

    def _give_back(self) -> None:
        for held in self._holdings.all():
            held.stop(LeaseLost())
            try:
                with self.ground.transaction() as session:
                    lifecycle.release(session, held.job)
            except LeaseLost:
                pass
