"""A render's process: limited, listened to, and gone when it is to be."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shared.errors import InputUnusable, JobCanceled
from shared.jobs.status import Role
from tests.support import chores
from tests.support.patience import eventually
from workers.providers.render.errors import RenderFailed, RenderTooLarge
from workers.providers.render.running import child
from workers.providers.render.running.task import Limits, Made, Task

LIMITS = Limits(
    seconds=60,
    megapixels=1000,
    memory_bytes=4 * 2**30,
    cpu_seconds=60,
    file_bytes=16 * 2**20,
)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Something small to do."""
    return Task(input={"word": "done"}, sources={}, folder=tmp_path, limits=LIMITS)


def run(
    chore: str,
    task: Task,
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    stall_seconds: float = 30,
) -> Made:
    name = f"tests.support.chores:{chore}"
    return child.run(name, task, on_progress=on_progress, stall_seconds=stall_seconds)


def runs(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_child_makes_files_and_tells_how_far_it_is_never_going_back(task: Task) -> None:
    told: list[float] = []

    made = run("well", task, on_progress=told.append)

    assert made == Made(files=(("result.txt", Role.RESULT),), warnings=("as it were",))
    assert (task.folder / "result.txt").read_text() == "done"
    assert told == sorted(told)
    assert {0.1, 0.5, 0.9} <= set(told)


def test_a_child_is_a_process_of_its_own_in_a_group_of_its_own(task: Task) -> None:
    run("well", task)

    pid, group = (int(one) for one in (task.folder / "pid").read_text().split())
    assert pid == group != os.getpid()
    assert eventually(lambda: not runs(pid))


def test_what_a_child_refuses_is_refused_in_its_words(task: Task) -> None:
    with pytest.raises(InputUnusable, match=r"`src` is odd\."):
        run("refuse", task)


def test_a_mistake_of_ours_comes_with_the_place_where_it_was_made(task: Task) -> None:
    with pytest.raises(child.ChildBroken, match="in stumble"):
        run("stumble", task)


def test_a_crash_is_an_error_that_may_pass_and_the_next_child_is_well(task: Task) -> None:
    with pytest.raises(RenderFailed, match="SIGSEGV"):
        run("crash", task)

    assert run("well", task).files


def test_a_child_that_is_killed_is_missed(task: Task) -> None:
    def kill(_: float) -> None:
        pid = chores.started(task.folder)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(RenderFailed, match="SIGKILL"):
        run("endless", task, on_progress=kill)


@pytest.mark.parametrize("chore", ["endless", "silent"])
def test_what_the_report_raises_ends_the_child(task: Task, chore: str) -> None:
    def cancel(_: float) -> None:
        if chores.started(task.folder) is not None:
            raise JobCanceled

    with pytest.raises(JobCanceled):
        run(chore, task, on_progress=cancel)

    assert not runs(chores.started(task.folder))


def test_what_a_child_has_started_ends_with_it(task: Task) -> None:
    def cancel(_: float) -> None:
        if chores.started(task.folder) is not None:
            raise JobCanceled

    with pytest.raises(JobCanceled):
        run("leave", task, on_progress=cancel)

    assert eventually(lambda: not runs(chores.started(task.folder, "program")))


def test_a_child_that_gets_no_further_is_ended(task: Task) -> None:
    with pytest.raises(RenderFailed, match="nothing for 1 seconds"):
        run("silent", task, stall_seconds=1)

    assert not runs(chores.started(task.folder))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no limit")
def test_a_child_has_only_so_much_memory(task: Task) -> None:
    with pytest.raises(RenderTooLarge, match="4,096 MiB"):
        run("gorge", task)


def test_a_child_writes_no_larger_file(task: Task) -> None:
    with pytest.raises(RenderTooLarge, match="16 MiB"):
        run("flood", task)


def test_a_child_has_only_so_much_time_of_a_processor(task: Task) -> None:
    with pytest.raises(RenderTooLarge, match="time"):
        run("burn", replace(task, limits=replace(LIMITS, cpu_seconds=3)))


def test_several_children_work_at_the_same_time(tmp_path: Path, task: Task) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    made: list[Made] = []

    def work(folder: Path) -> None:
        folder.mkdir()
        made.append(run("well", replace(task, folder=folder)))

    threads = [threading.Thread(target=work, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert all((folder / "result.txt").exists() for folder in folders)


# As a worker does that is killed amid a render.
_PARENT = """
import sys
from pathlib import Path
from tests.unit.test_render_child import LIMITS, run
from workers.providers.render.running.task import Task

folder = Path(sys.argv[1])
run("silent", Task(input={}, sources={}, folder=folder, limits=LIMITS))
"""


def test_a_child_whose_parent_is_killed_ends_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(folder)])
    assert eventually(lambda: chores.started(folder) is not None, seconds=30)
    pid = chores.started(folder)

    parent.kill()
    parent.wait()

    assert eventually(lambda: not runs(pid) and not folder.exists())
