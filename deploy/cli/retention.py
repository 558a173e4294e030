"""`limner prune`: lets go what accounts keep no longer, at once."""

import click

from deploy.cli.surroundings import fail, open_ground
from shared.errors import ServiceError
from shared.retention import expiry, unwanted
from shared.retention.expiry import Let


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be let go.")
def prune(*, dry_run: bool) -> None:
    """Let go jobs and files that plans keep no longer, as workers do by themselves."""
    with open_ground() as ground:
        if dry_run:
            _tell("Would be let go", expiry.overdue(ground))
            return
        gone = Let()
        while (more := expiry.go_round(ground)).is_anything:
            gone += more
        _tell("Let go", gone)
        try:
            removed = unwanted.sweep(ground)
        except ServiceError as error:
            fail(f"{error.message} What is left there is removed later.")
        click.echo(f"Removed from the storage: {removed} objects.")


def _tell(what: str, gone: Let) -> None:
    counts = f"{gone.jobs} jobs, {gone.artifacts} artifacts, {gone.uploads} uploads"
    click.echo(f"{what}: {counts}; {gone.bytes:,} bytes.")
