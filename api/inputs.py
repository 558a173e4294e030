"""What the jobs of a request start from."""

from api import auth, ground
from shared.jobs.inputs import Inputs
from shared.uploads import receiving


def of_request() -> Inputs:
    """Return what finds it, and takes it in as far as the asking account may."""
    here, account = ground.current(), auth.account()
    limits = here.plans.limits(account.plan, account.overrides)
    most = receiving.most_bytes(here, limits)
    return Inputs(here, account_id=account.id, most_bytes=most)
