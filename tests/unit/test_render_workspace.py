"""Folders of renders: one for each, and none for nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workers.providers.render.running import workspace

_HOLDER = """
import sys, time
from pathlib import Path
from workers.providers.render.running import workspace

with workspace.opened(Path(sys.argv[1])) as folder:
    (folder / "frames").write_bytes(b"...")
    print(folder, flush=True)
    time.sleep(600)
"""


def test_a_folder_is_there_for_as_long_as_it_is_held(tmp_path: Path) -> None:
    root = tmp_path / "renders"

    with workspace.opened(root) as one, workspace.opened(root) as other:
        (one / "a").write_text("a")
        assert one != other
        assert one.stat().st_mode & 0o777 == 0o700
        assert workspace.sweep(root) == 0
        assert (one / "a").exists()

    assert list(root.iterdir()) == []


def test_a_folder_is_removed_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="odd"), workspace.opened(tmp_path) as folder:
        raise ValueError("odd")

    assert not folder.exists()


def test_what_nobody_holds_any_more_is_swept(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().strip())
    assert workspace.sweep(tmp_path) == 0

    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()

    assert (folder / "frames").exists()
    assert workspace.sweep(tmp_path) == 1
    assert not folder.exists()


def test_without_a_setting_the_folder_is_ours_alone() -> None:
    root = workspace.root("")

    assert root.stat().st_uid == os.getuid()
    assert workspace.root("/srv/renders") == Path("/srv/renders")
