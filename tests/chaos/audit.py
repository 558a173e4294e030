"""What is true when all is quiet again: read from the database, the API, the storage, the provider.

Nothing here trusts what the workers say of themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from shared.ground import Ground
from tests.chaos.callers import Api
from tests.chaos.machines import Machines
from tests.chaos.receiver import OF_ENDPOINT, OF_JOB

_PROVIDER_CONFIRMED = "ticket_id IS NOT NULL AND outcome = 'failed'"


@dataclass
class Findings:
    """Figures to show, and the jobs that broke a promise, by promise."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.broken.values())


def audit(machines: Machines, ground: Ground, accepted: Mapping[str, str]) -> Findings:
    """Compare all that was promised with all that there is."""
    found = Findings()
    rows = _read(ground, "SELECT id, status, error_code, model, finished_at FROM jobs")
    _of_ends(found, rows, accepted)
    _of_api(found, machines, accepted)
    _of_references(found, ground)
    _of_payment(found, machines, ground)
    _of_artifacts(found, machines, ground)
    _of_webhooks(found, machines, ground)
    _of_credits(found, ground)
    active = _read(ground, "SELECT id, active FROM accounts WHERE active <> 0")
    found.broken["accounts with places taken"] = [f"{one['id']}: {one['active']}" for one in active]
    return found


def events_of(ground: Ground, job_id: str) -> list[str]:
    """Tell a job's story, for whoever must find out what went wrong."""
    events = _read(
        ground, "SELECT at, verb, detail FROM job_events WHERE job_id = :id ORDER BY id", id=job_id
    )
    attempts = _read(
        ground,
        "SELECT id, started_at, ended_at, ticket_id, outcome, error_code, error_message"
        " FROM attempts WHERE job_id = :id ORDER BY number",
        id=job_id,
    )
    return [
        *(f"{one['at']:%T.%f} {one['verb']} {one['detail']}" for one in events),
        *(f"attempt {dict(one)}" for one in attempts),
    ]


def unfinished(ground: Ground) -> int:
    """Count the jobs that are not over."""
    return int(_read(ground, "SELECT count(*) AS n FROM jobs WHERE finished_at IS NULL")[0]["n"])


def _of_ends(found: Findings, rows: list[Any], accepted: Mapping[str, str]) -> None:
    ends = Counter(one["status"] for one in rows)
    failed = Counter(one["error_code"] for one in rows if one["status"] == "failed")
    found.figures |= {
        "accepted": len(accepted),
        "jobs in the database": len(rows),
        **{f"{status}": ends[status] for status in ("succeeded", "failed", "canceled")},
        **{f"  failed: {code}": count for code, count in sorted(failed.items())},
    }
    found.broken["stuck: not over"] = [one["id"] for one in rows if one["finished_at"] is None]
    # No error code of ours may blame the user or a provider for what we did.
    found.broken["failed by a mistake of ours"] = [
        one["id"] for one in rows if one["error_code"] == "internal_error"
    ]


def _of_api(found: Findings, machines: Machines, accepted: Mapping[str, str]) -> None:
    known = {job["id"] for key in machines.keys for job in Api(machines.api_url, key).jobs()}
    found.broken["lost: accepted, and unknown"] = sorted(set(accepted) - known)


def _of_references(found: Findings, ground: Ground) -> None:
    doubled = _read(
        ground,
        "SELECT metadata ->> 'reference' AS reference FROM jobs GROUP BY 1 HAVING count(*) > 1",
    )
    found.figures["taken twice: the caller asked again too early"] = len(doubled)


def _of_payment(found: Findings, machines: Machines, ground: Ground) -> None:
    counts = machines.provider.counts(by_key=True)
    rows = _read(
        ground,
        "SELECT j.id, j.metadata ->> 'reference' AS reference,"
        " count(a.id) AS attempts,"
        " count(*) FILTER (WHERE ticket_id IS NOT NULL OR outcome = 'unknown') AS reached,"
        f" count(*) FILTER (WHERE {_PROVIDER_CONFIRMED}) AS confirmed,"
        " count(*) FILTER (WHERE outcome = 'unknown') AS unknown,"
        " count(*) FILTER (WHERE a.id IS NOT NULL AND outcome IS NULL) AS open"
        " FROM jobs j LEFT JOIN attempts a ON a.job_id = j.id GROUP BY j.id",
    )
    submits: Counter[str] = Counter()
    for key, count in counts["by_key"].items():
        submits[key.rpartition("chaos ")[2]] += count
    found.figures |= {
        "attempts at the provider": sum(one["attempts"] for one in rows),
        "orders that the provider took": counts["submits"],
        "  again after the provider's own failure": sum(
            max(0, submits[one["reference"]] - 1) for one in rows
        ),
        "in doubt: failed with outcome_unknown": sum(one["unknown"] for one in rows),
    }
    found.broken["paid twice: ordered again unconfirmed"] = [
        one["id"] for one in rows if submits[one["reference"]] - 1 > one["confirmed"]
    ]
    found.broken["orders that belong to no attempt"] = [
        one["id"] for one in rows if submits[one["reference"]] > one["reached"]
    ]
    found.broken["attempts left open"] = [one["id"] for one in rows if one["open"]]


def _of_artifacts(found: Findings, machines: Machines, ground: Ground) -> None:
    rows = _read(ground, "SELECT job_id, key, sha256 FROM artifacts")
    stored = machines.storage.hashes()
    of_job = defaultdict(list)
    for one in rows:
        of_job[one["job_id"]].append(one)
    done = {one["id"] for one in _read(ground, "SELECT id FROM jobs WHERE status = 'succeeded'")}
    found.broken["succeeded without artifacts"] = sorted(done - set(of_job))
    found.broken["artifacts of jobs that did not succeed"] = sorted(set(of_job) - done)
    found.broken["objects that are missing or not the same"] = [
        one["job_id"] for one in rows if stored.get(one["key"]) != one["sha256"]
    ]
    left = set(stored) - {one["key"] for one in rows}
    found.figures |= {
        "artifacts": len(rows),
        "orphan objects": sum("/part_" not in one for one in left),
        "unfinished objects": sum("/part_" in one for one in left),
    }


def _of_webhooks(found: Findings, machines: Machines, ground: Ground) -> None:
    heard = machines.receiver.heard
    owed = _read(
        ground,
        "SELECT job_id, event_id, type, status,"
        " CASE WHEN endpoint_id IS NULL THEN :of_job ELSE :of_endpoint END AS path"
        " FROM webhook_events e JOIN webhook_deliveries d ON d.event_id = e.id",
        of_job=OF_JOB,
        of_endpoint=OF_ENDPOINT,
    )
    of_job: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in owed:
        of_job[one["job_id"]][one["type"], one["path"]] += 1
    found.figures |= {
        "webhooks delivered": len(heard),
        "  to the endpoint of an account": sum(path == OF_ENDPOINT for path, _ in heard),
        "webhooks heard more than once": sum(count > 1 for count in heard.values()),
    }
    found.broken["webhooks: not each event exactly once"] = [
        job_id for job_id, due in _due_webhooks(ground).items() if of_job[job_id] != due
    ]
    found.broken["webhooks: not delivered"] = [
        one["job_id"]
        for one in owed
        if one["status"] != "delivered" or heard[one["path"], one["event_id"]] == 0
    ]
    ours = {(one["path"], one["event_id"]) for one in owed}
    found.broken["webhooks: told of what never happened"] = sorted(
        event for path, event in set(heard) - ours
    )


def _due_webhooks(ground: Ground) -> dict[str, Counter[tuple[str, str]]]:
    """Return of which events each job that is over has to be told, and where."""
    rows = _read(
        ground,
        "SELECT id, status, started_at, EXISTS ("
        "SELECT FROM webhook_endpoints e WHERE e.account_id = j.account_id) AS has_endpoint"
        " FROM jobs j WHERE finished_at IS NOT NULL",
    )
    return {one["id"]: Counter(_due_webhooks_of(one)) for one in rows}


def _due_webhooks_of(job: Any) -> Iterator[tuple[str, str]]:
    end = f"job.{job['status']}"
    yield end, OF_JOB
    if job["has_endpoint"]:
        yield end, OF_ENDPOINT
        yield "job.queued", OF_ENDPOINT
        if job["started_at"] is not None:
            yield "job.started", OF_ENDPOINT


def _of_credits(found: Findings, ground: Ground) -> None:
    found.figures["credits that jobs have cost"] = int(
        _read(ground, "SELECT COALESCE(sum(cost), 0) AS credits FROM jobs")[0]["credits"]
    )
    differing = _read(
        ground,
        "SELECT a.id, a.balance, a.held, sum(e.balance) AS of_balance, sum(e.held) AS of_held"
        " FROM accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id GROUP BY a.id"
        " HAVING (a.balance, a.held) IS DISTINCT FROM (sum(e.balance), sum(e.held))",
    )
    holding = _read(ground, "SELECT id, held FROM accounts WHERE held <> 0")
    found.broken["ledger: entries and accounts differ"] = [str(dict(one)) for one in differing]
    found.broken["holds left"] = [f"{one['id']}: {one['held']}" for one in holding]
    # A job costs what its artifacts cost, read from them and not from what was settled.
    unsettled = _read(
        ground,
        "SELECT j.id FROM jobs j LEFT JOIN ledger_entries e ON e.job_id = j.id GROUP BY j.id"
        " HAVING j.price = 0 OR count(*) FILTER (WHERE verb = 'hold') <> 1"
        " OR count(*) FILTER (WHERE verb IN ('settle', 'release')) <> 1"
        " OR sum(e.held) <> 0 OR -sum(e.balance) <> j.cost"
        " OR j.cost <> j.price * (SELECT count(*) FROM artifacts a"
        " WHERE a.job_id = j.id AND a.role = 'result')",
    )
    found.broken["jobs settled or released other than once"] = [one["id"] for one in unsettled]


def _read(ground: Ground, statement: str, **values: Any) -> list[Any]:
    with ground.database.connection() as connection:
        return list(connection.execute(text(statement), values).mappings())
