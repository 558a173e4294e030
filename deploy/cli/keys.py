"""`limner keys`: who may call the API."""

from typing import Any

import click

from deploy.cli.surroundings import fail, open_ground
from deploy.cli.table import show_table
from shared import clock
from shared.accounts import keys as accounts
from shared.accounts import register, wishes
from shared.accounts.access import Scope
from shared.accounts.tables import ApiKey
from shared.errors import AccountNotFound, InvalidRequest, KeyNotFound


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.option("--account", default="demo", show_default=True, help="Made if there is none.")
@click.option("--name", help="A word of yours to know the key by.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([one.value for one in Scope]),
    help="What it may be used for, as often as needed; by default, all but admin.",
)
@click.option("--test", is_flag=True, help="Its jobs are made by local engines only.")
@click.option("--expires", "expires_at", help="2030-01-31T12:00:00Z, or how long from now: 90d.")
@click.option("--network", "networks", multiple=True, help="From where it may be used.")
@click.option("--spending-cap", type=int, help="Credits that its jobs may cost in its life.")
@click.option("--plain-prefix", is_flag=True, help="Begin with live_ or test_, without lim_.")
def create(account: str, **wish: Any) -> None:
    """Make a key and print it: it is shown this once."""
    given = {name: list(one) if isinstance(one, tuple) else one for name, one in wish.items()}
    try:
        wanted = wishes.read({name: one for name, one in given.items() if one}, root="")
    except InvalidRequest as error:
        fail("\n".join(f"{one.path.lstrip('.')}: {one.message}" for one in error.faults))
    with open_ground() as ground, ground.transaction() as session:
        try:
            owner = register.get_account(session, account)
        except AccountNotFound:
            owner = register.open_account(
                session,
                account,
                ground.plans.default,
                credits=ground.settings.accounts.opening_credits,
            )
        key, text = accounts.create(session, owner, name=wanted.name, powers=wanted.powers)
    click.echo(f"{key.id} of account {owner.name!r}. Keep it, it is not shown again:", err=True)
    click.echo(text)


@keys.command("list")
@click.option("--account", help="Only of this one.")
def list_keys(account: str | None) -> None:
    """List every key; the keys themselves are not kept, only how they begin and end."""
    with open_ground() as ground, ground.transaction() as session:
        rows = [
            (
                key.id,
                key.account.name,
                key.name,
                key.hint,
                ",".join(key.scopes),
                f"{key.created_at:%Y-%m-%d %H:%M}",
                f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
                _state(key),
            )
            for key in accounts.list_keys(session)
            if account in {None, key.account.name, key.account.id}
        ]
    head = ("KEY", "ACCOUNT", "NAME", "HINT", "SCOPES", "CREATED", "LAST USED", "STATE")
    show_table(head, rows)


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make a key open nothing from now on."""
    with open_ground() as ground, ground.transaction() as session:
        try:
            accounts.revoke(session, key_id)
        except KeyNotFound as error:
            fail(f"{error} See `limner keys list`.")
    click.echo(f"{key_id} is revoked.")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    if key.expires_at is None:
        return "in use"
    word = "expired" if key.expires_at <= clock.now() else "in use until"
    return f"{word} {key.expires_at:%Y-%m-%d %H:%M}"
