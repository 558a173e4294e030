"""IMG Processing's paths that make an image."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from api import auth, ground
from api.dialects.imgprocessing import changes, making, origins, reading, terms, translate
from api.dialects.imgprocessing.answers import counted
from api.dialects.imgprocessing.faults import NotServed
from api.dialects.imgprocessing.translate import Wanted
from api.reading import json_body
from shared.accounts.access import Scope
from shared.library import images

ADDRESS = "/v1/images"
KEY = "x-api-key"

_UNSERVED = ("remove-background", "classify", "visualize", "extract-formatted-text")

blueprint = Blueprint("imgprocessing", __name__, url_prefix=ADDRESS)
auth.require_key(blueprint, header=KEY)


@blueprint.post("/imagine")
@auth.needs(Scope.SUBMIT)
def imagine() -> Response:
    """Make an image from words."""
    wanted = translate.imagined(json_body(), terms.current().models, word=making.word())
    return _made(making.take_on(lambda _: wanted))


@blueprint.post("")
@auth.needs(Scope.SUBMIT)
def create() -> Response:
    """Make an image of what lies at an address."""
    wanted = translate.created(json_body(), _is_allowed)
    return _made(making.take_on(lambda _: wanted))


@blueprint.post("/upload")
@auth.needs(Scope.SUBMIT)
def upload() -> Response:
    """Make an image of a file."""
    # Nothing of the file is kept while the request is held.
    return _made(_take_on_upload())


@auth.needs(Scope.SUBMIT)
def change(image_id: str, operation: str) -> Response:
    """Make an image of another one."""
    asked = changes.asked(operation, reading.body())
    mine, word = making.shelf(), making.word()

    def read(session: Session) -> Wanted:
        source = images.find(session, mine, image_id)
        marks = [images.find(session, mine, one) for one in asked.marks]
        return asked.of(source, marks, word=word)

    return _made(making.take_on(read))


for _operation in changes.OPERATIONS:
    blueprint.add_url_rule(
        f"/<image_id>/{_operation}",
        endpoint=_operation,
        view_func=change,
        defaults={"operation": _operation},
        methods=["POST"],
    )


@auth.needs(Scope.SUBMIT)
def refuse(image_id: str) -> Response:
    """Say that nobody here can do that."""
    with ground.current().reading() as session:
        images.find(session, making.shelf(), image_id)
    raise NotServed


for _operation in _UNSERVED:
    blueprint.add_url_rule(
        f"/<image_id>/{_operation}", endpoint=_operation, view_func=refuse, methods=["POST"]
    )


def _take_on_upload() -> str:
    form = reading.form()
    wanted = translate.uploaded(form.texts, form.content)
    return making.take_on(lambda _: wanted, said=form.digest)


def _made(job_id: str) -> Response:
    return counted(making.wait_for(job_id), count=1)


def _is_allowed(address: str) -> bool:
    settings = ground.current().settings
    servers = [settings.http.public_url, settings.storage.s3_endpoint_url]
    return origins.is_allowed(
        address, servers=filter(None, servers), patterns=terms.current().origins
    )
