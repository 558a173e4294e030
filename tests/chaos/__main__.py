"""Runs chaos from the command line: ``python -m tests.chaos --jobs 2000 --minutes 3``."""

import argparse
import secrets
import sys

from tests.chaos.scenario import Scenario, run


def main() -> int:
    """Read the arguments, run, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--jobs", type=int, default=2000, help="how many are submitted")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=None, help="of all that is left to chance")
    parser.add_argument(
        "--storage", choices=["s3", "folder"], default="s3", help="where artifacts go"
    )
    given = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    scenario = Scenario(
        jobs=given.jobs, seed=seed, seconds=60 * given.minutes, storage=given.storage
    )
    return 0 if run(scenario, _say) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
