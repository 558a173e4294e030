"""IMG Processing's contract: images with names, made and changed while their callers wait."""

from flask import Flask

from api import problems
from api.dialects.imgprocessing import answers, faults, routes, shelf, terms


def register(app: Flask) -> None:
    """Serve IMG Processing's addresses under /v1/images, and what is published at /images.

    Raises :class:`shared.declaring.SettingsError` if its terms cannot be read.
    """
    terms.attach(app)
    problems.speak(app, routes.ADDRESS, faults.render, is_prefix=False)
    for prefix in (f"{routes.ADDRESS}/", f"{answers.PUBLISHED}/"):
        problems.speak(app, prefix, faults.render)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(shelf.blueprint)
    app.register_blueprint(shelf.files)
