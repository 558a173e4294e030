"""Uploads are opened, filled and completed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts.plans import Limits
from shared.errors import ArtifactNotFound, UploadIncomplete, UploadIsComplete
from shared.ground import Ground
from shared.retention import unwanted
from shared.storage.objects import upload_key
from shared.uploads import intake, sniffing
from shared.uploads.intake import Taken
from shared.uploads.tables import Upload

_MEGABYTE = 1_000_000
# A file that is on its way when its link expires may still arrive.
_LAST_ARRIVAL = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a caller says of a file before it comes; ``bytes`` is exact."""

    filename: str | None
    content_type: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a caller puts a file, with these headers."""

    url: str
    headers: Mapping[str, str]


def most_bytes(ground: Ground, limits: Limits) -> int:
    """Return how large a file of an account with these limits may be."""
    most = ground.settings.uploads.max_bytes
    return min(most, limits.upload_megabytes * _MEGABYTE) if limits.upload_megabytes else most


def begin(ground: Ground, *, account_id: str, declared: Declared) -> tuple[Upload, Door]:
    """Keep a place for a file that is about to come, and say where it is to be put."""
    seconds = ground.settings.uploads.link_seconds
    upload_id, now = ids.new("upl"), clock.now()
    expires_at = now + timedelta(seconds=seconds)
    incoming = upload_key(upload_id)
    url = ground.links.presigned_put(
        incoming, seconds=seconds, content_type=declared.content_type, length=declared.bytes
    )
    upload = Upload(
        id=upload_id,
        account_id=account_id,
        filename=declared.filename,
        incoming=incoming if url else None,
        content_type=declared.content_type,
        bytes=declared.bytes,
        expires_at=expires_at,
        used_at=now,
        created_at=now,
    )
    with ground.transaction() as session:
        session.add(upload)
        if url:
            # Whatever becomes of the upload: it is copied from there, and never read again.
            unwanted.doom(session, [incoming], after=timedelta(seconds=seconds) + _LAST_ARRIVAL)
    door = Door(
        url=url or ground.links.to_fill(upload_id, expires_at),
        headers={"Content-Type": declared.content_type},
    )
    return upload, door


def take_whole(
    ground: Ground,
    content: Iterable[bytes],
    *,
    account_id: str,
    filename: str | None,
    most_bytes: int,
    types: Collection[str] = sniffing.TYPES,
) -> Upload:
    """Store a file of these types that comes by itself as a complete upload.

    For errors see :func:`fill`.
    """
    taken = intake.store(ground, content, most_bytes=most_bytes, types=types)
    with ground.transaction() as session:
        return keep(session, taken, account_id=account_id, filename=filename)


def keep(session: Session, taken: Taken, *, account_id: str, filename: str | None) -> Upload:
    """Make a stored file an upload of the account."""
    intake.claim(session, taken)
    upload = Upload(
        id=ids.new("upl"), account_id=account_id, filename=filename, created_at=taken.at
    )
    for name, value in _of(taken).items():
        setattr(upload, name, value)
    session.add(upload)
    return upload


def fill(ground: Ground, upload: Upload, content: Iterable[bytes], *, most_bytes: int) -> Upload:
    """Store the file for which a place was kept.

    Raises :class:`UploadIsComplete`, :class:`shared.errors.UnsupportedMedia`,
    :class:`shared.errors.FileTooLarge` and :class:`shared.errors.StorageUnavailable`.
    """
    if upload.is_complete:
        raise UploadIsComplete
    taken = intake.store(ground, content, most_bytes=most_bytes)
    with ground.transaction() as session:
        intake.claim(session, taken)
        filled = session.scalars(
            update(Upload)
            .where(Upload.id == upload.id, Upload.completed_at.is_(None))
            .values(_of(taken))
            .returning(Upload),
            execution_options={"synchronize_session": False},
        ).one_or_none()
        if filled is None:
            # Another one was faster. What was stored here is not kept: nothing was committed.
            raise UploadIsComplete
        return filled


def complete(ground: Ground, upload: Upload, *, most_bytes: int) -> Upload:
    """Take what its caller has put into the storage; one that is complete stays as it is.

    It is copied on the way: what is kept can no longer be changed from outside. Raises
    :class:`UploadIncomplete` if nothing is there, else as :func:`fill`.
    """
    if upload.is_complete:
        return upload
    if upload.incoming is None:
        raise UploadIncomplete
    try:
        arrived = ground.store.read(upload.incoming)
    except ArtifactNotFound:
        raise UploadIncomplete from None
    try:
        return fill(ground, upload, arrived, most_bytes=most_bytes)
    finally:
        arrived.close()


def _of(taken: Taken) -> dict[str, object]:
    return {
        "key": taken.key,
        "content_type": taken.content_type,
        "bytes": taken.bytes,
        "sha256": taken.sha256,
        "completed_at": taken.at,
        "used_at": taken.at,
        "expires_at": None,
        "incoming": None,
    }
