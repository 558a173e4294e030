"""Processes that an earlier run left behind: found without doubt, then ended."""

import contextlib
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import psutil

from deploy.embedded.folder.state import CLOCK_SLACK, ProcessState, State

# Every process of the Procfile, and what it starts, carries the mark of its run.
RUN_MARK = "LIMNER_RUN"
_PATIENCE = 5.0
_SERVER_PATIENCE = 30.0


def clear(state: State | None) -> int:
    """End whatever a run that was cut off left; return how many processes that were."""
    if state is None:
        return 0
    processes = list(_marked(state.run)) + _recorded(
        one for one in state.processes if not one.server
    )
    end(processes, signal.SIGTERM, patience=_PATIENCE)
    servers = _recorded(one for one in state.processes if one.server)
    end(servers, signal.SIGINT, patience=_SERVER_PATIENCE)
    return len({process.pid for process in [*processes, *servers]})


def working_in(folder: Path, program: str) -> list[psutil.Process]:
    """Return the processes of a program that work in a folder, as servers do in their data's."""
    wanted = str(folder.resolve())
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["cwd"] == wanted and process.info["name"] == program
    ]


def end(processes: Sequence[psutil.Process], first: signal.Signals, *, patience: float) -> None:
    """Ask them to end, wait, then kill those that did not."""
    for process in processes:
        _send(process, first)
    _, alive = psutil.wait_procs(processes, timeout=patience)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_PATIENCE)


def _marked(run: str) -> Iterator[psutil.Process]:
    # environ is None where we may not look: not ours, then.
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get(RUN_MARK) == run:
            yield process


def _recorded(states: Iterable[ProcessState]) -> list[psutil.Process]:
    found = ((_process(one.pid), one.started_at) for one in states)
    return [
        process
        for process, started_at in found
        if process and abs(process.create_time() - started_at) < CLOCK_SLACK
    ]


def _process(pid: int | None) -> psutil.Process | None:
    try:
        return psutil.Process(pid) if pid else None
    except psutil.NoSuchProcess:
        return None


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
