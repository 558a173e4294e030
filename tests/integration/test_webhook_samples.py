"""How docs/api.md tells receivers to check who sent a webhook: run on what is really sent."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from shared import clock
from shared.webhooks import signature
from tests.conftest import Api
from tests.integration.test_vidiking_webhooks import SECRET, put
from tests.integration.test_webhook_endpoints import ENDPOINTS, cancel_one, deliver, make, told
from tests.support.receiver import Receiver
from workers.process import WorkerProcess

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
IsOurs = Callable[[str, Mapping[str, str], bytes], bool]


def sample(containing: str) -> str:
    """Return the one Python sample of the section on webhooks that contains this."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## Webhooks\n")[2]
    found = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    [one] = [text for text in found if containing in text]
    return str(one)


def defined_in(text: str, name: str) -> IsOurs:
    names: dict[str, Any] = {}
    exec(text, names)
    found: IsOurs = names[name]
    return found


def test_the_sample_with_a_library_checks_what_is_sent(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    secret = make(api, webhook.url, "job.canceled")["secret"]
    cancel_one(api)
    deliver(worker)
    [received] = webhook.wait_for(1)

    text = sample("import Webhook")
    request = SimpleNamespace(data=received.body, headers=received.headers)
    names: dict[str, Any] = {"secret": secret, "request": request}
    exec(text, names)
    assert names["message"] == told(received)
    request.data += b" "
    with pytest.raises(WebhookVerificationError):
        exec(text, names)


def test_the_sample_without_one_checks_what_is_sent_also_while_a_secret_is_replaced(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    endpoint = make(api, webhook.url, "job.canceled")
    fresh = api.post(f"{ENDPOINTS}/{endpoint['id']}/rotate").json
    cancel_one(api)
    deliver(worker)
    [received] = webhook.wait_for(1)
    is_ours = defined_in(sample("def is_ours("), "is_ours")

    for one in (endpoint, fresh):
        assert is_ours(one["secret"], received.headers, received.body)
    assert not is_ours(fresh["secret"], received.headers, received.body + b" ")
    assert not is_ours(api.caller.account.webhook_secret, received.headers, received.body)
    an_hour_ago = clock.now() - timedelta(hours=1)
    earlier = signature.headers(fresh["secret"], message_id="e", at=an_hour_ago, body=received.body)
    assert not is_ours(fresh["secret"], earlier, received.body)


def test_the_sample_for_vidiking_checks_what_is_sent(
    api: Api, worker: WorkerProcess, webhook: Receiver
) -> None:
    put(api, webhook.url, "ai.failed")
    cancel_one(api)
    deliver(worker)
    [received] = webhook.wait_for(1)
    is_ours = defined_in(sample("def is_ours_for_vidiking("), "is_ours_for_vidiking")

    assert is_ours(SECRET, received.headers, received.body)
    assert not is_ours(SECRET, received.headers, received.body + b" ")
    assert not is_ours("another secret", received.headers, received.body)
