"""The dialects that the suite is run for, each described in its own terms.

To add one: a module here that is called as its package, with a ``DIALECT``. What it does beyond
this has tests of its own.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.contract.conformance.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = tuple(
    import_module(f"{__name__}.{found.name}").DIALECT for found in iter_modules(__path__)
)
