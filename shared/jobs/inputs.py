"""What jobs start from: found, taken in if need be, and kept until they end.

A request may name uploads whose file is still where its caller put it, and bring files itself. To
take those in is no work for a transaction: so whoever resolves drafts and lacks something says so
(:class:`NotThere`), and begins anew once it was brought.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from shared.errors import Fault, InputUnusable, InvalidRequest, Permanent, ServiceError
from shared.ground import Ground
from shared.jobs import media
from shared.jobs.media import Named
from shared.jobs.requests import Draft, Source
from shared.jobs.tables import Artifact, Job, JobInput
from shared.uploads import queries, receiving
from shared.uploads.tables import Upload

_INSERT = insert(JobInput.__table__)
_GONE = "There is no such file of yours, or it is no longer kept."

File = TypeVar("File", Upload, Artifact)
Found = Mapping[str, Upload | Artifact]


class NotThere(Exception):
    """Something that the drafts start from is to be brought first."""

    def __init__(self, inputs: "Inputs") -> None:
        super().__init__()
        self.inputs = inputs


class Inputs:
    """What the jobs of one request of an account start from."""

    def __init__(self, ground: Ground, *, account_id: str, most_bytes: int) -> None:
        self._ground = ground
        self._account_id, self._most_bytes = account_id, most_bytes
        self._missing: dict[str, Callable[[], Upload]] = {}
        # Of files that come along, as which types they are wanted.
        self._types: dict[str, Sequence[str]] = {}
        # By what was named: what it was found to be, or what is wrong with it.
        self._brought: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    def resolve(
        self,
        session: Session,
        drafts: Sequence[Draft | ServiceError],
        *,
        root: Callable[[int], str] = lambda _: "$",
    ) -> list[Draft | ServiceError]:
        """Return the drafts with what they start from, or with what is wrong with that.

        Nobody can remove it until this transaction ends. ``root`` is the path of each request.
        Raises :class:`NotThere`.
        """
        found = self._find(session, drafts)
        resolved = [
            self._resolve(one, found, f"{root(at)}.input") if isinstance(one, Draft) else one
            for at, one in enumerate(drafts)
        ]
        if self._missing:
            raise NotThere(self)
        return resolved

    def resolve_one(self, session: Session, draft: Draft) -> Draft:
        """Return one draft with what it starts from; raises :class:`InvalidRequest` too."""
        [resolved] = self.resolve(session, [draft])
        if isinstance(resolved, ServiceError):
            raise resolved
        return resolved

    def bring(self) -> None:
        """Take in what was missing; raises :class:`shared.errors.StorageUnavailable`.

        What cannot be taken is remembered, and told by the next :meth:`resolve`.
        """
        for name, take in self._missing.items():
            try:
                self._brought[name] = take().id
            except Permanent as error:
                self._refused[name] = error.message
        self._missing.clear()

    def _find(self, session: Session, drafts: Iterable[Draft | ServiceError]) -> Found:
        """Return what is named and there, under its name; held, so that nobody removes it."""
        names = {
            self._brought.get(_name(one.value), one.value)
            for draft in drafts
            if isinstance(draft, Draft)
            for one in draft.media
        }
        found: dict[str, Upload | Artifact] = {}
        for upload in self._held(session, Upload, filter(media.is_upload, names)):
            found[upload.id] = upload
        for artifact in self._held(session, Artifact, filter(media.is_artifact, names)):
            found[artifact.id] = artifact
        return found

    def _held(self, session: Session, table: type[File], names: Iterable[str]) -> Sequence[File]:
        wanted = sorted(names)
        if not wanted:
            return ()
        mine = (table.id.in_(wanted), table.account_id == self._account_id)
        held = select(table).where(*mine).order_by(table.id).with_for_update(read=True)
        return session.scalars(held).all()

    def _resolve(self, draft: Draft, found: Found, root: str) -> Draft | InvalidRequest:
        faults, sources, values = [], [], {}
        for one in draft.media:
            name = _name(one.value)
            if name in self._refused:
                faults.append(Fault(f"{root}.{one.path}", self._refused[name]))
            elif name in self._brought or not media.is_data(one.value):
                value = values[one.path] = self._brought.get(name, one.value)
                fault = self._judge(one, value, found.get(value))
                faults += [Fault(f"{root}.{one.path}", fault)] if fault else []
                sources.append(_source(one.path, value))
            else:
                # What is named as more than one thing is stored if it can be one of them.
                self._types[name] = [*dict.fromkeys([*self._types.get(name, ()), *one.types])]
                self._missing[name] = partial(self._take, one.value, self._types[name])
        if faults:
            return InvalidRequest(faults)
        return replace(draft, input=media.replaced(draft.input, values), sources=tuple(sources))

    def _judge(self, one: Named, value: str, file: Upload | Artifact | None) -> str | None:
        """Return what is wrong with a file, if anything; note it as missing if it is not there."""
        if not (media.is_upload(value) or media.is_artifact(value)):
            return None
        if file is None or (isinstance(file, Artifact) and not file.is_kept):
            return _GONE
        if isinstance(file, Upload) and not file.is_complete:
            self._missing[value] = partial(self._complete, value)
            return None
        if file.content_type not in one.types:
            return f"This is {file.content_type}; what is taken: {', '.join(one.types)}."
        return None

    def _complete(self, upload_id: str) -> Upload:
        with self._ground.reading() as session:
            upload = queries.get_upload(session, upload_id, account_id=self._account_id)
        return receiving.complete(self._ground, upload, most_bytes=self._most_bytes)

    def _take(self, data: str, types: Sequence[str]) -> Upload:
        return receiving.take_whole(
            self._ground,
            [_decoded(data)],
            account_id=self._account_id,
            filename=None,
            most_bytes=self._most_bytes,
            types=types,
        )


def hold(session: Session, jobs: Sequence[Job], drafts: Sequence[Draft]) -> None:
    """Write down what new jobs start from, so that it is kept until they end."""
    rows = []
    for job, draft in zip(jobs, drafts, strict=True):
        if len(draft.sources) != len(draft.media):
            message = f"{draft.operation!r} starts from files that were not resolved"
            raise LookupError(message)
        rows += [
            {
                "job_id": job.id,
                "path": one.path,
                "upload_id": one.upload_id,
                "artifact_id": one.artifact_id,
                "url": one.url,
            }
            for one in draft.sources
        ]
    if rows:
        session.execute(_INSERT, rows)


def _name(value: str) -> str:
    """Return what to call a file: files themselves are too long for a name."""
    return f"data:{sha256(value.encode()).hexdigest()}" if media.is_data(value) else value


def _source(path: str, value: str) -> Source:
    if media.is_upload(value):
        return Source(path=path, upload_id=value)
    if media.is_artifact(value):
        return Source(path=path, artifact_id=value)
    return Source(path=path, url=value)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(media.content_of(data), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputUnusable("This is not base64.") from error
