"""Links that open an artifact for a time, without a key."""

import hashlib
import hmac
from urllib.parse import urlencode

from shared import clock
from shared.errors import LinkExpired
from shared.settings import Settings
from shared.storage.store import ObjectStore

# Links made within the same hour are alike, so that an unchanged job reads alike.
_STEP_SECONDS = 3600


class Links:
    """Makes absolute addresses of this server, and signed ones of its artifacts."""

    def __init__(self, settings: Settings, store: ObjectStore) -> None:
        self._base = settings.http.public_url.rstrip("/")
        self._secret = settings.security.secret_key.encode()
        self._seconds = settings.storage.link_seconds
        self._presigned = settings.storage.links == "presigned"
        self._store = store

    def absolute(self, path: str) -> str:
        """Return the address under which callers reach a path of the API."""
        return self._base + path

    def to_artifact(self, artifact_id: str, key: str, content_type: str) -> str:
        """Return an address that opens this artifact for at least the time that is set."""
        if self._presigned:
            link = self._store.presign(key, seconds=self._seconds, content_type=content_type)
            if link is not None:
                return link
        soonest = int(clock.now().timestamp()) + self._seconds
        expires = -(-soonest // _STEP_SECONDS) * _STEP_SECONDS
        query = urlencode({"expires": expires, "signature": self._sign(artifact_id, expires)})
        return self.absolute(f"/v1/artifacts/{artifact_id}/content?{query}")

    def check(self, artifact_id: str, *, expires: int, signature: str) -> None:
        """Raise :class:`LinkExpired` unless this is a link of ours that still holds."""
        genuine = hmac.compare_digest(self._sign(artifact_id, expires).encode(), signature.encode())
        if not genuine or expires < clock.now().timestamp():
            raise LinkExpired

    def _sign(self, artifact_id: str, expires: int) -> str:
        message = f"artifact:{artifact_id}:{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:40]
