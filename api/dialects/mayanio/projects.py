"""MayanIO's projects: what an account has made, through whichever contract."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from api import auth, ground
from api.dialects.mayanio import present
from api.dialects.mayanio.faults import ProjectNotFound
from api.dialects.mayanio.routes import answer
from api.dialects.mayanio.shapes import ProjectQuerySchema
from shared import faults
from shared.accounts import ledger
from shared.accounts.access import Scope
from shared.dialects import mayanio
from shared.jobs.status import Kind, Status
from shared.jobs.tables import Job

blueprint = Blueprint("mayanio_projects", __name__, url_prefix="/api/v1/projects")
auth.require_key(blueprint)

_KINDS: Mapping[str, Collection[Kind]] = {
    "all": tuple(mayanio.TYPES),
    "images": (Kind.IMAGE,),
    "videos": (Kind.VIDEO,),
    "3d": (Kind.MODEL_3D,),
}
# Ids sort by the moment of creation. Those that are alike are told apart by it.
_KEYS: Mapping[str, tuple[Any, ...]] = {
    "createdAt": (Job.id,),
    "created_at": (Job.id,),
    "type": (Job.kind, Job.id),
    "prompt": (Job.input["prompt"].astext, Job.id),
}


@blueprint.get("")
@auth.needs(Scope.READ)
def list_projects() -> Response:
    """List what is finished, page by page."""
    query = faults.load(ProjectQuerySchema(), request.args.to_dict(), root="")
    page, limit = query["page"], query["limit"]
    mine = _finished(auth.account().id, _KINDS[query["type"]])
    with ground.current().reading() as session:
        total = session.execute(select(func.count()).where(*mine)).scalar_one()
        # Beyond the end nobody looks: a page may have any number.
        is_there = (page - 1) * limit < total
        jobs = _page(session, mine, query) if is_there else ()
    links = ground.current().links
    pages = -(-total // limit)
    return answer(
        {
            "projects": [present.project(job, links) for job in jobs],
            "pagination": {
                "page": page,
                "limit": limit,
                "total": total,
                "pages": pages,
                "has_more": page < pages,
            },
        }
    )


@blueprint.get("/<their_id>")
@auth.needs(Scope.READ)
def get_project(their_id: str) -> Response:
    """Return a project, finished or not; a finished one with all that was answered."""
    account_id = auth.account().id
    with ground.current().reading() as session:
        job = _find(session, account_id, their_id)
        points = ledger.look(session, account_id).available
    links = ground.current().links
    return answer(present.whole_project(job, links, remaining_points=points))


def _finished(account_id: str, kinds: Collection[Kind]) -> Sequence[ColumnElement[bool]]:
    return (Job.account_id == account_id, Job.kind.in_(kinds), Job.status == Status.SUCCEEDED)


def _page(
    session: Session, mine: Sequence[ColumnElement[bool]], query: Mapping[str, Any]
) -> Sequence[Job]:
    is_rising, limit = query["order"] == "asc", query["limit"]
    order = [key.asc() if is_rising else key.desc() for key in _KEYS[query["sort"]]]
    wanted = select(Job).where(*mine).order_by(*order)
    wanted = wanted.limit(limit).offset((query["page"] - 1) * limit)
    return session.scalars(wanted.options(selectinload(Job.artifacts))).all()


def _find(session: Session, account_id: str, their_id: str) -> Job:
    span = mayanio.our_ids(their_id)
    if span is None:
        raise ProjectNotFound
    first, last = span
    wanted = select(Job).where(
        Job.account_id == account_id,
        Job.id >= first,
        Job.id <= last,
        Job.kind.in_(_KINDS["all"]),
    )
    found = session.scalars(wanted.options(joinedload(Job.artifacts)).order_by(Job.id))
    job = found.unique().first()
    if job is None:
        raise ProjectNotFound
    return job
