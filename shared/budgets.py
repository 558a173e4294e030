"""Providers' limits, shared by all workers: who may have how many jobs there at once.

Each job at a provider holds a place, a member of a sorted set in Redis whose score is the moment
at which the place is taken back: so what a crash leaves behind frees itself. While Redis is away
everybody is let in: the provider itself says when it is too much.
"""

import random
import time
from datetime import timedelta
from typing import cast

import redis

from shared import log
from shared.broker import redis_client
from shared.settings import BrokerSettings

_logger = log.get(__name__)

# A place that nobody has asked for in so long belongs to nobody.
_KEPT_SECONDS = 600
# Whoever waits for a place is called when one is left; this is for when nobody came to call.
_UNCALLED_SECONDS = (45, 75)
# How often a place is asked for: twice may be missed.
_KEEP_EVERY = timedelta(seconds=200)

_ADMIT = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return pause end
local most = tonumber(ARGV[2])
if most > 0 and not redis.call('ZSCORE', KEYS[1], ARGV[4])
   and redis.call('ZCARD', KEYS[1]) >= most then return -1 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
return 0
"""


def is_to_be_kept(age: timedelta, *, until: timedelta) -> bool:
    """Say whether a job of this age must say that it is still there, if it will not before then."""
    return age // _KEEP_EVERY != until // _KEEP_EVERY


class Budgets:
    """Places at providers."""

    def __init__(self, settings: BrokerSettings, *, most_at_once: int) -> None:
        self._redis = redis_client(settings)
        self._most = most_at_once
        self.are_limited = most_at_once > 0
        self._admit = self._redis.register_script(_ADMIT)

    def admit(
        self, provider: str, job_id: str, *, seconds: float = _KEPT_SECONDS
    ) -> timedelta | None:
        """Take a place for a job, for so long; returns how long to wait if there is none."""
        now = time.time()
        keys = [_places(provider), _pause(provider)]
        try:
            answer = self._admit(keys=keys, args=[now, self._most, now + seconds, job_id])
        except redis.RedisError as error:
            _logger.warning("budgets away", error=str(error))
            return None
        wait = cast(int, answer)
        if wait == 0:
            return None
        if wait > 0:
            return timedelta(milliseconds=wait)
        return timedelta(seconds=random.uniform(*_UNCALLED_SECONDS))

    def has_room(self, provider: str) -> bool:
        """Say whether the next job would be let in, as far as is known."""
        now = time.time()
        try:
            taken = self._redis.zcount(_places(provider), now, "+inf")
            return taken < self._most and not self._redis.exists(_pause(provider))
        except redis.RedisError:
            return False

    def keep(self, provider: str, job_id: str) -> None:
        """Say that a job is still there."""
        self._try("ZADD", _places(provider), "XX", time.time() + _KEPT_SECONDS, job_id)

    def give_back(self, provider: str, job_id: str) -> None:
        """Leave a place to others."""
        self._try("ZREM", _places(provider), job_id)

    def pause(self, provider: str, seconds: float) -> None:
        """Let nobody in for a while: the provider has said so."""
        self._try("SET", _pause(provider), "1", "PX", max(1, int(1000 * seconds)))

    def close(self) -> None:
        """Give every connection back."""
        self._redis.close()

    def _try(self, *command: str | float) -> None:
        try:
            self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            _logger.warning("budgets away", error=str(error))


def _places(provider: str) -> str:
    return f"limner:places:{provider}"


def _pause(provider: str) -> str:
    return f"limner:pause:{provider}"
