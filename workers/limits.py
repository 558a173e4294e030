"""How long one attempt of a job may take, and how often it is tried."""

from datetime import timedelta

from shared.jobs.tables import Job
from workers.tools import Tools


def longest_attempt(job: Job, tools: Tools) -> timedelta:
    """Return how long one attempt may take: as the catalogue says, or else the settings."""
    seconds = tools.ground.catalog.effort(job.model, job.operation).attempt_seconds
    return tools.longest_attempt if seconds is None else timedelta(seconds=seconds)


def most_attempts(job: Job, tools: Tools) -> int:
    """Return how often a job is tried: as the catalogue says, or else the settings."""
    most = tools.ground.catalog.effort(job.model, job.operation).max_attempts
    return tools.ground.settings.work.max_attempts if most is None else most
