"""What 3D models cost, in points: one point is one credit.

One without a texture costs less than one with. The prices are those of MayanIO, where the catalogue
asks for what its example costs; where it asks for more or less, both rise or fall as much.
"""

from shared.catalog import Model

_WITH_TEXTURE, _WITHOUT_TEXTURE = 20, 15


def model_3d(model: Model, *, has_texture: bool) -> int:
    """Return what a 3D model costs."""
    points = _WITH_TEXTURE if has_texture else _WITHOUT_TEXTURE
    return -(-points * model.credits // _WITH_TEXTURE)
