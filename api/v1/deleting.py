"""What its owner wants to be gone: jobs that are over, and single files."""

from flask_smorest import Blueprint

from api import auth, ground
from api.v1.describing import may_answer
from shared.accounts.access import Scope
from shared.retention import deletion

blueprint = Blueprint("deleting", __name__, url_prefix="/v1", description="Letting go.")
auth.require_key(blueprint)


@blueprint.delete("/jobs/<job_id>")
@auth.needs(Scope.SUBMIT)
@blueprint.response(204)
@may_answer(blueprint, (404, 409))
def delete_job(job_id: str) -> None:
    """Delete one of your jobs that is over, with its events, its files and what it still owes.

    Credits that it has cost stay spent.
    """
    with ground.current().transaction() as session:
        deletion.delete_job(session, account_id=auth.account().id, job_id=job_id)


@blueprint.delete("/artifacts/<artifact_id>")
@auth.needs(Scope.SUBMIT)
@blueprint.response(204)
@may_answer(blueprint, (404, 409))
def delete_artifact(artifact_id: str) -> None:
    """Delete a file that one of your jobs made; the job still tells of it. Said again, it is so."""
    with ground.current().transaction() as session:
        deletion.delete_artifact(session, account_id=auth.account().id, artifact_id=artifact_id)
