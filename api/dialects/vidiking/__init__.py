"""VidiKing's contract: flat bodies, upper-case statuses, finished images in the answer."""

from flask import Flask

from api import problems
from api.dialects.vidiking import ai, faults, hook, jobs, renders, terms, wallet

PREFIXES = ("/v1/ai/", "/v1/render", "/v1/stitch", "/v1/trim", "/v1/wallet/")


def register(app: Flask) -> None:
    """Serve VidiKing's addresses under /v1.

    Raises :class:`shared.declaring.SettingsError` if its terms cannot be read.
    """
    terms.attach(app)
    for prefix in PREFIXES:
        problems.speak(app, prefix, faults.render)
    # Below it is an address of ours.
    problems.speak(app, hook.ADDRESS, faults.render, is_prefix=False)
    for module in (ai, renders, jobs, wallet, hook):
        app.register_blueprint(module.blueprint)
