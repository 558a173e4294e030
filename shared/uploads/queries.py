"""How uploads are found again, and let go: always within one account, but for signed links."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shared import ids
from shared.errors import UploadNotFound
from shared.retention import unwanted
from shared.uploads.tables import Upload


def get_upload(session: Session, upload_id: str, *, account_id: str | None = None) -> Upload:
    """Return an upload of the account, or one that a signed link names.

    Raises :class:`UploadNotFound`.
    """
    upload = session.get(Upload, upload_id) if ids.is_id(upload_id, "upl") else None
    if upload is None or account_id not in {None, upload.account_id}:
        raise UploadNotFound
    return upload


def delete_upload(session: Session, upload_id: str, *, account_id: str) -> None:
    """Let go of an upload of the account; raises :class:`UploadNotFound`."""
    if not ids.is_id(upload_id, "upl"):
        raise UploadNotFound
    mine = (Upload.id == upload_id) & (Upload.account_id == account_id)
    gone = session.execute(
        delete(Upload).where(mine).returning(Upload.key),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    if gone is None:
        raise UploadNotFound
    if gone.key is not None:
        unwanted.doom(session, [gone.key])
