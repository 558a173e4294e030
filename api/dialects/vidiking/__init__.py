"""VidiKing's contract: flat bodies, upper-case statuses, finished images in the answer."""

from flask import Flask

from api import problems
from api.dialects.vidiking import faults, routes


def register(app: Flask) -> None:
    """Serve VidiKing's addresses under /v1."""
    for prefix in routes.PREFIXES:
        problems.speak(app, prefix, faults.render)
    app.register_blueprint(routes.blueprint)
