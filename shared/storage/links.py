"""Links that open a file for a time, or take one, without a key."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from shared import clock
from shared.errors import LinkExpired
from shared.settings import Settings
from shared.storage.store import ObjectStore

# Links made within the same hour are alike, so that an unchanged job reads alike.
_STEP_SECONDS = 3600

# What a signature is for: one does not stand for another.
_ARTIFACT, _UPLOAD, _FILLING = "artifact", "upload", "filling"


class Links:
    """Makes absolute addresses of this server, and signed ones of its files."""

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
        return self._signed(f"/v1/artifacts/{artifact_id}/content", _ARTIFACT, artifact_id)

    def to_source(self, artifact_id: str, *, until: datetime) -> str:
        """Return an address of ours that opens this artifact until then: always the same."""
        path, expires = f"/v1/artifacts/{artifact_id}/content", int(until.timestamp())
        return self._signed(path, _ARTIFACT, artifact_id, expires=expires)

    def to_upload(self, upload_id: str, *, until: datetime | None = None) -> str:
        """Return an address that opens this upload until then, or for the time that is set."""
        path = f"/v1/uploads/{upload_id}/content"
        expires = None if until is None else int(until.timestamp())
        return self._signed(path, _UPLOAD, upload_id, expires=expires)

    def to_fill(self, upload_id: str, until: datetime) -> str:
        """Return an address of ours to which this upload's file can be put until then."""
        path = f"/v1/uploads/{upload_id}/content"
        return self._signed(path, _FILLING, upload_id, expires=int(until.timestamp()))

    def presigned_put(
        self, key: str, *, seconds: int, content_type: str, length: int
    ) -> str | None:
        """Return an address of the store itself to which this can be put, if callers use those."""
        if not self._presigned:
            return None
        return self._store.presign_put(
            key, seconds=seconds, content_type=content_type, length=length
        )

    def check(self, artifact_id: str, *, expires: int, signature: str) -> None:
        """Raise :class:`LinkExpired` unless this is a link of ours that still holds."""
        self._check(_ARTIFACT, artifact_id, expires, signature)

    def check_upload(self, upload_id: str, *, expires: int, signature: str) -> None:
        """Raise :class:`LinkExpired` unless this opens an upload."""
        self._check(_UPLOAD, upload_id, expires, signature)

    def check_filling(self, upload_id: str, *, expires: int, signature: str) -> None:
        """Raise :class:`LinkExpired` unless an upload can be filled through this."""
        self._check(_FILLING, upload_id, expires, signature)

    def _signed(self, path: str, what: str, name: str, *, expires: int | None = None) -> str:
        if expires is None:
            soonest = int(clock.now().timestamp()) + self._seconds
            expires = -(-soonest // _STEP_SECONDS) * _STEP_SECONDS
        query = urlencode({"expires": expires, "signature": self._sign(what, name, expires)})
        return self.absolute(f"{path}?{query}")

    def _check(self, what: str, name: str, expires: int, signature: str) -> None:
        genuine = hmac.compare_digest(self._sign(what, name, expires).encode(), signature.encode())
        if not genuine or expires < clock.now().timestamp():
            raise LinkExpired

    def _sign(self, what: str, name: str, expires: int) -> str:
        message = f"{what}:{name}:{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:40]
