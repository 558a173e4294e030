"""What those who run the server see of webhooks."""

from datetime import timedelta

from sqlalchemy import update

from shared import clock
from shared.ground import Ground
from shared.webhooks import overview
from shared.webhooks.tables import Delivery, DeliveryAttempt
from tests.conftest import Api
from tests.integration.conftest import Run
from tests.integration.test_webhook_endpoints import cancel_one, deliver, make, of_log, patch
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from workers.process import WorkerProcess


def is_stuck(ground: Ground) -> bool:
    with ground.transaction() as session:
        return overview.is_stuck(session)


def let_minutes_pass(ground: Ground, minutes: int) -> None:
    """Let what is owed have been due for so long."""
    with ground.transaction() as session:
        due = update(Delivery).where(Delivery.due_at.is_not(None))
        session.execute(due.values(due_at=clock.now() - timedelta(minutes=minutes)))


def test_endpoints_are_listed_with_what_is_owed_and_how_they_stand(api: Api, run: Run) -> None:
    make(api, "https://example.org/on", "job.canceled", "credits.low")
    off = make(api, "https://example.org/off", "*")
    patch(api, off, enabled=False)
    cancel_one(api)

    result = run("webhooks", "list")

    _, first, second = [" ".join(line.split()) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert first == f"{off['id']} alice https://example.org/off * 0 disabled: by_owner"
    assert second.endswith("alice https://example.org/on job.canceled,credits.low 1 in use")


def test_what_an_endpoint_did_not_get_is_sent_again(api: Api, run: Run) -> None:
    endpoint = make(api, "https://example.org/", "job.canceled")
    cancel_one(api)
    patch(api, endpoint, enabled=False)

    disabled = run("webhooks", "recover", endpoint["id"])
    patch(api, endpoint, enabled=True)
    enabled = run("webhooks", "recover", endpoint["id"])
    unknown = run("webhooks", "recover", "whe_unknown")

    assert (disabled.exit_code, "disabled" in disabled.output) == (1, True)
    assert (enabled.exit_code, enabled.output) == (0, "1 are sent again.\n")
    assert [one["status"] for one in of_log(api)] == ["pending"]
    assert (unknown.exit_code, "no webhook endpoint" in unknown.output) == (1, True)


def test_it_is_stuck_if_something_is_due_for_long_and_nobody_sends(
    api: Api, ground: Ground
) -> None:
    assert not is_stuck(ground)
    make(api, "https://example.org/", "job.canceled")
    cancel_one(api)
    assert not is_stuck(ground)

    let_minutes_pass(ground, 11)

    assert is_stuck(ground)


def test_it_is_not_stuck_while_others_are_sent_to(
    api: Api, ground: Ground, worker: WorkerProcess, webhook: Receiver
) -> None:
    make(api, webhook.url, "job.canceled")
    cancel_one(api)
    deliver(worker)
    assert eventually(lambda: of_log(api)[0]["status"] == "delivered")
    make(api, "https://example.org/", "job.canceled")
    cancel_one(api)
    let_minutes_pass(ground, 11)
    assert not is_stuck(ground)

    with ground.transaction() as session:
        session.execute(update(DeliveryAttempt).values(id="dat_00000000000000000000000000"))
    assert is_stuck(ground)
