"""`limner accounts` and `limner plans`: who uses this server, and how much they may ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from deploy.cli.surroundings import fail, open_ground
from deploy.cli.table import show_table
from shared import faults
from shared.accounts import ledger, register
from shared.accounts.ledger import CreditSchema
from shared.accounts.plans import OverridesSchema, PlanLimitsSchema, Plans, as_mapping
from shared.accounts.tables import Account
from shared.errors import InvalidRequest, ServiceError
from shared.ground import Ground
from shared.jobs import turns

_LIMITS = tuple(PlanLimitsSchema().fields)
_HEADS = (
    "REQUESTS/HOUR",
    "CONCURRENCY",
    "JOBS/DAY",
    "KEYS",
    "FILE DAYS",
    "JOB DAYS",
    "UPLOAD DAYS",
    "UPLOAD MB",
)
_NONE = "plan"


@click.group()
def accounts() -> None:
    """Open, show, suspend and limit accounts. ACCOUNT is a name or an id."""


@accounts.command()
@click.argument("name")
@click.option("--plan", help="A name from `limner plans`; by default, the list's default.")
@click.option("--operator", "is_operator", is_flag=True, help="May manage every account.")
def create(name: str, plan: str | None, *, is_operator: bool) -> None:
    """Open an account; `limner keys create` makes keys for it."""
    with _transaction() as (session, ground):
        chosen = ground.plans.get(plan) if plan else ground.plans.default
        credits = ground.settings.accounts.opening_credits
        account = register.open_account(
            session, name, chosen, credits=credits, is_operator=is_operator
        )
    click.echo(account.id)


@accounts.command("list")
def list_accounts() -> None:
    """List every account, newest first."""
    with _register() as (session, plans):
        rows = [
            (
                one.id,
                one.name + (" (operator)" if one.is_operator else ""),
                one.plan,
                *(_shown(one, plans, name) for name in _LIMITS),
                _state(one.suspended_at),
            )
            for one in register.list_accounts(session)
        ]
    show_table(("ACCOUNT", "NAME", "PLAN", *_HEADS, "STATE"), rows)


@accounts.command()
@click.argument("account")
def show(account: str) -> None:
    """Show one account and its limits; * marks those that differ from its plan."""
    with _register() as (session, plans):
        one = register.get_account(session, account)
    lines = {
        "id": one.id,
        "name": one.name,
        "operator": "yes" if one.is_operator else "no",
        "plan": one.plan,
        **{name: _shown(one, plans, name) for name in _LIMITS},
        "under way": str(one.active),
        "credits": _credits(one),
        "created": f"{one.created_at:%Y-%m-%d %H:%M}",
        "state": _state(one.suspended_at),
    }
    for name, value in lines.items():
        click.echo(f"{name:<18} {value}")


@accounts.command()
@click.argument("account")
@click.argument("plan")
def plan(account: str, plan: str) -> None:
    """Put an account on another plan, from its next request on."""
    with _register() as (session, plans):
        one = register.change(session, account, plans, plan=plan)
        turns.refill(session, one.id)
    click.echo(f"{one.name} is on the plan {one.plan}.")


@accounts.command()
@click.argument("account")
@click.argument("limits", nargs=-1, required=True, metavar="LIMIT=NUMBER...")
def override(account: str, limits: tuple[str, ...]) -> None:
    """Give an account limits of its own; LIMIT=plan takes one back.

    \b
    Limits: requests_per_hour, concurrency, jobs_per_day, max_keys, artifact_days, job_days,
    upload_days, upload_megabytes
    Example:
      limner accounts override alice requests_per_hour=5000 concurrency=plan
    """
    with _register() as (session, plans):
        one = register.change(session, account, plans, overrides=_limits(limits))
        turns.refill(session, one.id)
        told = ", ".join(f"{name} {_shown(one, plans, name)}" for name in _LIMITS)
    click.echo(f"{one.name}: {told}.")


@accounts.command(context_settings={"ignore_unknown_options": True})
@click.argument("account")
@click.argument("amount", type=int)
@click.option("--note", required=True, help="Why; the account reads it in its ledger.")
def credit(account: str, amount: int, note: str) -> None:
    """Give an account credits, or take some that no job holds (AMOUNT below 0).

    \b
    Example:
      limner accounts credit alice 5000 --note "invoice 1009"
    """
    with _register() as (session, _):
        wanted = faults.load(CreditSchema(), {"amount": amount, "note": note}, root="")
        one = register.get_account(session, account, lock=True)
        ledger.credit(session, one.id, wanted["amount"], note=wanted["note"])
        session.refresh(one)
    click.echo(f"{one.name}: {_credits(one)}.")


@accounts.command()
@click.argument("account")
def suspend(account: str) -> None:
    """Let no key of an account open anything. Its jobs are still carried out."""
    with _register() as (session, _):
        one = register.suspend(session, account)
    click.echo(f"{one.name} is suspended.")


@accounts.command()
@click.argument("account")
def resume(account: str) -> None:
    """Let the keys of a suspended account open what they did."""
    with _register() as (session, _):
        one = register.resume(session, account)
    click.echo(f"{one.name} is no longer suspended.")


@click.group(invoke_without_command=True)
@click.pass_context
def plans(context: click.Context) -> None:
    """List the plans; `apply` what has changed in them."""
    if context.invoked_subcommand is not None:
        return
    with open_ground() as ground:
        known = ground.plans
    rows = [
        (
            one.name + (" (default)" if one is known.default else ""),
            *(str(most) for most in as_mapping(one.limits).values()),
            one.title,
        )
        for one in known.plans.values()
    ]
    show_table(("PLAN", *_HEADS, "TITLE"), rows)


@plans.command("apply")
def apply_plans() -> None:
    """Give every account the concurrency of its plan, after the list of plans was changed."""
    with _register() as (session, known):
        changed = register.apply(session, known)
    click.echo(f"Accounts changed: {changed}.")


@contextmanager
def _register() -> Iterator[tuple[Session, Plans]]:
    """Open a transaction on the accounts, with the plans that they are on."""
    with _transaction() as (session, ground):
        yield session, ground.plans


@contextmanager
def _transaction() -> Iterator[tuple[Session, Ground]]:
    """Open a transaction; what is wrong with a request ends the command."""
    with open_ground() as ground:
        try:
            with ground.transaction() as session:
                yield session, ground
        except InvalidRequest as error:
            fail("\n".join(one.message for one in error.faults))
        except ServiceError as error:
            fail(error.message)


def _shown(account: Account, plans: Plans, limit: str) -> str:
    most = as_mapping(register.limits_of(account, plans))[limit]
    return f"{most}*" if limit in account.overrides else str(most)


def _credits(account: Account) -> str:
    left = account.balance - account.held
    return f"{left} left, {account.held} held by jobs"


def _state(suspended_at: datetime | None) -> str:
    return f"suspended {suspended_at:%Y-%m-%d %H:%M}" if suspended_at else "in use"


def _limits(pairs: tuple[str, ...]) -> dict[str, int | None]:
    """Read LIMIT=NUMBER as the API would."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if text != _NONE and not text.isdecimal():
            fail(f"{pair}: write it as LIMIT=NUMBER, or LIMIT={_NONE}.")
        given[name] = None if text == _NONE else int(text)
    try:
        return faults.load(OverridesSchema(), given, root="")
    except InvalidRequest as error:
        fail("\n".join(f"{one.path.lstrip('.')}: {one.message}" for one in error.faults))
