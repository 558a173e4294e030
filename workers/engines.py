"""The local engines, each loaded when it is first asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from threading import Lock

from workers.providers.base import Engine

_LOCAL = "workers.providers.local"
# Name -> where it is. What they stand on takes 60 MB, which most workers never need.
_PLACES: Mapping[str, tuple[str, str]] = {
    "sketch": (f"{_LOCAL}.engine", "SketchEngine"),
    "relief": (f"{_LOCAL}.relief", "ReliefEngine"),
    "darkroom": (f"{_LOCAL}.darkroom", "DarkroomEngine"),
}


class Engines(Mapping[str, Engine]):
    """Name -> engine, one of each for a process."""

    def __init__(self) -> None:
        self._loaded: dict[str, Engine] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Engine:
        with self._lock:
            if name not in self._loaded:
                module, engine = _PLACES[name]
                self._loaded[name] = getattr(import_module(module), engine)()
            return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in _PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)
