"""What tests of the API share: servers with other settings, workers that hear by themselves."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from api.app import create_app
from deploy.cli.main import limner
from shared.db.base import Base
from shared.declaring import groups
from shared.ground import Ground
from shared.jobs.status import OVER, Queue
from shared.settings import Settings
from tests.conftest import Api, Caller, MakeSettings
from tests.support.patience import eventually
from workers.process import WorkerProcess
from workers.telling import Teller

CountRows = Callable[[], dict[str, int]]
MakeGround = Callable[..., Ground]
MakeApi = Callable[[Ground], Api]
AtWork = Callable[[Ground], AbstractContextManager[None]]
Finish = Callable[..., dict[str, Any]]
Run = Callable[..., Result]


@pytest.fixture
def count_rows(ground: Ground) -> CountRows:
    """Counts the rows of every table."""

    counts = select(
        *(
            select(func.count()).select_from(table).scalar_subquery().label(name)
            for name, table in Base.metadata.tables.items()
        )
    )

    def count() -> dict[str, int]:
        with ground.database.connection() as connection:
            return dict(connection.execute(counts).one()._mapping)

    return count


@pytest.fixture
def no_broker() -> Iterator[str]:
    """The address of a broker that is away: its port is taken, and nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


@pytest.fixture
def run(ground: Ground) -> Run:
    """Runs `limner` on the ground of the test."""
    settings = {
        "LIMNER_DATABASE_URL": ground.settings.database.url,
        "LIMNER_BROKER_URL": ground.settings.broker.url,
        "LIMNER_STORAGE_URL": ground.settings.storage.url,
        "LIMNER_PUBLIC_URL": ground.settings.http.public_url,
        "LIMNER_SECRET_KEY": ground.settings.security.secret_key,
    }
    others: dict[str, str | None] = {
        one["variable"]: None for _, options in groups(Settings) for one in options
    }
    return lambda *words: CliRunner(env=others | settings).invoke(limner, words)


@pytest.fixture
def make_ground(ground: Ground, make_settings: MakeSettings) -> Iterator[MakeGround]:
    """Opens grounds with other settings, on the same clean slate."""
    opened: list[Ground] = []

    def make(**other: str) -> Ground:
        opened.append(Ground.open(make_settings(**other)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def make_api(caller: Caller) -> MakeApi:
    """Serves the API from another ground, to the same caller."""
    return lambda ground: Api(create_app(ground).test_client(), caller)


@contextmanager
def _at_work(ground: Ground) -> Iterator[None]:
    process = WorkerProcess(Ground.open(ground.settings), Teller())
    is_over = threading.Event()

    def hear() -> None:
        while not is_over.wait(0.02):
            for queue in (Queue.IMAGE, Queue.VIDEO, Queue.MODEL_3D):
                process.hear(queue)

    thread = threading.Thread(target=hear)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        process.stop()


@pytest.fixture
def at_work() -> AtWork:
    """Runs a worker with the settings of a ground for as long as the context lasts."""
    return _at_work


@pytest.fixture
def finish(api: Api, worker: WorkerProcess) -> Finish:
    """Submits a small image job, has it carried out, and returns it as it ended."""

    def submit_and_finish(**fields: Any) -> dict[str, Any]:
        job_id = api.submit(**fields)["id"]
        worker.hear(Queue.IMAGE)
        assert eventually(lambda: api.job(job_id)["status"] in OVER)
        return api.job(job_id)

    return submit_and_finish
