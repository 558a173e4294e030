"""Shotstack's paths: an edit is taken on, and found again."""

import re
from typing import Any

from flask import Blueprint, Response, json, request
from sqlalchemy.orm import Session

from api import auth, ground, idempotency, inputs, quota
from api.dialects.shotstack import faults, translate
from api.dialects.shotstack.translate import Edit
from api.doors import Header
from api.reading import json_body
from shared.accounts.access import Scope
from shared.dialects import shotstack
from shared.errors import Fault, InvalidRequest, ModelUnavailable
from shared.jobs import queries, requests, submission
from shared.jobs.idempotency import Answer
from shared.jobs.requests import Draft
from shared.jobs.status import Kind

KEY = "x-api-key"

blueprint = Blueprint("shotstack", __name__, url_prefix="/edit")
auth.require_key(blueprint, header=KEY)

_SHARED = re.compile(r"/v1/render(?:/[^/]*)?")


def claim(path: str, header: Header) -> str | None:
    """Return the address under /edit that an older one of theirs means.

    Under /v1 others have the same address: there, a request is theirs by its header.
    """
    is_shared = _SHARED.fullmatch(path) is not None
    is_theirs = is_shared and bool(header(KEY)) and not header("Authorization")
    return f"/edit{path}" if is_theirs or path.startswith("/stage/") else None


@blueprint.post("/v1/render")
@blueprint.post("/stage/render")
@auth.needs(Scope.SUBMIT)
def render() -> Response:
    """Take an edit on."""
    wanted, found = translate.edit(json_body()), inputs.of_request()

    def submit(session: Session) -> Answer:
        draft = found.resolve_one(session, _read(wanted))
        quota.take(session)
        job = submission.submit(
            session,
            account_id=auth.account().id,
            origin=shotstack.NAME,
            draft=draft,
            by=auth.access(),
        )
        queued = {"message": "Render Successfully Queued", "id": shotstack.their_id(job)}
        return Answer(body=queued, job_id=job.id)

    return _answer(idempotency.once(submit).body or {}, 201, "Created")


@blueprint.get("/v1/render/<their_id>")
@blueprint.get("/stage/render/<their_id>")
@auth.needs(Scope.READ)
def get_render(their_id: str) -> Response:
    """Return a render as it stands, with its edit unless ``data=false``."""
    has_edit = _flag("data", default=True)
    job_id = shotstack.our_id(their_id)
    if job_id is None:
        raise faults.RenderNotFound
    account = auth.account()
    with ground.current().reading() as session:
        job = queries.get_job(session, account_id=account.id, job_id=job_id)
    if job.kind != Kind.RENDER:
        raise faults.RenderNotFound
    shown = shotstack.render(job, ground.current().links) | {"plan": account.plan}
    return _answer(shown | ({"data": job.input} if has_edit else {}), 200, "OK")


def _read(wanted: Edit) -> Draft:
    """Check an edit; raises with everything that is wrong with it."""
    catalog = auth.catalog()
    if catalog.find(translate.MODEL) is None:
        raise ModelUnavailable("Nobody here makes timelines.")
    try:
        draft = requests.read(wanted.request, catalog)
    except InvalidRequest as error:
        raise InvalidRequest([*wanted.unknown, *error.faults]) from error
    if wanted.unknown:
        raise InvalidRequest(wanted.unknown)
    return draft


def _flag(name: str, *, default: bool) -> bool:
    text = request.args.get(name, str(default).lower())
    if text not in {"true", "false"}:
        raise InvalidRequest([Fault(f"$.{name}", "Must be true or false.")])
    return text == "true"


def _answer(response: dict[str, Any], status: int, message: str) -> Response:
    body = {"success": True, "message": message, "response": response}
    return Response(json.dumps(body), status, content_type="application/json")
