"""`limner doctor`: checks every connection, and says what to do."""

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import click
import urllib3
from celery import Celery
from urllib3.exceptions import HTTPError

from deploy.cli.surroundings import open_ground
from shared import ids
from shared.accounts import register
from shared.broker import celery_app
from shared.db import migrate
from shared.errors import ServiceError
from shared.ground import Ground
from shared.jobs.audit import oddities
from shared.jobs.status import Queue
from shared.retention import expiry, unwanted
from shared.settings import ProviderSettings
from shared.vendors import VENDORS
from shared.webhooks import overview

_ANSWER_SECONDS = 2.0
_PROVIDER_SECONDS = 10.0
_MAY_BE_LATE = timedelta(hours=1)


class Ill(Exception):
    """Something is wrong; the message says what, ``cure`` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


@dataclass(frozen=True)
class _Check:
    name: str
    probe: Callable[[Ground], str]
    cure: str


@click.command()
def doctor() -> None:
    """Check every connection and say what to do. Exit status 1 if something is wrong."""
    with open_ground() as ground:
        ill = [one for one in _CHECKS if not _report(one, ground)]
    sys.exit(1 if ill else 0)


def _report(check: _Check, ground: Ground) -> bool:
    try:
        found = check.probe(ground)
    except Ill as ill:
        _show_ill(check.name, str(ill), ill.cure)
        return False
    except Exception as error:  # noqa: BLE001 - a doctor looks at everything
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        what = (str(error) or type(error).__name__) + cause
        _show_ill(check.name, what.splitlines()[0], check.cure)
        return False
    click.echo(f"{click.style('ok', fg='green'):<4}  {check.name:<10} {found}")
    return True


def _show_ill(name: str, what: str, cure: str) -> None:
    click.echo(f"{click.style('ILL', fg='red')}  {name:<10} {what}\n{'':16}{cure}")


def _database(ground: Ground) -> str:
    ground.database.ping()
    with ground.database.connection() as connection:
        at, needed = migrate.current(connection), migrate.newest()
    if at != needed:
        raise Ill(
            f"the tables are at revision {at}, this version needs {needed}", "Run `limner migrate`."
        )
    return f"answers, tables at revision {at}"


def _broker(ground: Ground) -> str:
    ground.broker.ping()
    return "answers"


def _storage(ground: Ground) -> str:
    key, content = f"doctor/{ids.new('probe')}.txt", b"Is it kept?"
    ground.store.put(key, io.BytesIO(content), content_type="text/plain")
    try:
        kept = b"".join(ground.store.read(key))
    finally:
        ground.store.delete(key)
    if kept != content:
        raise Ill("gives back something else than was stored", "Look at the store itself.")
    return "keeps and gives back what is stored"


def _workers(ground: Ground) -> str:
    with celery_app(ground.settings.broker) as app:
        served = set(_served_queues(app))
    missing = [str(queue) for queue in Queue if queue not in served]
    if missing:
        raise Ill(
            f"nobody serves: {', '.join(missing)}",
            "Start the Procfile's workers; see `limner status` and their logs.",
        )
    return f"serve {', '.join(sorted(served))}"


def _served_queues(app: Celery) -> Iterator[str]:
    answers = app.control.inspect(timeout=_ANSWER_SECONDS).active_queues() or {}
    for queues in answers.values():
        yield from (queue["name"] for queue in queues)


def _web(ground: Ground) -> str:
    url = f"{ground.settings.http.public_url.rstrip('/')}/readyz"
    answer = _get(url)
    if answer.status != 200:
        raise Ill(f"{url} answers {answer.status}", f"It says: {answer.data.decode()[:200]}")
    return f"{url} says {answer.json()['status']}"


def _flower(ground: Ground) -> str:
    url = f"http://{ground.settings.http.host}:{ground.settings.flower.port}/"
    status = _get(url).status
    if status not in {200, 401}:
        raise Ill(f"{url} answers {status}", "Look at Flower's log.")
    return f"answers at {url}"


def check_keys(settings: ProviderSettings) -> str:
    """Say which providers accept their keys, asking none for work; raises :class:`Ill`."""
    names = sorted(settings.configured)
    faults = [fault for name in names if (fault := _fault_of(name, settings.access(name)))]
    if faults:
        raise Ill("; ".join(faults), "Look at their keys and addresses: see docs/providers.md.")
    checked = [name for name in names if VENDORS[name].probe]
    unchecked = [name for name in names if not VENDORS[name].probe]
    told = [f"{', '.join(checked)}: keys accepted"] if checked else []
    told += [f"{', '.join(unchecked)}: no free way to check"] if unchecked else []
    return "; ".join(told) or "none configured"


def _fault_of(name: str, access: Mapping[str, str]) -> str | None:
    vendor = VENDORS[name]
    if not vendor.probe:
        return None
    url = vendor.probe.format(**{one: text.rstrip("/") for one, text in access.items()})
    try:
        headers = vendor.shown(access["key"])
        status = _get(url, headers=headers, seconds=_PROVIDER_SECONDS).status
    except (Ill, ServiceError) as error:
        return f"{name}: {error}"
    if status in {401, 402, 403}:
        return f"{name} answers {status}: it does not accept the key, or not for that"
    return None if status == 200 else f"{name} answers {status}"


def _providers(ground: Ground) -> str:
    return check_keys(ground.settings.providers)


def _get(
    url: str, *, headers: Mapping[str, str] | None = None, seconds: float = _ANSWER_SECONDS
) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request(
            "GET", url, headers=headers, timeout=seconds, retries=False, redirect=False
        )
    except HTTPError as error:
        raise Ill(f"{url} does not answer: {error}", "Start it; see `limner status`.") from error


def _jobs(ground: Ground) -> str:
    with ground.transaction() as session:
        found = list(oddities(session, ground.catalog))
    if found:
        told = "; ".join(
            f"{one.count} {one.what}, such as {', '.join(one.examples)}" for one in found
        )
        raise Ill(told, "Nothing of ours writes that: was the database edited by hand?")
    return "make sense"


def _accounts(ground: Ground) -> str:
    with ground.transaction() as session:
        found = register.astray(session, ground.plans)
    if found:
        raise Ill(
            f"{len(found)} not as their plans say, such as {', '.join(found[:3])}",
            "Run `limner plans apply`; see `limner accounts list` for plans that are not listed.",
        )
    return "are as their plans say"


def _retention(ground: Ground) -> str:
    late = expiry.overdue(ground, late_by=_MAY_BE_LATE)
    with ground.transaction() as session:
        objects = unwanted.overdue(session, late_by=_MAY_BE_LATE)
    if late.is_anything or objects:
        raise Ill(
            f"overdue for an hour: {late.jobs} jobs, {late.artifacts} artifacts, "
            f"{late.uploads} uploads, and {objects} objects that nothing names",
            "Is beat running, and the worker of the queue maintenance? `limner prune` does it now.",
        )
    return "nothing is kept for longer than plans say"


def _webhooks(ground: Ground) -> str:
    with ground.transaction() as session:
        owed, is_stuck = overview.count_owed(session), overview.is_stuck(session)
    if is_stuck:
        raise Ill(
            f"{owed} are owed, some for long, and none was sent in ten minutes",
            "Start the worker that serves the queue webhook, and look at its log.",
        )
    return f"{owed} owed" if owed else "all sent"


def _models(ground: Ground) -> str:
    catalog = ground.catalog
    idle = [name for name, one in catalog.models.items() if not catalog.is_available(one)]
    if idle:
        raise Ill(
            f"nobody makes: {', '.join(idle)}",
            "Configure a provider for them, or set LIMNER_LOCAL_ENGINES=fallback.",
        )
    return f"{len(catalog.models)} on offer"


_CHECKS = (
    _Check("database", _database, "Is Postgres up, and LIMNER_DATABASE_URL right?"),
    _Check("jobs", _jobs, "Run `limner migrate`, and look again."),
    _Check("accounts", _accounts, "Run `limner migrate`, and look again."),
    _Check("retention", _retention, "Run `limner migrate`, and look again."),
    _Check("webhooks", _webhooks, "Run `limner migrate`, and look again."),
    _Check("broker", _broker, "Is Redis or Valkey up, and LIMNER_BROKER_URL right?"),
    _Check("storage", _storage, "Is LIMNER_STORAGE_URL right, with the right to write?"),
    _Check("models", _models, "Look at the catalogue."),
    _Check("providers", _providers, "Look at the settings of the providers."),
    _Check("web", _web, "Is the API running, and LIMNER_PUBLIC_URL right?"),
    _Check("workers", _workers, "Are workers running, with the same LIMNER_BROKER_URL?"),
    _Check("flower", _flower, "Is Flower running?"),
)
