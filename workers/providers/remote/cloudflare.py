"""Cloudflare's Workers AI: the answer is the bytes of one picture, PNG or JPEG."""

from collections.abc import Mapping, Sequence

from shared import clock
from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisconfigured,
    ProviderRefused,
    ServiceError,
    UnsupportedMedia,
)
from shared.uploads import sniffing
from shared.vendors import VENDORS
from workers.providers.base import Finished, Order, Output
from workers.providers.remote.client import Client, Reply, refusal, retry_after
from workers.providers.remote.cloudflare_input import input_of
from workers.providers.remote.one_each import one_each
from workers.providers.remote.synchronous import Synchronous, patient_client

_CODES: Mapping[int, type[ServiceError]] = {
    3030: ContentRefused,
    3036: ProviderMisconfigured,  # what a day allows is used up
    3040: ProviderBusy,
    5007: ProviderRefused,
}
_EXCERPT = 500


class Cloudflare(Synchronous):
    """Speaks to ``/ai/run`` of one account."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["cloudflare"].shown(key), "Accept": "image/*"}
        self._url = url.rstrip("/")
        self._client = client or patient_client()

    def remarks(self, order: Order) -> Sequence[str]:  # noqa: ARG002
        """Say nothing: there is a field for everything."""
        return ()

    def submit(self, order: Order) -> Finished:
        """Have pictures made: one POST for each, which is answered when it is there."""
        return Finished(one_each(order, self._submit_one))

    def _submit_one(self, order: Order) -> Output:
        body = input_of(order)
        url = f"{self._url}/ai/run/{order.route_model}"
        reply = self._client.post(url, headers=self._headers, document=body)
        if error := _refusal(reply):
            raise error
        try:
            is_picture = sniffing.content_type(reply.body[: sniffing.HEAD]).startswith("image/")
        except UnsupportedMedia:
            is_picture = False
        if not is_picture:
            raise OutcomeUnknown("Cloudflare answered with what is no picture.")
        return Output(content=reply.body, seed=body.get("seed"))


def _refusal(reply: Reply) -> ServiceError | None:
    if reply.is_success:
        return None
    errors = (reply.peek() or {}).get("errors")
    told = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    says = "; ".join(f"{one.get('code')} {one.get('message')}" for one in told)[:_EXCERPT]
    kinds = [_CODES[one["code"]] for one in told if one.get("code") in _CODES]
    if not kinds:
        return refusal(reply, says=says)
    if kinds[0] is ProviderBusy:
        return ProviderBusy(says, retry_after=retry_after(reply.headers, clock.now()))
    return kinds[0](says)
