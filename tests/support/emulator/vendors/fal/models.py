"""What each model takes, checked as its runner would: more strictly than fal itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support.emulator.jobs import Product

_SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_RATIOS = {"21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16"}


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_size(value: Any) -> bool:
    if isinstance(value, dict):
        sides = value.get("width"), value.get("height")
        return len(value) == 2 and all(_is_whole(side, 1, 14_142) for side in sides)
    return isinstance(value, str) and value in _SIZES


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "prompt": lambda value: isinstance(value, str) and bool(value),
    "negative_prompt": lambda value: isinstance(value, str),
    "image_url": lambda value: (
        isinstance(value, str) and value.startswith(("http://", "https://", "data:image/"))
    ),
    "image_size": _is_size,
    "aspect_ratio": lambda value: isinstance(value, str) and value in _RATIOS,
    "num_images": lambda value: _is_whole(value, 1, 4),
    "seed": lambda value: _is_whole(value, 0, 2**63),
    "output_format": lambda value: value in ("jpeg", "png"),
    "enable_safety_checker": lambda value: isinstance(value, bool),
    "duration": lambda value: isinstance(value, int),
    "resolution": lambda value: isinstance(value, str),
    "fps": lambda value: value in (24, 25, 48, 50),
    "texture": lambda value: value in ("no", "standard", "HD"),
    "safety_tolerance": lambda value: isinstance(value, str),
    "num_inference_steps": lambda value: _is_whole(value, 1, 50),
    "guidance_scale": lambda value: isinstance(value, int | float),
}
# What is narrower for some models than for most.
_NARROWER: Mapping[str, Mapping[str, set[Any]]] = {
    "vidu": {
        "duration": set(range(2, 9)),
        "resolution": {"360p", "520p", "720p", "1080p"},
        "aspect_ratio": {"16:9", "9:16", "1:1"},
    },
    "ltx": {
        "duration": {6, 8, 10},
        "resolution": {"1080p", "1440p", "2160p"},
        "aspect_ratio": {"16:9", "9:16"},
    },
}
_VIDEO = {"prompt", "duration", "resolution", "aspect_ratio"}
_COMMON = {"prompt", "num_images", "seed", "output_format"}
_SIZED = _COMMON | {"image_size", "enable_safety_checker"}

MODELS: Mapping[str, set[str]] = {
    "fal-ai/flux/dev": _SIZED | {"num_inference_steps", "guidance_scale"},
    "fal-ai/flux/schnell": _SIZED | {"num_inference_steps", "guidance_scale"},
    "fal-ai/flux-pro/v1.1": _SIZED | {"safety_tolerance"},
    "fal-ai/stable-diffusion-v35-large": _SIZED
    | {"negative_prompt", "num_inference_steps", "guidance_scale"},
    "fal-ai/flux-pro/kontext": _COMMON | {"image_url", "aspect_ratio", "guidance_scale"},
    "openai/gpt-image-2": {"prompt", "image_size", "quality", "num_images", "output_format"},
    "fal-ai/ideogram/v3": (_SIZED - {"enable_safety_checker", "output_format"})
    | {"negative_prompt", "rendering_speed"},
    "fal-ai/fast-lightning-sdxl": (_SIZED - {"output_format"}) | {"num_inference_steps"},
    "fal-ai/vidu/q2/text-to-video": _VIDEO | {"seed", "movement_amplitude"},
    "fal-ai/ltx-2.3/text-to-video": _VIDEO | {"fps", "generate_audio"},
    "fal-ai/ltx-2.3/text-to-video/fast": _VIDEO | {"fps", "generate_audio"},
    "tripo3d/tripo/v2.5/image-to-3d": {"image_url", "texture", "orientation", "texture_alignment"},
    "fal-ai/nano-banana": _COMMON | {"aspect_ratio", "safety_tolerance"},
}


def faults_in(endpoint: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong with an input, in the shape of fal's model errors."""
    found = list(_faults(MODELS[endpoint], given))
    for family, narrower in _NARROWER.items():
        if family in endpoint:
            found += [
                _fault(name, f"Input should be {sorted(allowed)}", "literal_error")
                for name, allowed in narrower.items()
                if given.get(name) not in allowed
            ]
    return found


def product_of(endpoint: str, given: Mapping[str, Any]) -> Product:
    """Return what comes of an input, so far as it can be read."""
    if endpoint.endswith("3d"):
        return Product(form="glb")
    if "text-to-video" in endpoint:
        return Product(width=64, height=36, form="mp4")
    try:
        width, height = _size_of(given)
        form, count = given.get("output_format", "jpeg"), given.get("num_images", 1)
        return Product(width=width, height=height, form=form, count=count)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Product()


def _size_of(given: Mapping[str, Any]) -> tuple[int, int]:
    """Return the size of the pictures that an input asks for."""
    if "aspect_ratio" in given:
        across, down = (int(side) for side in given["aspect_ratio"].split(":"))
        return 1024 * across // max(across, down), 1024 * down // max(across, down)
    size = given.get("image_size", "landscape_4_3")
    return (size["width"], size["height"]) if isinstance(size, dict) else _SIZES[size]


def _faults(takes: set[str], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in (*sorted(takes & {"prompt"}), *sorted(takes & {"image_url"})):
        if name not in given:
            yield _fault(name, "Field required", "missing")
    for name, value in given.items():
        if name not in takes:
            yield _fault(name, "Extra inputs are not permitted", "extra_forbidden")
        elif not _CHECKS[name](value):
            yield _fault(name, "Input should be valid", "value_error")


def _fault(name: str, message: str, kind: str) -> dict[str, Any]:
    return {"loc": ["body", name], "msg": message, "type": kind}
