"""`limner keys`: who may call the API."""

import click

from deploy.cli.surroundings import fail, open_ground
from deploy.cli.table import show_table
from shared.accounts import keys as accounts


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.option("--account", default="demo", show_default=True, help="Made if there is none.")
@click.option("--name", default="", help="A word of yours to know the key by.")
def create(account: str, name: str) -> None:
    """Make a key and print it: it is shown this once."""
    with open_ground() as ground, ground.transaction() as session:
        owner = accounts.open_account(session, account)
        key, text = accounts.create(session, owner, name=name)
    click.echo(f"{key.id} of account {account!r}. Keep it, it is not shown again:", err=True)
    click.echo(text)


@keys.command("list")
def list_keys() -> None:
    """List every key; the keys themselves are not kept, only how they begin and end."""
    with open_ground() as ground, ground.transaction() as session:
        rows = [
            (
                key.id,
                key.account.name,
                key.name,
                key.hint,
                f"{key.created_at:%Y-%m-%d %H:%M}",
                f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in use",
            )
            for key in accounts.list_keys(session)
        ]
    show_table(("KEY", "ACCOUNT", "NAME", "HINT", "CREATED", "STATE"), rows)


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Make a key open nothing from now on."""
    with open_ground() as ground, ground.transaction() as session:
        is_revoked = accounts.revoke(session, key_id)
    if not is_revoked:
        fail(f"There is no key {key_id!r} in use. See `limner keys list`.")
    click.echo(f"{key_id} is revoked.")
