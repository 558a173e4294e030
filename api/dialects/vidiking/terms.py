"""What VidiKing's contract leaves to those who run the server."""

from dataclasses import dataclass
from decimal import Decimal as Number
from pathlib import Path

from flask import Flask, current_app
from marshmallow import Schema
from marshmallow.fields import Decimal, Integer, String
from marshmallow.validate import OneOf, Range, Regexp

from api import ground, terms

# Whose meaning a timeline may have.
MEANINGS = ("vidiking", "shotstack")

_BUILT_IN = Path(__file__).with_name("terms.toml")
_EXTENSION = "limner_vidiking"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds on this server; ``credit`` is in units of ``currency``."""

    accepted: int
    currency: str
    credit: Number
    renderer: str
    timelines: str
    cover: str


def attach(app: Flask) -> None:
    """Let requests to this application find the terms; raises :class:`SettingsError`."""
    with app.app_context():
        app.extensions[_EXTENSION] = load(ground.current().settings.http.contracts)


def current() -> Terms:
    """Return the terms of the request's application."""
    found: Terms = current_app.extensions[_EXTENSION]
    return found


def load(folder: str = "") -> Terms:
    """Read the terms, as they come along but for what ``vidiking.toml`` there says otherwise.

    Raises :class:`shared.declaring.SettingsError`.
    """
    return Terms(**terms.load(_TermsSchema(), _BUILT_IN, folder))


class _TermsSchema(Schema):
    accepted = Integer(required=True, strict=True, validate=OneOf([200, 201, 202]))
    currency = String(required=True, validate=Regexp(r"[A-Z]{3}\Z"))
    credit = Decimal(required=True, validate=Range(min=0, max=1_000_000))
    renderer = String(required=True)
    timelines = String(required=True, validate=OneOf(MEANINGS))
    cover = String(required=True, validate=OneOf(["crop", "stretch"]))
