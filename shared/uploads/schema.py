"""The public shape of an upload."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema
from marshmallow.fields import Dict, Integer, Nested, String
from marshmallow.validate import OneOf

from shared.accounts.plans import Limits
from shared.clock import rfc3339
from shared.storage.links import Links
from shared.uploads.receiving import Door
from shared.uploads.tables import Upload


class DoorSchema(Schema):
    """Where to put the file: one request, with these headers and the file as its body."""

    method = String(required=True, validate=OneOf(["PUT"]))
    url = String(required=True, metadata={"format": "uri"})
    headers = Dict(keys=String(), values=String(), required=True)


class UploadSchema(Schema):
    """A file of yours, for jobs to start from."""

    id = String(required=True)
    object = String(required=True, validate=OneOf(["upload"]))
    status = String(required=True, validate=OneOf(["pending", "complete"]))
    filename = String(required=True, allow_none=True)
    content_type = String(
        required=True, metadata={"description": "As declared; once it is complete, what it is."}
    )
    bytes = Integer(required=True)
    sha256 = String(required=True, allow_none=True)
    url = String(
        required=True,
        allow_none=True,
        metadata={"format": "uri", "description": "Opens for a limited time; null while pending."},
    )
    put = Nested(
        DoorSchema,
        allow_none=True,
        metadata={"description": "Only in the answer that opens a pending upload."},
    )
    created_at = String(required=True, metadata={"format": "date-time"})
    completed_at = String(required=True, allow_none=True, metadata={"format": "date-time"})
    expires_at = String(
        required=True,
        allow_none=True,
        metadata={
            "format": "date-time",
            "description": "When it is let go, unless it is completed, or used again; null: never.",
        },
    )


def present(
    upload: Upload, links: Links, limits: Limits, *, door: Door | None = None
) -> dict[str, Any]:
    """Turn an upload into the shape of :class:`UploadSchema`."""
    expires_at = upload.expires_at
    if upload.is_complete and limits.upload_days:
        expires_at = upload.used_at + timedelta(days=limits.upload_days)
    return {
        "id": upload.id,
        "object": "upload",
        "status": "complete" if upload.is_complete else "pending",
        "filename": upload.filename,
        "content_type": upload.content_type,
        "bytes": upload.bytes,
        "sha256": upload.sha256,
        "url": links.to_upload(upload.id) if upload.is_complete else None,
        "put": door and {"method": "PUT", "url": door.url, "headers": dict(door.headers)},
        "created_at": rfc3339(upload.created_at),
        "completed_at": upload.completed_at and rfc3339(upload.completed_at),
        "expires_at": expires_at and rfc3339(expires_at),
    }
