"""Pictures put into the library, found again, shown to everybody, and let go.

Whoever asks says on which shelf: an account's, of tests or not. Nothing is found on another one.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.orm import Session

from shared.errors import ImageNotFound, UploadNotFound
from shared.jobs.status import Role
from shared.jobs.tables import Artifact, Job, JobInput
from shared.library.tables import LibraryImage
from shared.retention import deletion
from shared.uploads import queries as uploads

_PREFIX = "image_"
# As many characters of the job's id as theirs have: all but the last ten of its random bits.
_CHARACTERS = 24
_ID = re.compile(_PREFIX + r"[0-9a-z]{24}")


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Which images: an account's, those made with keys for tests or the others."""

    account_id: str
    is_test: bool


@dataclass(frozen=True)
class Picture:
    """An image of the library, and the file that it is."""

    image: LibraryImage
    file: Artifact


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some pictures, newest first, and the ids with which the pages beside it begin."""

    pictures: Sequence[Picture]
    previous: str | None
    next: str | None


def is_id(text: str) -> bool:
    """Say whether this could be the id of an image."""
    return _ID.fullmatch(text) is not None


def id_of(job_id: str) -> str:
    """Return the id of the image that a job makes: later ones sort behind it."""
    return _PREFIX + job_id.rpartition("_")[2][:_CHARACTERS]


def add(
    session: Session, job: Job, *, name: str, expires_at: datetime | None = None
) -> LibraryImage:
    """Put what a new job will make on the shelf of its account."""
    image = LibraryImage(
        id=id_of(job.id),
        account_id=job.account_id,
        is_test=job.is_test,
        job_id=job.id,
        name=name,
        is_published=False,
        created_at=job.created_at,
        expires_at=expires_at,
    )
    session.add(image)
    return image


def find(session: Session, shelf: Shelf, image_id: str) -> Picture:
    """Return a picture that is there; raises :class:`ImageNotFound`."""
    if not is_id(image_id):
        raise ImageNotFound(image_id)
    return _one(session, _on(shelf).where(LibraryImage.id == image_id), image_id)


def find_published(session: Session, image_id: str) -> Picture:
    """Return a picture that everybody may see, whose ever it is; raises :class:`ImageNotFound`."""
    if not is_id(image_id):
        raise ImageNotFound(image_id)
    wanted = _kept().where(LibraryImage.id == image_id, LibraryImage.is_published)
    return _one(session, wanted, image_id)


def page(session: Session, shelf: Shelf, *, first: str | None, limit: int) -> Page:
    """Return up to ``limit`` pictures from ``first`` on, or the newest.

    Raises :class:`ImageNotFound` if there is no such first one.
    """
    wanted = _on(shelf)
    if first is not None:
        find(session, shelf, first)
        wanted = wanted.where(LibraryImage.id <= first)
    newest_first = wanted.order_by(LibraryImage.id.desc()).limit(limit + 1)
    found = [Picture(*row) for row in session.execute(newest_first)]
    return Page(
        pictures=found[:limit],
        previous=_first_of_page_before(session, shelf, first, limit),
        next=found[limit].image.id if len(found) > limit else None,
    )


def publish(session: Session, shelf: Shelf, image_id: str, *, is_published: bool) -> Picture:
    """Show a picture to everybody, or to its account only; said again, it stays so.

    Raises :class:`ImageNotFound`.
    """
    found = find(session, shelf, image_id)
    session.execute(
        update(LibraryImage)
        .where(LibraryImage.id == image_id)
        .values(is_published=is_published)
        .execution_options(synchronize_session="evaluate")
    )
    return found


def remove(session: Session, shelf: Shelf, image_id: str) -> None:
    """Let go of a picture and its file for good, and of what it was made from for it alone.

    Raises :class:`ImageNotFound`, and :class:`shared.errors.FileInUse` while a job starts from it.
    """
    found = find(session, shelf, image_id)
    # The file first, as when jobs are deleted: nobody waits in a circle.
    deletion.delete_artifact(session, account_id=shelf.account_id, artifact_id=found.file.id)
    release_sources(session, found.image)
    gone = delete(LibraryImage).where(LibraryImage.id == image_id).returning(LibraryImage.id)
    if session.execute(gone).one_or_none() is None:
        raise ImageNotFound(image_id)


def release_sources(session: Session, image: LibraryImage) -> None:
    """Let go of the files that came for this image only, if there are any.

    Raises :class:`shared.errors.FileInUse` if somebody has found another use for one.
    """
    named = select(JobInput.upload_id).where(
        JobInput.job_id == image.job_id, JobInput.upload_id.is_not(None)
    )
    for upload_id in session.scalars(named).all():
        with suppress(UploadNotFound):
            uploads.delete_upload(session, str(upload_id), account_id=image.account_id)


def _kept() -> Select[LibraryImage, Artifact]:
    """Return the query for images with their files, where there is one."""
    is_there = and_(
        Artifact.job_id == LibraryImage.job_id,
        Artifact.role == Role.RESULT,
        Artifact.expired_at.is_(None),
        Artifact.deleted_at.is_(None),
    )
    return select(LibraryImage, Artifact).join(Artifact, is_there)


def _on(shelf: Shelf) -> Select[LibraryImage, Artifact]:
    return _kept().where(
        LibraryImage.account_id == shelf.account_id, LibraryImage.is_test == shelf.is_test
    )


def _one(session: Session, wanted: Select[LibraryImage, Artifact], image_id: str) -> Picture:
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise ImageNotFound(image_id)
    return Picture(*found)


def _first_of_page_before(
    session: Session, shelf: Shelf, first: str | None, limit: int
) -> str | None:
    if first is None:
        return None
    newer = _on(shelf).where(LibraryImage.id > first).order_by(LibraryImage.id).limit(limit)
    ids = session.scalars(newer.with_only_columns(LibraryImage.id)).all()
    return ids[-1] if ids else None
