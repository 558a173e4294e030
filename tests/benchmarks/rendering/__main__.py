"""What renders cost: ``make bench-render``."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.rendering import contest, media
from tests.benchmarks.rendering.stories import STORIES


def main() -> None:
    """Measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rendering")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stories", nargs="+", choices=list(STORIES), default=list(STORIES))
    given = parser.parse_args()
    stories = [STORIES[name] for name in given.stories]
    if not contest.peers_are_installed():
        print("ffmpeg and MoviePy are left out: `make render-peers` installs them.")  # noqa: T201
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
        sys.stderr.write("making pictures and films\n")
        media.make(Path(folder))
        results = contest.measure(stories, Path(folder), rounds=given.rounds)
    print("\n".join(contest.lines(stories, results)))  # noqa: T201


if __name__ == "__main__":
    main()
