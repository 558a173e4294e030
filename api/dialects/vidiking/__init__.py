"""VidiKing's contract: flat bodies, upper-case statuses, finished images in the answer."""

from flask import Flask

from api import problems
from api.dialects.vidiking import faults, hook, routes


def register(app: Flask) -> None:
    """Serve VidiKing's addresses under /v1."""
    for prefix in routes.PREFIXES:
        problems.speak(app, prefix, faults.render)
    # Below it is an address of ours.
    problems.speak(app, hook.ADDRESS, faults.render, is_prefix=False)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(hook.blueprint)
