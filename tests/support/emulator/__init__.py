"""A provider to test against: fal.ai's queue, strictly, with faults made to order.

Run it alone with ``python -m tests.support.emulator --port 0 --seconds 2``, or within a test::

    with running(seconds=0.1) as provider:
        provider.fault("cut_after", times=1)
"""

from tests.support.emulator.handle import Emulator, running

__all__ = ["Emulator", "running"]
