"""How a caller stands, as the library says it; and a server that is left alone."""

import pytest
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from structlog.testing import capture_logs

from shared.accounts.windows import _standing
from shared.circuit import Circuit


class Counted(MemoryStorage):
    """A storage in which so much was counted already."""

    def __init__(self, before: int, before_ends: int, now: int, now_ends: int) -> None:
        super().__init__()
        self._counted = (before, before_ends / 1000, now, now_ends / 1000)

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        return self._counted


@pytest.mark.parametrize(
    "counted",
    [
        (0, 0, 1, 7_199_000),
        (0, 0, 100, 3_600_500),
        (50, 1_800_000, 10, 5_400_000),
        (100, 3_599_000, 1, 7_199_000),
        (100, 12_345, 99, 3_612_345),
        (7, 1, 0, 3_600_001),
    ],
)
def test_a_standing_is_what_the_library_would_say(counted: tuple[int, int, int, int]) -> None:
    library = SlidingWindowCounterRateLimiter(Counted(*counted))
    reset, remaining = library.get_window_stats(RateLimitItemPerHour(100), "a")
    nothing, _ = SlidingWindowCounterRateLimiter(Counted(0, 0, 0, 0)).get_window_stats(
        RateLimitItemPerHour(100), "a"
    )

    standing = _standing([1, [str(one) for one in counted]], limit=100, window=3600)

    assert standing.left == remaining
    assert 0 <= standing.seconds - (reset - nothing) <= 1.1


def test_a_server_that_failed_is_tried_by_one_at_a_time_and_logged_once() -> None:
    circuit = Circuit("it", left_alone=60)
    assert circuit.may_try()

    with capture_logs() as logs:
        circuit.failed(OSError("refused"))
        circuit.failed(OSError("refused"))
        assert [circuit.may_try() for _ in range(5)] == [False] * 5
        circuit._alone_until = 0.0
        assert [circuit.may_try() for _ in range(5)] == [True] + [False] * 4
        circuit.failed(OSError("refused"))
        circuit._alone_until = 0.0
        assert circuit.may_try()
        circuit.answered()
        circuit.answered()

    assert circuit.may_try()
    assert [one["event"] for one in logs] == ["away", "back"]
    assert logs[1]["done_without"] == 12
