"""Who carries a job out: the first route that counts."""

from collections.abc import Mapping

from shared.catalog import Catalog, Route
from shared.errors import ModelUnavailable
from shared.jobs.tables import Job
from shared.jobs.times import Work
from workers.providers.base import Order, Source


def choose(job: Job, catalog: Catalog) -> Route:
    """Return the route for a job; raises :class:`ModelUnavailable` if it has none any more."""
    model = catalog.find(job.model)
    if model is None:
        raise ModelUnavailable(f"{job.model!r} is no longer in the catalogue.")
    return (catalog.local if job.is_test else catalog).routes(model)[0]


def work(job: Job, provider: str) -> Work:
    """Return what tells how long a job usually takes."""
    return Work(model=job.model, operation=job.operation, provider=provider)


def order(job: Job, route_model: str, sources: Mapping[str, Source] | None = None) -> Order:
    """Return what a job asks for, as a provider is told."""
    return Order(
        kind=job.kind,
        operation=job.operation,
        model=job.model,
        route_model=route_model,
        input=job.input,
        sources=sources or {},
    )


def remarks(job: Job, provider: str, catalog: Catalog) -> list[dict[str, str]]:
    """Return what the caller should know about who made it."""
    model = catalog.find(job.model)
    if model is None or any(route.provider == provider for route in model.routes):
        return []
    why = "This is a test" if job.is_test else f"No provider is configured for {job.model!r}"
    message = f"{why}: the local engine {provider!r} made this."
    return [{"code": "local_engine", "message": message}]
