"""What becomes of a delivery after a try."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared import settings
from shared.declaring import SettingsError
from shared.errors import ServiceError
from shared.outbound import Answer
from shared.settings import WebhookSettings
from shared.webhooks.types import DeliveryStatus, EventType
from tests.unit.test_settings import REQUIRED
from workers.verdicts import Verdict, judge, schedule_of

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
SECONDS = timedelta(seconds=1)


@pytest.fixture
def usual() -> WebhookSettings:
    return settings.load(REQUIRED).webhook


def answer(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, "")


def wait(outcome: Answer | ServiceError, *, failures: int = 1, jitter: float = 0) -> timedelta:
    """Return how long after this outcome it is tried again, on a schedule of 5 and 300 seconds."""
    schedule = [5 * SECONDS, 300 * SECONDS]
    verdict = judge(outcome, failures=failures, schedule=schedule, now=NOW, jitter=jitter)
    assert verdict.status is DeliveryStatus.PENDING
    assert verdict.again_at is not None
    return verdict.again_at - NOW


def test_the_usual_schedule_ends_after_ten_tries_in_three_days(usual: WebhookSettings) -> None:
    schedule = schedule_of("job.succeeded", usual.schedule)

    waits = [
        judge(answer(500), failures=failures, schedule=schedule, now=NOW).again_at
        for failures in range(1, 10)
    ]

    seconds, minutes, hours = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours"))
    assert [one and one - NOW for one in waits] == [
        5 * seconds, 5 * minutes, 30 * minutes, 2 * hours, 5 * hours, 10 * hours, 14 * hours,
        20 * hours, 24 * hours
    ]  # fmt: skip
    last = judge(answer(500), failures=10, schedule=schedule, now=NOW)
    assert last == Verdict(DeliveryStatus.EXHAUSTED)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    verdict = judge(answer(status), failures=1, schedule=[], now=NOW)

    assert verdict == Verdict(DeliveryStatus.DELIVERED)


@pytest.mark.parametrize("outcome", [*map(answer, (199, 301, 307, 400, 404, 500)), ServiceError()])
def test_anything_else_is_a_failure(outcome: Answer | ServiceError) -> None:
    assert wait(outcome) == 5 * SECONDS
    assert wait(outcome, failures=2) == 300 * SECONDS


def test_a_wait_is_longer_by_its_jitter() -> None:
    assert wait(answer(500), failures=2, jitter=0.1) == 330 * SECONDS


@pytest.mark.parametrize(
    ("outcome", "seconds"),
    [
        (answer(429, Retry_After="60"), 60),
        (answer(503, Retry_After=" 60 "), 60),
        (answer(503, Retry_After=format_datetime(NOW + 90 * SECONDS, usegmt=True)), 90),
        (answer(429, Retry_After="1"), 5),
        (answer(429, Retry_After="999999999999999"), 86_400),
        (answer(429, Retry_After=format_datetime(NOW - 90 * SECONDS, usegmt=True)), 5),
        (answer(429, Retry_After="soon"), 5),
        (answer(429, Retry_After="-60"), 5),
        (answer(429, Retry_After=""), 5),
        (answer(429), 5),
        (answer(500, Retry_After="60"), 5),
    ],
)
def test_who_is_busy_may_say_until_when_up_to_a_day(outcome: Answer, seconds: int) -> None:
    assert wait(outcome) == seconds * SECONDS


def test_progress_is_old_after_two_more_tries(usual: WebhookSettings) -> None:
    schedule = schedule_of(EventType.JOB_PROGRESS, usual.schedule)

    verdict = judge(answer(500), failures=3, schedule=schedule, now=NOW)

    assert verdict.status is DeliveryStatus.EXHAUSTED


def test_a_schedule_of_ones_own() -> None:
    found = settings.load(REQUIRED | {"LIMNER_WEBHOOK_SCHEDULE": "1, 60"}).webhook.schedule

    assert found == (1, 60)


@pytest.mark.parametrize("text", ["soon", "5,", "5,-1", "5;6", "1.5", "604801", "\u0665"])
def test_a_schedule_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="LIMNER_WEBHOOK_SCHEDULE"):
        settings.load(REQUIRED | {"LIMNER_WEBHOOK_SCHEDULE": text})
