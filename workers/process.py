"""One worker process: its ground, its shifts, its heartbeat and its rounds."""

import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from shared import log
from shared.errors import LeaseLost
from shared.ground import Ground
from shared.jobs import lifecycle
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from shared.outbound import Outbound
from shared.retention import expiry, unwanted
from shared.signals import Bell, Errand
from workers import delivery, pipeline, polling
from workers.delivery import Parcel
from workers.held import Holdings
from workers.keeper import Keeper
from workers.lanes import Lanes
from workers.polling import NotYet, Parked
from workers.reparking import Reparking
from workers.rounds import Rounds
from workers.shift import Seldom, Shift
from workers.telling import Teller
from workers.tools import Tools

_logger = log.get(__name__)

_BEAT_SECONDS = 1.0
_TELL_SECONDS = 1.0
# This process goes on claiming by itself: bells are to wake others, for whom that is soon enough.
_RING_SECONDS = 0.25
_JOIN_SECONDS = 5.0
_DELIVERY_SLACK = timedelta(seconds=15)

# What takes all of a core, and hundreds of megabytes, for as long as it takes.
_HEAVY = frozenset({Queue.VIDEO, Queue.MODEL_3D, Queue.RENDER})

Item = TypeVar("Item")
Claim = Callable[..., Sequence[Item]]
AnyShift = Shift[Job] | Shift[Parked] | Shift[Parcel] | Shift[str]


class WorkerProcess:
    """Everything that the tasks of one process share."""

    def __init__(self, ground: Ground, teller: Teller) -> None:
        self.ground = ground
        self.tools = Tools.open(ground)
        self._teller = teller
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._lease = timedelta(seconds=ground.settings.work.lease_seconds)
        self._holdings = Holdings(ground)
        self._keeper = Keeper(ground)
        self._reparking = Reparking(ground, drop=self._holdings.drop)
        self._webhooks = Outbound(
            allow=ground.settings.security.webhook_networks,
            timeout_seconds=ground.settings.webhook.timeout_seconds,
        )
        self._lanes = Lanes(
            slots=ground.settings.webhook.slots, each=ground.settings.webhook.slots_each
        )
        self._shifts: dict[tuple[Queue, Errand], AnyShift] = {}
        self._lock = threading.Lock()
        self._is_closing, self._is_over = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._beat_on, name="heartbeat", daemon=True),
            threading.Thread(target=self._tell_on, name="telling", daemon=True),
            threading.Thread(
                target=self._reparking.run, args=(self._is_over,), name="reparking", daemon=True
            ),
        ]
        for thread in self._threads:
            thread.start()

    def hear(self, queue: Queue, errand: Errand = Errand.WORK) -> None:
        """Answer a bell."""
        if not self._shift(queue, errand).hear():
            self.ground.broker.hush(queue, errand)

    def keep(self) -> None:
        """Look after what is due, and ring for what nobody came for."""
        self._keeper.keep()

    def expire(self) -> None:
        """Let go what accounts keep no longer."""
        expiry.go_round(self.ground)

    def attend(self, queues: Collection[Queue]) -> None:
        """Look by itself, from now on, after what is due, and for what is due in these queues.

        In a thread of its own: a round that is slow or stuck must not keep leases from being
        renewed.
        """
        rounds = Rounds(
            go_round=self._keeper.go_round,
            is_needed_soon=lambda: self._keeper.is_needed_soon,
            answer=self._answer,
        )
        thread = threading.Thread(
            target=rounds.run, args=(queues, self._is_closing), name="rounds", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Claim nothing more."""
        self._is_closing.set()
        with self._lock:
            for shift in self._shifts.values():
                shift.close()

    def stop(self) -> None:
        """Finish what is under way within the grace time, and give the rest back."""
        self.close()
        deadline = time.monotonic() + self.ground.settings.work.stop_grace_seconds
        all_done = [
            shift.wait(max(0.0, deadline - time.monotonic()))
            for shift in list(self._shifts.values())
        ]
        self._is_over.set()
        self._reparking.wake()
        for thread in self._threads:
            thread.join(timeout=_JOIN_SECONDS)
        if not all(all_done):
            self._give_back()
        self.tools.close()
        self.ground.close()

    def _answer(self, bell: Bell) -> None:
        self._shift(bell.queue, bell.errand).hear_aside()

    def _shift(self, queue: Queue, errand: Errand) -> AnyShift:
        with self._lock:
            if (queue, errand) not in self._shifts:
                self._shifts[queue, errand] = self._open_shift(queue, errand)
                if self._is_closing.is_set():
                    self._shifts[queue, errand].close()
            return self._shifts[queue, errand]

    def _open_shift(self, queue: Queue, errand: Errand) -> AnyShift:
        settings = self.ground.settings
        name = f"{queue}-{errand}"
        ring = partial(self.ground.broker.send, [Bell(queue, errand, "more")])
        more = Seldom(ring, seconds=_RING_SECONDS)
        heard = partial(self.ground.broker.heard, queue, errand)
        match errand:
            case Errand.DELIVER:
                return Shift(
                    name,
                    slots=settings.webhook.slots,
                    claim=self._claim_deliveries,
                    carry_out=self._deliver,
                    heard=heard,
                    more=more,
                )
            case Errand.SWEEP:
                return Shift(
                    name,
                    slots=settings.work.slots,
                    claim=self._claim_unwanted,
                    carry_out=partial(unwanted.remove, self.ground),
                    heard=heard,
                    more=more,
                )
            case Errand.POLL:
                return Shift(
                    name,
                    slots=settings.work.poll_slots,
                    claim=partial(self._claim, polling.claim, queue),
                    carry_out=self._ask,
                    heard=heard,
                    more=more,
                    at_least=max(1, settings.work.poll_slots // 2),
                )
            case _:
                return Shift(
                    name,
                    slots=self._slots(queue),
                    claim=partial(self._claim, lifecycle.claim, queue),
                    carry_out=self._carry_out,
                    heard=heard,
                    more=more,
                )

    def _slots(self, queue: Queue) -> int:
        """Return how many jobs of a queue to carry out at once: no more than the cores can."""
        work = self.ground.settings.work
        if queue in _HEAVY and self.ground.catalog.is_made_here(queue):
            return min(work.slots, work.local_slots or os.cpu_count() or 1)
        return work.slots

    def _claim(self, claim: Claim[Item], queue: Queue, limit: int) -> Sequence[Item]:
        with self.ground.transaction() as session:
            return claim(session, queue, worker=self._name, limit=limit, lease=self._lease)

    def _carry_out(self, job: Job) -> None:
        held = self._holdings.take(job)
        self._teller.started(job)
        try:
            after = pipeline.carry_out(held, self.tools)
        finally:
            self._holdings.drop(held)
        self._say(job, after)

    def _ask(self, parked: Parked) -> None:
        held = self._holdings.take(parked.job)
        try:
            after = pipeline.ask(held, parked.attempt, self.tools)
        except BaseException:
            self._holdings.drop(held)
            raise
        if isinstance(after, NotYet):
            self._reparking.add(held, after.due_at)
            return
        self._holdings.drop(held)
        self._say(parked.job, after)

    def _say(self, job: Job, after: Job | None) -> None:
        self._teller.ended(job, after)
        if after is not None:
            _logger.info("job carried out", job_id=job.id, status=after.status)

    def _claim_deliveries(self, limit: int) -> Sequence[Parcel]:
        # Claimed, but not delivered after the time-out and this: its process is gone.
        lease = timedelta(seconds=self.ground.settings.webhook.timeout_seconds) + _DELIVERY_SLACK
        with self._lanes.claiming(), self.ground.transaction() as session:
            return delivery.claim(session, self.ground, self._lanes, limit=limit, lease=lease)

    def _claim_unwanted(self, limit: int) -> Sequence[str]:
        with self.ground.transaction() as session:
            return unwanted.claim(session, limit=limit)

    def _deliver(self, parcel: Parcel) -> None:
        begun = time.monotonic()
        try:
            delivery.deliver(parcel, self.ground, self._webhooks)
        finally:
            seconds = time.monotonic() - begun
            if self._lanes.leave(parcel.destination, seconds=seconds):
                self._shift(Queue.WEBHOOK, Errand.DELIVER).hear_aside()

    def _beat_on(self) -> None:
        while not self._is_over.wait(_BEAT_SECONDS):
            try:
                self._holdings.beat()
            except Exception:
                _logger.warning("heartbeat failed", exc_info=True)

    def _tell_on(self) -> None:
        """Once a second: tell Flower and those who come later what was seen here.

        Apart from the heartbeat: no lease may run out because a broker does not answer.
        """
        is_last = False
        while not is_last:
            is_last = self._is_over.wait(_TELL_SECONDS)
            self._teller.flush()
            try:
                self.tools.timing.flush()
            except Exception as error:  # noqa: BLE001 - no job depends on it
                _logger.warning("measured times not written", error=str(error))

    def _give_back(self) -> None:
        for held in self._holdings.all():
            held.stop(LeaseLost())
            try:
                with self.ground.transaction() as session:
                    lifecycle.release(session, held.job)
            except LeaseLost:
                pass
