"""Vell's bodies."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError
from marshmallow.fields import Field, List, String
from marshmallow.validate import Length, OneOf

DALL_E, STABLE_DIFFUSION = "dall-e", "stablediffusion"
FLUX, IDEOGRAM, KONTEXT = "flux-pro", "ideogram", "flux-pro-kontext"
ENGINES = (DALL_E, STABLE_DIFFUSION, FLUX, IDEOGRAM, KONTEXT)

TEXT, IMAGE, UPSCALE, MULTI = "text-to-image", "image-to-image", "upscale", "multi-prompt"
TYPES = (TEXT, IMAGE, UPSCALE, MULTI)

SIZES = ("256x256", "512x512", "1024x1024", "1792x1024", "1024x1792")

# Stability's presets, each with the nearest of our styles.
STYLES: Mapping[str, str] = {
    "3d-model": "artistic",
    "analog-film": "natural",
    "anime": "artistic",
    "cinematic": "vivid",
    "comic-book": "artistic",
    "digital-art": "artistic",
    "enhance": "vivid",
    "fantasy-art": "artistic",
    "isometric": "artistic",
    "line-art": "artistic",
    "low-poly": "artistic",
    "modeling-compound": "artistic",
    "neon-punk": "vivid",
    "origami": "artistic",
    "photographic": "natural",
    "pixel-art": "artistic",
    "tile-texture": "artistic",
}

# What each engine calls its prompt.
PROMPTS: Mapping[str, str] = {
    DALL_E: "description",
    STABLE_DIFFUSION: "stable_description",
    FLUX: "description_flux_pro",
    IDEOGRAM: "description_ideogram",
    KONTEXT: "description_flux_pro",
}

_RESOLUTION = re.compile(r"([0-9]{2,4})x([0-9]{2,4})")
_LEAST_SIDE, _MOST_SIDE = 64, 2048
# Sides are rounded to what every engine paints.
_STEP = 8
_MOST_PROMPTS = 100


class _Count(Field[int]):
    """A whole number up to a bound; forms send it as text, and so do some clients in JSON."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        is_text = isinstance(value, str) and re.fullmatch(r"\+?[0-9]{1,6}", value)
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not (is_text or is_whole):
            raise ValidationError("Must be a whole number.")
        return int(value)


class _Resolution(Field[tuple[int, int]]):
    """``WIDTHxHEIGHT`` in pixels."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[int, int]:
        found = _RESOLUTION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError("Must be WIDTHxHEIGHT in pixels, as 1024x1024.")
        width, height = (int(side) for side in found.groups())
        if not all(_LEAST_SIDE <= side <= _MOST_SIDE for side in (width, height)):
            raise ValidationError(f"Each side must be {_LEAST_SIDE} to {_MOST_SIDE} pixels.")
        return _rounded(width), _rounded(height)


class ImagesSchema(Schema):
    """What every engine is told. Unknown fields are let pass."""

    class Meta:
        unknown = EXCLUDE

    image_generator = String(required=True, validate=OneOf(ENGINES))
    image_number_of_images = _Count(required=True)


class DallESchema(ImagesSchema):
    """``image_mood`` is what ``mood`` was called before."""

    description = String(required=True)
    size = String(required=True, validate=OneOf(SIZES))
    quality = String(required=True, validate=OneOf(["standard", "hd"]))
    image_style = String()
    image_lighting = String()
    mood = String()
    image_mood = String()


class StableDiffusionSchema(ImagesSchema):
    """What is told of every type."""

    type = String(required=True, validate=OneOf(TYPES))
    stable_description = String(required=True)
    negative_prompt = String()
    style_preset = String(validate=OneOf(list(STYLES)))
    sampler = String()
    clip_guidance_preset = String()


class _FromTextSchema(StableDiffusionSchema):
    image_resolution = _Resolution(required=True)


class _FromPromptsSchema(_FromTextSchema):
    stable_description = List(  # type: ignore[assignment]
        String(validate=Length(min=1)), required=True, validate=Length(min=1, max=_MOST_PROMPTS)
    )


class _FromImageSchema(StableDiffusionSchema):
    """Its size is the picture's: whatever ``image_resolution`` says is not looked at."""

    image_src = String(required=True)


class FluxSchema(ImagesSchema):
    """FLUX Pro."""

    description_flux_pro = String(required=True)


class KontextSchema(FluxSchema):
    """FLUX Pro Kontext: with a picture, it is changed by the words."""

    image_src = String()


class IdeogramSchema(ImagesSchema):
    """Ideogram."""

    description_ideogram = String(required=True)


_OF_TYPE: Mapping[str, type[Schema]] = {
    TEXT: _FromTextSchema,
    IMAGE: _FromImageSchema,
    UPSCALE: _FromImageSchema,
    MULTI: _FromPromptsSchema,
}
_OF_ENGINE: Mapping[str, type[Schema]] = {
    DALL_E: DallESchema,
    STABLE_DIFFUSION: StableDiffusionSchema,
    FLUX: FluxSchema,
    IDEOGRAM: IdeogramSchema,
    KONTEXT: KontextSchema,
}


def schema_of(body: Mapping[str, Any]) -> Schema:
    """Return what a body is to be read by; as far as can be told, if it is faulty."""
    engine, kind = body.get("image_generator"), body.get("type")
    if engine == STABLE_DIFFUSION and kind in TYPES:
        return _OF_TYPE[kind]()
    return _OF_ENGINE.get(engine, ImagesSchema)() if isinstance(engine, str) else ImagesSchema()


def _rounded(side: int) -> int:
    return round(side / _STEP) * _STEP
