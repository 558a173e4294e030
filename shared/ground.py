"""What one process stands on, opened once from its settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared import catalog, signals
from shared.accounts import plans
from shared.accounts.plans import Plans
from shared.broker import Broker
from shared.catalog import Catalog
from shared.db.database import Database
from shared.jobs.times import Measured, Work
from shared.settings import Settings
from shared.storage.links import Links
from shared.storage.store import ObjectStore, open_store


@dataclass(frozen=True)
class Ground:
    """Database, broker, storage, catalogue and plans of this process, and what was measured.

    Open it after the process has forked; raises :class:`shared.declaring.SettingsError`.
    """

    settings: Settings
    database: Database
    broker: Broker
    store: ObjectStore
    links: Links
    catalog: Catalog
    measured: Measured
    plans: Plans

    @classmethod
    def open(cls, settings: Settings) -> "Ground":
        """Open everything; nothing is connected before it is used."""
        store = open_store(settings.storage)
        database = Database(settings.database)
        return cls(
            settings=settings,
            database=database,
            broker=Broker(settings.broker),
            store=store,
            links=Links(settings, store),
            catalog=catalog.load(settings.catalog, configured=settings.providers.configured),
            measured=Measured(database),
            plans=plans.load(settings.accounts),
        )

    def usual_seconds(self, work: Work) -> float | None:
        """Return how long such work usually takes: as measured, or else as the catalogue says.

        Do not ask within a transaction.
        """
        measured = self.measured.look().seconds(work)
        if measured is not None:
            return measured
        return self.catalog.usual_seconds(work.model, work.operation, work.provider)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction; what it signals is sent once it is committed."""
        with self.database.session() as session:
            yield session
        self.broker.send(signals.collected(session))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads, each statement for itself."""
        with self.database.reading() as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()
        self.broker.close()
