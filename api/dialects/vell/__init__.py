"""Vell's contract: a request is held until its images are made, and one is made at a time."""

from flask import Flask

from api import problems
from api.dialects.vell import faults, routes, terms


def register(app: Flask) -> None:
    """Serve Vell's addresses under /api/v1/aiimage, and the images at their own.

    Raises :class:`shared.declaring.SettingsError` if its terms cannot be read.
    """
    terms.attach(app)
    for prefix in routes.PREFIXES:
        problems.speak(app, prefix, faults.render)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes.files)
