"""What a job would cost, who would make it and when: everything but the job."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.accounts import ledger
from shared.accounts.access import Access
from shared.catalog import Catalog, Route
from shared.jobs import outlook, submission
from shared.jobs.outlook import Outlook
from shared.jobs.requests import Draft
from shared.jobs.times import Seen


@dataclass(frozen=True)
class Quote:
    """What can be said of a job before it is submitted."""

    draft: Draft
    route: Route
    outlook: Outlook
    is_affordable: bool


def quote(
    session: Session, *, account_id: str, draft: Draft, by: Access, seen: Seen, catalog: Catalog
) -> Quote:
    """Say what would become of a draft at this moment; nothing is written or held."""
    job = submission.foresee(session, account_id=account_id, draft=draft)
    return Quote(
        draft,
        catalog.routes(draft.model)[0],
        outlook.look(session, job, seen=seen, catalog=catalog),
        is_affordable=ledger.look(session, account_id, by).refusal(draft.price) is None,
    )
