"""What a job asks for, as a provider is told; and by which routes it may go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.catalog import Catalog, Route
from shared.errors import ModelUnavailable
from shared.jobs import prompts
from shared.jobs.tables import Attempt, Job
from shared.jobs.times import Work
from workers.providers.base import Order, Source


def routes(job: Job, catalog: Catalog) -> Sequence[Route]:
    """Return the routes for a job; raises :class:`ModelUnavailable` if it has none any more."""
    model = catalog.find(job.model)
    if model is None:
        raise ModelUnavailable(f"{job.model!r} is no longer in the catalogue.")
    return (catalog.local if job.is_test else catalog).routes(model)


def work(job: Job, provider: str) -> Work:
    """Return what tells how long a job usually takes."""
    return Work(model=job.model, operation=job.operation, provider=provider)


def remote_order(job: Job, route_model: str, sources: Mapping[str, Source] | None = None) -> Order:
    """Return what a job asks for, as providers elsewhere are told: none of them takes weights."""
    asked = order(job, route_model, sources)
    return replace(asked, input=prompts.as_one(asked.input))


def order(job: Job, route_model: str, sources: Mapping[str, Source] | None = None) -> Order:
    """Return what a job asks for."""
    return Order(
        kind=job.kind,
        operation=job.operation,
        model=job.model,
        route_model=route_model,
        input=job.input,
        sources=sources or {},
    )


def remarks(
    job: Job, provider: str, catalog: Catalog, failed: Iterable[Attempt] = ()
) -> list[dict[str, str]]:
    """Return what the caller should know about who made it, and who could not."""
    could_not = {one.provider: one.error_code for one in failed if one.provider != provider}
    told = [
        {"code": "fallback", "message": f"{one!r} could not make this ({why}): {provider!r} did."}
        for one, why in could_not.items()
    ]
    model = catalog.find(job.model)
    if model is None or any(route.provider == provider for route in model.routes):
        return told
    why = "This is a test" if job.is_test else f"No provider is configured for {job.model!r}"
    message = f"{why}: the local engine {provider!r} made this."
    return [*told, {"code": "local_engine", "message": message}]
