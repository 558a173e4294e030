"""Bringing a database to the tables of this version."""

import functools
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from shared.db.database import Database

# Any number will do, as long as every process uses the same: one migrates, the others wait.
_LOCK = 7_302_117


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Run every migration that is missing; returns the revisions before and after.

    Safe to call from several processes at once.
    """
    with database.connection() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = current(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before, current(connection)


def current(connection: Connection) -> str | None:
    """Return the revision that a database is at."""
    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def newest() -> str | None:
    """Return the revision that this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config
