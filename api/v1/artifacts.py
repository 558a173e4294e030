"""What jobs made, as files: through a signed link, or with the owner's key."""

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.http import http_date, parse_range_header

from api import auth, ground
from api.v1.describing import may_answer
from shared.accounts.access import Scope
from shared.errors import ArtifactGone, ArtifactNotFound, LinkExpired, RangeNotSatisfiable
from shared.jobs import queries
from shared.jobs.tables import Artifact

blueprint = Blueprint(
    "artifacts", __name__, url_prefix="/v1/artifacts", description="What jobs made."
)


@blueprint.get("/<artifact_id>/content")
@auth.needs(Scope.READ)
@blueprint.doc(
    security=[{}, {"key": []}],
    parameters=[
        {"in": "query", "name": "expires", "schema": {"type": "integer"}},
        {"in": "query", "name": "signature", "schema": {"type": "string"}},
    ],
    responses={
        "200": {"description": "The file.", "content": {"*/*": {}}},
        "206": {"description": "The part of it that was asked for.", "content": {"*/*": {}}},
        "304": {"description": "You have it already."},
    },
)
@may_answer(blueprint, (403, 404, 410, 416, 503))
def get_content(artifact_id: str) -> Response:
    """Return the file, or the asked range of it."""
    here = ground.current()
    _let_in(artifact_id)
    with here.reading() as session:
        artifact = queries.get_artifact(session, artifact_id)
    _check_owner(artifact)
    if not artifact.is_kept:
        raise ArtifactGone
    response = _whole(artifact) if (part := _range(artifact)) is None else _part(artifact, *part)
    _describe(response, artifact)
    response.make_conditional(request)
    return response


def _is_signed() -> bool:
    return "signature" in request.args


def _let_in(artifact_id: str) -> None:
    """Check the link's signature, or the key if it has none."""
    if _is_signed():
        expires = request.args.get("expires", 0, type=int)
        signature = request.args["signature"]
        ground.current().links.check(artifact_id, expires=expires, signature=signature)
    elif auth.has_key():
        auth.admit()
    else:
        raise LinkExpired("This link has no signature: read the job anew, or send your key.")


def _check_owner(artifact: Artifact) -> None:
    if _is_signed():
        return
    if artifact.account_id != auth.account().id:
        raise ArtifactNotFound


def _range(artifact: Artifact) -> tuple[int, int] | None:
    """Return the first and the last byte asked for, or nothing if it is the whole file."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or _has_changed(artifact):
        return None
    first, end = asked.ranges[0]
    if first < 0:  # the last so many bytes
        first, end = max(0, artifact.bytes + first), None
    if first >= artifact.bytes:
        raise RangeNotSatisfiable(artifact.bytes)
    return first, min(end or artifact.bytes, artifact.bytes) - 1


def _has_changed(artifact: Artifact) -> bool:
    """Say whether the caller has parts of something else (``If-Range``)."""
    condition = request.headers.get("If-Range")
    if condition is None:
        return False
    return condition not in {f'"{artifact.sha256}"', http_date(artifact.created_at)}


def _whole(artifact: Artifact) -> Response:
    response = Response(ground.current().store.read(artifact.key), 200)
    response.content_length = artifact.bytes
    return response


def _part(artifact: Artifact, first: int, last: int) -> Response:
    length = last - first + 1
    content = ground.current().store.read(artifact.key, start=first, length=length)
    response = Response(content, 206)
    response.content_length = length
    response.headers["Content-Range"] = f"bytes {first}-{last}/{artifact.bytes}"
    return response


def _describe(response: Response, artifact: Artifact) -> None:
    response.content_type = artifact.content_type
    response.set_etag(artifact.sha256)
    response.last_modified = artifact.created_at
    response.headers.update(
        {
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=86400, immutable",
            "Content-Disposition": f'inline; filename="{artifact.key.rsplit("/", 1)[-1]}"',
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Allow-Origin": "*",
        }
    )
