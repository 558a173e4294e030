"""Standard Webhooks signatures (github.com/standard-webhooks/standard-webhooks, version 1)."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

_PREFIX = "whsec_"


def new_secret() -> str:
    """Return a fresh signing secret of 24 random bytes, such as ``whsec_MfKQ9r8GKY...``."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def headers(secret: str, *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that let the receiver check who sent this body, and when."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(
        base64.b64decode(secret.removeprefix(_PREFIX)), signed, hashlib.sha256
    ).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
