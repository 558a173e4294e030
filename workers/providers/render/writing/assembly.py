"""Frames and sound brought together in a file: composed here, encoded in a thread beside."""

import queue
import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction

from workers.providers.render.parts import SAMPLE_RATE, Planes, Samples
from workers.providers.render.writing.encode import Sink

# Frames that are composed ahead of the encoder.
_AHEAD = 6


def assemble(
    frames: Iterable[Planes], sounds: Iterator[Samples], sink: Sink, *, rate: Fraction
) -> None:
    """Write all frames and all sounds, side by side in time, and close the sink.

    Raises what either side raises, when both have stopped.
    """
    writer = _Writer(sink, sounds, rate)
    try:
        for planes in frames:
            writer.put(planes)
    finally:
        writer.finish()
    writer.raise_if_failed()
    for block in sounds:
        sink.sound(block)
    sink.close()


class _Writer:
    """A thread that encodes what is put to it, with the sound of the same time."""

    def __init__(self, sink: Sink, sounds: Iterator[Samples], rate: Fraction) -> None:
        self._sink, self._sounds, self._rate = sink, sounds, rate
        self._queue: queue.Queue[Planes | None] = queue.Queue(_AHEAD)
        self._error: BaseException | None = None
        self._pictures, self._samples = 0, 0
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def put(self, planes: Planes) -> None:
        """Hand a frame over, once there is room; raises what went wrong over there."""
        self._queue.put(planes)
        self.raise_if_failed()

    def finish(self) -> None:
        """Wait until all that was handed over is written, or cannot be."""
        self._queue.put(None)
        self._thread.join()

    def raise_if_failed(self) -> None:
        """Raise what went wrong, if something did."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            for planes in iter(self._queue.get, None):
                self._write(planes)
        except BaseException as error:  # noqa: BLE001 - raised where frames come from
            self._error = error
            # Whoever waits for room must get it.
            while self._queue.get() is not None:
                pass

    def _write(self, planes: Planes) -> None:
        self._sink.picture(planes)
        self._pictures += 1
        while self._samples < self._pictures / self._rate * SAMPLE_RATE:
            block = next(self._sounds, None)
            if block is None:
                break
            self._sink.sound(block)
            self._samples += len(block)
