"""Stability AI: pictures from words and from pictures, and larger ones; the answer is the picture.

A filtered picture is answered with status 200, and blurred: the reason beside it is what counts.
"""

import io
from collections.abc import Sequence

from PIL import Image

from shared import clock
from shared.errors import (
    ContentRefused,
    ProviderFailed,
    ProviderMisbehaved,
    ProviderUnavailable,
    ServiceError,
)
from shared.vendors import VENDORS
from workers.providers.base import Finished, Order, Output
from workers.providers.remote.client import Client, Reply, refusal, retry_after
from workers.providers.remote.one_each import one_each
from workers.providers.remote.stability_input import UPSCALE, fields_of, path_of
from workers.providers.remote.synchronous import Synchronous, decoded, patient_client

_EXCERPT = 500
# The fast upscaler makes both sides so many times as long.
_FASTS_FACTOR = 4


class Stability(Synchronous):
    """Speaks to ``/v2beta/stable-image``; every order is a form."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["stability"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or patient_client()

    def remarks(self, order: Order) -> Sequence[str]:  # noqa: ARG002
        """Say nothing: there is a field for everything."""
        return ()

    def submit(self, order: Order) -> Finished:
        """Have pictures made: one POST for each, which is answered when it is there."""
        return Finished(one_each(order, self._submit_one))

    def _submit_one(self, order: Order) -> Output:
        url = f"{self._url}/v2beta/stable-image/{path_of(order)}"
        reply = self._client.post_form(url, headers=self._headers, fields=fields_of(order))
        if error := _refusal(reply):
            raise error
        answer = reply.document()
        match answer.get("finish_reason"):
            case "SUCCESS":
                content = decoded(answer.get("image"), "Stability")
            case "CONTENT_FILTERED":
                raise ContentRefused("Stability made a picture and blurred what it showed.")
            case "ERROR":
                raise ProviderFailed("Stability could not finish the picture.")
            case strange:
                raise ProviderMisbehaved(f"Stability finished for the reason {strange!r}.")
        if order.route_model == UPSCALE:
            return Output(content=_to_factor(content, order.input.get("factor", _FASTS_FACTOR)))
        seed = answer.get("seed")
        return Output(content=content, seed=seed if isinstance(seed, int) else None)


def _to_factor(content: bytes, factor: int) -> bytes:
    """Return an upscaled picture in the size that was asked for, which is less."""
    if factor == _FASTS_FACTOR:
        return content
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as image:
            sides = (round(side * factor / _FASTS_FACTOR) for side in image.size)
            smaller = image.resize((next(sides), next(sides)), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            smaller.save(file, image.format, quality=92)
            return file.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ProviderMisbehaved("Stability answered with what is no picture.") from error


def _refusal(reply: Reply) -> ServiceError | None:
    if reply.is_success:
        return None
    told = reply.peek() or {}
    errors = told.get("errors")
    listed = "; ".join(map(str, errors)) if isinstance(errors, list) else told.get("message")
    says = f"{told.get('name')}: {listed}"[:_EXCERPT]
    if told.get("name") == "content_moderation":
        return ContentRefused(says)
    if reply.status in {500, 503}:
        # What failed there is not charged: trying again costs nothing.
        wait = retry_after(reply.headers, clock.now())
        return ProviderUnavailable(f"Stability answered {reply.status}: {says}", retry_after=wait)
    return refusal(reply, says=says)
