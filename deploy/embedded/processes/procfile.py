"""The Procfile: which processes Limner consists of, and where they are started."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from honcho.environ import parse_procfile

import deploy
from deploy.embedded.errors import CannotRun

_PACKAGE = Path(deploy.__file__).parent


@dataclass(frozen=True)
class Procfile:
    """Its commands by name, and the folder that they are started in."""

    commands: Mapping[str, str]
    folder: Path


def find(given: Path | None) -> Procfile:
    """Read the Procfile that was named, or the one here, or the one that came with Limner."""
    here = Path.cwd() / "Procfile"
    inside = _PACKAGE / "Procfile"
    for path in [given] if given else [here, _PACKAGE.parent / "Procfile", inside]:
        if path.is_file():
            # Its commands name files of the package as seen from the top of the project.
            return _read(path, _PACKAGE.parent if path == inside else path.absolute().parent)
    message = f"There is no Procfile at {given or here}."
    raise CannotRun(message)


def _read(path: Path, folder: Path) -> Procfile:
    try:
        commands = dict(parse_procfile(path.read_text()).processes)
    except (AssertionError, OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}."
        raise CannotRun(message) from error
    if not commands:
        message = f"{path} names no process; a line is `name: command`."
        raise CannotRun(message)
    return Procfile(commands, folder)
