"""Where the database and its programs lie: at home, or as root where its account may enter."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import CannotRun
from deploy.embedded.folder.files import read_json, write_private
from deploy.embedded.processes.unprivileged import Account, account_for, can_run, can_write
from deploy.embedded.servers import binaries

# Only ever used as root, and only if the account may not enter the home folder or the programs'.
ELSEWHERE = Path("/var/lib/limner")


@dataclass(frozen=True)
class Place:
    """A database's folder, its programs, and the account that both are for; None for ourselves."""

    data: Path
    programs: Path
    account: Account | None

    @property
    def staging(self) -> Path:
        """A folder beside the data, where a new database is made before it takes its name."""
        return self.data.with_name(f".{self.data.name}.new")


def find(wanted: Path) -> Place:
    """Return where the database that belongs at ``wanted`` lies or may lie."""
    programs = binaries.postgres_programs()
    if os.geteuid() != 0:
        return Place(wanted, programs, None)
    data = _remembered(wanted) or wanted
    account = account_for(data)
    if account is None:
        return Place(data, programs, None)
    if data == wanted and not _reaches(account, wanted):
        if (wanted / "PG_VERSION").exists():
            raise _nowhere(account, f"it cannot use the database in {wanted}")
        data = _elsewhere(wanted, account)
    if not can_run(account, programs):
        programs = _copied(programs, ELSEWHERE / _name(wanted), account)
    return Place(data, programs, account)


def own(folder: Path, account: Account | None) -> None:
    """Give a folder, and nothing in it, to the account."""
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def _memory(wanted: Path) -> Path:
    return wanted.with_name(f"{wanted.name}.place.json")


def _remembered(wanted: Path) -> Path | None:
    known = read_json(_memory(wanted))
    if known is None:
        return None
    data = Path(known["data"])
    if not data.is_dir():
        raise CannotRun(
            f"The database of {wanted.parent} lay in {data}, and is gone from there. "
            f"Put it back, or remove {_memory(wanted)} to begin with an empty one."
        )
    return data


def _reaches(account: Account, wanted: Path) -> bool:
    """Try whether the account can work where the data are, or where they would be made."""
    if (wanted / "PG_VERSION").exists():
        return can_write(account, wanted)
    staging = Place(wanted, wanted, account).staging
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700, parents=True)
    own(staging, account)
    try:
        return can_write(account, staging)
    finally:
        shutil.rmtree(staging)


def _elsewhere(wanted: Path, account: Account) -> Path:
    """Make a folder that the account reaches, and remember it in the home."""
    data = ELSEWHERE / _name(wanted) / "postgres"
    # A home of this name had its data here and was removed: those are not ours to open or delete.
    if (data / "PG_VERSION").exists():
        data = data.with_name(f"postgres-{os.urandom(4).hex()}")
    try:
        _make_open(data.parent)
        reached = _reaches(account, data)
        if reached:
            data.mkdir(mode=0o700, exist_ok=True)
            own(data, account)
            # For whoever finds it here and wonders whether it may go.
            (data.parent / "belongs-to").write_text(f"{wanted.parent}\n")
    except OSError as error:
        raise _nowhere(account, str(error)) from error
    if not reached:
        raise _nowhere(account, f"it can use neither {wanted} nor {data}")
    write_private(_memory(wanted), json.dumps({"data": str(data)}) + "\n", durable=True)
    return data


def _copied(programs: Path, base: Path, account: Account) -> Path:
    """Copy the programs to where the account may run them, unless that was done before."""
    built = (programs / "postgres").stat()
    install = programs.parent
    copy = base / f"programs-{built.st_size:x}-{int(built.st_mtime):x}"
    target = copy / install.parent.name / install.name
    if not copy.exists():
        staged = copy.with_name(f".{copy.name}.{os.getpid()}")
        _make_open(base)
        shutil.copytree(
            install,
            staged / target.relative_to(copy),
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        _copy_libraries(install.parent, staged)
        for folder in (staged, *staged.glob("**/")):
            folder.chmod(0o755)
        staged.rename(copy)
    if not can_run(account, target / "bin"):
        raise _nowhere(account, f"it can run the programs neither in {programs} nor in {copy}")
    return target / "bin"


def _copy_libraries(package: Path, staged: Path) -> None:
    """Copy the shared libraries that the wheel keeps beside its package, found relative to it."""
    beside = package.with_name(f"{package.name}.libs")
    if beside.is_dir():
        shutil.copytree(beside, staged / beside.name)
    if (package / ".dylibs").is_dir():
        shutil.copytree(package / ".dylibs", staged / package.name / ".dylibs")


def _make_open(folder: Path) -> None:
    """Make ELSEWHERE and one folder in it, which everybody may pass but not list."""
    for one in (ELSEWHERE, folder):
        if not one.exists():
            one.mkdir(parents=True)
            one.chmod(0o711)


def _name(wanted: Path) -> str:
    return hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]


def _nowhere(account: Account, reason: str) -> CannotRun:
    return CannotRun(
        f"Postgres does not run as root, and {account.name!r} cannot run it: {reason}. "
        f"Set LIMNER_HOME to a folder that it may enter, LIMNER_EMBEDDED_USER to another account, "
        f"or LIMNER_DATABASE_URL to a server of yours."
    )
