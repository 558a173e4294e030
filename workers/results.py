"""What was made: fetched, measured, stored, and the job closed with it."""

import io
import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import BinaryIO

from shared import clock, ids, log
from shared.errors import LeaseLost, ServiceError
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.status import Role
from shared.jobs.tables import Artifact, Job
from shared.storage.objects import artifact_key
from workers import choosing, routing
from workers.marking import marked
from workers.measuring import measure
from workers.providers.base import Download, MadeFile, Output
from workers.thumbnails import thumbnail
from workers.tools import Tools

_logger = log.get(__name__)


AnyOutput = Output | MadeFile | Download


def keep(job: Job, provider: str, outputs: Iterable[AnyOutput], tools: Tools) -> Job:
    """Store everything that was made, and close the job; raises :class:`LeaseLost`."""
    warnings: list[dict[str, str]] = []
    # Whoever makes them gives back what that took, however this ends.
    with closing(_passed(outputs)) as passed:
        artifacts = _store_all(job, passed, warnings, tools)
    was_remote = job.attempt_id is not None
    try:
        done = _close(job, provider, artifacts, warnings, tools)
    except LeaseLost:
        _remove((one.key for one in artifacts), tools)
        raise
    if was_remote:
        tools.leave(provider, job.id)
    if job.losses:
        _clear_after_the_lost(job, artifacts, tools)
    return done


def _passed(outputs: Iterable[AnyOutput]) -> Generator[AnyOutput]:
    """Pass outputs on; closed, it closes where they come from."""
    yield from outputs


def _close(
    job: Job,
    provider: str,
    artifacts: Sequence[Artifact],
    warnings: Sequence[Mapping[str, str]],
    tools: Tools,
) -> Job:
    with tools.ground.transaction() as session:
        if job.attempt_id is not None:
            attempts.close(session, job.attempt_id, Outcome.SUCCEEDED)
        failed = choosing.failed(session, job) if job.tries else ()
        remarks = routing.remarks(job, provider, tools.ground.catalog, failed)
        return lifecycle.succeed(
            session,
            job,
            provider=provider,
            artifacts=artifacts,
            warnings=[*remarks, *warnings],
        )


def _clear_after_the_lost(job: Job, artifacts: Sequence[Artifact], tools: Tools) -> None:
    """Remove what workers stored that were lost with this job: no row will ever name it."""
    with tools.ground.transaction() as session:
        leases = lifecycle.lost_leases(session, job)
    extensions = {one.position: one.key.rpartition(".")[2] for one in artifacts}
    _remove(
        (
            _key(job.id, lease, position, extension)
            for lease in leases
            for position, extension in extensions.items()
        ),
        tools,
    )


def _remove(keys: Iterable[str], tools: Tools) -> None:
    """Remove objects that nobody needs; whatever goes wrong costs only their room."""
    try:
        for key in keys:
            tools.ground.store.delete(key)
    except ServiceError as error:
        _logger.warning("objects not removed", error=error.message)


def _key(job_id: str, lease: int, position: int, extension: str) -> str:
    # The lease in the key: a worker given up for dead cannot replace the next one's.
    return artifact_key(f"{job_id}-{lease}-{position}", extension)


def _store_all(
    job: Job, outputs: Iterable[AnyOutput], warnings: list[dict[str, str]], tools: Tools
) -> Sequence[Artifact]:
    """Store everything; what ends the work halfway leaves nothing of it behind."""
    artifacts: list[Artifact] = []
    try:
        for one in _store(job, outputs, warnings, tools):
            artifacts.append(one)  # noqa: PERF402 - kept as far as it came
    except BaseException:
        _remove((one.key for one in artifacts), tools)
        raise
    return artifacts


def _store(
    job: Job, outputs: Iterable[AnyOutput], warnings: list[dict[str, str]], tools: Tools
) -> Iterator[Artifact]:
    """Store what was made, each result with a thumbnail, and note what is to be known of it.

    The thumbnail is made of the first picture that is a result or belongs to it, unless one came
    before.
    """
    positions, result_id, has_thumbnail = itertools.count(), None, False
    for output in outputs:
        role = Role.RESULT if isinstance(output, Download) else output.role
        has_thumbnail = role is Role.THUMBNAIL or (has_thumbnail and role is not Role.RESULT)
        with _opened(output, tools) as opened:
            content = _marked(opened, job)
            artifact = _put(job, next(positions), content, tools)
            small = None if has_thumbnail else _thumbnail(artifact, content)
        artifact.role, artifact.seed = role, output.seed
        if role is Role.RESULT:
            result_id = artifact.id
        else:
            artifact.of_id = result_id
        yield artifact
        if isinstance(output, MadeFile):
            warnings += [{"code": "remark", "message": one} for one in output.warnings]
        if small is not None:
            has_thumbnail = True
            icon = _put(job, next(positions), io.BytesIO(small), tools)
            icon.role, icon.of_id = Role.THUMBNAIL, result_id
            yield icon


def _marked(content: BinaryIO, job: Job) -> BinaryIO:
    if "mark" not in job.input:
        return content
    asked = {"quality": job.input["quality"]} if "quality" in job.input else {}
    return marked(content, job.input["mark"], **asked)


def _thumbnail(artifact: Artifact, content: BinaryIO) -> bytes | None:
    if not artifact.content_type.startswith("image/"):
        return None
    content.seek(0)
    return thumbnail(content)


def _put(job: Job, position: int, content: BinaryIO, tools: Tools) -> Artifact:
    measured = measure(content)
    key = _key(job.id, job.lease, position, measured.extension)
    stored = tools.ground.store.put(key, content, content_type=measured.content_type)
    return Artifact(
        id=ids.new("art"),
        job_id=job.id,
        account_id=job.account_id,
        position=position,
        key=key,
        sha256=stored.sha256,
        bytes=stored.bytes,
        content_type=measured.content_type,
        width=measured.width,
        height=measured.height,
        duration=measured.duration,
        frame_rate=measured.frame_rate,
        created_at=clock.now(),
    )


@contextmanager
def _opened(output: AnyOutput, tools: Tools) -> Iterator[BinaryIO]:
    match output:
        case Output():
            yield io.BytesIO(output.content)
        case MadeFile():
            with output.path.open("rb") as file:
                yield file
        case Download():
            with tools.results.fetch(output.url, most_bytes=tools.most_bytes) as file:
                yield file
