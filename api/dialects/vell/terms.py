"""What Vell's contract leaves to those who run the server: which model serves which engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from marshmallow import Schema
from marshmallow.fields import Boolean, Dict, Integer, Nested, String
from marshmallow.validate import ContainsOnly, Length, OneOf, Range

from api import ground, terms
from api.dialects.vell.shapes import ENGINES

_BUILT_IN = Path(__file__).with_name("terms.toml")
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
    fields = terms.load(_TermsSchema(), _BUILT_IN, folder)
    engines = {name: Engine(**one) for name, one in fields.pop("engines").items()}
    return Terms(**fields, engines=engines)


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
