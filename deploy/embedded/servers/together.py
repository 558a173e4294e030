"""The servers that no setting replaces, started at the same time."""

from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from deploy.embedded.folder.home import Home, Secrets
from deploy.embedded.servers.postgres import Postgres
from deploy.embedded.servers.server import Server
from deploy.embedded.servers.valkey import Valkey
from deploy.embedded.wish import StopWish

_LOOK = 0.02


def embedded(
    home: Home, environment: Mapping[str, str], secrets: Secrets, last_ports: Mapping[str, int]
) -> dict[str, Server]:
    """Return them by the setting that would replace each; the first is the last to be stopped."""
    servers: dict[str, Server] = {}
    if not environment.get("LIMNER_DATABASE_URL"):
        servers["LIMNER_DATABASE_URL"] = Postgres(
            home.postgres,
            log=home.log / "postgres.log",
            port=last_ports.get("postgres"),
            password=secrets.database_password,
        )
    if not environment.get("LIMNER_BROKER_URL"):
        servers["LIMNER_BROKER_URL"] = Valkey(
            home.valkey,
            log=home.log / "valkey.log",
            port=last_ports.get("valkey"),
            password=secrets.broker_password,
        )
    return servers


def start_together(servers: Mapping[str, Server], wish: StopWish) -> None:
    """Return once all answer; raise for the first that does not, or if somebody asks to stop."""
    with ThreadPoolExecutor() as pool:
        starts = [pool.submit(server.start) for server in servers.values()]
        try:
            _await(starts, wish)
        except BaseException:
            for server in servers.values():
                server.stop(hurry=wish.is_urgent)
            raise


def _await(starts: list[Future[None]], wish: StopWish) -> None:
    while starts:
        done, _ = wait(starts, timeout=_LOOK, return_when=FIRST_EXCEPTION)
        for start in done:
            start.result()
            starts.remove(start)
        wish.check()
