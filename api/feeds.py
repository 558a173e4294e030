"""Reads feeds of jobs once for all who follow them in this process.

One thread reads, woken by the broker's news or every two seconds; those who follow only take what
it has read, and so hold no connection to the database, however slow their callers are.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence

from api.messages import Message, write
from shared import log
from shared.db.database import AWAY
from shared.ground import Ground
from shared.jobs import feed
from shared.jobs.feed import Event, Horizon, Page, Topic
from shared.signals import JobMoved

_logger = log.get(__name__)

# So much of a feed is kept for those who follow it; who is further behind reads by itself.
_KEPT = 256
_PAGE = 100
# Read no more often than this: what comes together is read together.
_GATHER_SECONDS = 0.05
_AWAY_SECONDS = 1.0


class Feed:
    """What was read of one topic: everything after ``begins`` and up to ``position``.

    Both are nothing until it is known where an account's feed is at.
    """

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.followers = 0
        # Of a job everything is told, of an account what happens from now on: after this number.
        self.now: int | None = None if topic.is_account else 0
        self.position = self.now
        self._begins = self.now
        self._kept: deque[Message] = deque()
        self._news = threading.Condition()
        self._is_closed = False

    def after(self, number: int | None, seconds: float) -> tuple[int | None, Sequence[Message]]:
        """Wait for events after a number, or after now; returns where it begins, and the events.

        If that is after the number, there were others before, which are not here any more.
        """
        with self._news:
            if number is None and self.position is None:
                self._news.wait_for(lambda: self.position is not None or self._is_closed, seconds)
            elif number is not None:
                self._news.wait_for(lambda: self._has_more(number), seconds)
            if number is None or self._begins is None:
                return self.position, []
            events = [one for one in self._kept if one.number > number]
            return max(number, self._begins), events

    def extend(self, events: Sequence[Event], position: int) -> None:
        """Add what was read, and say up to where."""
        with self._news:
            is_first = self.position is None
            self.position = position
            if self._begins is None:
                self._begins = position
            self._kept.extend(write(one) for one in events)
            while len(self._kept) > _KEPT:
                self._begins = self._kept.popleft().number
            if events or is_first:
                self._news.notify_all()

    def close(self) -> None:
        """Let everybody go who waits here."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()

    def _has_more(self, number: int) -> bool:
        is_past = self._begins is not None and self._begins > number
        return self._is_closed or is_past or bool(self._kept and self._kept[-1].number > number)


class Feeds:
    """All feeds that are followed in this process."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._feeds: dict[Topic, Feed] = {}
        self._horizon = Horizon()
        self._moved: set[Topic] = set()
        self._some = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.is_closed = False

    def follow(self, topic: Topic) -> Feed:
        """Follow a topic until :meth:`leave`."""
        with self._lock:
            found = self._feeds.setdefault(topic, Feed(topic))
            found.followers += 1
            self._moved.add(topic)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)
                self._thread.start()
        self._some.set()
        return found

    def leave(self, followed: Feed) -> None:
        """Follow it no longer; what nobody follows is forgotten."""
        with self._lock:
            followed.followers -= 1
            if not followed.followers:
                self._feeds.pop(followed.topic, None)

    def read(self, topic: Topic, after: int, *, until: int | None = None) -> Sequence[Message]:
        """Read a page of what was told of a topic, up to a number if it is an account's."""
        here = self._ground
        with here.reading() as session:
            found = feed.read(session, {topic: after}, horizon=until, limit=_PAGE, links=here.links)
        return [write(one) for one in found[topic].events] if topic in found else []

    def heard(self, moves: Sequence[JobMoved]) -> None:
        """Read soon what these moves are about, if anybody follows it."""
        topics = {Topic(one.job_id) for one in moves}
        topics |= {Topic(one.account_id, is_account=True) for one in moves}
        with self._lock:
            moved = topics & self._feeds.keys()
            self._moved |= moved
        if moved:
            self._some.set()

    def look(self) -> None:
        """Read everything soon."""
        with self._lock:
            self._moved |= self._feeds.keys()
        if self._moved:
            self._some.set()

    def close(self) -> None:
        """Read no more, and let everybody go."""
        with self._lock:
            self.is_closed = True
            followed = [*self._feeds.values()]
        self._some.set()
        for one in followed:
            one.close()

    def _run(self) -> None:
        while self._some.wait() and not self.is_closed:
            try:
                self._read_what_moved()
            except AWAY as error:
                _logger.warning("database away", error=str(error))
                time.sleep(_AWAY_SECONDS)
            time.sleep(_GATHER_SECONDS)

    def _read_what_moved(self) -> None:
        self._some.clear()
        with self._lock:
            moved = [self._feeds[one] for one in self._moved if one in self._feeds]
            self._moved.clear()
        if not moved:
            return
        unread = {*moved}
        try:
            unread -= self._extend(moved)
        finally:
            if unread:
                with self._lock:
                    self._moved |= {one.topic for one in unread}
                self._some.set()

    def _extend(self, moved: Sequence[Feed]) -> set[Feed]:
        """Read these feeds up to now; returns those of which there is nothing more to be read."""
        here, horizon = self._ground, self._horizon
        with here.reading() as session:
            if any(one.topic.is_account for one in moved):
                horizon.look(session)
            after = {one.topic: one.position for one in moved if one.position is not None}
            found = feed.read(session, after, horizon=horizon.number, limit=_PAGE, links=here.links)
        return {one for one in moved if self._add(one, found.get(one.topic))}

    def _add(self, followed: Feed, page: Page | None) -> bool:
        """Add what was read, if there was anything; says whether that was everything."""
        events, has_more = (page.events, page.more) if page else ([], False)
        if not followed.topic.is_account:
            if page:
                followed.extend(events, page.last)
            return not has_more
        horizon = self._horizon
        if followed.now is None:
            followed.now = horizon.newest
        if horizon.number is None or horizon.number < followed.now:
            return False
        followed.extend(events, page.last if page and has_more else horizon.number)
        return not (has_more or horizon.is_behind)
