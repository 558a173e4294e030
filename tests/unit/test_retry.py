"""Whether to try again, and when."""

import pytest

from shared.errors import (
    ArtifactNotFound,
    Fault,
    InvalidRequest,
    ModelUnavailable,
    NotSubmitted,
    OutcomeUnknown,
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
    StorageUnavailable,
    Temporary,
)
from workers.polling import NeverArrived
from workers.retry import GiveUp, Retry, decide


def wait_after(failures: int, *, retry_after: float | None = None) -> float:
    decision = decide(ProviderUnavailable(retry_after=retry_after), failures=failures, most=10_000)
    assert isinstance(decision, Retry)
    return decision.after.total_seconds()


@pytest.mark.parametrize(
    "error", [Temporary(), ProviderUnavailable(), StorageUnavailable(), ModelUnavailable()]
)
def test_what_may_work_later_is_tried_again(error: ServiceError) -> None:
    decision = decide(error, failures=0, most=2)

    assert isinstance(decision, Retry)
    assert decision.error is error


@pytest.mark.parametrize(
    "error",
    [
        ServiceError(),
        OutcomeUnknown(),
        ProviderRefused(),
        ArtifactNotFound(),
        InvalidRequest([Fault("$", "Wrong.")]),
    ],
)
def test_what_will_not_work_or_may_have_worked_is_not_tried_again(error: ServiceError) -> None:
    assert decide(error, failures=0, most=100) == GiveUp(error)


@pytest.mark.parametrize(("failures", "most"), [(0, 1), (4, 5), (5, 5)])
def test_the_last_attempt_gives_up_with_its_own_error(failures: int, most: int) -> None:
    error = ProviderUnavailable("The GPU is on fire.")

    assert decide(error, failures=failures, most=most) == GiveUp(error)


@pytest.mark.parametrize("error", [ValueError("/srv/secret"), KeyError("x"), MemoryError()])
def test_a_mistake_of_ours_is_given_up_and_its_details_are_not_told(error: Exception) -> None:
    decision = decide(error, failures=0, most=5)

    assert isinstance(decision, GiveUp)
    assert type(decision.error) is ServiceError
    assert decision.error.message == "The job failed because of a mistake in this server."


@pytest.mark.parametrize(
    ("failures", "usual"), [(0, 2), (1, 4), (2, 8), (4, 32), (5, 60), (39, 60)]
)
def test_the_wait_doubles_up_to_a_limit_and_is_never_far_from_it(
    failures: int, usual: float
) -> None:
    waits = [wait_after(failures) for _ in range(200)]

    assert 0.75 * usual <= min(waits) <= max(waits) <= 1.25 * usual
    assert len(set(waits)) > 1


def test_the_wait_has_its_limit_however_often_was_tried() -> None:
    assert wait_after(5_000) <= 75


def test_the_wait_is_not_shorter_than_the_other_side_asked_for() -> None:
    assert wait_after(0, retry_after=77.5) == 77.5


def test_the_wait_is_not_shortened_by_what_the_other_side_asked_for() -> None:
    assert wait_after(4, retry_after=0) >= 0.75 * 32
    assert wait_after(4, retry_after=1) >= 0.75 * 32


@pytest.mark.parametrize("error", [NotSubmitted(), NeverArrived(), ProviderBusy()])
def test_what_costs_nothing_is_tried_more_often_but_not_for_ever(error: ServiceError) -> None:
    assert isinstance(decide(error, failures=20, most=2), Retry)
    assert decide(error, failures=200, most=2) == GiveUp(error)
