"""The contract in machine's words at /openapi.json, and for people at /docs."""

from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory
from flask_smorest import Api

_ASSETS = Path(flask_swagger_ui.__file__).with_name("dist")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Limner API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, tryItOutEnabled: true,
  persistAuthorization: true, validatorUrl: null,
});
"""

blueprint = Blueprint("docs", __name__)

CONFIG: dict[str, Any] = {
    "API_TITLE": "Limner",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {
            "description": "A job system for generated media: submit, then poll, wait or be told."
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key."}
            }
        },
        "security": [{"key": []}],
    },
}


class Contract(Api):  # type: ignore[misc]
    """Our own contract. It names every answer, and so has none by default."""

    DEFAULT_ERROR_RESPONSE_NAME = None


@blueprint.get("/docs")
def page() -> Response:
    """Show the contract; every asset comes from this server."""
    return Response(_PAGE, content_type="text/html; charset=utf-8")


@blueprint.get("/docs/start.js")
def start() -> Response:
    """Start the page; a file of its own, so that the page needs no inline script."""
    return Response(_START, content_type="text/javascript; charset=utf-8")


@blueprint.get("/docs/assets/<path:name>")
def asset(name: str) -> Response:
    """Serve one of Swagger UI's files."""
    return send_from_directory(_ASSETS, name, max_age=86_400)
