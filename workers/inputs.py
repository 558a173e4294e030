"""What a job starts from: fetched once, checked, and handed to who makes it as a link or a file."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, update

from shared import clock
from shared.accounts import register
from shared.errors import (
    AddressRefused,
    ArtifactNotFound,
    FileTooLarge,
    InputUnusable,
    UnsupportedMedia,
)
from shared.ground import Ground
from shared.jobs import requests
from shared.jobs.media import Named
from shared.jobs.tables import Artifact, Job, JobInput
from shared.outbound import ReceiverUnreachable
from shared.storage.objects import CHUNK
from shared.uploads import intake, receiving
from shared.uploads.intake import Taken
from shared.uploads.tables import Upload
from workers.providers.base import Source
from workers.tools import Tools

# How long a job waits with its slot for others to have fetched theirs.
_PATIENCE_SECONDS = 2.0
# How many files of one job are fetched at the same time.
_AT_ONCE = 4
# Longer than any attempt lasts.
_LINKS_HOLD = timedelta(days=7)
# A request that carries its files along may not be larger.
_MOST_INLINE = 20 * 1024 * 1024

_FILES = (
    select(JobInput, Upload, Artifact)
    .outerjoin(Upload, Upload.id == JobInput.upload_id)
    .outerjoin(Artifact, Artifact.id == JobInput.artifact_id)
)


@dataclass(frozen=True, kw_only=True)
class Given:
    """A file that a job starts from, as it lies in the storage; ``inline`` holds it all."""

    path: str
    key: str
    content_type: str
    bytes: int
    upload_id: str | None = None
    artifact_id: str | None = None
    inline: str | None = None


@dataclass(frozen=True)
class _Row:
    url: str | None
    file: Upload | Artifact | None


class AllBusy(Exception):
    """As many files are being fetched as may be."""


class _Slower(Exception):
    """Another worker has fetched it meanwhile."""


def ready(job: Job, tools: Tools) -> Sequence[Given]:
    """Return what a job starts from, once all of it lies in the storage.

    Raises :class:`InputUnusable` for what is not what it should be, what the guarded door to the
    outside raises, and :class:`AllBusy`.
    """
    named = requests.media_in(job.kind, job.operation, job.input)
    if not named:
        return ()
    rows = _look(job, tools)
    missing = {path: one.url for path, one in rows.items() if one.url and one.file is None}
    if missing:
        _fetch(job, _by_address(named, missing), tools)
        rows = _look(job, tools)
    given = [_given(one, rows.get(one.path)) for one in named]
    _note_use(given, tools)
    return given


def for_remote(given: Sequence[Given], tools: Tools) -> Sequence[Given]:
    """Return the same for a provider elsewhere: with all that is to be sent along.

    It is read now, since an order must leave at once when it is written down.
    """
    if tools.ground.settings.providers.inputs != "inline":
        return given
    return [replace(one, inline=_inline(one, tools)) for one in given]


def sources(given: Sequence[Given], ground: Ground, *, since: datetime) -> Mapping[str, Source]:
    """Return what an order starts from; its links are the same for the same moment."""
    return {one.path: _source(one, ground, since + _LINKS_HOLD) for one in given}


def _look(job: Job, tools: Tools) -> Mapping[str, _Row]:
    with tools.ground.reading() as session:
        # What is joined may be missing.
        found: Sequence[Any] = session.execute(_FILES.where(JobInput.job_id == job.id)).all()
    return {
        one.path: _Row(one.url, artifact if upload is None else upload)
        for one, upload, artifact in found
    }


def _by_address(named: Sequence[Named], missing: Mapping[str, str]) -> Mapping[str, Named]:
    """Return each address once, as its first place names it, of all types that it may be."""
    found: dict[str, Named] = {}
    for one in named:
        if url := missing.get(one.path):
            first = found.get(url, one)
            found[url] = replace(first, types=tuple(dict.fromkeys([*first.types, *one.types])))
    return found


def _fetch(job: Job, places: Mapping[str, Named], tools: Tools) -> None:
    """Make uploads of what lies at these addresses, once: whoever was slower keeps nothing.

    What came before another failed is kept: whoever tries again need not fetch it.
    """
    with tools.ground.reading() as session:
        account = register.get_account(session, job.account_id)
    limits = register.limits_of(account, tools.ground.plans)
    most = receiving.most_bytes(tools.ground, limits)

    def fetch(url: str) -> None:
        taken = _download(places[url], url, most, tools)
        with suppress(_Slower):
            _keep(job, url, taken, tools)

    if not tools.fetching.acquire(timeout=_PATIENCE_SECONDS):
        raise AllBusy
    try:
        _for_each(places, fetch)
    finally:
        tools.fetching.release()


def _for_each(urls: Iterable[str], fetch: Callable[[str], None]) -> None:
    """Fetch all, several at once; raises what the first of them raises, and begins no other."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetching") as executor:
        results = [executor.submit(fetch, url) for url in urls]
        try:
            for one in results:
                one.result()
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _download(named: Named, url: str, most_bytes: int, tools: Tools) -> Taken:
    try:
        with tools.inputs.fetch(url, most_bytes=most_bytes) as file:
            pieces = iter(partial(file.read, CHUNK), b"")
            return intake.store(tools.ground, pieces, most_bytes=most_bytes, types=named.types)
    except AddressRefused as error:
        # Where a name leads in here is not for those who ask.
        raise AddressRefused(f"The address in `{named.path}` may not be fetched.") from error
    except (FileTooLarge, ReceiverUnreachable, UnsupportedMedia) as error:
        raise type(error)(f"`{named.path}`: {error.message}") from error


def _keep(job: Job, url: str, taken: Taken, tools: Tools) -> None:
    with tools.ground.transaction() as session:
        upload = receiving.keep(session, taken, account_id=job.account_id, filename=None)
        session.flush()
        kept = session.scalars(
            update(JobInput)
            .where(JobInput.job_id == job.id, JobInput.url == url, JobInput.upload_id.is_(None))
            .values(upload_id=upload.id)
            .returning(JobInput.path),
            execution_options={"synchronize_session": False},
        ).all()
        if not kept:
            raise _Slower


def _given(named: Named, row: _Row | None) -> Given:
    """Return the file that is named, or raise what is wrong with it."""
    file = None if row is None else row.file
    if file is None or file.key is None or file.content_type is None:
        raise InputUnusable(f"`{named.path}` is no longer kept.")
    if file.content_type not in named.types:
        taken = ", ".join(named.types)
        raise InputUnusable(f"`{named.path}` is {file.content_type}; what is taken: {taken}.")
    return Given(
        path=named.path,
        key=file.key,
        content_type=file.content_type,
        bytes=file.bytes or 0,
        upload_id=file.id if isinstance(file, Upload) else None,
        artifact_id=file.id if isinstance(file, Artifact) else None,
    )


def _note_use(given: Sequence[Given], tools: Tools) -> None:
    """Let uploads be kept as long after this as their account's plan says."""
    used = sorted({one.upload_id for one in given if one.upload_id is not None})
    if used:
        with tools.ground.transaction() as session:
            session.execute(
                update(Upload).where(Upload.id.in_(used)).values(used_at=clock.now()),
                execution_options={"synchronize_session": False},
            )


def _source(one: Given, ground: Ground, until: datetime) -> Source:
    link = one.inline or (
        ground.links.to_upload(one.upload_id, until=until)
        if one.upload_id is not None
        else ground.links.to_source(str(one.artifact_id), until=until)
    )
    return Source(
        content_type=one.content_type, link=link, open=partial(_open, one, ground), key=one.key
    )


def _open(one: Given, ground: Ground) -> Iterable[bytes]:
    try:
        return ground.store.read(one.key)
    except ArtifactNotFound:
        raise InputUnusable(f"`{one.path}` is no longer in the storage.") from None


def _inline(one: Given, tools: Tools) -> str:
    if one.bytes > _MOST_INLINE:
        raise InputUnusable(
            f"`{one.path}` has {one.bytes:,} bytes; at most {_MOST_INLINE:,} are sent to providers."
        )
    text = base64.b64encode(b"".join(_open(one, tools.ground))).decode()
    return f"data:{one.content_type};base64,{text}"
