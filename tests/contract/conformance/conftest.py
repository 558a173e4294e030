"""What the suite shares with the other tests of the API: workers, and other settings."""

from tests.integration.conftest import at_work, count_rows, make_api, make_ground

__all__ = ["at_work", "count_rows", "make_api", "make_ground"]
