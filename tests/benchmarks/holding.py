"""Callers who are held, thousands in one process of their own: they only ask, and read on."""

import asyncio
import json
import multiprocessing
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection

_PACE_SECONDS = 0.004
_EVENT = re.compile(rb"^event: (\S+)$", re.MULTILINE)
_STATUS = re.compile(rb"^HTTP/1\.1 (\d+)")
_BODY = json.dumps({"kind": "image", "input": {"prompt": "a red fox"}})


class Way(StrEnum):
    """How a caller is held."""

    WAIT = "wait"
    JOB = "job"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Wish:
    """One caller: in which way, with which key, and for a stream of a job, of which."""

    way: Way
    key: str
    job_id: str = ""

    @property
    def request(self) -> bytes:
        """What it sends."""
        path = {Way.JOB: f"/v1/jobs/{self.job_id}/events", Way.ACCOUNT: "/v1/events"}
        headers = f"Host: limner\r\nAuthorization: Bearer {self.key}\r\nConnection: close\r\n"
        if self.way is not Way.WAIT:
            return f"GET {path[self.way]} HTTP/1.1\r\n{headers}\r\n".encode()
        headers += f"Prefer: wait=600\r\nContent-Length: {len(_BODY)}\r\n"
        return f"POST /v1/jobs HTTP/1.1\r\n{headers}\r\n{_BODY}".encode()


@dataclass
class Held:
    """What came of one caller until now: the status, and the events by type."""

    status: int | None = None
    events: Counter[str] = field(default_factory=Counter)
    is_over: bool = False


@dataclass(frozen=True)
class Standing:
    """How all of them stand, in the order of the wishes."""

    held: Sequence[Held]

    @property
    def unanswered(self) -> int:
        """Those who were sent nothing yet."""
        return sum(one.status is None for one in self.held)


class Holders:
    """The process of those who are held."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def ask(self, wishes: Sequence[Wish]) -> None:
        """Let more callers ask; returns once all have sent their requests."""
        self._pipe.send(wishes)
        self._pipe.recv()

    def look(self) -> Standing:
        """Say how they stand, in the order in which they have asked."""
        self._pipe.send(None)
        found: Standing = self._pipe.recv()
        return found


@contextmanager
def holders(port: int) -> Iterator[Holders]:
    """Start the process; in the end all of them hang up."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(theirs, port))
    process.start()
    try:
        yield Holders(ours)
    finally:
        process.terminate()
        process.join()


def _run(pipe: Connection, port: int) -> None:
    asyncio.run(_serve(pipe, port))


async def _serve(pipe: Connection, port: int) -> None:
    held: list[Held] = []
    tasks = set()
    while True:
        wishes = await asyncio.to_thread(pipe.recv)
        if wishes is None:
            pipe.send(Standing(held))
            continue
        for wish in wishes:
            held.append(Held())
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(wish.request)
            tasks.add(asyncio.create_task(_read(reader, writer, held[-1])))
            await asyncio.sleep(_PACE_SECONDS)
        pipe.send(None)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one: Held) -> None:
    try:
        async for line in reader:
            if one.status is None:
                found = _STATUS.match(line)
                one.status = int(found[1]) if found else 0
            elif event := _EVENT.match(line):
                one.events[event[1].decode()] += 1
    except (OSError, ValueError):
        one.status = one.status or 0
    one.is_over = True
    writer.close()
