"""One request of theirs as jobs of ours: as many as the model needs for so many images."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from api.dialects.vell.translate import Wanted
from shared.catalog import Catalog
from shared.errors import InvalidRequest, ServiceError
from shared.jobs import requests
from shared.jobs.inputs import Inputs
from shared.jobs.requests import Draft


def read(wanted: Wanted, catalog: Catalog) -> Sequence[Draft]:
    """Return the drafts; raises :class:`InvalidRequest` in their words.

    Raises :class:`shared.errors.ModelUnavailable`.
    """
    model = catalog.find(wanted.request["model"])
    most = model.limits.max_images if model else wanted.images
    try:
        return [
            requests.read(wanted.part(min(most, wanted.images - begun), model), catalog)
            for begun in range(0, wanted.images, most)
        ]
    except InvalidRequest as error:
        raise wanted.in_their_words(error) from error


def resolve(
    session: Session, wanted: Wanted, drafts: Sequence[Draft], inputs: Inputs
) -> list[Draft]:
    """Return the drafts with what they start from; raises as :func:`read`.

    Raises :class:`shared.jobs.inputs.NotThere`.
    """
    resolved = inputs.resolve(session, drafts)
    for one in resolved:
        if isinstance(one, InvalidRequest):
            raise wanted.in_their_words(one) from one
        if isinstance(one, ServiceError):
            raise one
    return [one for one in resolved if isinstance(one, Draft)]
