"""Whom Postgres runs as when we are root, which it refuses to be, and what that account reaches."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from deploy.embedded.errors import CannotRun

_PROBE = ': > "$1/.probe" && rm "$1/.probe"'


class Identity(TypedDict, total=False):
    """What ``subprocess`` is told to start a program as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int


def identity(account: Account | None) -> Identity:
    """Return what makes ``subprocess`` start a program as this account; nothing for ourselves."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def account_for(data: Path) -> Account | None:
    """Return whom the database must run as: us, or as root its owner or an unprivileged account."""
    if os.geteuid() != 0:
        return None
    if data.is_dir() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    name = os.environ.get("LIMNER_EMBEDDED_USER") or "nobody"
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise _unusable(name, "there is no such account") from None
    if found.pw_uid == 0:
        raise _unusable(name, "it is root")
    return Account(name, found.pw_uid, found.pw_gid)


def can_run(account: Account, programs: Path) -> bool:
    """Try whether the account can start the database's programs."""
    return all(
        _works([str(programs / name), "--version"], account) for name in ("postgres", "initdb")
    )


def can_write(account: Account, folder: Path) -> bool:
    """Try whether the account can write into the folder."""
    return _works(["/bin/sh", "-c", _PROBE, "probe", str(folder)], account)


def _works(command: list[str], account: Account) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - programs of the wheels, and a fixed script
            command, cwd="/", capture_output=True, timeout=20, check=False, **identity(account)
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _unusable(name: str, reason: str) -> CannotRun:
    return CannotRun(
        f"Postgres does not run as root, and not as {name!r} either: {reason}. "
        f"Name an unprivileged account in LIMNER_EMBEDDED_USER."
    )
