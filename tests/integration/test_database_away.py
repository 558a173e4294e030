"""What becomes of a job when Postgres goes away in the middle of a step."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Pool, event, text, update

from shared import clock
from shared.db.database import AWAY, Database
from shared.ground import Ground
from shared.jobs.status import OVER, Queue, Status
from shared.jobs.tables import Attempt, Job
from shared.signals import Errand
from tests.conftest import Caller, MakeSettings
from tests.support import jobs
from tests.support.emulator import Emulator, running
from tests.support.patience import eventually
from tests.support.servers import Servers
from workers import keeper
from workers.outages import Outages
from workers.process import WorkerProcess
from workers.telling import Teller

HARMLESS = timedelta(seconds=0.5)


@pytest.fixture(scope="module")
def provider() -> Iterator[Emulator]:
    with running(seconds=0.1) as found:
        yield found


@pytest.fixture
def fal_worker(
    ground: Ground, make_settings: MakeSettings, provider: Emulator
) -> Iterator[WorkerProcess]:
    provider.reset()
    settings = {
        "LIMNER_FAL_KEY": provider.key,
        "LIMNER_FAL_QUEUE_URL": provider.url,
        "LIMNER_FAL_API_URL": provider.api_url,
        "LIMNER_PROVIDER_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    process = WorkerProcess(Ground.open(make_settings(**settings)), Teller())
    yield process
    process.stop()


@contextmanager
def no_database(servers: Servers) -> Iterator[None]:
    """Cut every connection, and let nobody in meanwhile."""
    server, _, name = servers.database_url.replace("+psycopg", "").rpartition("/")
    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def cut_whoever_waits_for(ground: Ground, job: Job) -> bool:
    """Hold the job's row, and end the connection of the one who comes to write it."""

    def cut() -> Any:
        with ground.database.connection() as other:
            return other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND query LIKE '%SET status = target%'"
                )
            ).scalar()

    with ground.transaction() as session:
        session.execute(update(Job).where(Job.id == job.id).values(progress=Job.progress))
        return eventually(lambda: bool(cut()))


def test_a_step_that_lost_its_connection_is_taken_up_again_and_fails_nothing(
    ground: Ground, caller: Caller, worker: WorkerProcess
) -> None:
    job = jobs.submit(
        ground, caller.account.id, model="sketch", input={"width": 512, "height": 512}
    )
    worker.hear(Queue.IMAGE)
    assert cut_whoever_waits_for(ground, job)
    assert eventually(lambda: not worker._holdings.all())

    assert jobs.read(ground, job.id).status == Status.RUNNING
    with ground.transaction() as session:
        session.get_one(Job, job.id).due_at = clock.now() - timedelta(seconds=1)
    keeper.keep(ground)
    worker.hear(Queue.IMAGE)

    assert eventually(lambda: jobs.read(ground, job.id).status in OVER)
    assert jobs.read(ground, job.id).status == Status.SUCCEEDED


def test_a_lease_that_ended_in_an_outage_is_renewed_by_the_worker_that_lives(
    ground: Ground, caller: Caller, worker: WorkerProcess, servers: Servers
) -> None:
    outages = Outages(harmless=HARMLESS, return_within=timedelta(seconds=1))
    mine = keeper.Keeper(ground, outages)
    jobs.submit(ground, caller.account.id)
    [kept] = jobs.claim(ground)
    worker._holdings.take(kept)

    with no_database(servers):
        with pytest.raises(AWAY):
            worker._holdings.beat()
        time.sleep(HARMLESS.total_seconds())
        with pytest.raises(AWAY):
            mine.go_round()
    with ground.transaction() as session:
        session.get_one(Job, kept.id).due_at = clock.now() - timedelta(seconds=1)
    mine.go_round()
    worker._holdings.beat()
    assert eventually(lambda: not outages.is_just_over)
    mine.go_round()

    job = jobs.read(ground, kept.id)
    assert (job.status, job.worker, job.losses) == (Status.RUNNING, kept.worker, 0)


def test_what_nobody_came_back_for_after_an_outage_is_taken_away(
    ground: Ground, caller: Caller, servers: Servers
) -> None:
    outages = Outages(harmless=HARMLESS, return_within=timedelta(seconds=1))
    mine = keeper.Keeper(ground, outages)
    submitted = jobs.submit(ground, caller.account.id)
    jobs.claim(ground, lease=-jobs.LEASE)
    with no_database(servers):
        time.sleep(HARMLESS.total_seconds())
        with pytest.raises(AWAY):
            mine.go_round()

    def losses_after_a_round() -> int:
        mine.go_round()
        return jobs.read(ground, submitted.id).losses

    assert losses_after_a_round() == 0
    assert eventually(lambda: losses_after_a_round() == 1)
    assert jobs.read(ground, submitted.id).status == Status.QUEUED


def test_a_ticket_is_saved_once_the_database_is_back(
    ground: Ground,
    caller: Caller,
    fal_worker: WorkerProcess,
    provider: Emulator,
    servers: Servers,
) -> None:
    provider.fault("slow", seconds=1.0)
    job = jobs.submit(ground, caller.account.id)
    listener = threading.Thread(target=fal_worker.hear, args=(Queue.IMAGE, Errand.WORK))
    listener.start()
    listener.join()
    assert eventually(lambda: provider.counts()["submits"] == 1)

    with no_database(servers):
        time.sleep(1.5)

    assert eventually(lambda: jobs.read(ground, job.id).waiting_for == "provider")
    with ground.transaction() as session:
        attempt = session.get_one(Attempt, jobs.read(ground, job.id).attempt_id)
    assert attempt.ticket is not None
    assert "list" not in provider.counts()["asked"]


def test_no_process_keeps_others_waiting_by_standing_still_in_a_transaction(
    ground: Ground,
) -> None:
    limit = text(
        "SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
    )

    with ground.database.session() as session, ground.database.reading() as reading:
        assert 0 < session.scalar(limit) <= 10_000
        assert 0 < reading.scalar(limit) <= 10_000


def test_the_first_transaction_after_a_rest_does_not_fail_because_postgres_was_away(
    ground: Ground, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ground.database.reading() as session:
        session.execute(text("SELECT 1"))
    with no_database(servers):
        pass

    monkeypatch.setattr("shared.db.database._FRESH_SECONDS", 0.0)

    with ground.database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_transaction_that_stood_still_too_long_is_a_database_that_was_away(
    ground: Ground,
) -> None:
    def stand_still() -> None:
        with ground.database.session() as session:
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 50"))
            time.sleep(0.3)
            session.execute(text("SELECT 1"))

    with pytest.raises(AWAY):
        stand_still()

    with ground.database.session() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_in_use_when_all_is_closed_is_ended_once_it_is_given_back(
    make_settings: MakeSettings,
) -> None:
    database = Database(make_settings().database)

    with database.session() as session:
        session.execute(text("SELECT 1"))
        own = session.connection().connection.dbapi_connection
        database.close()

    assert own is not None
    assert own.closed


def test_a_connection_on_its_way_when_all_is_closed_is_ended_too(
    make_settings: MakeSettings,
) -> None:
    made = []

    def close_meanwhile(connection: Any, _: object) -> None:
        made.append(connection)
        database.close()

    event.listen(Pool, "connect", close_meanwhile)
    try:
        database = Database(make_settings().database)
        with database.session() as session:
            session.execute(text("SELECT 1"))
    finally:
        event.remove(Pool, "connect", close_meanwhile)

    assert [one.closed for one in made] == [True]
