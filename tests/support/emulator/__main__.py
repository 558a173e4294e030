"""Runs the emulator in a process of its own; prints its address as one line of JSON."""

import argparse
import asyncio
import json
import os
import signal
import sys

from tests.support.emulator import vendors
from tests.support.emulator.jobs import Pace
from tests.support.emulator.server import Options, Provider
from tests.support.emulator.vendor import Terms
from tests.support.emulator.wire import Connection


def main() -> None:
    """Read the options, and serve until told to stop."""
    given = _arguments()
    pace = Pace(queued=given.queued, seconds=given.seconds, seconds_to=given.seconds_to)
    terms = Terms(key=given.key, list_lag=given.list_lag)
    vendor = vendors.find(given.vendor)
    options = Options(vendor=vendor, pace=pace, terms=terms, seed=given.seed)
    asyncio.run(_serve(options, given.host, given.port, until_eof=given.until_eof))


async def _serve(options: Options, host: str, port: int, *, until_eof: bool) -> None:
    provider = Provider(options)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), _stop_at_eof, stop)
    server = await loop.create_server(
        lambda: Connection(provider.respond), host, port, backlog=4096
    )
    url = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
    provider.listens_at(url)
    sys.stdout.write(json.dumps({"url": url, "key": options.terms.key}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


def _stop_at_eof(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        stop.set()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.emulator")
    parser.add_argument("--vendor", default="fal", help="whose contract to keep")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a job runs")
    parser.add_argument("--seconds-to", type=float, default=0.0, help="at most, by chance")
    parser.add_argument("--queued", type=float, default=0.0, help="how long it waits before")
    parser.add_argument("--seed", type=int, default=1, help="of everything left to chance")
    parser.add_argument("--key", default="test-id:test-secret")
    parser.add_argument("--list-lag", type=float, default=0.0, help="how late the list is")
    parser.add_argument("--until-eof", action="store_true", help="stop when stdin closes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
