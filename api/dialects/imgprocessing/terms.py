"""What IMG Processing's contract leaves to those who run the server."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from marshmallow import Schema, ValidationError
from marshmallow.fields import Boolean, Dict, Integer, List, String
from marshmallow.validate import ContainsOnly, Range, Regexp

from api import ground
from api.dialects.imgprocessing.shapes import MODELS
from shared.declaring import SettingsError

_BUILT_IN = Path(__file__).with_name("terms.toml")
_OWN = "imgprocessing.toml"
_EXTENSION = "limner_imgprocessing"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds on this server."""

    test_mark: str
    test_days: int
    publishing_counts: bool
    origins: tuple[str, ...]
    models: Mapping[str, str]


def attach(app: Flask) -> None:
    """Let requests to this application find the terms; raises :class:`SettingsError`."""
    with app.app_context():
        app.extensions[_EXTENSION] = load(ground.current().settings.http.contracts)


def current() -> Terms:
    """Return the terms of the request's application."""
    found: Terms = current_app.extensions[_EXTENSION]
    return found


def load(folder: str = "") -> Terms:
    """Read the terms, as they come along but for what a file in this folder says otherwise.

    Raises :class:`SettingsError` that names what is wrong in it.
    """
    path = Path(folder, _OWN) if folder else _BUILT_IN
    try:
        document = _read(_BUILT_IN)
        if path.exists():
            own = _read(path)
            models = {**document["models"], **own.get("models", {})}
            document = {**document, **own, "models": models}
        fields = _TermsSchema().load(document)
    except (OSError, ValueError, TypeError, ValidationError) as error:
        reason = error.messages if isinstance(error, ValidationError) else error
        raise SettingsError(f"LIMNER_CONTRACTS: {path} cannot be used: {reason}") from error
    return Terms(**{**fields, "origins": tuple(fields["origins"])})


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


class _TermsSchema(Schema):
    test_mark = String(required=True, validate=Regexp(r"([!-~]([ -~]{0,18}[!-~])?)?\Z"))
    test_days = Integer(required=True, strict=True, validate=Range(min=0, max=36_500))
    publishing_counts = Boolean(required=True, truthy={True}, falsy={False})
    origins = List(String(validate=Regexp(r"(\*\.)?[a-z0-9.-]+(:[0-9]+)?\Z")), required=True)
    models = Dict(
        keys=String(),
        values=String(),
        required=True,
        validate=lambda models: ContainsOnly(MODELS)(list(models)),
    )
