"""Databases that older versions have filled, brought to the tables of this one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, select, text

from shared.accounts.tables import Account, LedgerEntry
from shared.db import migrate
from shared.db.database import Database
from shared.jobs.tables import Job
from shared.settings import DatabaseSettings
from tests.support.servers import Servers


@pytest.fixture
def empty(servers: Servers) -> Iterator[Database]:
    """A database without tables, beside the one of the other tests."""
    url = make_url(servers.database_url)
    server = Database(DatabaseSettings(url=servers.database_url, pool_size=1))
    with server.one_by_one() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS older WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE older"))
    older = url.set(database="older").render_as_string(hide_password=False)
    database = Database(DatabaseSettings(url=older, pool_size=1))
    yield database
    database.close()
    with server.one_by_one() as connection:
        connection.execute(text("DROP DATABASE older WITH (FORCE)"))
    server.close()


def go(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_jobs_from_before_the_ledger_are_free_and_accounts_have_credits(empty: Database) -> None:
    with empty.connection() as connection:
        go(connection, "0005")
        connection.execute(
            text("INSERT INTO accounts (id, name, webhook_secret) VALUES ('acc_1', 'alice', 's')")
        )
        connection.execute(
            text(
                "INSERT INTO jobs (id, account_id, origin, kind, operation, model, input, metadata,"
                " priority, status, progress, is_ready, rank, urgency, due_at, created_at,"
                " finished_at) VALUES"
                " ('job_1', 'acc_1', 'v1', 'image', 'generate', 'flux', '{}', '{}', 0, 'queued', 0,"
                " true, now(), now(), now(), now(), NULL),"
                " ('job_2', 'acc_1', 'v1', 'image', 'generate', 'flux', '{}', '{}', 0, 'canceled',"
                " 0, true, now(), now(), NULL, now(), now())"
            )
        )

    migrate.upgrade(empty)

    with empty.session() as session:
        jobs = session.execute(select(Job.id, Job.price, Job.cost).order_by(Job.id)).all()
        account = session.get_one(Account, "acc_1")
        [entry] = session.scalars(select(LedgerEntry)).all()
        assert [tuple(one) for one in jobs] == [("job_1", 0, None), ("job_2", 0, 0)]
        assert (account.balance, account.held) == (1_000_000, 0)
        assert (entry.verb, entry.balance, entry.held) == ("top_up", 1_000_000, 0)
