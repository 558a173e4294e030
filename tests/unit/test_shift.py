"""One process at work on one queue, with real threads."""

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest

from tests.support.patience import eventually
from workers.shift import Seldom, Shift

PATIENCE = 20


class Desk:
    """A queue, and work that lasts until it is let go; counts what happens."""

    def __init__(self, items: Sequence[str] = (), *, slots: int, is_open: bool = True) -> None:
        self.due = list(items)
        self.asked: list[int] = []
        self.done: list[str] = []
        self.at_once = self.most_at_once = self.looks = self.mores = 0
        self.lock = threading.Lock()
        self.gate = threading.Semaphore(1_000_000 if is_open else 0)
        self.failure: Exception | None = None
        self.shift = Shift(
            "test",
            slots=slots,
            claim=self.claim,
            carry_out=self.carry_out,
            heard=self.heard,
            more=self.more,
        )

    def claim(self, limit: int) -> list[str]:
        with self.lock:
            self.asked.append(limit)
            taken, self.due = self.due[:limit], self.due[limit:]
        return taken

    def carry_out(self, item: str) -> None:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.gate.acquire(timeout=PATIENCE)
        with self.lock:
            self.at_once -= 1
            self.done.append(item)
        if item.startswith("bad"):
            raise ValueError(item)

    def heard(self) -> None:
        self.looks += 1

    def more(self) -> None:
        self.mores += 1

    def let_go(self, count: int = 1_000_000) -> None:
        self.gate.release(count)


@pytest.fixture
def bystander() -> Iterator[ThreadPoolExecutor]:
    """Other threads, to ring from; each call has an end."""
    with ThreadPoolExecutor(8) as executor:
        yield executor


def test_everything_that_is_due_is_claimed_and_carried_out() -> None:
    items = [f"item {number}" for number in range(25)]
    desk = Desk(items, slots=4)

    desk.shift.hear()

    assert desk.shift.wait(PATIENCE)
    assert sorted(desk.done) == sorted(items)


def test_a_batch_is_as_large_as_the_free_slots(bystander: ThreadPoolExecutor) -> None:
    desk = Desk(["a", "b", "c"], slots=4, is_open=False)

    desk.shift.hear()
    desk.due = ["d", "e"]
    bell = bystander.submit(desk.shift.hear)

    assert eventually(lambda: desk.at_once == 4)
    assert desk.asked == [4, 1]
    desk.let_go()
    bell.result(PATIENCE)
    assert desk.shift.wait(PATIENCE)
    assert sorted(desk.done) == ["a", "b", "c", "d", "e"]


def test_hearing_returns_while_the_rest_is_still_under_way() -> None:
    desk = Desk(["a", "b"], slots=4, is_open=False)

    desk.shift.hear()

    assert desk.done == []
    assert eventually(lambda: desk.at_once == 2)
    desk.let_go()
    assert desk.shift.wait(PATIENCE)


def test_an_empty_queue_is_asked_once_a_bell() -> None:
    desk = Desk(slots=4)

    desk.shift.hear()
    desk.shift.hear()

    assert desk.asked == [4, 4]
    assert desk.shift.wait(PATIENCE)


def test_there_is_never_more_under_way_than_there_are_slots(bystander: ThreadPoolExecutor) -> None:
    items = [f"item {number}" for number in range(60)]
    desk = Desk(items, slots=3, is_open=False)

    bells = [bystander.submit(desk.shift.hear) for _ in range(6)]
    for _ in items:
        desk.let_go(1)
    for bell in bells:
        bell.result(PATIENCE)

    assert desk.shift.wait(PATIENCE)
    assert sorted(desk.done) == sorted(items)
    assert desk.most_at_once <= 3
    assert max(desk.asked) <= 3


def test_while_every_slot_is_taken_nothing_is_claimed(bystander: ThreadPoolExecutor) -> None:
    desk = Desk(["a", "b", "c"], slots=2, is_open=False)

    bell = bystander.submit(desk.shift.hear)
    assert eventually(lambda: desk.at_once == 2)
    assert not bell.done()
    assert (desk.asked, desk.due) == ([2], ["c"])

    desk.let_go()
    bell.result(PATIENCE)
    assert desk.shift.wait(PATIENCE)
    assert sorted(desk.done) == ["a", "b", "c"]


@pytest.mark.parametrize(("count", "mores"), [(0, 0), (1, 0), (3, 0), (4, 1)])
def test_others_are_called_when_every_free_slot_got_something(
    bystander: ThreadPoolExecutor, count: int, mores: int
) -> None:
    desk = Desk([f"item {number}" for number in range(count)], slots=4, is_open=False)

    bell = bystander.submit(desk.shift.hear)

    assert eventually(lambda: desk.at_once == count)
    assert eventually(lambda: desk.mores == mores)
    desk.let_go()
    bell.result(PATIENCE)
    assert desk.shift.wait(PATIENCE)
    assert desk.mores == mores


def test_a_failure_costs_its_own_item_only() -> None:
    desk = Desk(["bad 1", "a", "bad 2", "b", "c"], slots=2)

    desk.shift.hear()

    assert desk.shift.wait(PATIENCE)
    assert sorted(desk.done) == ["a", "b", "bad 1", "bad 2", "c"]


def test_a_claim_that_fails_takes_no_slot_and_the_next_bell_is_heard() -> None:
    desk = Desk(["a", "b"], slots=2)
    failures = [OSError("the database is away")]

    def claim(limit: int) -> list[str]:
        if failures:
            raise failures.pop()
        return desk.claim(limit)

    shift = Shift(
        "test",
        slots=2,
        claim=claim,
        carry_out=desk.carry_out,
        heard=desk.heard,
        more=desk.more,
    )

    with pytest.raises(OSError, match="away"):
        shift.hear()
    shift.hear()

    assert shift.wait(PATIENCE)
    assert desk.asked[0] == 2
    assert sorted(desk.done) == ["a", "b"]


def test_a_bell_may_ring_again_from_before_the_first_look() -> None:
    desk = Desk(slots=4)
    looks: list[int] = []

    def claim(limit: int) -> list[str]:
        looks.append(desk.looks)
        return desk.claim(limit)

    shift = Shift(
        "test", slots=4, claim=claim, carry_out=desk.carry_out, heard=desk.heard, more=desk.more
    )
    assert shift.hear()
    assert shift.hear()

    assert looks == [1, 2]


def test_a_bell_during_a_claim_makes_the_claimer_look_again(
    bystander: ThreadPoolExecutor,
) -> None:
    desk = Desk(slots=4)
    is_claiming, may_end = threading.Event(), threading.Event()

    def claim(limit: int) -> list[str]:
        taken = desk.claim(limit)
        is_claiming.set()
        assert may_end.wait(PATIENCE)
        return taken

    shift = Shift(
        "test",
        slots=4,
        claim=claim,
        carry_out=desk.carry_out,
        heard=desk.heard,
        more=desk.more,
    )

    first = bystander.submit(shift.hear)
    assert is_claiming.wait(PATIENCE)
    desk.due = ["late"]
    bystander.submit(shift.hear).result(PATIENCE)
    may_end.set()
    first.result(PATIENCE)

    assert shift.wait(PATIENCE)
    assert desk.done == ["late"]


def test_hearing_aside_never_waits_and_claims_all_that_is_due_in_one_thread(
    bystander: ThreadPoolExecutor,
) -> None:
    desk = Desk(["a", "b", "c"], slots=1, is_open=False)
    threads = threading.active_count()

    for _ in range(10):
        bystander.submit(desk.shift.hear_aside).result(PATIENCE)
        assert eventually(lambda: desk.at_once == 1)

    # The bystander, the one slot, and the one that waits for it.
    assert threading.active_count() <= threads + 3
    desk.let_go()
    assert eventually(lambda: sorted(desk.done) == ["a", "b", "c"])
    assert desk.shift.wait(PATIENCE)


def test_a_claim_aside_that_fails_keeps_nobody_from_hearing_again() -> None:
    desk = Desk(["a"], slots=2)
    failures = [OSError("the database is away")]

    def claim(limit: int) -> list[str]:
        if failures:
            raise failures.pop()
        return desk.claim(limit)

    shift = Shift(
        "test",
        slots=2,
        claim=claim,
        carry_out=desk.carry_out,
        heard=desk.heard,
        more=desk.more,
    )

    shift.hear_aside()
    assert eventually(lambda: not failures)

    def is_heard() -> bool:
        shift.hear()
        return desk.done == ["a"]

    assert eventually(is_heard)
    assert shift.wait(PATIENCE)


class Interrupted:
    """Carries a call out in a thread, and does something else before one of its lines.

    Only lines of the file in which the call is written count. So every moment at which another
    thread might come in between can be tried, one after the other.
    """

    def __init__(self, line: int, do: Any) -> None:
        self.seen = 0
        self._line, self._do = line, do

    def run(self, call: Any) -> None:
        file = call.__func__.__code__.co_filename

        def on_line(frame: FrameType, event: str, _: Any) -> Any:
            if frame.f_code.co_filename != file:
                return None
            if event == "line":
                self.seen += 1
                if self.seen == self._line:
                    self._do()
            return on_line

        def traced() -> None:
            sys.settrace(on_line)
            call()

        thread = threading.Thread(target=traced)
        thread.start()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_bell_is_not_lost_at_whatever_moment_it_rings(bystander: ThreadPoolExecutor) -> None:
    lost, line, is_within = [], 0, True

    while is_within:
        line += 1
        desk = Desk(["first"], slots=2)
        bells: list[Future[bool]] = []

        def ring(desk: Desk = desk, bells: list[Future[bool]] = bells) -> None:
            desk.due.append("second")
            bells.append(bystander.submit(desk.shift.hear))
            # Where the claimer has the lock, the other one can only go on when it does.
            eventually(bells[0].done, seconds=0.05)

        interrupted = Interrupted(line, ring)
        interrupted.run(desk.shift.hear)
        for bell in bells:
            bell.result(PATIENCE)
        assert desk.shift.wait(PATIENCE)
        if desk.due:
            lost.append(line)
        is_within = bool(bells)

    assert line > 20
    assert lost == []


def test_a_shift_that_is_over_claims_nothing_more() -> None:
    desk = Desk(["a"], slots=2)

    desk.shift.close()
    desk.shift.hear()

    assert desk.shift.wait(PATIENCE)
    assert (desk.asked, desk.due) == ([], ["a"])


def test_closing_ends_the_wait_for_a_free_slot(bystander: ThreadPoolExecutor) -> None:
    desk = Desk(["a", "b"], slots=1, is_open=False)
    bell = bystander.submit(desk.shift.hear)
    assert eventually(lambda: desk.at_once == 1)

    desk.shift.close()
    bell.result(PATIENCE)

    assert desk.due == ["b"]
    desk.let_go()
    assert desk.shift.wait(PATIENCE)
    assert desk.done == ["a"]


def test_stopping_waits_for_what_is_under_way(bystander: ThreadPoolExecutor) -> None:
    desk = Desk(["a", "b"], slots=4, is_open=False)
    desk.shift.hear()
    desk.shift.close()

    waiting = bystander.submit(desk.shift.wait, PATIENCE)
    assert not eventually(waiting.done, seconds=0.05)
    desk.let_go()

    assert waiting.result(PATIENCE)
    assert sorted(desk.done) == ["a", "b"]


def test_stopping_says_when_it_waited_in_vain() -> None:
    desk = Desk(["a"], slots=2, is_open=False)
    desk.shift.hear()
    desk.shift.close()

    assert not desk.shift.wait(0.01)

    desk.let_go()
    assert eventually(lambda: desk.done == ["a"])


def test_a_claim_that_comes_back_after_the_stop_is_still_carried_out(
    bystander: ThreadPoolExecutor,
) -> None:
    desk = Desk(["a"], slots=2)
    is_claiming, may_end = threading.Event(), threading.Event()

    def claim(limit: int) -> list[str]:
        taken = desk.claim(limit)
        is_claiming.set()
        assert may_end.wait(PATIENCE)
        return taken

    shift = Shift(
        "test",
        slots=2,
        claim=claim,
        carry_out=desk.carry_out,
        heard=desk.heard,
        more=desk.more,
    )
    bell = bystander.submit(shift.hear)
    assert is_claiming.wait(PATIENCE)

    shift.close()
    waiting = bystander.submit(shift.wait, PATIENCE)
    may_end.set()

    bell.result(PATIENCE)
    assert waiting.result(PATIENCE)
    assert desk.done == ["a"]


def test_what_is_called_seldom_is_called_at_once_and_not_again_right_away() -> None:
    calls: list[str] = []
    seldom = Seldom(lambda: calls.append("seldom"), seconds=3_600)
    often = Seldom(lambda: calls.append("often"), seconds=0)

    for _ in range(3):
        seldom()
        often()

    assert calls == ["seldom", "often", "often", "often"]
