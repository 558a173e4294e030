"""The demo account: so that the first request needs no preparation."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.embedded.folder.files import read_env
from deploy.embedded.folder.home import Home
from shared import settings
from shared.accounts import keys
from shared.accounts.access import Scope
from shared.accounts.keys import Powers
from shared.db import migrate
from shared.ground import Ground

_ACCOUNT = "demo"


@dataclass(frozen=True)
class DemoAccess:
    """What a newcomer needs to call the API and to check its webhooks."""

    api_key: str
    webhook_secret: str


def prepare(environment: Mapping[str, str]) -> DemoAccess:
    """Bring the database to this version, and return a key of the demo account.

    The key that ``demo.env`` holds is kept while it opens something; else there is a new one.
    """
    ground = Ground.open(settings.load(environment))
    try:
        migrate.upgrade(ground.database)
        with ground.transaction() as session:
            credits = ground.settings.accounts.opening_credits
            account = keys.open_account(session, _ACCOUNT, credits=credits)
            known = _known_key(Home.of(environment))
            if known and keys.opens(session, known):
                return DemoAccess(known, account.webhook_secret)
            powers = Powers(scopes=list(Scope))
            _, text = keys.create(session, account, name="made by limner up", powers=powers)
            return DemoAccess(text, account.webhook_secret)
    finally:
        ground.close()


def _known_key(home: Home) -> str | None:
    return read_env(home.demo_env).get("LIMNER_API_KEY") if home.demo_env.is_file() else None
