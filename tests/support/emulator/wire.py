"""HTTP/1.1 by hand: as much of it as the emulator needs, and no more."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

_LARGEST_HEAD = 65_536


@dataclass(slots=True)
class Request:
    """One request that came in whole; the names of its headers are in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_last(self) -> bool:
        """Whether the caller wants the connection closed afterwards."""
        return self.headers.get("connection", "").lower() == "close"


@dataclass(slots=True)
class Answer:
    """What is sent back, after a delay in seconds."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


class Cut:
    """The connection breaks."""


class Hang:
    """Nothing is ever sent."""


Outcome = Answer | Cut | Hang


def json_answer(status: int, document: Any, **headers: str) -> Answer:
    """Answer with a JSON document; underscores in the names of headers become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(document).encode(), headers=named)


class Connection(asyncio.Protocol):
    """One connection: its requests are answered one after the other."""

    def __init__(self, respond: Callable[[Request], Outcome]) -> None:
        self._respond = respond
        self._buffer = b""
        self._is_waiting = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what the answers are written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take in what came, and answer what is complete."""
        self._buffer += data
        self._advance()

    def _advance(self) -> None:
        while not self._is_waiting and not self._transport.is_closing():
            request = self._take()
            if request is None:
                return
            self._give(request, self._respond(request))

    def _take(self) -> Request | None:
        """Cut one whole request off the buffer."""
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            if len(head) > _LARGEST_HEAD:
                self._transport.abort()
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        method, target, _ = first.split(" ", 2)
        path, _, query = target.partition("?")
        return Request(method, unquote(path), query, headers, rest[:length])

    def _give(self, request: Request, outcome: Outcome) -> None:
        match outcome:
            case Cut():
                self._transport.abort()
            case Hang():
                self._is_waiting = True
            case Answer(delay=0.0):
                self._write(request, outcome)
            case Answer():
                self._is_waiting = True
                loop = asyncio.get_running_loop()
                loop.call_later(outcome.delay, self._give_late, request, outcome)

    def _give_late(self, request: Request, answer: Answer) -> None:
        self._is_waiting = False
        self._write(request, answer)
        self._advance()

    def _write(self, request: Request, answer: Answer) -> None:
        if self._transport.is_closing():
            return
        headers = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        phrase = HTTPStatus(answer.status).phrase if answer.status != 499 else "Closed"
        head = f"HTTP/1.1 {answer.status} {phrase}\r\n{lines}\r\n"
        self._transport.write(head.encode("latin-1") + answer.body)
        if request.is_last:
            self._transport.close()
