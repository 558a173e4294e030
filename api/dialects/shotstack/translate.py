"""Shotstack's edits into ours: pure. Its words mean what ours do, but for ``cover``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, Schema, pre_load

from shared import faults
from shared.errors import Fault
from shared.jobs.status import Kind
from shared.timelines.merging import merged

MODEL = "montage"

_KNOWN = ("timeline", "output", "callback", "disk", "instance")
# Where files come from and go to is ours to say: taken, and without effect.
_OF_TIMELINE, _OF_OUTPUT, _OF_ASSET = ("cache",), ("destinations",), ("transcode",)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """An edit in our terms, and what nobody knows of it."""

    request: dict[str, Any]
    unknown: tuple[Fault, ...]


class _EditSchema(Schema):
    """A body whose merge fields are put in their places; our own form judges the rest."""

    class Meta:
        unknown = INCLUDE

    @pre_load
    def _merge(self, document: dict[str, Any], **_: Any) -> dict[str, Any]:
        return merged(document)


def edit(body: Any) -> Edit:
    """Turn an edit into our request; raises InvalidRequest for its merge fields."""
    theirs = faults.load(_EditSchema(), body, root="")
    given = {name: theirs[name] for name in ("timeline", "output") if name in theirs}
    if "timeline" in given:
        given["timeline"] = _timeline(given["timeline"])
    if "output" in given:
        given["output"] = _without(given["output"], _OF_OUTPUT)
    told = {"webhook": theirs["callback"]} if "callback" in theirs else {}
    request = {"kind": Kind.RENDER, "operation": "timeline", "model": MODEL, "input": given}
    return Edit(
        request={**request, **told},
        unknown=tuple(Fault(f"$.{one}", "Unknown field.") for one in theirs if one not in _KNOWN),
    )


def _timeline(timeline: Any) -> Any:
    changed = _without(timeline, _OF_TIMELINE)
    return _each(changed, "tracks", lambda track: _each(track, "clips", _clip))


def _clip(clip: Any) -> Any:
    if not isinstance(clip, Mapping):
        return clip
    changed = dict(clip)
    if changed.get("fit") == "cover":
        changed["fit"] = "stretch"
    if "asset" in changed:
        changed["asset"] = _without(changed["asset"], _OF_ASSET)
    return changed


def _each(whole: Any, name: str, change: Any) -> Any:
    if not isinstance(whole, Mapping) or not isinstance(whole.get(name), list):
        return whole
    return {**whole, name: [change(one) for one in whole[name]]}


def _without(whole: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(whole, Mapping):
        return whole
    return {name: one for name, one in whole.items() if name not in names}
