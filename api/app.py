"""Puts the Flask application together."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import docs, ground, health, problems, rate_limit, v1
from api.dialects import imgprocessing, mayanio, shotstack, vell, vidiking
from shared.ground import Ground


def create_app(here: Ground) -> Flask:
    """Return the application that serves our own contract and every dialect."""
    app = Flask("limner", static_folder=None)
    app.config.update(docs.CONFIG, MAX_CONTENT_LENGTH=here.settings.http.max_body_bytes)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    if proxies := here.settings.http.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    ground.attach(app, here)
    api = docs.Contract(app)
    problems.install(app)
    rate_limit.install(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(docs.blueprint)
    v1.register(api)
    vidiking.register(app)
    vell.register(app)
    mayanio.register(app)
    shotstack.register(app)
    imgprocessing.register(app)
    return app
