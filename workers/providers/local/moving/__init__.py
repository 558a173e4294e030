"""Moving pictures: frames out of what is painted or given, and the file that holds them."""

from workers.providers.local.moving.camera import Camera
from workers.providers.local.moving.film import Film, shoot
from workers.providers.local.moving.layers import Layer, from_picture, from_stages

__all__ = ["Camera", "Film", "Layer", "from_picture", "from_stages", "shoot"]
