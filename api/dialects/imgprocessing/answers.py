"""An image as it is answered, and how many that counts as."""

from typing import Any

from flask import Response, json

from api import auth, ground
from api.dialects.imgprocessing import translate
from shared.library.images import Picture

# Where whoever knows its id sees a published image.
PUBLISHED = "/images"

_USAGE = "X-Image-Processing-Usage"


def shown(picture: Picture) -> dict[str, Any]:
    """Return an image in their shape."""
    return translate.image(picture, ground.current().links, published_at=PUBLISHED)


def counted(picture: Picture, *, count: int) -> Response:
    """Answer with an image that is new, or shown otherwise; what is tried counts as none."""
    response = answer(shown(picture), 201)
    response.headers[_USAGE] = str(0 if auth.access().is_test else count)
    return response


def answer(shape: Any, status: int = 200) -> Response:
    """Answer with JSON, in the order of their fields."""
    return Response(json.dumps(shape), status, content_type="application/json")
