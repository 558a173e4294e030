"""The local image engine: pictures composed by rule from a prompt and a seed."""

from workers.providers.local.sketch.brief import Brief
from workers.providers.local.sketch.editing import Original, open_original, open_picture, paint_over
from workers.providers.local.sketch.encoding import encode
from workers.providers.local.sketch.painter import Stage, paint, paint_stages

__all__ = [
    "Brief",
    "Original",
    "Stage",
    "encode",
    "open_original",
    "open_picture",
    "paint",
    "paint_over",
    "paint_stages",
]
