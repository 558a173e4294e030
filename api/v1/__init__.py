"""Our own contract: asynchronous, every kind of job in one shape."""

from flask_smorest import Api

from api.v1 import (
    accounts,
    artifacts,
    catalog,
    deleting,
    jobs,
    keys,
    live,
    many,
    spending,
    uploads,
    webhook_deliveries,
    webhook_endpoints,
    webhooks,
)


def register(api: Api) -> None:
    """Serve our own contract under /v1."""
    for module in (
        jobs,
        many,
        live,
        deleting,
        uploads,
        catalog,
        webhook_endpoints,
        webhook_deliveries,
        webhooks,
        keys,
        accounts,
        spending,
    ):
        api.register_blueprint(module.blueprint)
    api.register_blueprint(artifacts.blueprint)
    api.register_blueprint(uploads.files)
