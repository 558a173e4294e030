"""Limner as its users meet it: the command line, HTTP, and processes that come and go."""

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

COMMAND = Path(sys.executable).with_name("limner")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


class Limner:
    """One Limner in one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ours = {name: value for name, value in os.environ.items() if "LIMNER" not in name}
        self._environment = ours | {"LIMNER_HOME": str(home)}

    def command(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command and leave it running."""
        with (self.home.parent / "up.log").open("w") as log:
            return subprocess.Popen(
                [COMMAND, *arguments],
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                text=True,
            )

    def wait_until_ready(self, process: "subprocess.Popen[str]", seconds: float = 90) -> str:
        """Wait for the block that says where everything is, and return what was printed."""
        until = time.monotonic() + seconds
        log = self.home.parent / "up.log"
        while "Limner is ready" not in (printed := log.read_text()):
            assert process.poll() is None, printed
            assert time.monotonic() < until, printed
            time.sleep(0.05)
        return printed

    @property
    def notes(self) -> dict[str, str]:
        """What `demo.env` says."""
        lines = (self.home / "demo.env").read_text().splitlines()
        return {name: shlex.split(value)[0] for name, _, value in (x.partition("=") for x in lines)}

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Call the API with the demo key; a body of bytes goes out as it is."""
        notes = self.notes
        url = path if path.startswith("http") else notes["LIMNER_API_URL"] + path
        is_ours = url.startswith(f"{notes['LIMNER_API_URL']}/v1/jobs") or url != path
        given = {"Authorization": f"Bearer {notes['LIMNER_API_KEY']}"} if is_ours else {}
        is_raw = body is None or isinstance(body, bytes)
        content = body if is_raw else json.dumps(body).encode()
        request = urllib.request.Request(
            url, data=content, method=method, headers=given | dict(headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def wait_for(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        """Poll a job until it is over."""
        until = time.monotonic() + seconds
        while True:
            job: dict[str, Any] = self.call("GET", f"/v1/jobs/{job_id}").json
            if job["status"] in {"succeeded", "failed", "canceled"}:
                return job
            assert time.monotonic() < until, job
            time.sleep(0.1)


def processes_of(home: Path) -> list[psutil.Process]:
    """Find every process whose arguments or environment name this folder."""
    return [one for one in psutil.process_iter() if one.pid != os.getpid() and _names(one, home)]


def _names(process: psutil.Process, home: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return str(home) in " ".join([*process.cmdline(), *process.environ().values()])
    except psutil.Error:
        return False


def is_open(url: str) -> bool:
    """Say whether anybody listens there."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0
