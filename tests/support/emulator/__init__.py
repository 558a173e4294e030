"""Vendors to test against: each a small real HTTP server, strict, with faults made to order.

Run one alone with ``python -m tests.support.emulator --vendor fal --seconds 2``, or in a test::

    with running(vendor="fal", seconds=0.1) as provider:
        provider.fault("cut_after", times=1)

A vendor is one module in ``vendors`` (see ``vendor.py``): its routes, its shapes and what it
checks. Faults, counts, files and HTTP are the same for all.
"""

from tests.support.emulator.handle import Emulator, running

__all__ = ["Emulator", "running"]
