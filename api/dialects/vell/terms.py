"""What Vell's contract leaves to those who run the server: which model serves which engine."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from marshmallow import Schema, ValidationError
from marshmallow.fields import Boolean, Dict, Integer, Nested, String
from marshmallow.validate import ContainsOnly, Length, OneOf, Range

from api import ground
from api.dialects.vell.shapes import ENGINES
from shared.declaring import SettingsError

_BUILT_IN = Path(__file__).with_name("terms.toml")
_OWN = "vell.toml"
_EXTENSION = "limner_vell"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One of their engines: the model that does each operation, and its name among versions."""

    version: str
    models: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds on this server."""

    max_images: int
    image_storage: str
    failures_as_200: bool
    all_versions: bool
    engines: Mapping[str, Engine]


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
            engines = {**document["engines"], **own.get("engines", {})}
            document = {**document, **own, "engines": engines}
        fields = _TermsSchema().load(document)
    except (OSError, ValueError, TypeError, ValidationError) as error:
        reason = error.messages if isinstance(error, ValidationError) else error
        raise SettingsError(f"LIMNER_CONTRACTS: {path} cannot be used: {reason}") from error
    engines = {name: Engine(**one) for name, one in fields.pop("engines").items()}
    return Terms(**fields, engines=engines)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


class _EngineSchema(Schema):
    version = String(required=True, validate=Length(min=1))
    models = Dict(keys=String(), values=String(), required=True)


class _TermsSchema(Schema):
    max_images = Integer(required=True, strict=True, validate=Range(min=1, max=100))
    image_storage = String(required=True, validate=OneOf(["public", "s3"]))
    failures_as_200 = Boolean(required=True)
    all_versions = Boolean(required=True)
    engines = Dict(
        keys=String(),
        values=Nested(_EngineSchema),
        required=True,
        validate=lambda engines: ContainsOnly(ENGINES)(list(engines)),
    )
