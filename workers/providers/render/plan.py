"""The plan of a render: what it consists of."""

from workers.providers.render.script import (
    Capture,
    Envelope,
    Picture,
    PictureDoor,
    Piece,
    Plan,
    Shot,
    Sound,
    Span,
    Target,
)

__all__ = [
    "Capture",
    "Envelope",
    "Picture",
    "PictureDoor",
    "Piece",
    "Plan",
    "Shot",
    "Sound",
    "Span",
    "Target",
]
