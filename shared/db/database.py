"""One process's way into Postgres."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from shared.settings import DatabaseSettings

# What is raised when Postgres went away or did not answer: whether the transaction was committed
# is not known, and nothing is wrong with what was to be written.
AWAY = (OperationalError, InterfaceError, TimeoutError)

# Where Postgres says so in other words: it gave up on a transaction in which nothing was done, or
# it is a standby by now, which only reads.
_AWAY_TOO = frozenset({"25P03", "25P04", "25006"})

# Nothing outside is called within a transaction, so a second between two statements is long.
_STANDSTILL_SECONDS = 10

# A connection that answered so recently is not asked again whether it is still there.
_FRESH_SECONDS = 1.0
_ANSWERED_AT = "limner_answered_at"
# How often all had been closed when a connection was made.
_MADE_AFTER = "limner_made_after"


class Database:
    """A pool of connections, and transactions on them.

    Open one after the process has forked: connections must not be shared.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        url = make_url(settings.url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"connect_timeout": 5, "application_name": "limner"},
        )
        event.listen(self._engine, "connect", _end_what_stands_still)
        event.listen(self._engine, "handle_error", _say_that_it_went_away)
        _ask_those_that_rested(self._engine)
        event.listen(self._engine, "do_connect", self._note)
        event.listen(self._engine, "checkin", self._end_if_closed)
        self._closed = 0
        self._one_by_one = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction; commit it at the end, or roll it back on an error."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads: there is no transaction to begin and to end."""
        with Session(self._one_by_one, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a transaction on a bare connection, for what is not about rows."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def one_by_one(self) -> Iterator[Connection]:
        """Open a connection on which each statement is a transaction: two round trips less."""
        with self._one_by_one.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Ask Postgres for a sign of life; raises what the driver raises."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give every connection back; those in use are ended as soon as they are not."""
        self._closed += 1
        self._engine.dispose()

    def _note(self, _dialect: Any, record: Any, *_: Any) -> None:
        # Before it is made: one that is on its way while all are closed belongs to those.
        record.info[_MADE_AFTER] = self._closed

    def _end_if_closed(self, connection: Any, record: Any) -> None:
        if connection is not None and record.info.get(_MADE_AFTER) != self._closed:
            connection.close()


def _end_what_stands_still(connection: Any, _: object) -> None:
    """Let Postgres give up on a process that stops within a transaction: others wait for its locks.

    Said once it is connected, not in the connection's options: poolers in between refuse those.
    """
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_STANDSTILL_SECONDS}s'")
    connection.commit()


def _say_that_it_went_away(context: ExceptionContext) -> None:
    """Raise :class:`OperationalError` where psycopg has it as an error within the database."""
    why = context.original_exception
    if getattr(why, "sqlstate", None) in _AWAY_TOO:
        context.is_disconnect = True
        raise OperationalError(context.statement, context.parameters, why) from why


def _ask_those_that_rested(engine: Engine) -> None:
    """Find out before its next use whether a connection that was not used lately is still there.

    So the next transaction does not fail only because Postgres was restarted meanwhile. To ask
    each time, as SQLAlchemy's own pre-ping does, is one of four round trips of a transaction with
    one statement. When one of them turns out to be gone, the pool drops them all.
    """

    @event.listens_for(engine, "checkin")
    def note(_: Any, record: Any) -> None:
        record.info[_ANSWERED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _: Any) -> None:
        answered_at = record.info.get(_ANSWERED_AT)
        if answered_at is None or time.monotonic() - answered_at < _FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
