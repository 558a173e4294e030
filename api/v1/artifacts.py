"""What jobs made, as files: through a signed link, or with the owner's key."""

from flask import Response
from flask_smorest import Blueprint

from api import auth, ground, serving
from api.serving import File
from api.v1.describing import may_answer
from shared.accounts.access import Scope
from shared.errors import ArtifactGone, ArtifactNotFound
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
    return serving.serve(
        File(
            key=artifact.key,
            content_type=artifact.content_type,
            bytes=artifact.bytes,
            sha256=artifact.sha256,
            created_at=artifact.created_at,
        )
    )


def _let_in(artifact_id: str) -> None:
    """Check the link's signature, or the key if it has none."""
    if not serving.is_signed():
        serving.admit_by_key()
        return
    expires, signature = serving.signature()
    ground.current().links.check(artifact_id, expires=expires, signature=signature)


def _check_owner(artifact: Artifact) -> None:
    if not serving.is_signed() and artifact.account_id != auth.account().id:
        raise ArtifactNotFound
