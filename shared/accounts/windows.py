"""Who has asked how often of late: counted in Redis, for every process of the API together.

A sliding window in two counters, as the library ``limits`` has it: what was asked in the window
before counts in proportion to how much of it the last hour still covers. While Redis is away
everybody is let pass, at once.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import cast

import redis
from limits.storage import RedisStorage

from shared.circuit import Circuit
from shared.settings import BrokerSettings

# Redis answers within a millisecond, or something is wrong with it.
_PATIENCE_SECONDS = 0.25
_LEFT_ALONE_SECONDS = 3.0

# The library's two scripts as one, so that a request costs one round trip and not two.
_TAKE_AND_TELL = f"""
local function take(KEYS, ARGV)
{RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode()}
end
local function tell(KEYS, ARGV)
{RedisStorage.SCRIPT_SLIDING_WINDOW.decode()}
end
local is_within = take(KEYS, {{ARGV[1], ARGV[2], 1}})
return {{is_within and 1 or 0, tell(KEYS, {{ARGV[2]}})}}
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a caller stands: whether this request is within the limit, and what is left.

    ``seconds`` is when the next of what was used is given back.
    """

    is_within: bool
    limit: int
    window: int
    left: int
    seconds: int


class Windows:
    """Limits on how often something may be done."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._redis = redis.Redis.from_url(
            settings.url,
            socket_connect_timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
        )
        self._script = self._redis.register_script(_TAKE_AND_TELL)
        self._circuit = Circuit("limits", left_alone=_LEFT_ALONE_SECONDS)

    def take(self, name: str, *, limit: int, window: int) -> Standing | None:
        """Count one more of this name in a window of seconds; nothing while Redis is away.

        What is beyond the limit is not counted.
        """
        if not self._circuit.may_try():
            return None
        key = f"limner:window:{{{name}}}"
        try:
            answer = self._script(keys=[f"{key}:before", key], args=[limit, window])
        except redis.RedisError as error:
            self._circuit.failed(error)
            return None
        self._circuit.answered()
        return _standing(cast(list[object], answer), limit=limit, window=window)

    def close(self) -> None:
        """Give every connection back."""
        self._redis.close()


def _standing(answer: list[object], *, limit: int, window: int) -> Standing:
    is_within, counted = answer
    before, before_ends, now, now_ends = (int(one or 0) for one in cast(list[str], counted))
    whole = 1000 * window
    before_ends = max(0, before_ends)
    used = floor(before * before_ends / whole + now)
    # As the library says it: one of the window before fades, or the present one becomes it.
    fades = before_ends % (whole / before) if before else whole
    turns = now_ends % whole if now else whole
    return Standing(
        is_within=bool(is_within),
        limit=limit,
        window=window,
        left=max(0, limit - used),
        seconds=max(1, ceil(min(fades, turns) / 1000)),
    )
