"""What videos and 3D models cost, in points: one point is one credit.

A second of video costs by its resolution, and a 3D model without a texture costs less than one
with. The prices are those of MayanIO, where the catalogue asks for what its examples cost; where
it asks for more or less, all of them rise or fall as much.
"""

from collections.abc import Mapping

from shared.catalog import Model

# The catalogue's credits of each model at these prices: 4 s in 720p, 6 s in 1080p, with texture.
_OF_EXAMPLE = {"vidu-q2": 10, "ltx-2": 24, "tripo-v2.5": 20}

# Half points a second, by the lines of the picture.
_SECOND: Mapping[str, Mapping[int, int]] = {
    "vidu-q2": {360: 3, 520: 4, 720: 5, 1080: 10},
    "ltx-2": {1080: 8, 1440: 16, 2160: 32},
}
_WITHOUT_TEXTURE = 15


def video(theirs: str, model: Model, *, seconds: int, lines: int) -> int:
    """Return what so many seconds with so many lines cost, rounded up to whole points."""
    prices = _SECOND[theirs]
    step = max((one for one in prices if one <= lines), default=min(prices))
    return _scaled(theirs, model, prices[step] * seconds, 2)


def model_3d(theirs: str, model: Model, *, has_texture: bool) -> int:
    """Return what a 3D model costs."""
    points = _OF_EXAMPLE[theirs] if has_texture else _WITHOUT_TEXTURE
    return _scaled(theirs, model, points, 1)


def _scaled(theirs: str, model: Model, points: int, parts: int) -> int:
    return -(-points * model.credits // (parts * _OF_EXAMPLE[theirs]))
