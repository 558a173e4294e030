"""Uploads: files that jobs start from, handed in whole or put to an address that is given."""

from collections.abc import Iterator
from typing import IO, Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema
from marshmallow.fields import Integer, List, Nested, String
from marshmallow.validate import Length, OneOf, Range

from api import auth, ground, serving
from api.cursors import Cursors
from api.reading import json_body
from api.serving import File
from api.v1.describing import may_answer, takes_query
from shared import faults
from shared.accounts.access import Scope
from shared.accounts.plans import Limits
from shared.errors import (
    BodyCutOff,
    Fault,
    FileTooLarge,
    InvalidRequest,
    UploadIncomplete,
    UploadIsComplete,
)
from shared.storage.objects import CHUNK
from shared.uploads import queries, receiving, sniffing
from shared.uploads.receiving import Declared
from shared.uploads.schema import UploadSchema, present
from shared.uploads.tables import Upload

blueprint = Blueprint(
    "uploads", __name__, url_prefix="/v1/uploads", description="Files to start from."
)
files = Blueprint("upload files", __name__, url_prefix="/v1/uploads", description="Their content.")
auth.require_key(blueprint)

_CURSORS = Cursors("uploads")
_SIGNED = [
    {"in": "query", "name": "expires", "schema": {"type": "integer"}},
    {"in": "query", "name": "signature", "schema": {"type": "string"}},
]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FIELD = "file"
_LONGEST_NAME = 255
# What a form has around the file.
_FORM_BYTES = 64 * 1024


class _NameSchema(Schema):
    class Meta:
        unknown = RAISE

    filename = String(load_default=None, allow_none=True, validate=Length(max=_LONGEST_NAME))


class NewUploadSchema(_NameSchema):
    """A file that is about to be put."""

    content_type = String(required=True, validate=OneOf(sniffing.TYPES))
    bytes = Integer(required=True, strict=True, validate=Range(min=1))


class UploadFilterSchema(Schema):
    """Which uploads to list."""

    class Meta:
        unknown = RAISE

    limit = Integer(load_default=20, validate=Range(min=1, max=100))
    cursor = String(metadata={"description": "`next_cursor` of the page before."})
    status = String(validate=OneOf(["pending", "complete"]))


class UploadPageSchema(Schema):
    """Uploads of yours, the newest first."""

    data = List(Nested(UploadSchema), required=True)
    next_cursor = String(allow_none=True, metadata={"description": "Null on the last page."})


_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": NewUploadSchema},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {_FIELD: _BINARY["schema"]}}
        },
        **dict.fromkeys(sniffing.TYPES, _BINARY),
    },
}


@blueprint.post("")
@auth.needs(Scope.SUBMIT)
@blueprint.doc(
    requestBody=_BODY,
    parameters=[{"in": "query", "name": "filename", "schema": {"type": "string"}}],
)
@blueprint.response(201, UploadSchema)
@may_answer(blueprint, (400, 413, 415, 422))
def create_upload() -> dict[str, Any]:
    """Hand a file in as the body, or as `file` of a form; or have an address to put it to.

    The latter is for JSON: `content_type`, `bytes` and, if you like, `filename`. The answer then
    says in `put` where the file is expected, and until when.
    """
    if request.mimetype == "application/json":
        return _opened()
    here, account, limits = ground.current(), auth.account(), _limits()
    most = receiving.most_bytes(here, limits)
    content, filename = _coming(most)
    upload = receiving.take_whole(
        here, content, account_id=account.id, filename=filename, most_bytes=most
    )
    return present(upload, here.links, limits)


@blueprint.get("")
@auth.needs(Scope.READ)
@takes_query(blueprint, UploadFilterSchema)
@blueprint.response(200, UploadPageSchema)
@may_answer(blueprint, (422,))
def list_uploads() -> dict[str, Any]:
    """List your uploads, the newest first."""
    asked = faults.load(UploadFilterSchema(), request.args.to_dict(), root="query")
    limit, status = asked["limit"], asked.get("status")
    with ground.current().reading() as session:
        found = queries.list_uploads(
            session,
            account_id=auth.account().id,
            limit=limit + 1,
            before=_CURSORS.read(asked.get("cursor")),
            is_complete=None if status is None else status == "complete",
        )
    page, rest = found[:limit], found[limit:]
    links, limits = ground.current().links, _limits()
    return {
        "data": [present(one, links, limits) for one in page],
        "next_cursor": _CURSORS.write(page[-1].id) if rest else None,
    }


@blueprint.get("/<upload_id>")
@auth.needs(Scope.READ)
@blueprint.response(200, UploadSchema)
@may_answer(blueprint, (404,))
def get_upload(upload_id: str) -> dict[str, Any]:
    """Return one of your uploads."""
    return present(_mine(upload_id), ground.current().links, _limits())


@blueprint.post("/<upload_id>/complete")
@auth.needs(Scope.SUBMIT)
@blueprint.response(200, UploadSchema)
@may_answer(blueprint, (404, 409, 413, 415))
def complete_upload(upload_id: str) -> dict[str, Any]:
    """Look at the file that was put, and take it in; a job that uses the upload does so too."""
    here, limits = ground.current(), _limits()
    most = receiving.most_bytes(here, limits)
    upload = receiving.complete(here, _mine(upload_id), most_bytes=most)
    return present(upload, here.links, limits)


@blueprint.delete("/<upload_id>")
@auth.needs(Scope.SUBMIT)
@blueprint.response(204)
@may_answer(blueprint, (404, 409))
def delete_upload(upload_id: str) -> None:
    """Let go of an upload."""
    with ground.current().transaction() as session:
        queries.delete_upload(session, upload_id, account_id=auth.account().id)


@files.put("/<upload_id>/content")
@auth.needs(Scope.SUBMIT)
@files.doc(
    security=[{}, {"key": []}],
    parameters=_SIGNED,
    requestBody={"required": True, "content": {"*/*": _BINARY}},
)
@files.response(204)
@may_answer(files, (404, 409, 413, 415))
def put_content(upload_id: str) -> None:
    """Put the file of a pending upload, through the address that was given for it."""
    here = ground.current()
    if serving.is_signed():
        expires, signature = serving.signature()
        here.links.check_filling(upload_id, expires=expires, signature=signature)
    else:
        serving.admit_by_key()
    upload = _named(upload_id)
    # What was declared is what the plan allowed then.
    most = upload.bytes or 0
    if upload.is_complete:
        raise UploadIsComplete
    _demand(most)
    pieces = _pieces(request.stream, request.content_length)
    receiving.fill(here, upload, pieces, most_bytes=most)


@files.get("/<upload_id>/content")
@auth.needs(Scope.READ)
@files.doc(
    security=[{}, {"key": []}],
    parameters=_SIGNED,
    responses={
        "200": {"description": "The file.", "content": {"*/*": {}}},
        "206": {"description": "The part of it that was asked for.", "content": {"*/*": {}}},
        "304": {"description": "You have it already."},
    },
)
@may_answer(files, (404, 409, 416))
def get_content(upload_id: str) -> Response:
    """Return the file, or the asked range of it."""
    if serving.is_signed():
        expires, signature = serving.signature()
        ground.current().links.check_upload(upload_id, expires=expires, signature=signature)
    else:
        serving.admit_by_key()
    upload = _named(upload_id)
    if upload.key is None:
        raise UploadIncomplete
    return serving.serve(
        File(
            key=upload.key,
            content_type=str(upload.content_type),
            bytes=upload.bytes or 0,
            sha256=str(upload.sha256),
            created_at=upload.created_at,
        )
    )


def _opened() -> dict[str, Any]:
    here, limits = ground.current(), _limits()
    declared = Declared(**faults.load(NewUploadSchema(), json_body()))
    most = receiving.most_bytes(here, limits)
    if declared.bytes > most:
        raise InvalidRequest([Fault("$.bytes", f"At most {most:,} bytes are taken.")])
    upload, door = receiving.begin(here, account_id=auth.account().id, declared=declared)
    return present(upload, here.links, limits, door=door)


def _mine(upload_id: str) -> Upload:
    with ground.current().reading() as session:
        return queries.get_upload(session, upload_id, account_id=auth.account().id)


def _named(upload_id: str) -> Upload:
    """Return the upload that a signed link names, or that is the caller's."""
    account_id = None if serving.is_signed() else auth.account().id
    with ground.current().reading() as session:
        return queries.get_upload(session, upload_id, account_id=account_id)


def _limits() -> Limits:
    account = auth.account()
    return ground.current().plans.limits(account.plan, account.overrides)


def _coming(most_bytes: int) -> tuple[Iterator[bytes], str | None]:
    """Return the file that the request brings, and what it is called."""
    if request.mimetype != "multipart/form-data":
        _demand(most_bytes)
        name = faults.load(_NameSchema(), request.args.to_dict(), root="query")["filename"]
        return _pieces(request.stream, request.content_length), name
    _demand(most_bytes + _FORM_BYTES)
    file = request.files.get(_FIELD)
    if file is None:
        raise InvalidRequest([Fault(f"form.{_FIELD}", "Missing: send the file under this name.")])
    name = faults.load(_NameSchema(), {"filename": file.filename or None}, root="form")["filename"]
    return _pieces(file.stream, None), name


def _demand(most_bytes: int) -> None:
    """Take no larger body than this; raises :class:`FileTooLarge` if it says that it is larger."""
    if (request.content_length or 0) > most_bytes:
        raise FileTooLarge(f"At most {most_bytes:,} bytes are taken.")
    # One more, so that whoever reads it sees that it is too large.
    request.max_content_length = most_bytes + 1


def _pieces(content: IO[bytes], length: int | None) -> Iterator[bytes]:
    """Yield a body that must be as long as it was said to be; raises :class:`BodyCutOff`."""
    count = 0
    while piece := content.read(CHUNK):
        count += len(piece)
        yield piece
    if length is not None and count != length:
        # The caller has gone. What came would pass for the whole of it.
        raise BodyCutOff
