"""The local engine `montage`: timelines, stitches and trims, each rendered in a child."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from shared.settings import RenderSettings
from workers.providers.base import MadeFile, Order, ProgressReport, Source
from workers.providers.render.errors import RenderFailed, RenderTooLarge
from workers.providers.render.running import child, workspace
from workers.providers.render.running.task import Limits, Made, Task

# Named, not imported: what it stands on is a child's to load.
_WORK = "workers.providers.render.running.rendering:render"
# How many files are read from the storage at the same time.
_AT_ONCE = 4
_TICK_SECONDS = 0.2
_LARGEST_RESULT = 2 * 1024 * 1024 * 1024
# How much of the work is done when all files are there.
_FETCHED = 0.03


class RenderEngine:
    """Renders what the input of kind ``render`` asks for."""

    def __init__(self, settings: RenderSettings) -> None:
        self._settings = settings
        self._root = workspace.root(settings.folder)
        workspace.sweep(self._root)

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[MadeFile]:
        """Yield the result and the pictures of it; they are gone when the iterator is closed."""
        with workspace.opened(self._root) as folder:
            sources = self._fetched(order.sources, folder, on_progress)
            task = Task(input=order.input, sources=sources, folder=folder, limits=self._limits())
            made = child.run(
                _WORK,
                task,
                on_progress=lambda done: on_progress(_FETCHED + (1 - _FETCHED) * done),
                stall_seconds=self._settings.stall_seconds,
            )
            yield from _files(made, folder)

    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(
            seconds=settings.max_seconds,
            megapixels=settings.max_megapixels,
            memory_bytes=settings.memory_megabytes * 1024 * 1024,
            cpu_seconds=settings.cpu_seconds,
            file_bytes=_LARGEST_RESULT,
        )

    def _fetched(
        self, sources: Mapping[str, Source], folder: Path, on_progress: ProgressReport
    ) -> Mapping[str, Path]:
        """Save each file once, however often it is named; raises :class:`RenderTooLarge`."""
        by_key = {source.key or path: source for path, source in sources.items()}
        files = {key: folder / f"source-{number}" for number, key in enumerate(by_key)}
        save = _Saving(self._settings.max_source_bytes)
        executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetching")
        try:
            waiting = {executor.submit(save, by_key[key], files[key]) for key in files}
            while waiting:
                done, waiting = wait(waiting, _TICK_SECONDS, FIRST_EXCEPTION)
                _raise_first(done)
                on_progress(_FETCHED * (len(files) - len(waiting)) / len(files))
        finally:
            save.stop()
            executor.shutdown(cancel_futures=True)
        return {path: files[source.key or path] for path, source in sources.items()}


class _Saving:
    """Saves files until they are too much together, or nobody wants them any more."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._bytes = most_bytes, 0
        self._lock, self._is_over = threading.Lock(), False

    def __call__(self, source: Source, path: Path) -> None:
        with path.open("xb") as file:
            for piece in source.open():
                self._count(len(piece))
                file.write(piece)

    def stop(self) -> None:
        self._is_over = True

    def _count(self, size: int) -> None:
        with self._lock:
            self._bytes += size
        if self._bytes > self._most:
            raise RenderTooLarge(
                f"It starts from more than {self._most:,} bytes, which are the most."
            )
        if self._is_over:
            raise RenderFailed


def _raise_first(done: set[Future[None]]) -> None:
    for one in done:
        one.result()


def _files(made: Made, folder: Path) -> Iterator[MadeFile]:
    """Yield what a child says that it made; it may name nothing else than its own files."""
    for number, (name, role) in enumerate(made.files):
        path = folder / name
        if Path(name).name != name or path.is_symlink() or not path.is_file():
            raise RenderFailed(f"The renderer made no {name!r}.")
        yield MadeFile(path=path, role=role, warnings=made.warnings if number == 0 else ())
