"""Which provider makes a job when the first one cannot: never one after money may be spent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import catalog
from shared.ground import Ground
from shared.jobs.status import Status
from shared.jobs.tables import Attempt
from tests.conftest import Caller
from tests.integration.test_remote import (
    MakeWorker,
    at_work,
    attempts_of,
    emulator,
    is_over,
    make_worker,
    provider,
    read,
)
from tests.support import jobs
from tests.support.emulator import Emulator
from workers.process import WorkerProcess

__all__ = ["emulator", "make_worker", "provider"]

Two = Callable[..., WorkerProcess]

_ROUTE = '  { provider = "fal", model = "fal-ai/flux/dev" },'
_LOCAL = '  { provider = "sketch", model = "sketch" },'


@pytest.fixture
def with_two(make_worker: MakeWorker, tmp_path: Path) -> Two:
    """Starts workers whose catalogue has a second way to make what the first one makes."""
    text = Path(catalog.__file__).with_name("catalog.toml").read_text()
    path = tmp_path / "two.toml"
    path.write_text(text.replace(_ROUTE, f"{_ROUTE}\n{_LOCAL}"))

    def make(**other: str) -> WorkerProcess:
        return make_worker(LIMNER_CATALOG=str(path), **other)

    return make


def outcomes(found: list[Attempt]) -> list[tuple[str, str | None]]:
    """Return who was asked, and what became of it."""
    return [(one.provider, one.outcome) for one in found]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "status", "code": 401}, id="key refused"),
        pytest.param({"kind": "status", "code": 422}, id="order refused"),
        pytest.param({"kind": "500"}, id="not taken"),
        pytest.param({"kind": "error", "type": "bad_request"}, id="taken and refused"),
        pytest.param({"kind": "error", "type": "internal_error"}, id="taken and failed"),
    ],
)
def test_after_a_failure_that_is_certain_the_next_one_makes_it(
    ground: Ground, caller: Caller, with_two: Two, provider: Emulator, fault: dict[str, Any]
) -> None:
    provider.fault(**fault, times=100)
    worker = with_two(LIMNER_MAX_ATTEMPTS="2")
    job = jobs.submit(ground, caller.account.id, input={"width": 96, "height": 96})

    assert at_work(worker, ground, is_over(ground, job))

    done = read(ground, job)
    assert (done.status, done.provider) == (Status.SUCCEEDED, "sketch"), done.error_message
    assert {one.provider for one in attempts_of(ground, job)} == {"fal"}
    [warning] = done.warnings
    assert warning["code"] == "fallback"
    assert "'fal' could not make this" in warning["message"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "refuse_content"}, "content_refused"),
        ({"kind": "empty_images"}, "provider_misbehaved"),
        ({"kind": "lose"}, "provider_lost_job"),
    ],
)
def test_what_is_refused_for_what_it_shows_or_may_be_paid_goes_to_nobody_else(
    ground: Ground,
    caller: Caller,
    with_two: Two,
    provider: Emulator,
    fault: dict[str, Any],
    code: str,
) -> None:
    provider.fault(**fault, times=100)
    worker = with_two(LIMNER_MAX_ATTEMPTS="1")
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    after = read(ground, job)
    assert (after.status, after.error_code) == (Status.FAILED, code)


def test_without_another_route_the_job_fails_as_it_always_did(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    provider.fault(kind="status", code=401, times=100)
    worker = make_worker()
    job = jobs.submit(ground, caller.account.id)

    assert at_work(worker, ground, is_over(ground, job))

    after = read(ground, job)
    assert (after.status, after.error_code) == (Status.FAILED, "provider_misconfigured")
    assert outcomes(attempts_of(ground, job)) == [("fal", "failed")]


def test_a_provider_that_keeps_failing_is_left_alone_and_others_take_its_jobs(
    ground: Ground, caller: Caller, with_two: Two, provider: Emulator
) -> None:
    provider.fault(kind="status", code=401, times=100)
    worker = with_two(LIMNER_BREAKER_FAILURES="3", LIMNER_BREAKER_SECONDS="60", LIMNER_SLOTS="1")
    size = {"width": 64, "height": 64}
    given = [jobs.submit(ground, caller.account.id, input=size) for _ in range(8)]

    assert at_work(worker, ground, lambda: all(is_over(ground, job)() for job in given))

    assert {read(ground, job).provider for job in given} == {"sketch"}
    # Asked as often as it takes to open the breaker, and not once by those that came after.
    asked = [one for job in given for one in attempts_of(ground, job)]
    assert outcomes(asked) == [("fal", "failed")] * 3


def test_who_has_no_other_route_waits_without_a_slot_until_it_works_again(
    ground: Ground, caller: Caller, make_worker: MakeWorker, provider: Emulator
) -> None:
    provider.fault(kind="500", times=100)
    worker = make_worker(LIMNER_BREAKER_FAILURES="1", LIMNER_BREAKER_SECONDS="2")
    job = jobs.submit(ground, caller.account.id)
    assert at_work(worker, ground, lambda: read(ground, job).waiting_for == "provider_recovery")
    assert read(ground, job).worker is None
    provider.clear_faults()

    assert at_work(worker, ground, is_over(ground, job))

    assert read(ground, job).status == Status.SUCCEEDED
