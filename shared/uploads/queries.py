"""How uploads are found again, and let go: always within one account, but for signed links."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared import ids
from shared.errors import FileInUse, UploadNotFound
from shared.retention import unwanted, usage
from shared.uploads.tables import Upload


def get_upload(session: Session, upload_id: str, *, account_id: str | None = None) -> Upload:
    """Return an upload of the account, or one that a signed link names.

    Raises :class:`UploadNotFound`.
    """
    upload = session.get(Upload, upload_id) if ids.is_id(upload_id, "upl") else None
    if upload is None or account_id not in {None, upload.account_id}:
        raise UploadNotFound
    return upload


def list_uploads(
    session: Session,
    *,
    account_id: str,
    limit: int,
    before: str | None = None,
    is_complete: bool | None = None,
) -> Sequence[Upload]:
    """Return uploads of the account, the newest first; those before the one of this id."""
    mine = select(Upload).where(Upload.account_id == account_id)
    if before is not None:
        mine = mine.where(Upload.id < before)
    if is_complete is not None:
        mine = mine.where(Upload.completed_at.is_not(None) == is_complete)
    return session.scalars(mine.order_by(Upload.id.desc()).limit(limit)).all()


def delete_upload(session: Session, upload_id: str, *, account_id: str) -> None:
    """Let go of an upload of the account; raises :class:`UploadNotFound`, :class:`FileInUse`."""
    if not ids.is_id(upload_id, "upl"):
        raise UploadNotFound
    mine = select(Upload).where(Upload.id == upload_id, Upload.account_id == account_id)
    upload = session.scalars(mine.with_for_update()).one_or_none()
    if upload is None:
        raise UploadNotFound
    if usage.uploads_in_use(session, [upload_id]):
        raise FileInUse
    session.delete(upload)
    if upload.key is not None:
        unwanted.doom(session, [upload.key])
