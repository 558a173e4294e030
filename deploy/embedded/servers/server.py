"""What Postgres and Valkey have in common: a port, a log, a start that is proven, an end."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import ClassVar, Self

from deploy.embedded import ports
from deploy.embedded.errors import NO_SPACE_TEXT, DiskFull, ServerFailed, StopAsked
from deploy.embedded.folder.files import last_lines, size_of
from deploy.embedded.processes.watch import Step, Watch, never

# Somebody may take a port between our choice and the server's; each time is less likely.
_PORTS_TRIED = 5
_LOOK = 0.01
_PORT_TAKEN = "Address already in use"


class Server(ABC):
    """A server on a loopback port that is started again, there, when it dies.

    ``port`` is the one it had last time: it is taken again if it is free.
    """

    name: ClassVar[str]
    # A database may have much to mend after a power cut; a stop is heard meanwhile.
    patience: ClassVar[float] = 300.0
    last_words: ClassVar[Sequence[Step]]

    def __init__(self, data: Path, *, log: Path, port: int | None, password: str) -> None:
        self.data = data.absolute()
        self.log = log.absolute()
        self.port = port or 0
        self.password = password
        self._watch: Watch | None = None
        self._stopping = threading.Event()
        self._said_before = 0

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it, with the password."""

    def start(self) -> None:
        """Return once the server answers, or say why it does not."""
        if self._watch:  # a second start of this object; a stop before the first one counts
            self._watch = None
            self._stopping.clear()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._make_ready()
        said: list[str] = []
        for port in self._candidates():
            self.port = port
            if self._answers_on_port():
                return
            said = last_lines(self.log, since=self._said_before)
            if not any(_PORT_TAKEN in line for line in said):
                break
        raise self._failure("did not start", said)

    def stop(self, *, hurry: Callable[[], bool] = never) -> None:
        """End the server, or its start; return when it is gone."""
        self._stopping.set()
        if self._watch:
            self._watch.end(self.last_words, hurry=hurry)

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._watch.pid if self._watch else None

    @property
    def restarts(self) -> int:
        """How often it died and was started again."""
        return self._watch.restarts if self._watch else 0

    @property
    def started_at(self) -> float:
        """When its process began."""
        return self._watch.started_at if self._watch else 0.0

    def check(self) -> None:
        """Raise if it died too often to be started again."""
        if self._watch and self._watch.gave_up:
            raise self._failure("keeps dying", last_lines(self.log))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @abstractmethod
    def _make_ready(self) -> None:
        """Do what must be done once before the first start."""

    @abstractmethod
    def _spawn(self) -> Popen[bytes]:
        """Start the process on ``self.port``, over whatever an earlier one left."""

    @abstractmethod
    def _answers(self) -> bool:
        """Tell whether clients can work with it."""

    def _candidates(self) -> Iterator[int]:
        yield ports.choose([self.port])
        for _ in range(_PORTS_TRIED):
            yield ports.choose([])

    def _answers_on_port(self) -> bool:
        """Start it once, and tell whether it came up."""
        self._said_before = size_of(self.log)
        self._watch = Watch(self.name, self._spawn)
        self._watch.begin()
        try:
            if not self._answers_in_time(self._watch):
                return False
        except BaseException:
            self._watch.end(self.last_words)
            raise
        self._watch.keep()
        return True

    def _answers_in_time(self, watch: Watch) -> bool:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline and not watch.is_over:
            if self._answers():
                return True
            if self._stopping.wait(_LOOK):
                break
        watch.end(self.last_words)
        if self._stopping.is_set():
            raise StopAsked
        return False

    def _failure(self, what: str, said: Sequence[str]) -> DiskFull | ServerFailed:
        if any(NO_SPACE_TEXT in line for line in said):
            return DiskFull(f"{self.name} in {self.data}")
        return ServerFailed(f"{self.name} {what}", self.log, said)
