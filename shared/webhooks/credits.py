"""Accounts are told of their credits: that few are left, and that some were added."""

from sqlalchemy.orm import Session

from shared.accounts.tables import Account
from shared.webhooks import outbox
from shared.webhooks.types import EventType


def tell_low(session: Session, account_id: str) -> None:
    """Owe an account's endpoints the news that fewer credits are left than it set."""
    _tell(session, EventType.CREDITS_LOW, account_id)


def tell_added(session: Session, account_id: str, amount: int) -> None:
    """Owe an account's endpoints the news that it was topped up by so many credits."""
    _tell(session, EventType.CREDITS_ADDED, account_id, amount=amount)


def _tell(session: Session, event_type: EventType, account_id: str, **more: int) -> None:
    account = session.get_one(Account, account_id, populate_existing=True)
    data = {
        "balance": account.balance,
        "held": account.held,
        "available": account.balance - account.held,
        "low_credits": account.low_credits,
    }
    outbox.tell_account(session, event_type, account_id, data | more)
