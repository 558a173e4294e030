"""Frames and sound become a file, in every format that can be asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path

from workers.providers.render.writing.encode.film import Film
from workers.providers.render.writing.encode.gif import Gif
from workers.providers.render.writing.encode.sink import Order, Sink
from workers.providers.render.writing.encode.still import Still, write_still
from workers.providers.render.writing.encode.track import Track

_SINKS: Mapping[str, Callable[[Path, Order], Sink]] = {
    "mp4": Film,
    "webm": Film,
    "gif": Gif,
    "mp3": Track,
    "wav": Track,
    "jpg": Still,
    "png": Still,
}


def open_sink(path: Path, order: Order) -> Sink:
    """Begin a file of the target's format; it is whole once the sink is closed."""
    return _SINKS[order.target.format](path, order)


__all__ = ["Order", "Sink", "open_sink", "write_still"]
