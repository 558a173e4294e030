"""From an order to the model and the picture of it."""

import io
from collections.abc import Iterator

from PIL import Image

from shared.jobs.status import Role
from workers.providers.base import Order, Output, ProgressReport
from workers.providers.local.relief import glb, heights, preview, solid
from workers.providers.local.sketch import open_picture

# Points of the grid along the longer side.
_POINTS = {"low": 96, "medium": 192, "high": 320}
_TEXTURE_SIDE = 1024


class ReliefEngine:
    """Carves a picture into a plate."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Yield the model as GLB, and what it looks like."""
        asked = order.input
        on_progress(0.0)
        picture = open_picture(order.sources["image"].read())
        picture.thumbnail((_TEXTURE_SIDE, _TEXTURE_SIDE), Image.Resampling.LANCZOS)
        texture = picture if asked["texture"] else None
        on_progress(0.1)
        scale = _POINTS[asked["detail"]] / max(picture.size)
        columns, rows = (max(2, round(side * scale)) for side in picture.size)
        levels = heights.guess(picture, columns, rows)
        on_progress(0.3)
        body = solid.build(levels, depth=asked["depth"])
        yield Output(content=glb.write(body, texture))
        on_progress(0.6)
        shown = preview.draw(levels, texture, depth=asked["depth"])
        buffer = io.BytesIO()
        shown.save(buffer, "JPEG", quality=90)
        yield Output(content=buffer.getvalue(), role=Role.PREVIEW)
        on_progress(1.0)
