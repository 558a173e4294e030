"""The register of accounts: opened, put on a plan, suspended, found again."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import clock, ids
from shared.accounts import ledger
from shared.accounts.plans import Limits, Plan, Plans
from shared.accounts.tables import Account
from shared.errors import AccountExists, AccountNotFound, Fault, InvalidRequest
from shared.webhooks import signature


def open_account(
    session: Session, name: str, plan: Plan, *, credits: int, is_operator: bool = False
) -> Account:
    """Make a new account; raises :class:`AccountExists`, :class:`InvalidRequest` for its name."""
    if ids.is_id(name, "acc"):
        raise InvalidRequest([Fault("$.name", "Must not look like the id of an account.")])
    fresh = {
        "id": ids.new("acc"),
        "name": name,
        "webhook_secret": signature.new_secret(),
        "plan": plan.name,
        "concurrency": plan.limits.concurrency,
        "is_operator": is_operator,
        "balance": credits,
    }
    made = session.scalars(
        insert(Account).values(fresh).on_conflict_do_nothing().returning(Account)
    ).one_or_none()
    if made is None:
        raise AccountExists(f"There is an account {name!r} already.")
    ledger.enter_opening(session, made.id, credits)
    return made


def get_account(session: Session, name_or_id: str, *, lock: bool = False) -> Account:
    """Return an account; raises :class:`AccountNotFound`."""
    query = select(Account).where(or_(Account.id == name_or_id, Account.name == name_or_id))
    account = session.scalars(query.with_for_update(key_share=True) if lock else query).first()
    if account is None:
        raise AccountNotFound(f"There is no account {name_or_id!r}.")
    return account


def list_accounts(
    session: Session, *, limit: int | None = None, before: str | None = None
) -> Sequence[Account]:
    """Return accounts, newest first; ``before`` is the id of the last one that was seen."""
    query = select(Account).order_by(Account.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Account.id < before)
    return session.scalars(query).all()


def change(
    session: Session,
    name_or_id: str,
    plans: Plans,
    *,
    plan: str | None = None,
    overrides: Mapping[str, int | None] | None = None,
) -> Account:
    """Put an account on a plan, and give it limits of its own; ``None`` takes such a limit back.

    Both hold from the next request on. Raises :class:`AccountNotFound`, and
    :class:`shared.errors.InvalidRequest` if there is no such plan.
    """
    account = get_account(session, name_or_id, lock=True)
    if plan is not None:
        account.plan = plans.get(plan).name
    if overrides is not None:
        wanted = {**account.overrides, **overrides}
        account.overrides = {name: most for name, most in wanted.items() if most is not None}
    account.concurrency = limits_of(account, plans).concurrency
    return account


def suspend(session: Session, name_or_id: str) -> Account:
    """Let none of an account's keys open anything; the jobs that it has are still carried out."""
    account = get_account(session, name_or_id, lock=True)
    account.suspended_at = account.suspended_at or clock.now()
    return account


def resume(session: Session, name_or_id: str) -> Account:
    """Let an account's keys open what they opened before."""
    account = get_account(session, name_or_id, lock=True)
    account.suspended_at = None
    return account


def limits_of(account: Account, plans: Plans) -> Limits:
    """Return how much an account may ask for."""
    return plans.limits(account.plan, account.overrides)


def astray(session: Session, plans: Plans) -> Sequence[str]:
    """Return the names of accounts on a plan that is not listed, or without the places of it."""
    return [
        one.name
        for one in list_accounts(session)
        if one.plan not in plans.plans or one.concurrency != limits_of(one, plans).concurrency
    ]


def apply(session: Session, plans: Plans) -> int:
    """Give every account the places that its plan has by now; returns how many had others."""
    changed = 0
    for account in session.scalars(select(Account).order_by(Account.id).with_for_update()).all():
        places = limits_of(account, plans).concurrency
        changed += account.concurrency != places
        account.concurrency = places
    return changed
