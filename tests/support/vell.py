"""Vell's requests as its clients send them, and its errors as they read them."""

import base64
import io
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.conftest import Api

GENERATE = "/api/v1/aiimage/generate-image"
AVAILABILITY = "/api/v1/aiimage/check-availability"
VERSIONS = "/api/v1/aiimage/versions"
RECENT = "/api/v1/aiimage/recent-images"

DALL_E = {
    "image_generator": "dall-e",
    "image_number_of_images": 1,
    "description": "Isometric data centre made of glass",
    "size": "256x256",
    "quality": "standard",
}
STABLE_DIFFUSION = {
    "image_generator": "stablediffusion",
    "image_number_of_images": 1,
    "type": "text-to-image",
    "stable_description": "A market hall in the morning",
    "image_resolution": "128x64",
}
FROM_IMAGE = {
    "image_generator": "stablediffusion",
    "image_number_of_images": 1,
    "type": "image-to-image",
    "stable_description": "the same, in winter",
    "image_resolution": "1x1",
}
FLUX = {
    "image_generator": "flux-pro",
    "image_number_of_images": 1,
    "description_flux_pro": "Tea field at dawn",
}
IDEOGRAM = {
    "image_generator": "ideogram",
    "image_number_of_images": 1,
    "description_ideogram": "A poster of a lighthouse",
}
KONTEXT = {
    "image_generator": "flux-pro-kontext",
    "image_number_of_images": 1,
    "description_flux_pro": "Tea field at dusk",
}


def picture(width: int = 96, height: int = 64, kind: str = "PNG") -> bytes:
    """Return a small picture as a file."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(content, kind)
    return content.getvalue()


def data_uri(content: bytes) -> str:
    """Return a file as JSON may carry it."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def as_form(fields: dict[str, Any], content: bytes | None) -> Any:
    """Return fields as a form carries them, with a file."""
    form: dict[str, Any] = {name: str(value) for name, value in fields.items()}
    return form if content is None else form | {"image_src": (io.BytesIO(content), "poster.png")}


def sent_form(fields: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Return what a request with a large file is sent with, all in memory."""
    file = FileStorage(io.BytesIO(content), "poster.png")
    boundary, body = encode_multipart(as_form(fields, None) | {"image_src": file})
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}


def generate(api: Api, wanted: dict[str, Any], **fields: Any) -> Any:
    """Ask for images, with these fields otherwise; those that are ``...`` are left out."""
    body = {name: one for name, one in (wanted | fields).items() if one is not ...}
    return api.post(GENERATE, json=body)


def told(response: Any, status: int, code: str) -> dict[str, list[str]]:
    """Check that this is an error of theirs; returns its messages by their fields."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    body = response.json
    assert (body["status"], body["success"]) == ("error", False)
    assert body["error"] == {"code": code, "message": body["message"]}
    assert body["message"]
    assert ("errors" in body) == (code == "VALIDATION_ERROR")
    found: dict[str, list[str]] = body.get("errors", {})
    assert all(messages and all(messages) for messages in found.values())
    return found
