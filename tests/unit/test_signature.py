"""Signatures of webhooks, checked by the package that receivers use."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared import clock
from shared.webhooks import signature

SECRET = signature.new_secret()
BODY = json.dumps({"type": "job.succeeded", "data": {"prompt": "Füchse 🦊"}}).encode()


def signed(body: bytes = BODY, *, at: datetime | None = None) -> dict[str, str]:
    return signature.headers(SECRET, message_id="evt_1", at=at or clock.now(), body=body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BODY, id="an event"),
        pytest.param(b"{}", id="nearly nothing"),
        pytest.param('{"prompt":"Füchse 🦊"}'.encode(), id="letters beyond ASCII"),
        pytest.param(json.dumps(["x" * 100_000]).encode(), id="a long one"),
    ],
)
def test_a_receiver_can_check_what_we_signed(body: bytes) -> None:
    assert Webhook(SECRET).verify(body, signed(body)) == json.loads(body)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 2, 3, 9, 15, tzinfo=UTC),
        datetime(2026, 2, 3, 9, 15, 0, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    ],
)
def test_we_sign_at_any_moment_as_the_standard_does(at: datetime) -> None:
    ours = signed(at=at)

    theirs = Webhook(SECRET).sign("evt_1", at.replace(microsecond=0), BODY.decode())
    assert ours == {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": theirs,
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"webhook-id": "evt_2"}, id="another message"),
        pytest.param({"webhook-timestamp": str(int(clock.now().timestamp()) + 60)}, id="later"),
        pytest.param({"webhook-signature": "v1," + "A" * 43 + "="}, id="another signature"),
    ],
)
def test_a_changed_header_is_noticed(change: dict[str, str]) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, signed() | change)


def test_a_changed_body_is_noticed() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace(b"succeeded", b"failed"), signed())


def test_another_secret_does_not_fit() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(signature.new_secret()).verify(BODY, signed())


def test_a_message_that_is_sent_again_much_later_is_noticed() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, signed(at=clock.now() - timedelta(hours=1)))


def test_while_a_secret_is_replaced_both_fit_and_no_other() -> None:
    fresh = signature.new_secret()

    both = signature.headers(fresh, SECRET, message_id="evt_1", at=clock.now(), body=BODY)

    for secret in (fresh, SECRET):
        assert Webhook(secret).verify(BODY, both) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(signature.new_secret()).verify(BODY, both)


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {signature.new_secret() for _ in range(1_000)}

    assert len(secrets) == 1_000
    assert all(one.startswith("whsec_") for one in secrets)
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in secrets} == {24}
