"""Real workers that never hear a bell: their own rounds see to it that every job ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.embedded.servers.valkey import Valkey
from shared import settings
from shared.ground import Ground
from shared.jobs.status import Status
from shared.jobs.tables import Job
from tests.chaos.programs import ROOT, Program
from tests.conftest import PUBLIC_URL, Caller
from tests.support import jobs
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually
from tests.support.receiver import Receiver
from tests.support.servers import Servers

LONG_AGO = timedelta(seconds=-1)
PATIENCE = 60


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(seconds=0.1) as found:
        yield found


@pytest.fixture
def cut_off(
    ground: Ground, migrated: Servers, provider: Emulator, tmp_path: Path, no_broker: str
) -> Iterator[tuple[Ground, dict[str, str]]]:
    """A ground whose bells reach nobody, and its environment."""
    environment = {
        "LIMNER_DATABASE_URL": migrated.database_url,
        "LIMNER_BROKER_URL": no_broker,
        "LIMNER_STORAGE_URL": f"folder://{tmp_path}/storage",
        "LIMNER_PUBLIC_URL": PUBLIC_URL,
        "LIMNER_SECRET_KEY": "a secret of at least 32 characters",
        "LIMNER_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
    }
    found = Ground.open(settings.load(environment))
    yield found, environment
    found.close()


@contextmanager
def a_worker(environment: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "workers.app", "worker"]
    command += ["--queues", "image,webhook", "--pool", "threads", "--concurrency", "4"]
    theirs = {name: value for name, value in os.environ.items() if "LIMNER" not in name}
    worker = Program("worker", command, theirs | environment | {"PYTHONPATH": str(ROOT)}, log)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def submit_all_sorts(ground: Ground, account_id: str, webhook: str) -> list[Job]:
    """Submit jobs for the local engine and for the provider, and one whose worker died."""
    lost = jobs.submit(ground, account_id, model="sketch", webhook=webhook)
    jobs.claim(ground, lease=LONG_AGO)
    models = ["sketch"] * 6 + ["flux"] * 3
    return [lost, *(jobs.submit(ground, account_id, model=m, webhook=webhook) for m in models)]


def all_succeeded(ground: Ground, submitted: list[Job]) -> bool:
    return {jobs.read(ground, job.id).status for job in submitted} == {Status.SUCCEEDED}


def test_a_worker_that_never_had_a_broker_finishes_every_job(
    cut_off: tuple[Ground, dict[str, str]], caller: Caller, webhook: Receiver, tmp_path: Path
) -> None:
    ground, environment = cut_off
    submitted = submit_all_sorts(ground, caller.account.id, webhook.url)

    with a_worker(environment, tmp_path / "worker.log"):
        assert eventually(lambda: all_succeeded(ground, submitted), PATIENCE)
        webhook.wait_for(len(submitted), PATIENCE)


def test_a_worker_that_lost_its_broker_finishes_every_job(
    cut_off: tuple[Ground, dict[str, str]], caller: Caller, webhook: Receiver, tmp_path: Path
) -> None:
    ground, environment = cut_off
    log = tmp_path / "worker.log"
    valkey = Valkey(tmp_path / "valkey", log=tmp_path / "valkey.log", port=None, password="x")

    with ExitStack() as stack:
        with valkey:
            stack.enter_context(a_worker(environment | {"LIMNER_BROKER_URL": valkey.url}, log))
            assert eventually(lambda: " ready." in log.read_text(), PATIENCE), log.read_text()
        submitted = submit_all_sorts(ground, caller.account.id, webhook.url)

        assert eventually(lambda: all_succeeded(ground, submitted), PATIENCE)
        webhook.wait_for(len(submitted), PATIENCE)
