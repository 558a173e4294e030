"""`limner migrate`: the tables."""

import click
from sqlalchemy.exc import SQLAlchemyError

from deploy.cli.surroundings import fail, open_ground
from shared.db import migrate as migrations


@click.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    with open_ground() as ground:
        try:
            before, after = migrations.upgrade(ground.database)
        except SQLAlchemyError as error:
            fail(f"The database could not be migrated: {error}")
    if before == after:
        click.echo(f"Nothing to do: the tables are at revision {after}.")
    else:
        click.echo(f"Migrated from {before or 'nothing'} to {after}.")
