"""The local engines: all there, and loaded by those who need them only."""

import subprocess
import sys
from pathlib import Path

from shared import settings
from shared.catalog import LOCAL_ENGINES
from workers.engines import Engines

# As a worker for webhooks does.
_LOADS_NONE = """
import sys, workers.process
from shared import settings
from workers.engines import Engines
assert "sketch" in Engines(settings.load({given}))
print(*({{"cv2", "trimesh", "pyvips"}} & set(sys.modules)))
"""
# As a worker for renders does: what a render takes is loaded in its children.
_LOADS_THE_DOOR = """
import sys, workers.process
from shared import settings
from workers.engines import Engines
assert Engines(settings.load({given}))["montage"].make
print(*({{"cv2", "trimesh", "pyvips"}} & set(sys.modules)))
"""


def environment(folder: Path) -> dict[str, str]:
    return {
        "LIMNER_DATABASE_URL": "postgresql://nobody@127.0.0.1/limner",
        "LIMNER_BROKER_URL": "redis://127.0.0.1",
        "LIMNER_STORAGE_URL": f"folder://{folder}/storage",
        "LIMNER_PUBLIC_URL": "http://limner.test",
        "LIMNER_SECRET_KEY": "a secret of at least 32 characters",
        "LIMNER_RENDER_FOLDER": str(folder / "renders"),
    }


def test_every_engine_that_is_named_can_be_loaded_and_is_one(tmp_path: Path) -> None:
    engines = Engines(settings.load(environment(tmp_path)))

    assert set(engines) == set(LOCAL_ENGINES)
    assert all(callable(engine.make) for engine in engines.values())
    assert engines["sketch"] is engines["sketch"]


def test_a_worker_that_makes_nothing_loads_nothing_for_it(tmp_path: Path) -> None:
    for program in (_LOADS_NONE, _LOADS_THE_DOOR):
        done = subprocess.run(
            [sys.executable, "-c", program.format(given=environment(tmp_path))],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == ""
