"""Who owns which address: told by where the code lies, and listed here for people to read."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from flask import Flask, Response

from api import problems
from api.app import create_app
from shared.errors import NotFound
from shared.ground import Ground

# Where the views of each owner lie; Flask-Smorest serves the contract by itself.
HOMES = {
    "health": "api.health",
    "docs": "api.docs",
    "contract": "flask_smorest.spec",
    "v1": "api.v1",
    "vidiking": "api.dialects.vidiking",
    "vell": "api.dialects.vell",
    "mayanio": "api.dialects.mayanio",
    "shotstack": "api.dialects.shotstack",
    "imgprocessing": "api.dialects.imgprocessing",
}

# Every address, and who answers it. A new one is put in here on purpose.
ADDRESSES = {
    "health": """
        GET              /healthz
        GET              /readyz
    """,
    "docs": """
        GET              /docs
        GET              /docs/assets/<path:name>
        GET              /docs/start.js
    """,
    "contract": """
        GET              /openapi.json
    """,
    "v1": """
        GET,PATCH        /v1/account
        GET              /v1/account/ledger
        GET              /v1/account/usage
        GET,POST         /v1/admin/accounts
        GET,PATCH        /v1/admin/accounts/<account_id>
        POST             /v1/admin/accounts/<account_id>/credits
        GET,POST         /v1/admin/accounts/<account_id>/keys
        DELETE           /v1/admin/accounts/<account_id>/keys/<key_id>
        POST             /v1/admin/accounts/<account_id>/resume
        POST             /v1/admin/accounts/<account_id>/suspend
        DELETE           /v1/artifacts/<artifact_id>
        GET              /v1/artifacts/<artifact_id>/content
        GET              /v1/events
        GET,POST         /v1/jobs
        DELETE,GET       /v1/jobs/<job_id>
        POST             /v1/jobs/<job_id>/cancel
        GET              /v1/jobs/<job_id>/events
        POST             /v1/jobs/<job_id>/retry
        POST             /v1/jobs/batch
        POST             /v1/jobs/cancel
        POST             /v1/jobs/retry
        GET,POST         /v1/keys
        DELETE           /v1/keys/<key_id>
        GET              /v1/models
        GET,POST         /v1/uploads
        DELETE,GET       /v1/uploads/<upload_id>
        POST             /v1/uploads/<upload_id>/complete
        GET,PUT          /v1/uploads/<upload_id>/content
        GET              /v1/webhook-deliveries
        GET              /v1/webhook-deliveries/<delivery_id>
        POST             /v1/webhook-deliveries/<delivery_id>/resend
        POST             /v1/webhook-deliveries/recover
        GET,POST         /v1/webhook-endpoints
        DELETE,GET,PATCH /v1/webhook-endpoints/<endpoint_id>
        GET              /v1/webhook-endpoints/<endpoint_id>/deliveries
        POST             /v1/webhook-endpoints/<endpoint_id>/recover
        POST             /v1/webhook-endpoints/<endpoint_id>/rotate
        POST             /v1/webhook-endpoints/<endpoint_id>/test
        GET              /v1/webhooks/default/secret
    """,
    "vidiking": """
        POST             /v1/ai/image
        POST             /v1/ai/script
        POST             /v1/ai/subtitles
        POST             /v1/ai/tts
        POST             /v1/ai/video
        POST             /v1/ai/voice
        POST             /v1/ai/voiceover
        POST             /v1/render
        DELETE,GET       /v1/render/<their_id>
        POST             /v1/render/validate
        GET              /v1/renders
        POST             /v1/stitch
        POST             /v1/trim
        GET              /v1/wallet/balance
        DELETE,GET,PUT   /v1/webhooks
    """,
    "vell": """
        GET              /api/v1/aiimage/check-availability
        POST             /api/v1/aiimage/generate-image
        GET              /api/v1/aiimage/recent-images
        GET              /api/v1/aiimage/versions
        GET              /api/v1/uploads/<name>
        GET              /uploads/<name>
    """,
    "mayanio": """
        POST             /api/v1/3d
        POST             /api/v1/3d-models
        POST             /api/v1/image-to-3d
        POST             /api/v1/images
        POST             /api/v1/models
        GET              /api/v1/projects
        GET              /api/v1/projects/<their_id>
        POST             /api/v1/video
        POST             /api/v1/videos
    """,
    "imgprocessing": """
        GET              /images/<image_id>
        GET,POST         /v1/images
        DELETE,GET       /v1/images/<image_id>
        POST             /v1/images/<image_id>/blur
        POST             /v1/images/<image_id>/classify
        POST             /v1/images/<image_id>/convert
        POST             /v1/images/<image_id>/crop
        GET              /v1/images/<image_id>/download
        POST             /v1/images/<image_id>/extract-formatted-text
        POST             /v1/images/<image_id>/mirror
        POST             /v1/images/<image_id>/modulate
        POST             /v1/images/<image_id>/publish
        POST             /v1/images/<image_id>/remove-background
        POST             /v1/images/<image_id>/resize
        POST             /v1/images/<image_id>/rotate
        POST             /v1/images/<image_id>/unpublish
        POST             /v1/images/<image_id>/visualize
        POST             /v1/images/<image_id>/watermark
        POST             /v1/images/imagine
        POST             /v1/images/upload
    """,
    "shotstack": """
        POST             /edit/stage/render
        GET              /edit/stage/render/<their_id>
        POST             /edit/v1/render
        GET              /edit/v1/render/<their_id>
    """,
}

# Addresses that begin alike, and whose each is; where there is nothing, who says so.
ALIKE = [
    ("/v1/webhooks", "vidiking"),
    ("/v1/webhooks/", "v1"),
    ("/v1/webhooks/default/secret", "v1"),
    ("/v1/webhook-endpoints", "v1"),
    ("/v1/render/x", "vidiking"),
    ("/v1/ai/image", "vidiking"),
    ("/v1/images", "imgprocessing"),
    ("/v1/images/x/nothing", "imgprocessing"),
    ("/images/x", "imgprocessing"),
    ("/v1/uploads", "v1"),
    ("/v1/models", "v1"),
    ("/api/v1/uploads/x", "vell"),
    ("/uploads/x", "vell"),
    ("/api/v1/aiimage/versions", "vell"),
    ("/api/v1/images", "mayanio"),
    ("/api/v1/image-to-3d", "mayanio"),
    ("/api/v1/models", "mayanio"),
    ("/api/v1/projects/x", "mayanio"),
    ("/api/v1/jobs", "v1"),
    ("/edit/v1/render/x", "shotstack"),
]


@pytest.fixture
def app(ground: Ground) -> Flask:
    return create_app(ground)


def listed() -> Iterator[tuple[str, str, str]]:
    """Yield owner, method and rule of every address in the table."""
    for owner, table in ADDRESSES.items():
        for methods, rule in (line.split() for line in table.strip().splitlines()):
            yield from ((owner, method, rule) for method in methods.split(","))


def served(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield owner, method and rule of every address of the application."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield owner_of(app, rule.endpoint), method, rule.rule


def owner_of(app: Flask, endpoint: str) -> str:
    """Return in whose home a view lies."""
    module = app.view_functions[endpoint].__module__
    [owner] = [
        name for name, home in HOMES.items() if module == home or module.startswith(f"{home}.")
    ]
    return owner


def an_address(rule: str) -> str:
    return re.sub(r"<[^>]+>", "x", rule)


def language_of(response: Response) -> tuple[str | None, frozenset[str]]:
    """Return by what an error tells whose it is: its type, and its keys."""
    return response.content_type, frozenset(response.get_json())


def test_every_address_belongs_to_the_owner_that_is_listed_here(app: Flask) -> None:
    found, known = sorted(served(app)), sorted(listed())

    assert len(found) == len({(method, rule) for _, method, rule in found})
    assert found == known


def test_no_address_is_taken_by_the_pattern_of_another_owner(app: Flask) -> None:
    for owner, method, rule in served(app):
        endpoint, _ = app.url_map.bind("").match(an_address(rule), method)
        assert owner_of(app, endpoint) == owner, (method, rule)


def test_every_address_tells_errors_in_the_language_of_its_owner(app: Flask) -> None:
    for address, owner in [*ALIKE, *((an_address(rule), one) for one, _, rule in listed())]:
        home = HOMES[owner]
        is_dialect = home.startswith("api.dialects.")
        render = import_module(f"{home}.faults").render if is_dialect else problems.problem
        with app.test_request_context(address):
            theirs = render(NotFound())
            told = app.make_response(app.handle_user_exception(NotFound()))

        assert language_of(told) == language_of(theirs), address
