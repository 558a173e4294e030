"""Is this process alive, and can it serve?

Ready means that jobs can be accepted and read: that takes the database, with the tables of this
version, and the storage. Without the broker jobs are still accepted, and begin later.
"""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from api import ground
from shared import log
from shared.db import migrate
from shared.ground import Ground

blueprint = Blueprint("health", __name__)

_logger = log.get(__name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that this process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Check what this process needs, and name what is down."""
    here = ground.current()
    needed = {"database": here.database.ping, "tables": _tables(here), "storage": here.store.ping}
    checks = {name: _check(name, probe) for name, probe in needed.items()}
    is_ready = all(state == "ok" for state in checks.values())
    checks["broker"] = _check("broker", here.broker.ping)
    is_whole = is_ready and checks["broker"] == "ok"
    status = "ready" if is_whole else "degraded" if is_ready else "not ready"
    down = [name for name, state in checks.items() if state != "ok"]
    return jsonify(status=status, down=down, checks=checks), 200 if is_ready else 503


def _check(name: str, probe: Callable[[], None]) -> str:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is down
        _logger.warning("not ready", part=name, error=str(error))
        return f"down: {type(error).__name__}"
    return "ok"


def _tables(here: Ground) -> Callable[[], None]:
    def probe() -> None:
        with here.database.connection() as connection:
            at, needed = migrate.current(connection), migrate.newest()
        if at != needed:
            message = f"the tables are at revision {at}, this version needs {needed}"
            raise RuntimeError(message)

    return probe
