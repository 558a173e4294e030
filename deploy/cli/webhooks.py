"""`limner webhooks`: who is told of what, and sending again what they did not get."""

import click

from deploy.cli.surroundings import fail, open_ground
from deploy.cli.table import show_table
from shared.errors import ServiceError
from shared.webhooks import endpoints, log, overview
from shared.webhooks.tables import Endpoint


@click.group()
def webhooks() -> None:
    """List the endpoints of all accounts, and send again what one did not get."""


@webhooks.command("list")
def list_endpoints() -> None:
    """List every endpoint, newest first, with how many deliveries are owed to it."""
    with open_ground() as ground, ground.transaction() as session:
        rows = [
            (
                one.endpoint.id,
                one.account,
                one.endpoint.url,
                ",".join(one.endpoint.events),
                str(one.owed),
                _state(one.endpoint),
            )
            for one in overview.standings(session)
        ]
    show_table(("ENDPOINT", "ACCOUNT", "URL", "EVENTS", "OWED", "STATE"), rows)


@webhooks.command()
@click.argument("endpoint")
def recover(endpoint: str) -> None:
    """Send an endpoint all that it did not get, as far as it is still in the log."""
    with open_ground() as ground:
        try:
            with ground.transaction() as session:
                found = endpoints.find_any(session, endpoint)
                done = log.recover(session, found)
        except ServiceError as error:
            fail(error.message)
    more = "; once they are, there is more" if done.next_since else ""
    click.echo(f"{done.count} are sent again{more}.")


def _state(endpoint: Endpoint) -> str:
    if not endpoint.is_enabled:
        return f"disabled: {endpoint.disabled_reason}"
    if endpoint.failing_since is not None:
        return f"failing since {endpoint.failing_since:%Y-%m-%d %H:%M}"
    return "in use"
