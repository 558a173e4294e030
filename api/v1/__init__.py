"""Our own contract: asynchronous, every kind of job in one shape."""

from flask_smorest import Api

from api.v1 import accounts, artifacts, catalog, jobs, keys, many, spending, webhooks


def register(api: Api) -> None:
    """Serve our own contract under /v1."""
    for module in (jobs, many, catalog, webhooks, keys, accounts, spending):
        api.register_blueprint(module.blueprint)
    api.register_blueprint(artifacts.blueprint)
