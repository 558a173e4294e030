"""From an order to the changed picture."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from PIL import Image

from workers.providers.base import Order, Output, ProgressReport
from workers.providers.local.darkroom import geometry, overlay, tones
from workers.providers.local.darkroom.files import decode, encode, is_upright

Change = Callable[[Image.Image, Mapping[str, Any]], Image.Image]

# Of what comes in no asked quality.
_AS_GOOD_AS_IT_WAS = 95


def _unchanged(picture: Image.Image, _: Mapping[str, Any]) -> Image.Image:
    return picture


_CHANGES: Mapping[str, Change] = {
    "upscale": geometry.upscale,
    "resize": geometry.resize,
    "crop": geometry.crop,
    "rotate": geometry.rotate,
    "mirror": geometry.mirror,
    "convert": _unchanged,
    "import": _unchanged,
    "blur": tones.blur,
    "modulate": tones.modulate,
}


class DarkroomEngine:
    """Changes pictures as they are told to."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Yield the changed picture; raises :class:`shared.errors.InputUnusable`."""
        on_progress(0.0)
        source = order.sources["image"].read()
        picture, own_format = decode(source, "image")
        on_progress(0.3)
        if order.operation == "import" and is_upright(source):
            yield Output(content=source)
            return
        changed = _watermarked(picture, order) if order.operation == "watermark" else None
        if changed is None:
            changed = _CHANGES[order.operation](picture, order.input)
        on_progress(0.7)
        wanted = order.input.get("format", own_format)
        quality = order.input.get("quality", _AS_GOOD_AS_IT_WAS)
        content = encode(changed, format=wanted, quality=quality)
        on_progress(1.0)
        yield Output(content=content)


def _watermarked(picture: Image.Image, order: Order) -> Image.Image:
    placements = order.input["placements"]
    for at in range(len(order.input["watermarks"])):
        path = f"watermarks[{at}]"
        mark, _ = decode(order.sources[path].read(), path)
        place = placements[at] if at < len(placements) else overlay.WHOLE
        picture = overlay.lay(picture, mark, place)
    return picture
