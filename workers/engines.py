"""The local engines, each loaded when it is first asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from threading import Lock

from shared.settings import Settings
from workers.providers.base import Engine

_LOCAL = "workers.providers.local"
# Name -> where it is, and the group of settings that it is made with. What they stand on takes
# 60 MB, which most workers never need.
_PLACES: Mapping[str, tuple[str, str, str | None]] = {
    "sketch": (f"{_LOCAL}.engine", "SketchEngine", None),
    "relief": (f"{_LOCAL}.relief", "ReliefEngine", None),
    "darkroom": (f"{_LOCAL}.darkroom", "DarkroomEngine", None),
    "montage": ("workers.providers.render.engine", "RenderEngine", "render"),
}


class Engines(Mapping[str, Engine]):
    """Name -> engine, one of each for a process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[str, Engine] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Engine:
        with self._lock:
            if name not in self._loaded:
                module, engine, group = _PLACES[name]
                given = [] if group is None else [getattr(self._settings, group)]
                self._loaded[name] = getattr(import_module(module), engine)(*given)
            return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in _PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)
