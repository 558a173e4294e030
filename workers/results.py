"""What was made: fetched, measured, stored, and the job closed with it."""

import io
import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from shared import clock, ids, log
from shared.errors import LeaseLost, ServiceError
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.status import Role
from shared.jobs.tables import Artifact, Attempt, Job
from shared.storage.objects import artifact_key
from workers import choosing, routing
from workers.finishing import Finish
from workers.marking import marked
from workers.measuring import measure
from workers.providers.base import Cost, Download, Finished, MadeFile, Output
from workers.thumbnails import thumbnail
from workers.tools import Tools

_logger = log.get(__name__)


AnyOutput = Output | MadeFile | Download


def keep(job: Job, provider: str, outputs: Iterable[Output | MadeFile], tools: Tools) -> Job:
    """Store what an engine made here, and close the job; raises :class:`LeaseLost`."""
    return _keep(job, provider, outputs, tools, _Told())


def keep_remote(job: Job, attempt: Attempt, finished: Finished, tools: Tools) -> Job:
    """Store what a provider made, as it was asked for, and close the job.

    Raises :class:`LeaseLost`, and what goes wrong while a result is fetched.
    """
    order = routing.remote_order(job, attempt.route_model)
    told = _Told(
        finish=Finish(order),
        left_out=tools.remotes[attempt.provider].remarks(order),
        cost=finished.cost,
    )
    done = _keep(job, attempt.provider, finished.outputs, tools, told)
    tools.leave(attempt.provider, job.id)
    return done


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What is said beside what was made: by who made it, and of what became of it here."""

    finish: Finish | None = None
    left_out: Sequence[str] = ()
    cost: Cost | None = None
    of_files: list[str] = field(default_factory=list)

    def warnings(self, asked: int, made: int) -> Iterator[dict[str, str]]:
        """Say what is not as it was asked for."""
        remarks = {
            "left_out": self.left_out,
            "enlarged": self.finish.remarks if self.finish else (),
            "remark": self.of_files,
        }
        for code, messages in remarks.items():
            yield from ({"code": code, "message": message} for message in messages)
        if made < asked:
            message = f"{asked} were asked for, and {made} made; only those are paid for."
            yield {"code": "fewer_made", "message": message}


def _keep(job: Job, provider: str, outputs: Iterable[AnyOutput], tools: Tools, told: _Told) -> Job:
    # Whoever makes them gives back what that took, however this ends.
    with closing(_passed(outputs)) as passed:
        artifacts = _store_all(job, passed, tools, told)
    try:
        done = _close(job, provider, artifacts, tools, told)
    except LeaseLost:
        _remove((one.key for one in artifacts), tools)
        raise
    if job.losses:
        _clear_after_the_lost(job, artifacts, tools)
    return done


def _passed(outputs: Iterable[AnyOutput]) -> Generator[AnyOutput]:
    """Pass outputs on; closed, it closes where they come from."""
    yield from outputs


def _close(
    job: Job, provider: str, artifacts: Sequence[Artifact], tools: Tools, told: _Told
) -> Job:
    made = sum(one.role == Role.RESULT for one in artifacts)
    warnings = told.warnings(int(job.input.get("num_images", 1)), made)
    with tools.ground.transaction() as session:
        if job.attempt_id is not None:
            attempts.close(session, job.attempt_id, Outcome.SUCCEEDED, cost=told.cost)
        failed = choosing.failed(session, job) if job.tries else ()
        return lifecycle.succeed(
            session,
            job,
            provider=provider,
            artifacts=artifacts,
            warnings=[*routing.remarks(job, provider, tools.ground.catalog, failed), *warnings],
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
    job: Job, outputs: Iterable[AnyOutput], tools: Tools, told: _Told
) -> Sequence[Artifact]:
    """Store everything; what ends the work halfway leaves nothing of it behind."""
    artifacts: list[Artifact] = []
    try:
        for one in _store(job, outputs, tools, told):
            artifacts.append(one)  # noqa: PERF402 - kept as far as it came
    except BaseException:
        _remove((one.key for one in artifacts), tools)
        raise
    return artifacts


def _store(job: Job, outputs: Iterable[AnyOutput], tools: Tools, told: _Told) -> Iterator[Artifact]:
    """Store what was made, each result with a thumbnail, and note what is to be known of it.

    The thumbnail is made of the first picture that is a result or belongs to it, unless one came
    before.
    """
    positions, result_id, has_thumbnail = itertools.count(), None, False
    for output in outputs:
        role = output.role
        has_thumbnail = role is Role.THUMBNAIL or (has_thumbnail and role is not Role.RESULT)
        with _opened(output, tools) as came:
            content = _marked(came if told.finish is None else told.finish.apply(came), job)
            artifact = _put(job, next(positions), content, tools)
            small = None if has_thumbnail else _thumbnail(artifact, content)
        artifact.role, artifact.seed = role, output.seed
        if role is Role.RESULT:
            result_id = artifact.id
        else:
            artifact.of_id = result_id
        yield artifact
        if isinstance(output, MadeFile):
            told.of_files.extend(output.warnings)
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
