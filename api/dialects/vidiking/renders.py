"""Timelines, clips one after the other, parts of videos: checked, and taken on."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from api import auth
from api.dialects.vidiking import edits, faults, leniency, making, terms
from api.dialects.vidiking.meaning import Meaning
from api.dialects.vidiking.translate import Wanted
from api.reading import is_dry_run, json_body
from shared.accounts.access import Scope
from shared.errors import Fault, InvalidRequest

# Whose meaning the timeline of this request has: a client that came from there may keep its own.
DIALECT = "X-Timeline-Dialect"

blueprint = Blueprint("vidiking_renders", __name__, url_prefix="/v1")
auth.require_key(blueprint)

Translate = Callable[[Any, Meaning, str], Wanted]


@blueprint.post("/render")
@auth.needs(Scope.SUBMIT)
def render() -> Response:
    """Take a timeline on."""
    return _accept(edits.render)


@blueprint.post("/stitch")
@auth.needs(Scope.SUBMIT)
def stitch() -> Response:
    """Take clips on that are to be joined."""
    return _accept(edits.stitch)


@blueprint.post("/trim")
@auth.needs(Scope.SUBMIT)
def trim() -> Response:
    """Take a part of a video on."""
    return _accept(edits.trim)


@blueprint.post("/render/validate")
@auth.needs(Scope.SUBMIT)
def validate() -> Response:
    """Say everything that is wrong with a timeline; nothing is made."""
    body = json_body()
    try:
        wanted = _read(edits.render, body)
    except InvalidRequest as error:
        shown = {"valid": False, "errors": faults.details(error), "warnings": []}
        return making.respond(shown)
    return _judged(wanted)


def _accept(translate: Translate) -> Response:
    is_tried, wanted = is_dry_run(), _read(translate, json_body())
    return _judged(wanted) if is_tried else making.accept(wanted)


def _judged(wanted: Wanted) -> Response:
    credits = making.read(wanted).price
    shown = {"valid": True, "errors": [], "warnings": wanted.told, "credits": credits}
    return making.respond(shown)


def _read(translate: Translate, body: Any) -> Wanted:
    wanted = translate(body, _whose(), terms.current().renderer)
    return leniency.known_of(wanted, making.read)


def _whose() -> Meaning:
    here = terms.current()
    name = request.headers.get(DIALECT, here.timelines)
    if name not in terms.MEANINGS:
        known = " or ".join(terms.MEANINGS)
        raise InvalidRequest([Fault(f"header.{DIALECT}", f"Must be {known}.")])
    own, _ = terms.MEANINGS
    is_own = name == own
    return Meaning(is_own=is_own, cover=here.cover if is_own else "stretch")
