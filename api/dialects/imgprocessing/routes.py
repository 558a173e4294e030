"""IMG Processing's paths, and where its published images are."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, json, request
from sqlalchemy.orm import Session

from api import auth, ground, serving
from api.dialects.imgprocessing import making, origins, reading, terms, translate
from api.dialects.imgprocessing.faults import NotServed
from api.dialects.imgprocessing.shapes import PageSchema
from api.dialects.imgprocessing.translate import Wanted
from api.reading import json_body
from api.serving import File
from shared import faults
from shared.accounts.access import Scope
from shared.errors import Fault, InvalidRequest
from shared.library import images
from shared.library.images import Picture

ADDRESS, PUBLISHED = "/v1/images", "/images"

_KEY = "x-api-key"
_USAGE = "X-Image-Processing-Usage"
_UNSERVED = ("remove-background", "classify", "visualize", "extract-formatted-text")

blueprint = Blueprint("imgprocessing", __name__, url_prefix=ADDRESS)
files = Blueprint("imgprocessing_files", __name__, url_prefix=PUBLISHED)
auth.require_key(blueprint, header=_KEY)


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
    asked = translate.change(operation, reading.body())
    mine, word = making.shelf(), making.word()

    def read(session: Session) -> Wanted:
        source = images.find(session, mine, image_id)
        marks = [images.find(session, mine, one) for one in asked.marks]
        return asked.of(source, marks, word=word)

    return _made(making.take_on(read))


for _operation in translate.OPERATIONS:
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


@blueprint.get("")
@auth.needs(Scope.READ)
def list_images() -> Response:
    """List images, newest first."""
    take, first = _page()
    with ground.current().reading() as session:
        found = images.page(session, making.shelf(), first=first, limit=take)
    return _answer(
        {
            "data": [_shown(one) for one in found.pictures],
            "links": {
                "previous": _link(take, found.previous),
                "next": _link(take, found.next),
            },
        }
    )


@blueprint.get("/<image_id>")
@auth.needs(Scope.READ)
def get_image(image_id: str) -> Response:
    """Return an image."""
    return _answer(_shown(_find(image_id)))


@blueprint.get("/<image_id>/download")
@auth.needs(Scope.READ)
def download(image_id: str) -> Response:
    """Return the file of an image, published or not."""
    return _file(_find(image_id))


@blueprint.post("/<image_id>/publish")
@auth.needs(Scope.SUBMIT)
def publish(image_id: str) -> Response:
    """Show an image to whoever knows its address."""
    return _published(image_id, is_published=True)


@blueprint.post("/<image_id>/unpublish")
@auth.needs(Scope.SUBMIT)
def unpublish(image_id: str) -> Response:
    """Show an image to nobody else any more."""
    return _published(image_id, is_published=False)


@blueprint.delete("/<image_id>")
@auth.needs(Scope.SUBMIT)
def delete(image_id: str) -> Response:
    """Let go of an image for good."""
    with ground.current().transaction() as session:
        images.remove(session, making.shelf(), image_id)
    return Response(status=204)


@files.get("/<image_id>")
def get_published(image_id: str) -> Response:
    """Return the file of a published image, to everybody."""
    with ground.current().reading() as session:
        found = images.find_published(session, image_id)
    response = _file(found)
    # Asked for anew each time: it may be published no longer.
    response.headers["Cache-Control"] = "no-cache"
    return response


def _take_on_upload() -> str:
    form = reading.form()
    wanted = translate.uploaded(form.texts, form.content)
    return making.take_on(lambda _: wanted, said=form.digest)


def _made(job_id: str) -> Response:
    return _counted(_shown(making.wait_for(job_id)), count=1)


def _published(image_id: str, *, is_published: bool) -> Response:
    # Said to be JSON, it has to be.
    reading.body()
    with ground.current().transaction() as session:
        found = images.publish(session, making.shelf(), image_id, is_published=is_published)
    return _counted(_shown(found), count=int(terms.current().publishing_counts))


def _find(image_id: str) -> Picture:
    with ground.current().reading() as session:
        return images.find(session, making.shelf(), image_id)


def _shown(picture: Picture) -> dict[str, Any]:
    return translate.image(picture, ground.current().links, published_at=PUBLISHED)


def _counted(shape: Any, *, count: int) -> Response:
    response = _answer(shape, 201)
    response.headers[_USAGE] = str(0 if auth.access().is_test else count)
    return response


def _answer(shape: Any, status: int = 200) -> Response:
    return Response(json.dumps(shape), status, content_type="application/json")


def _file(picture: Picture) -> Response:
    file = picture.file
    return serving.serve(
        File(
            key=file.key,
            content_type=file.content_type,
            bytes=file.bytes,
            sha256=file.sha256,
            created_at=file.created_at,
        )
    )


def _is_allowed(address: str) -> bool:
    settings = ground.current().settings
    servers = [settings.http.public_url, settings.storage.s3_endpoint_url]
    return origins.is_allowed(
        address, servers=filter(None, servers), patterns=terms.current().origins
    )


def _page() -> tuple[int, str | None]:
    query = faults.load(PageSchema(), request.args.to_dict(), root="")
    first = query.get("first")
    if first is not None and not images.is_id(first):
        raise InvalidRequest([Fault("from", "must be the id of an image")])
    return int(query["take"]), first


def _link(take: int, first: str | None) -> str | None:
    """Return the address of a page, at the host that the caller knows."""
    if first is None:
        return None
    known = ground.current().settings.http.public_url.rstrip("/")
    base = known if urlsplit(known).netloc == request.host else request.host_url.rstrip("/")
    return f"{base}{ADDRESS}?{urlencode({'take': take, 'from': first})}"
