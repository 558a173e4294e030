"""Inputs of kind ``render``: a timeline, clips one after the other, a part of a video."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, post_load, pre_load, validates_schema
from marshmallow.fields import List, Nested
from marshmallow.validate import Length

from shared.jobs.media import AUDIO, FONTS, IMAGES, VIDEOS, Media
from shared.timelines import aliases, names
from shared.timelines.assets import ANIMATIONS
from shared.timelines.clips import MOST_CLIPS, TrackSchema
from shared.timelines.fields import LONGEST, Colour, Number, Word
from shared.timelines.merging import merged
from shared.timelines.output import CutOutputSchema, OutputSchema


class SoundtrackSchema(Schema):
    """Music under all of it, from the beginning; it does not make the timeline longer."""

    src = Media((*AUDIO, *VIDEOS), required=True)
    effect = Word(names.FADES, load_default="none")
    volume = Number(0, 1, load_default=1)


class FontFileSchema(Schema):
    """A font of the caller's own, TrueType or OpenType, found by its family's or file's name."""

    src = Media(FONTS, required=True)


class TimelineSchema(Schema):
    """Tracks, the first on top of the others, over a background."""

    tracks = List(Nested(TrackSchema), required=True, validate=Length(min=1, max=100))
    background = Colour(load_default="#000000")
    soundtrack = Nested(SoundtrackSchema)
    fonts = List(Nested(FontFileSchema), load_default=list, validate=Length(max=20))

    @validates_schema
    def _check(self, timeline: Mapping[str, Any], **_: Any) -> None:
        clips = sum(len(track["clips"]) for track in timeline["tracks"])
        if clips > MOST_CLIPS:
            raise ValidationError(
                f"There are {clips} clips; at most {MOST_CLIPS} are made.", "tracks"
            )
        if wrong := aliases.faults(timeline["tracks"]):
            raise ValidationError(wrong)
        if all(clip["length"] == "end" for track in timeline["tracks"] for clip in track["clips"]):
            message = "Some clip must say how long it is: all are to last to the end."
            raise ValidationError(message, "tracks")


class RenderTimelineSchema(Schema):
    """Input of ``timeline``; ``merge`` is used up when it is read."""

    timeline = Nested(TimelineSchema, required=True)
    output = Nested(OutputSchema, required=True)

    @pre_load
    def _merge(self, document: Any, **_: Any) -> Any:
        return merged(document) if isinstance(document, Mapping) else document


class StitchedSchema(Schema):
    """A video from second ``trim`` on, or a picture, for ``length`` seconds or as long as it is."""

    src = Media((*VIDEOS, *IMAGES, *ANIMATIONS), required=True)
    trim = Number(0, LONGEST, load_default=0)
    length = Number(0, LONGEST, above=True)


class _CutSchema(Schema):
    output = Nested(CutOutputSchema)

    @post_load
    def _complete(self, document: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"output": CutOutputSchema().load({}), **document}


class StitchSchema(_CutSchema):
    """Input of ``stitch``: clips joined in their order, each filling the frame."""

    clips = List(Nested(StitchedSchema), required=True, validate=Length(min=1, max=MOST_CLIPS))


class TrimSchema(_CutSchema):
    """Input of ``trim``: from ``start``, so many seconds, or up to the end if that comes first."""

    src = Media(VIDEOS, required=True)
    start = Number(0, LONGEST, required=True)
    length = Number(0, LONGEST, above=True, required=True)


SCHEMAS: Mapping[str, type[Schema]] = {
    "timeline": RenderTimelineSchema,
    "stitch": StitchSchema,
    "trim": TrimSchema,
}
