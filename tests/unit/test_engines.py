"""The local engines: all there, and loaded by those who need them only."""

import subprocess
import sys

from workers.engines import Engines

# As a worker for webhooks does.
_LOADS_NONE = """
import sys, workers.process
from workers.engines import Engines
assert "sketch" in Engines()
print(*({"cv2", "trimesh"} & set(sys.modules)))
"""


def test_every_engine_that_is_named_can_be_loaded_and_is_one() -> None:
    engines = Engines()

    assert set(engines) == {"sketch", "relief", "darkroom"}
    assert all(callable(engine.make) for engine in engines.values())
    assert engines["sketch"] is engines["sketch"]


def test_a_worker_that_makes_nothing_loads_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADS_NONE], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""
