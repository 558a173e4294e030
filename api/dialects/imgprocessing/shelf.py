"""IMG Processing's paths to the images that are there, and where those are that all may see."""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from api import auth, ground, serving
from api.dialects.imgprocessing import making, reading, terms
from api.dialects.imgprocessing.answers import PUBLISHED, answer, counted, shown
from api.dialects.imgprocessing.routes import ADDRESS, KEY
from api.dialects.imgprocessing.shapes import PageSchema
from api.serving import File
from shared import faults
from shared.accounts.access import Scope
from shared.errors import Fault, InvalidRequest
from shared.library import images
from shared.library.images import Picture

blueprint = Blueprint("imgprocessing_shelf", __name__, url_prefix=ADDRESS)
files = Blueprint("imgprocessing_files", __name__, url_prefix=PUBLISHED)
auth.require_key(blueprint, header=KEY)


@blueprint.get("")
@auth.needs(Scope.READ)
def list_images() -> Response:
    """List images, newest first."""
    take, first = _page()
    with ground.current().reading() as session:
        found = images.page(session, making.shelf(), first=first, limit=take)
    return answer(
        {
            "data": [shown(one) for one in found.pictures],
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
    return answer(shown(_find(image_id)))


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


def _published(image_id: str, *, is_published: bool) -> Response:
    # Said to be JSON, it has to be.
    reading.body()
    with ground.current().transaction() as session:
        found = images.publish(session, making.shelf(), image_id, is_published=is_published)
    return counted(found, count=int(terms.current().publishing_counts))


def _find(image_id: str) -> Picture:
    with ground.current().reading() as session:
        return images.find(session, making.shelf(), image_id)


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
