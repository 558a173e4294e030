"""Rules of the house, each with a name that is the rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from honcho.environ import parse_procfile

from api.app import create_app
from api.auth import needed_scope
from deploy.cli.main import limner
from deploy.cli.settings import env_example
from shared import broker, errors
from shared.accounts import keys
from shared.accounts.access import Scope
from shared.accounts.keys import Powers
from shared.accounts.tables import Account
from shared.db.base import Base
from shared.ground import Ground
from shared.jobs.status import OVER, TRANSITIONS, Kind, Queue, Status
from tests.conftest import Caller

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "workers", "shared", "deploy")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# What may be asked without a key, and why.
OPEN_ADDRESSES = {
    "/healthz",  # a load balancer has no key
    "/readyz",
    "/openapi.json",  # the contract is no secret
    "/docs",
    "/docs/start.js",
    "/docs/assets/<path:name>",
    "/v1/artifacts/<artifact_id>/content",  # opened by a signed link, or by its owner's key
    "/v1/uploads/<upload_id>/content",  # likewise, and filled through another one
    "/uploads/<name>",  # opened by its name, which nobody can guess
    "/api/v1/uploads/<name>",
    "/images/<image_id>",  # while its owner shows it to everybody
}
OPEN_TO_A_KEY = {"/v1/artifacts/<artifact_id>/content", "/v1/uploads/<upload_id>/content"}

# Which scope a key needs for what. A new route belongs here too.
SCOPES = {
    "submit": [
        ("POST", "/v1/jobs"),
        ("POST", "/v1/jobs/batch"),
        ("POST", "/v1/jobs/cancel"),
        ("POST", "/v1/jobs/retry"),
        ("POST", "/v1/jobs/<job_id>/cancel"),
        ("POST", "/v1/jobs/<job_id>/retry"),
        ("DELETE", "/v1/jobs/<job_id>"),
        ("DELETE", "/v1/artifacts/<artifact_id>"),
        ("POST", "/v1/uploads"),
        ("POST", "/v1/uploads/<upload_id>/complete"),
        ("PUT", "/v1/uploads/<upload_id>/content"),
        ("DELETE", "/v1/uploads/<upload_id>"),
        ("POST", "/v1/ai/image"),
        ("POST", "/v1/ai/video"),
        ("POST", "/v1/ai/subtitles"),
        ("POST", "/v1/ai/voiceover"),
        ("POST", "/v1/ai/voice"),
        ("POST", "/v1/ai/tts"),
        ("POST", "/v1/ai/script"),
        ("POST", "/v1/render"),
        ("POST", "/v1/render/validate"),
        ("POST", "/edit/v1/render"),
        ("POST", "/edit/stage/render"),
        ("POST", "/v1/stitch"),
        ("POST", "/v1/trim"),
        ("DELETE", "/v1/render/<their_id>"),
        ("POST", "/api/v1/aiimage/generate-image"),
        ("POST", "/api/v1/images"),
        ("POST", "/api/v1/videos"),
        ("POST", "/api/v1/video"),
        ("POST", "/api/v1/3d"),
        ("POST", "/api/v1/3d-models"),
        ("POST", "/api/v1/models"),
        ("POST", "/api/v1/image-to-3d"),
        ("POST", "/v1/images/imagine"),
        ("POST", "/v1/images"),
        ("POST", "/v1/images/upload"),
        ("POST", "/v1/images/<image_id>/resize"),
        ("POST", "/v1/images/<image_id>/crop"),
        ("POST", "/v1/images/<image_id>/rotate"),
        ("POST", "/v1/images/<image_id>/mirror"),
        ("POST", "/v1/images/<image_id>/convert"),
        ("POST", "/v1/images/<image_id>/blur"),
        ("POST", "/v1/images/<image_id>/modulate"),
        ("POST", "/v1/images/<image_id>/watermark"),
        ("POST", "/v1/images/<image_id>/remove-background"),
        ("POST", "/v1/images/<image_id>/classify"),
        ("POST", "/v1/images/<image_id>/visualize"),
        ("POST", "/v1/images/<image_id>/extract-formatted-text"),
        ("POST", "/v1/images/<image_id>/publish"),
        ("POST", "/v1/images/<image_id>/unpublish"),
        ("DELETE", "/v1/images/<image_id>"),
    ],
    "read": [
        ("GET", "/v1/jobs"),
        ("GET", "/v1/jobs/<job_id>"),
        ("GET", "/v1/jobs/<job_id>/events"),
        ("GET", "/v1/events"),
        ("GET", "/v1/models"),
        ("GET", "/v1/account"),
        ("GET", "/v1/account/usage"),
        ("GET", "/v1/account/ledger"),
        ("GET", "/v1/artifacts/<artifact_id>/content"),
        ("GET", "/v1/uploads"),
        ("GET", "/v1/uploads/<upload_id>"),
        ("GET", "/v1/uploads/<upload_id>/content"),
        ("GET", "/v1/render/<their_id>"),
        ("GET", "/v1/renders"),
        ("GET", "/edit/v1/render/<their_id>"),
        ("GET", "/edit/stage/render/<their_id>"),
        ("GET", "/v1/wallet/balance"),
        ("GET", "/api/v1/aiimage/check-availability"),
        ("GET", "/api/v1/aiimage/versions"),
        ("GET", "/api/v1/aiimage/recent-images"),
        ("GET", "/api/v1/projects"),
        ("GET", "/api/v1/projects/<their_id>"),
        ("GET", "/v1/images"),
        ("GET", "/v1/images/<image_id>"),
        ("GET", "/v1/images/<image_id>/download"),
    ],
    "webhooks": [
        ("PATCH", "/v1/account"),
        ("GET", "/v1/webhooks/default/secret"),
        ("PUT", "/v1/webhooks"),
        ("GET", "/v1/webhooks"),
        ("DELETE", "/v1/webhooks"),
        ("GET", "/v1/webhook-endpoints"),
        ("POST", "/v1/webhook-endpoints"),
        ("GET", "/v1/webhook-endpoints/<endpoint_id>"),
        ("PATCH", "/v1/webhook-endpoints/<endpoint_id>"),
        ("DELETE", "/v1/webhook-endpoints/<endpoint_id>"),
        ("POST", "/v1/webhook-endpoints/<endpoint_id>/rotate"),
        ("POST", "/v1/webhook-endpoints/<endpoint_id>/test"),
        ("POST", "/v1/webhook-endpoints/<endpoint_id>/recover"),
        ("GET", "/v1/webhook-endpoints/<endpoint_id>/deliveries"),
        ("GET", "/v1/webhook-deliveries"),
        ("GET", "/v1/webhook-deliveries/<delivery_id>"),
        ("POST", "/v1/webhook-deliveries/<delivery_id>/resend"),
        ("POST", "/v1/webhook-deliveries/recover"),
    ],
    "admin": [
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/<key_id>"),
        ("GET", "/v1/admin/accounts"),
        ("POST", "/v1/admin/accounts"),
        ("GET", "/v1/admin/accounts/<account_id>"),
        ("PATCH", "/v1/admin/accounts/<account_id>"),
        ("POST", "/v1/admin/accounts/<account_id>/suspend"),
        ("POST", "/v1/admin/accounts/<account_id>/resume"),
        ("POST", "/v1/admin/accounts/<account_id>/credits"),
        ("GET", "/v1/admin/accounts/<account_id>/keys"),
        ("POST", "/v1/admin/accounts/<account_id>/keys"),
        ("DELETE", "/v1/admin/accounts/<account_id>/keys/<key_id>"),
    ],
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture
def app(ground: Ground) -> Flask:
    return create_app(ground)


def test_every_queue_has_a_worker() -> None:
    commands = parse_procfile((ROOT / "Procfile").read_text()).processes.values()

    served = [
        queue
        for command in commands
        for found in re.findall(r"--queues (\S+)", command)
        for queue in found.split(",")
    ]

    assert sorted(served) == sorted(Queue)


def test_every_queue_has_a_task_and_every_kind_a_queue() -> None:
    assert {queue for queue, _ in broker.TASKS} == set(Queue)
    assert set(Kind) <= set(Queue)


def test_every_address_asks_for_a_key_unless_it_is_listed_here(app: Flask) -> None:
    http = app.test_client()

    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN_ADDRESSES:
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = http.open(path, method=method)
            assert answer.status_code == 401, f"{method} {rule.rule}"


def scopes_of(app: Flask) -> dict[tuple[str, str], Scope | None]:
    """Return the scope that each route declares, but for those that are open to everybody."""
    return {
        (method, rule.rule): needed_scope(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.rule not in OPEN_ADDRESSES or rule.rule in OPEN_TO_A_KEY
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_needs_the_scope_that_is_listed_here(app: Flask) -> None:
    listed = {route: Scope(scope) for scope, routes in SCOPES.items() for route in routes}

    assert scopes_of(app) == listed


def test_every_route_refuses_a_key_without_its_scope(
    app: Flask, ground: Ground, caller: Caller
) -> None:
    http = app.test_client()

    for (method, rule), scope in scopes_of(app).items():
        others = Powers(scopes=[one for one in Scope if one != scope])
        with ground.transaction() as session:
            owner = session.get_one(Account, caller.account.id)
            _, key = keys.create(session, owner, name="", powers=others)
        path = re.sub(r"<[^>]+>", "x", rule)
        answer = http.open(path, method=method, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 403, f"{method} {rule}"


def test_a_dialect_is_named_by_nobody_but_itself_and_those_who_register_it() -> None:
    homes = ("api/dialects", "shared/dialects", "shared/webhooks")
    registries = {"api/app.py", "shared/webhooks/contracts.py"}
    # The words of our timelines are Shotstack's, and VidiKing's contract is for who comes from it.
    about = {"shared/timelines/__init__.py", "api/dialects/vidiking/terms.py"}
    dialects = {path.parent.name for path in (ROOT / "api/dialects").glob("*/__init__.py")}
    assert dialects

    for dialect in dialects:
        word = re.compile(rf"(?<![a-z]){dialect}(?![a-z])", re.IGNORECASE)
        own = tuple(f"{home}/{dialect}" for home in homes)
        naming = {
            str(path.relative_to(ROOT))
            for path in SOURCES
            if word.search(path.read_text(encoding="utf-8"))
        }
        assert {name for name in naming if not name.startswith(own)} <= registries | about


def test_only_the_lifecycle_writes_a_status() -> None:
    # The submission gives a job its first one.
    writers = {name for name, tree in modules() if _writes_a_status(tree)}

    assert {name for name in writers if not name.startswith("shared/db/migrations/")} == {
        "shared/jobs/lifecycle/ending.py",
        "shared/jobs/lifecycle/resting.py",
        "shared/jobs/lifecycle/taking.py",
    }


def _writes_a_status(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if "UPDATE jobs" in text:
                return True
            case ast.Call(func=ast.Attribute(attr="values", value=statement), keywords=keywords):
                # Deliveries of webhooks have a status too, and none of these moves.
                is_of_jobs = not ast.unparse(statement).startswith("update(Delivery")
                if is_of_jobs and any(one.arg == "status" for one in keywords):
                    return True
            case ast.Assign(targets=[ast.Attribute(attr="status")]):
                return True
    return False


def test_every_job_that_the_api_takes_on_says_by_which_key() -> None:
    # Else the cap of that key would be passed by.
    calls = [
        (name, node)
        for name, tree in modules()
        if name.startswith("api/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in {"submission.submit", "submission.submit_many", "again.retry", "again.retry_many"}
    ]

    assert len(calls) >= 5
    for name, call in calls:
        assert "by" in {one.arg for one in call.keywords}, f"{name}:{call.lineno}"


def test_every_status_can_be_reached_and_only_the_unfinished_can_be_left() -> None:
    reached = {target for _, target in TRANSITIONS.values()}
    left = {source for source, _ in TRANSITIONS.values()}

    assert reached == set(Status)
    assert left == set(Status) - OVER


def test_only_the_entrances_read_the_environment() -> None:
    readers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        # A request has what its server says of it under the same name.
        and not (isinstance(node.value, ast.Name) and node.value.id == "request")
    }

    assert {name for name in readers if not name.startswith("deploy/")} == {
        "api/wsgi.py",
        "workers/app.py",
        "workers/current.py",
        "workers/schedule.py",
    }


def test_every_error_has_a_code_of_its_own_and_a_sentence() -> None:
    kinds: list[type[errors.ServiceError]] = [errors.ServiceError, *_below(errors.ServiceError)]

    codes = [kind.code for kind in kinds if "code" in vars(kind)]
    assert len(codes) == len(set(codes))
    for kind in kinds:
        assert re.fullmatch(r"[A-Z].*\.", kind.title(), re.DOTALL), kind
        assert re.fullmatch(r"[a-z_]+", kind.code), kind
        assert 400 <= kind.http_status < 600, kind


def _below(kind: type[errors.ServiceError]) -> Iterator[type[errors.ServiceError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def test_the_tables_are_what_the_migrations_make(ground: Ground) -> None:
    with ground.database.connection() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert difference == []


def test_the_example_environment_names_every_setting_as_it_is() -> None:
    written = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")

    assert written == "\n".join(env_example()) + "\n", "run: limner settings > deploy/env.example"


def test_every_command_says_what_it_does() -> None:
    def helpless(command: click.Command, name: str) -> Iterator[str]:
        if not command.help:
            yield name
        if isinstance(command, click.Group):
            for inner, one in command.commands.items():
                yield from helpless(one, f"{name} {inner}")

    assert list(helpless(limner, "limner")) == []


def test_a_module_begins_with_its_caption() -> None:
    for name, tree in modules():
        caption = (ast.get_docstring(tree) or "").splitlines()
        assert caption, name
        assert len(caption[0]) <= 98, name


def test_the_locks_pin_by_hash_and_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9#]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert len(pins) > 20
        assert all("--hash=sha256:" in pin for pin in pins), name
        assert "http" not in re.sub(r"^\s*#.*$|^(http|urllib).*$", "", text, flags=re.MULTILINE)
