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


def headers(*secrets: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers that let the receiver check who sent this body, and when.

    There is a signature for each secret; one that the receiver knows is enough.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def is_secret(text: str) -> bool:
    """Say whether this is a secret that can sign: ``whsec_`` and 24 to 64 bytes in base 64."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and 24 <= len(key) <= 64


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
