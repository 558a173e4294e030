"""Circuit breakers, shared by all workers: whom nobody asks for a while, since it keeps failing.

One for each model of each provider. After so many failures in a row it is open: nobody is let
through for a time that doubles with every failed try. Then one job at a time is let through, to see
whether it works again; the first success closes it. While Redis is away everybody is let through.
"""

import time
from datetime import timedelta
from typing import cast

import redis

from shared import log
from shared.broker import redis_client
from shared.settings import BrokerSettings, ProviderSettings

_logger = log.get(__name__)

_LONGEST_SECONDS = 600
# How long the others wait for what becomes of the one that was let through.
_TRY_SECONDS = 30
# Failures that lie so far apart have nothing to do with each other.
_FORGOTTEN_SECONDS = 900

# KEYS: the breaker. ARGV: now, failures that open it, seconds of a try. Returns how long to wait.
_ASK = """
local failures = tonumber(redis.call('HGET', KEYS[1], 'failures') or '0')
if failures < tonumber(ARGV[2]) then return '0' end
local next = tonumber(redis.call('HGET', KEYS[1], 'next') or '0')
local now = tonumber(ARGV[1])
if now < next then return tostring(next - now) end
redis.call('HSET', KEYS[1], 'next', tostring(now + tonumber(ARGV[3])))
return '0'
"""
# ARGV: now, failures that open it, first wait, longest wait, seconds until it is forgotten.
_FAIL = """
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local now = tonumber(ARGV[1])
local keep = tonumber(ARGV[5])
if failures >= tonumber(ARGV[2]) then
    local shut = tonumber(redis.call('HGET', KEYS[1], 'shut') or '0')
    if now >= shut then
        local times = redis.call('HINCRBY', KEYS[1], 'times', 1)
        local wait = math.min(tonumber(ARGV[3]) * 2 ^ (times - 1), tonumber(ARGV[4]))
        shut = now + wait
        redis.call('HSET', KEYS[1], 'shut', tostring(shut), 'next', tostring(shut))
    end
    keep = keep + shut - now
end
redis.call('EXPIRE', KEYS[1], math.ceil(keep))
return failures
"""


class Breakers:
    """Who may be asked."""

    def __init__(self, broker: BrokerSettings, settings: ProviderSettings) -> None:
        self._redis = redis_client(broker)
        self._most = settings.breaker_failures
        self._seconds = settings.breaker_seconds
        self._ask = self._redis.register_script(_ASK)
        self._fail = self._redis.register_script(_FAIL)

    def wait(self, provider: str, model: str) -> timedelta | None:
        """Let a job through, or return how long nobody is."""
        key = _key(provider, model)
        try:
            answer = self._ask(keys=[key], args=[time.time(), self._most, _TRY_SECONDS])
        except redis.RedisError as error:
            _logger.warning("breakers away", error=str(error))
            return None
        seconds = float(cast(str, answer))
        return timedelta(seconds=seconds) if seconds else None

    def failed(self, provider: str, model: str) -> None:
        """Note that it could not, or would not, do what it is there for."""
        key = _key(provider, model)
        args = [time.time(), self._most, self._seconds, _LONGEST_SECONDS, _FORGOTTEN_SECONDS]
        try:
            failures = cast(int, self._fail(keys=[key], args=args))
        except redis.RedisError as error:
            _logger.warning("breakers away", error=str(error))
            return
        if failures == self._most:
            _logger.warning("breaker opened", provider=provider, model=model, failures=failures)

    def succeeded(self, provider: str, model: str) -> None:
        """Note that it works."""
        try:
            self._redis.delete(_key(provider, model))
        except redis.RedisError as error:
            _logger.warning("breakers away", error=str(error))

    def close(self) -> None:
        """Give every connection back."""
        self._redis.close()


def _key(provider: str, model: str) -> str:
    return f"limner:breaker:{provider}:{model}"
