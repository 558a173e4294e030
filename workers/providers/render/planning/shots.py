"""Clips that are seen, as shots: what each shows, where, and what masks it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, get_args

from shared.errors import InputUnusable
from workers.providers.render.colours import read_colour
from workers.providers.render.meaning import curves, transitions
from workers.providers.render.meaning.amounts import KEY_HALO, KEY_THRESHOLD
from workers.providers.render.meaning.geometry import Size
from workers.providers.render.meaning.script import ChromaKey, Kind, Moves, Shot
from workers.providers.render.meaning.semantics import POSITIONS
from workers.providers.render.parts import Facts
from workers.providers.render.planning import layouts
from workers.providers.render.planning.clips import Tracks
from workers.providers.render.planning.timing import Clip, Times, exact

_DRAWN = ("title", "text", "rich-text", "html", "caption", "shape")
# What a file must be for an asset of a type, and how that is said.
_PICTURES: dict[str, tuple[tuple[str, ...], str]] = {
    "video": (("video", "animation"), "a video"),
    "image": (("image", "animation"), "a picture"),
    "luma": (("image", "animation", "video"), "a picture or a video"),
}


class Staging:
    """Makes shots of clips, for one canvas and one stretch of the timeline."""

    def __init__(
        self,
        facts: Mapping[str, Facts],
        times: Mapping[str, Times],
        *,
        frame: Size,
        rate: Fraction,
        window: Times,
    ) -> None:
        self._facts, self._times = facts, times
        self._frame, self._rate, self._window = frame, rate, window

    def shots(self, tracks: Tracks) -> Iterator[Shot]:
        """Yield what is seen, the lowest first; raises :class:`InputUnusable`."""
        for track in reversed(tracks):
            masks = [clip for clip in track if clip.type == "luma"]
            seen = [clip for clip in track if clip.type not in ("luma", "audio")]
            # The later one lies on top.
            for clip in sorted(seen, key=lambda one: self._times[one.path].start):
                shot = self._shot(clip, self._mask(clip, masks))
                if shot.first < shot.stop:
                    yield shot

    def _mask(self, clip: Clip, masks: Iterable[Clip]) -> Shot | None:
        mine = [one for one in masks if self._times[one.path] == self._times[clip.path]]
        return self._shot(mine[0], None) if mine else None

    def _shot(self, clip: Clip, mask: Shot | None) -> Shot:
        times, asset = self._times[clip.path], clip.asset
        known = self._known(clip)
        kind = _kind(clip, known)
        native = _native(clip, known, self._frame)
        crop = layouts.cropped(asset.get("crop"))
        key = _key(asset.get("chromaKey"))
        fit = "none" if kind in _DRAWN else clip.given.get("fit") or "crop"
        shot = Shot(
            path=clip.path,
            kind=kind,
            asset=asset,
            source=clip.source,
            start=times.start,
            length=times.length,
            first=self._frame_at(times.start),
            stop=self._frame_at(times.end),
            size=native,
            layout=layouts.lay_out(native, crop, _box(clip.given, self._frame), fit),
            moves=_moves(clip.given, float(times.length)),
            trim=exact(asset.get("trim") or 0),
            speed=exact(asset.get("speed") or 1),
            period=known.duration if known and clip.type == "image" else None,
            filter=None if clip.given.get("filter") == "none" else clip.given.get("filter"),
            key=key,
            mask=mask,
            solid=bool(known and not known.has_alpha) and key is None and mask is None,
        )
        if kind in _DRAWN:
            return layouts.on_pixels(shot, self._frame)
        return layouts.prepared(shot, native, self._frame)

    def _known(self, clip: Clip) -> Facts | None:
        """Return the facts of a clip's picture, and check that it may be one."""
        if clip.type not in _PICTURES or clip.source is None:
            return None
        known = self._facts[clip.source]
        kinds, wanted = _PICTURES[clip.type]
        if known.kind not in kinds or not known.size:
            raise InputUnusable(f"`{clip.source}` is not {wanted}: it is {known.content_type}.")
        clip.check_trim(known)
        return known

    def _frame_at(self, time: Fraction) -> int:
        """Return the first frame that is not before a second of the timeline."""
        inside = min(max(time, self._window.start), self._window.end)
        return -int((self._window.start - inside) * self._rate // 1)


def warnings_of(
    tracks: Tracks, times: Mapping[str, Times], facts: Mapping[str, Facts]
) -> Iterator[str]:
    """Yield what is likely not meant."""
    for track in tracks:
        yield from _overlaps([clip for clip in track if clip.type not in ("luma", "audio")], times)
        yield from _idle_masks(track, times)
        for clip in track:
            yield from _held(clip, times[clip.path], facts.get(clip.source or ""))
            if any(not 0 <= level <= 1 for level in _levels(clip.asset.get("volume"))):
                yield f"`{clip.path}.asset.volume` goes beyond 0 to 1, and is held there."


def _overlaps(clips: Sequence[Clip], times: Mapping[str, Times]) -> Iterator[str]:
    ordered = sorted(clips, key=lambda one: times[one.path].start)
    for before, after in pairwise(ordered):
        if times[after.path].start < times[before.path].end:
            yield f"`{after.path}` overlaps `{before.path}` on its track, and lies on top of it."


def _idle_masks(track: Sequence[Clip], times: Mapping[str, Times]) -> Iterator[str]:
    masked = [times[clip.path] for clip in track if clip.type not in ("luma", "audio")]
    for clip in track:
        if clip.type == "luma" and times[clip.path] not in masked:
            yield f"`{clip.path}` masks nothing: no clip of its track has its start and length."


def _held(clip: Clip, times: Times, known: Facts | None) -> Iterator[str]:
    if clip.type != "video" or known is None or known.duration is None:
        return
    left = (known.duration - exact(clip.asset.get("trim") or 0)) / exact(
        clip.asset.get("speed") or 1
    )
    frame = 1 / known.frame_rate if known.frame_rate else Fraction(1, 25)
    if times.length > left + frame:
        yield f"`{clip.path}` holds its video's last frame: that ends after {float(left):g} s."


def _levels(given: Any) -> list[float]:
    if given is None or isinstance(given, int | float):
        return [given or 0]
    return [level for tween in given for level in (tween["from"], tween["to"])]


def _kind(clip: Clip, known: Facts | None) -> Kind:
    if known is not None:
        found: Literal["image", "animation", "video"] = known.kind  # type: ignore[assignment]
        return found
    if clip.type not in get_args(Kind):
        raise InputUnusable(f"`{clip.path}.asset.type` {clip.type!r} cannot be drawn.")
    drawn: Kind = clip.type  # type: ignore[assignment]
    return drawn


def _native(clip: Clip, known: Facts | None, frame: Size) -> Size:
    """Return a picture's own size; what is drawn here has that of its box."""
    if known is not None and known.size:
        return known.size
    asset, box = clip.asset, _box(clip.given, frame)
    if clip.type == "shape" and not clip.given.get("width") and not clip.given.get("height"):
        box = _outline(asset, frame)
    return max(1, round(asset.get("width") or box[0])), max(1, round(asset.get("height") or box[1]))


def _outline(asset: Mapping[str, Any], frame: Size) -> Size:
    """Return the size of a shape with its line, which no box needs to hold."""
    shape = asset.get(asset["shape"]) or {}
    match asset["shape"]:
        case "rectangle":
            size = (shape.get("width"), shape.get("height"))
        case "circle":
            size = (2 * shape.get("radius", 0), 2 * shape.get("radius", 0))
        case _:
            size = (shape.get("length"), shape.get("thickness"))
    line = (asset.get("stroke") or {}).get("width") or 0
    wide, high = (
        math.ceil(side + line) if side else whole for side, whole in zip(size, frame, strict=True)
    )
    return wide, high


def _box(given: Mapping[str, Any], frame: Size) -> Size:
    return int(given.get("width") or frame[0]), int(given.get("height") or frame[1])


def _moves(given: Mapping[str, Any], length: float) -> Moves:
    offset, transform = given.get("offset") or {}, given.get("transform") or {}
    skew, flip = transform.get("skew") or {}, transform.get("flip") or {}
    named = given.get("transition") or {}
    come, go = transitions.read(named.get("in")), transitions.read(named.get("out"))
    come, go = transitions.fitted(come, go, length)
    effect = given.get("effect")
    return Moves(
        position=_position(given.get("position")),
        scale=curves.read(given.get("scale"), 1.0),
        offset_x=curves.read(offset.get("x"), 0.0),
        offset_y=curves.read(offset.get("y"), 0.0),
        opacity=curves.read(given.get("opacity"), 1.0),
        angle=curves.read((transform.get("rotate") or {}).get("angle"), 0.0),
        skew_x=curves.read(skew.get("x"), 0.0),
        skew_y=curves.read(skew.get("y"), 0.0),
        flip_x=bool(flip.get("horizontal")),
        flip_y=bool(flip.get("vertical")),
        effect=None if effect == "none" else effect,
        come=come,
        go=go,
    )


def _position(given: Any) -> tuple[float, float]:
    if isinstance(given, Mapping):
        return float(given.get("x") or 0), float(given.get("y") or 0)
    return POSITIONS[given or "center"]


def _key(given: Mapping[str, Any] | None) -> ChromaKey | None:
    if not given:
        return None
    return ChromaKey(
        colour=read_colour(given["color"])[:3],
        threshold=float(given.get("threshold", KEY_THRESHOLD)),
        halo=float(given.get("halo", KEY_HALO)),
    )
