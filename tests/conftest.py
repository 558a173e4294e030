"""What tests share: real servers for the whole run, a clean slate for each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from sqlalchemy import text

from api.app import create_app
from shared import settings
from shared.accounts import keys, register
from shared.accounts.access import USUAL, Scope
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.db import migrate
from shared.db.base import Base
from shared.db.database import Database
from shared.ground import Ground
from shared.settings import Settings
from tests.support import receiver
from tests.support.servers import Servers, running
from workers.process import WorkerProcess
from workers.telling import Teller

PUBLIC_URL = "http://limner.test"


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Postgres and Valkey, started once."""
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def migrated(servers: Servers) -> Servers:
    """The servers, with the tables in place."""
    database = Database(settings.DatabaseSettings(url=servers.database_url, pool_size=2))
    migrate.upgrade(database)
    database.close()
    return servers


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(migrated: Servers, tmp_path: Path) -> MakeSettings:
    """Settings of a server under test; any of them can be set otherwise, by its variable."""

    def make(**other: str) -> Settings:
        environment = {
            "LIMNER_DATABASE_URL": migrated.database_url,
            "LIMNER_BROKER_URL": migrated.broker_url,
            "LIMNER_STORAGE_URL": f"folder://{tmp_path}/storage",
            "LIMNER_PUBLIC_URL": PUBLIC_URL,
            "LIMNER_SECRET_KEY": "a secret of at least 32 characters",
            "LIMNER_LOCAL_ENGINES": "fallback",
            "LIMNER_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8,::1/128",
            "LIMNER_FAILURES_PER_MINUTE": "1000",
        }
        return settings.load(environment | other)

    return make


@pytest.fixture
def ground(make_settings: MakeSettings) -> Iterator[Ground]:
    """The ground of a server under test, with no job, no account and no bell on it."""
    found = Ground.open(make_settings())
    _clear(found)
    yield found
    found.close()


def _clear(ground: Ground) -> None:
    tables = ", ".join(Base.metadata.tables)
    with ground.database.connection() as connection:
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))
    with redis.Redis.from_url(ground.settings.broker.url) as client:
        client.flushall()


@dataclass(frozen=True)
class Caller:
    """An account with a key, and the header that carries it."""

    account: Account
    key: str
    header: str = "Authorization"

    @property
    def headers(self) -> dict[str, str]:
        """What its requests carry."""
        is_usual = self.header == "Authorization"
        return {self.header: f"Bearer {self.key}" if is_usual else self.key}


MakeCaller = Callable[[str], Caller]


@pytest.fixture
def make_caller(ground: Ground) -> MakeCaller:
    """Opens accounts, each with a key."""

    def make(name: str) -> Caller:
        with ground.transaction() as session:
            account = keys.open_account(session, name)
            _, key = keys.create(session, account, name="test")
        return Caller(account, key)

    return make


@pytest.fixture
def caller(make_caller: MakeCaller) -> Caller:
    """Somebody who calls the API."""
    return make_caller("alice")


@pytest.fixture
def operator(ground: Ground) -> Caller:
    """Somebody who runs the server."""
    with ground.transaction() as session:
        account = register.open_account(
            session, "ops", ground.plans.default, credits=1_000_000, is_operator=True
        )
        powers = Powers(scopes=[*USUAL, Scope.ADMIN])
        _, key = keys.create(session, account, name="test", powers=powers)
    return Caller(account, key)


@dataclass(frozen=True)
class Api:
    """The API, called by somebody with a key."""

    http: FlaskClient
    caller: Caller

    def get(self, path: str, **rest: Any) -> Any:
        """Send a GET."""
        return self.http.get(path, headers=self.caller.headers | rest.pop("headers", {}), **rest)

    def post(self, path: str, json: Any = None, **rest: Any) -> Any:
        """Send a POST."""
        headers = self.caller.headers | rest.pop("headers", {})
        return self.http.post(path, json=json, headers=headers, **rest)

    def delete(self, path: str, **rest: Any) -> Any:
        """Send a DELETE."""
        return self.http.delete(path, headers=self.caller.headers | rest.pop("headers", {}), **rest)

    def submit(self, **fields: Any) -> dict[str, Any]:
        """Submit a small image job and return it."""
        of_input = {"prompt": "a red fox", "width": 64, "height": 64} | fields.pop("input", {})
        response = self.post("/v1/jobs", json={"kind": "image", "input": of_input} | fields)
        assert response.status_code == 202, response.json
        job: dict[str, Any] = response.json
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """Read a job."""
        job: dict[str, Any] = self.get(f"/v1/jobs/{job_id}").json
        return job


@pytest.fixture
def http(ground: Ground) -> FlaskClient:
    """The API, called by nobody in particular."""
    return create_app(ground).test_client()


@pytest.fixture
def api(http: FlaskClient, caller: Caller) -> Api:
    """The API, called by somebody with a key."""
    return Api(http, caller)


@pytest.fixture
def worker(ground: Ground) -> Iterator[WorkerProcess]:
    """A worker without Celery before it: tests ring by calling ``hear``."""
    process = WorkerProcess(ground, Teller())
    yield process
    process.stop()


@pytest.fixture
def webhook() -> Iterator[receiver.Receiver]:
    """A webhook receiver."""
    with receiver.listening() as found:
        yield found
