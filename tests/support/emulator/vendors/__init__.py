"""One module a vendor, named like it: ``VENDOR`` in it is its emulator."""

import importlib
from collections.abc import Callable
from typing import cast

from tests.support.emulator.jobs import Jobs
from tests.support.emulator.vendor import Terms, Vendor


def find(name: str) -> Callable[[Jobs, Terms], Vendor]:
    """Return the emulator of a vendor."""
    module = importlib.import_module(f"{__name__}.{name}")
    return cast("Callable[[Jobs, Terms], Vendor]", module.VENDOR)
