"""What was made: fetched, measured, stored, and the job closed with it."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from shared import ids
from shared.jobs import attempts, lifecycle
from shared.jobs.attempts import Outcome
from shared.jobs.tables import Artifact, Job
from shared.storage.objects import artifact_key
from workers import routing
from workers.measuring import measure
from workers.providers.base import Download, Output
from workers.tools import Tools


def keep(job: Job, provider: str, outputs: Iterable[Output | Download], tools: Tools) -> Job:
    """Store everything that was made, and close the job; raises :class:`LeaseLost`."""
    artifacts = list(_store(job, outputs, tools))
    with tools.ground.transaction() as session:
        done = lifecycle.succeed(
            session,
            job,
            provider=provider,
            artifacts=artifacts,
            warnings=routing.remarks(job, provider, tools.ground.catalog),
        )
        if job.attempt_id is not None:
            attempts.close(session, job.attempt_id, Outcome.SUCCEEDED)
    if job.attempt_id is not None:
        tools.budgets.give_back(provider, job.id)
    return done


def _store(job: Job, outputs: Iterable[Output | Download], tools: Tools) -> Iterator[Artifact]:
    for position, output in enumerate(outputs):
        with _opened(output, tools) as content:
            measured = measure(content)
            # The lease in the key: a worker given up for dead cannot replace the next one's.
            key = artifact_key(f"{job.id}-{job.lease}-{position}", measured.extension)
            stored = tools.ground.store.put(key, content, content_type=measured.content_type)
        yield Artifact(
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
            seed=output.seed,
        )


@contextmanager
def _opened(output: Output | Download, tools: Tools) -> Iterator[BinaryIO]:
    if isinstance(output, Output):
        yield io.BytesIO(output.content)
        return
    with tools.results.fetch(output.url, most_bytes=tools.most_bytes) as file:
        yield file
