"""What a published contract leaves to those who run the server: a file beside it, and their own."""

import tomllib
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from shared.declaring import SettingsError


def load(schema: Schema, built_in: Path, folder: str = "") -> dict[str, Any]:
    """Read the terms that come along, but for what a file in this folder says otherwise.

    That file is called as the contract: as the folder in which ``built_in`` lies. A table in it
    adds to the table that comes along. Raises :class:`SettingsError` that names what is wrong.
    """
    path = Path(folder, f"{built_in.parent.name}.toml") if folder else built_in
    try:
        document = _read(built_in)
        if path.exists():
            document |= {name: _more(document.get(name), one) for name, one in _read(path).items()}
        return dict(schema.load(document))
    except (OSError, ValueError, TypeError, ValidationError) as error:
        reason = error.messages if isinstance(error, ValidationError) else error
        raise SettingsError(f"LIMNER_CONTRACTS: {path} cannot be used: {reason}") from error


def _more(table: Any, own: Any) -> Any:
    return {**table, **own} if isinstance(table, dict) and isinstance(own, dict) else own


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
