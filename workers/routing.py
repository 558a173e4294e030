"""Who carries a job out: the first route that counts, and the engine behind it."""

from collections.abc import Mapping

from shared.catalog import Catalog, Route
from shared.errors import ModelUnavailable
from shared.jobs.tables import Job
from workers.providers.base import Engine
from workers.providers.local.engine import SketchEngine

ENGINES: Mapping[str, Engine] = {"sketch": SketchEngine()}


def choose(job: Job, catalog: Catalog) -> Route:
    """Return the route for a job; raises :class:`ModelUnavailable` if it has none any more."""
    model = catalog.find(job.model)
    if model is None:
        raise ModelUnavailable(f"{job.model!r} is no longer in the catalogue.")
    return catalog.routes(model)[0]


def remarks(job: Job, route: Route) -> list[dict[str, str]]:
    """Return what the caller should know about who made it."""
    if not route.is_fallback:
        return []
    message = (
        f"No provider is configured for {job.model!r}: "
        f"the local engine {route.provider!r} made this."
    )
    return [{"code": "local_engine", "message": message}]
