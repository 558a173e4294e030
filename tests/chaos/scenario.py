"""One run: load and trouble together, then quiet, then the audit."""

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from shared.ground import Ground
from tests.chaos import audit, recovery, report
from tests.chaos.callers import Api, Callers, wishes
from tests.chaos.faults import Trouble, plan
from tests.chaos.machines import Machines, running_in_chaos

# A retry waits a minute at most, a delivery on lease half of one.
_QUIET_WITHIN = 150.0
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """How much, for how long, and from which seed."""

    jobs: int
    seed: int
    seconds: float
    storage: str = "s3"
    least_blows: int = 1


def run(scenario: Scenario, say: Say) -> bool:
    """Carry the scenario out, and say what came of it. Returns whether every promise was kept."""
    what = f"{scenario.jobs} jobs in {scenario.seconds:g} s"
    say(f"chaos: {what}, seed {scenario.seed}, storage {scenario.storage}")
    with running_in_chaos(seed=scenario.seed, storage=scenario.storage) as machines:
        say(f"logs in {machines.folder}")
        apis = [Api(machines.api_url, key) for key in machines.keys]
        to_submit = wishes(
            scenario.seed, scenario.jobs, accounts=len(apis), webhook=machines.receiver.url
        )
        callers = Callers(apis, to_submit, seconds=scenario.seconds)
        blows = plan(scenario.seed, scenario.seconds, least=scenario.least_blows)
        trouble = Trouble(machines, blows)
        callers.begin()
        trouble.begin()
        callers.end()
        trouble.end()
        ground = machines.ground()
        try:
            is_sound = _conclude(machines, ground, callers, trouble, say)
        finally:
            ground.close()
    if is_sound:  # else the logs are still wanted
        shutil.rmtree(machines.folder)
    return is_sound


def _conclude(
    machines: Machines, ground: Ground, callers: Callers, trouble: Trouble, say: Say
) -> bool:
    quiet_after = _wait_until_quiet(ground)
    found = audit.audit(machines, ground, callers.accepted)
    found.broken["never accepted"] = callers.missing
    deaths = [death for one in machines.programs.values() for death in one.deaths]
    found.broken["programs that died by themselves"] = [
        f"{one.program} at {one.at:%T}" for one in deaths if one.how == "by itself"
    ]
    recoveries = recovery.measure(ground, deaths)
    lines = [
        *report.table("What went wrong", Counter(sorted(blow.kind for _, blow in trouble.dealt))),
        *report.table("Requests to the storage that failed", machines.storage.struck),
        *report.table("Callers", dict(sorted(callers.counts.items()))),
        *report.table("What became of it", found.figures | {"quiet after, s": quiet_after}),
        *report.recoveries(recoveries),
        *report.slow(recoveries, trouble.dealt),
        *report.promises(found),
    ]
    for name, job_id in report.offenders(found):
        lines += [f"\n{name}: {job_id}", *(f"  {one}" for one in audit.events_of(ground, job_id))]
    say("\n".join(lines))
    say("\nEvery promise was kept." if found.is_sound else "\nA promise was broken.")
    return found.is_sound


def _wait_until_quiet(ground: Ground) -> float:
    """Wait until every job is over and every webhook delivered; returns how long that took."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < _QUIET_WITHIN:
        if audit.unfinished(ground) == 0 and _owed(ground) == 0:
            break
        time.sleep(0.5)
    return passed


def _owed(ground: Ground) -> int:
    """Count the deliveries that are owed, and make those due that wait for a later try.

    The schedule's second wait is five minutes. What is claimed now is due within half a minute.
    """
    hurry = (
        "UPDATE webhook_deliveries SET due_at = now() WHERE due_at > now() + interval '60 seconds'"
    )
    count = "SELECT count(*) FROM webhook_deliveries WHERE due_at IS NOT NULL"
    with ground.database.connection() as connection:
        connection.execute(text(hurry))
        return int(connection.execute(text(count)).scalar_one())
