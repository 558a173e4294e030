"""Shotstack's contract for edits: timelines in its own envelope, strict about what it knows."""

from flask import Flask

from api import doors, problems
from api.dialects.shotstack import faults, routes

PREFIX = "/edit/"


def register(app: Flask) -> None:
    """Serve Shotstack's addresses under /edit, /stage, and /v1 for those who send its header."""
    doors.lead(app, routes.claim)
    problems.speak(app, PREFIX, faults.render)
    app.register_blueprint(routes.blueprint)
