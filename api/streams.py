"""Holds callers who follow a feed, each in a thread that only waits and writes."""

import time
from collections.abc import Callable, Iterator, Sequence
from socket import socket

from flask import Response, request

from api.feeds import Feed, Feeds
from api.messages import BEGINNING, HEARTBEAT, Message, standing
from api.places import Places
from shared import log
from shared.db.database import AWAY
from shared.errors import NoPlaceToWait
from shared.jobs.feed import Topic

_logger = log.get(__name__)

CONTENT_TYPE = "text/event-stream"

_HEARTBEAT_SECONDS = 15.0
# Who does not take what is written for so long is gone, or as good as gone.
_SLOWEST_SECONDS = 20.0
_COME_BACK_SECONDS = 5.0


class Streams:
    """Streams of this process; each is in a place, and ends after some time for another caller."""

    def __init__(self, feeds: Feeds, places: Places, *, seconds: float) -> None:
        self._feeds, self._places, self._seconds = feeds, places, seconds

    def open(self, topic: Topic, account_id: str, *, after: int | None) -> Response:
        """Answer with a topic's events after a number, as they happen.

        Without a number those of a job are told from its beginning, and an account's from now on.
        Raises :class:`NoPlaceToWait`.
        """
        if not self._places.take(account_id):
            raise NoPlaceToWait(retry_after=_COME_BACK_SECONDS)
        followed = self._feeds.follow(topic)

        def leave() -> None:
            self._feeds.leave(followed)
            self._places.leave(account_id)

        return _response(self._follow(followed, after), leave)

    def replay(self, topic: Topic, *, after: int) -> Response:
        """Answer with what was told of a job that is over, and nobody has to wait for.

        Whoever has seen all of it is told not to come back (204).
        """
        messages: list[Message] = []
        while page := self._feeds.read(topic, messages[-1].number if messages else after):
            messages += page
        if not messages:
            return Response(status=204)
        return _response(iter([BEGINNING, *(one.text for one in messages)]), lambda: None)

    def _follow(self, followed: Feed, after: int | None) -> Iterator[bytes]:
        yield BEGINNING
        until = time.monotonic() + self._seconds
        is_of_job = not followed.topic.is_account
        seen = 0 if is_of_job and after is None else after
        while not self._feeds.is_closed and (left := until - time.monotonic()) > 0:
            try:
                stands, messages = self._next(followed, seen, min(left, _HEARTBEAT_SECONDS))
            except AWAY as error:
                _logger.warning("stream ended", error=str(error))
                return
            if stands != seen and not messages:
                yield standing(stands)
            elif not messages:
                yield HEARTBEAT
            for one in messages:
                yield one.text
                if is_of_job and one.is_last:
                    return
            seen = stands

    def _next(
        self, followed: Feed, seen: int | None, seconds: float
    ) -> tuple[int | None, Sequence[Message]]:
        """Wait for more than was seen; returns up to where it is seen then, and the messages."""
        begins, messages = followed.after(seen, seconds)
        if seen is not None and begins is not None and begins > seen:
            messages = self._feeds.read(followed.topic, seen, until=begins)
        if messages:
            return messages[-1].number, messages
        return begins if begins is not None else seen, []


def _response(body: Iterator[bytes], leave: Callable[[], None]) -> Response:
    response = Response(body, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-cache, no-transform"
    # nginx gathers answers otherwise.
    response.headers["X-Accel-Buffering"] = "no"
    # Not in the generator: one that was never begun is never ended.
    response.call_on_close(leave)
    _end_with_the_slow()
    return response


def _end_with_the_slow() -> None:
    """Let nobody who takes nothing keep a thread: writing raises after a while."""
    connection: socket | None = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(_SLOWEST_SECONDS)
