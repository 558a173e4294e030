"""VidiKing's timelines into ours: pure.

Only what means something else there is changed; the rest is for our own form to judge. Places are
those in a request: ``timeline.tracks[0].clips[1]``.
"""

from collections.abc import Mapping
from typing import Any

from api.dialects.vidiking import meaning
from api.dialects.vidiking.meaning import Meaning
from shared.errors import Fault
from shared.timelines import names

_RATES = (12, 60)


class Translation:
    """One request for a render on its way into our form.

    ``warnings`` are words for its caller, ``fields`` the places that are called otherwise there,
    ``wrong`` what VidiKing does not take.
    """

    def __init__(self, whose: Meaning) -> None:
        self._whose = whose
        self.warnings: list[str] = []
        self.fields: dict[str, str] = {}
        self.wrong: list[Fault] = []

    def timeline(self, timeline: Any) -> Any:
        """Return a timeline in our words."""
        if not isinstance(timeline, Mapping):
            return timeline
        changed = dict(timeline)
        if "soundtrack" in changed:
            place = "timeline.soundtrack"
            changed["soundtrack"] = self._quieter(changed["soundtrack"], place)
        if isinstance(changed.get("tracks"), list):
            changed["tracks"] = [
                self._track(one, f"timeline.tracks[{at}]")
                for at, one in enumerate(changed["tracks"])
            ]
        return changed

    def output(self, output: Any) -> Any:
        """Return an output in our words."""
        if not isinstance(output, Mapping):
            return output
        changed = dict(output)
        if "resolution" in changed:
            changed["resolution"] = meaning.resolution(changed["resolution"], names.RESOLUTIONS)
        form = changed.get("format")
        if isinstance(form, str) and form in meaning.FORMATS:
            changed["format"] = meaning.FORMATS[form]
            self._warn("output.format", f"{form!r} is made as {changed['format']!r}")
        rate = changed.get("fps")
        if meaning.clamped(rate, *_RATES) != rate:
            self.wrong.append(Fault("$.input.output.fps", "Must be 12 to 60."))
        return changed

    def _track(self, track: Any, place: str) -> Any:
        clips = track.get("clips") if isinstance(track, Mapping) else None
        if not isinstance(clips, list):
            return track
        self._note_overlaps(clips, place)
        changed = [self._clip(one, f"{place}.clips[{at}]") for at, one in enumerate(clips)]
        return {**track, "clips": changed}

    def _clip(self, clip: Any, place: str) -> Any:
        if not isinstance(clip, Mapping):
            return clip
        changed = dict(clip)
        if changed.get("fit") == "cover":
            changed["fit"] = self._whose.cover
        if "asset" in changed:
            changed["asset"] = self._quieter(changed["asset"], f"{place}.asset")
        if self._whose.is_own:
            self._place(changed, place)
            self._move(changed)
        return changed

    def _quieter(self, asset: Any, place: str) -> Any:
        """Take a volume above 1 as 1, where VidiKing's meaning holds."""
        if not (self._whose.is_own and isinstance(asset, Mapping) and "volume" in asset):
            return asset
        volume = meaning.clamped(asset["volume"], float("-inf"), 1)
        if volume != asset["volume"]:
            self._warn(f"{place}.volume", "more than 1 is taken as 1")
        return {**asset, "volume": volume}

    def _place(self, clip: dict[str, Any], place: str) -> None:
        """Say by ``position`` where theirs says it by ``offset``: between the edges, y down."""
        offset = clip.get("offset")
        if not isinstance(offset, Mapping):
            return
        del clip["offset"]
        if "position" in clip:
            self._warn(f"{place}.position", "the offset says where it is, ignored")
        clip["position"] = {
            axis: self._on_grid(value, f"{place}.offset.{axis}") if axis in {"x", "y"} else value
            for axis, value in offset.items()
        }
        self.fields[f"{place}.position"] = f"{place}.offset"

    def _on_grid(self, value: Any, place: str) -> Any:
        inside = meaning.clamped(value, -1, 1)
        if inside != value:
            self._warn(place, f"outside -1 to 1, taken as {inside}")
        return inside

    def _move(self, clip: dict[str, Any]) -> None:
        if isinstance(clip.get("transition"), Mapping):
            clip["transition"] = {
                side: meaning.transition(name, side) for side, name in clip["transition"].items()
            }

    def _note_overlaps(self, clips: list[Any], place: str) -> None:
        spans = sorted((one[0], one[1], at) for at, one in enumerate(map(_span, clips)) if one)
        until, before = 0.0, 0
        for start, end, at in spans:
            if start < until:
                words = f"begins before clips[{before}] ends, and is drawn over it"
                self._warn(f"{place}.clips[{at}]", words)
            if end > until:
                until, before = end, at

    def _warn(self, place: str, words: str) -> None:
        self.warnings.append(f"{place}: {words}")


def _span(clip: Any) -> tuple[float, float] | None:
    """Return when a clip begins and ends, if it says so in seconds; a mask is none by itself."""
    if not isinstance(clip, Mapping) or _is_mask(clip.get("asset")):
        return None
    start, length = clip.get("start"), clip.get("length")
    if not isinstance(start, int | float) or not isinstance(length, int | float):
        return None
    return start, start + length


def _is_mask(asset: Any) -> bool:
    return isinstance(asset, Mapping) and asset.get("type") in ("luma", "audio")
