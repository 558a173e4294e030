"""IMG Processing's requests as its clients send them, and its answers as they read them."""

import io
from dataclasses import replace
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.conftest import Api
from tests.support.media import picture

IMAGES = "/v1/images"
FOX = {
    "name": "fox-header",
    "prompt": "A red fox asleep in a library, soft morning light",
    "negative_prompt": "people, text",
    "seed": 1207,
    "model": "flux",
}
FIELDS = ["id", "name", "url", "width", "height", "format", "size", "created_at"]


def their(api: Api) -> Api:
    """Return the same caller, with its key in their header."""
    return Api(api.http, replace(api.caller, header="x-api-key"))


def upload(img: Api, content: bytes | None = None, *, name: str = "logo", **rest: Any) -> Any:
    """Upload a file, by default a small picture."""
    file = picture() if content is None else content
    form = {"name": name, "image": FileStorage(io.BytesIO(file), "logo.png")}
    # Written here, all in memory: a large one would be a file that nobody closes.
    boundary, data = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return img.post(f"{IMAGES}/upload", data=data, content_type=kind, **rest)


def uploaded(img: Api, content: bytes | None = None, **rest: Any) -> dict[str, Any]:
    """Upload a file, and return its image."""
    return made(upload(img, content, **rest))


def changed(img: Api, image: dict[str, Any], operation: str, **fields: Any) -> Any:
    """Ask for a change of an image."""
    return img.post(f"{IMAGES}/{image['id']}/{operation}", json=fields)


def made(response: Any) -> dict[str, Any]:
    """Check that this is a new image; returns it."""
    assert response.status_code == 201, response.json
    assert response.content_type == "application/json"
    assert list(response.json) == FIELDS
    found: dict[str, Any] = response.json
    return found


def file_of(img: Api, image: dict[str, Any]) -> bytes:
    """Download an image."""
    response = img.get(f"{IMAGES}/{image['id']}/download")
    assert response.status_code == 200
    assert response.content_type == f"image/{image['format']}"
    assert len(response.data) == image["size"]
    return bytes(response.data)


def opened(img: Api, image: dict[str, Any]) -> Image.Image:
    """Download an image, and look at it."""
    found = Image.open(io.BytesIO(file_of(img, image)))
    assert (found.format or "").lower() == image["format"]
    assert found.size == (image["width"], image["height"])
    return found


def told(response: Any, status: int, slug: str) -> dict[str, Any]:
    """Check that this is an error of theirs; returns it."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.json
    assert body["type"].endswith(f"/errors/{slug}")
    assert body["status"] == status
    assert body["title"] == body["error"]
    assert isinstance(body["message"], str)
    assert body["message"]
    return body


def fields_of(response: Any) -> set[str]:
    """Check that fields are not valid, and return which."""
    body = told(response, 422, "validation-error")
    assert response.headers["x-should-retry"] == "false"
    flat = [f"{field}: {text}" for field, texts in body["invalid"].items() for text in texts]
    assert body["errors"] == flat
    return set(body["invalid"])
