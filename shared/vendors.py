"""The vendors that media can be had from: where each is, how a key is shown to it, what is free."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.declaring import option
from shared.errors import ProviderMisconfigured


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor. A row here is all that settings, `limner doctor` and the API need of it.

    ``header`` carries the key, which replaces ``{}`` in ``scheme``. ``addresses`` are its settings
    beside the key, each with a sentence and its default; one without a default must be set.
    ``probe`` is an address that costs nothing and that only a good key opens, if there is one.
    """

    title: str
    header: str = "Authorization"
    scheme: str = "Bearer {}"
    addresses: Mapping[str, tuple[str, str]]
    probe: str = ""

    def shown(self, key: str) -> Mapping[str, str]:
        """Return the header that shows a key; raises :class:`ProviderMisconfigured`."""
        if not key or not key.isascii() or not key.isprintable():
            message = f"The key for {self.title} is empty, or no header can carry it."
            raise ProviderMisconfigured(message)
        return {self.header: self.scheme.format(key)}


VENDORS: Mapping[str, Vendor] = {
    "cloudflare": Vendor(
        title="Cloudflare's Workers AI",
        addresses={
            "url": (
                "Your account there: https://api.cloudflare.com/client/v4/accounts/<its id>.",
                "",
            ),
        },
    ),
    "fal": Vendor(
        title="fal.ai",
        scheme="Key {}",
        addresses={
            "queue_url": ("fal's queue.", "https://queue.fal.run"),
            "api_url": ("fal's platform API.", "https://api.fal.ai/v1"),
        },
        probe="{api_url}/models/requests/by-endpoint?endpoint_id=fal-ai/flux/dev&limit=1",
    ),
    "openai": Vendor(
        title="OpenAI, or of a server that speaks like it",
        addresses={
            "url": (
                "OpenAI's API, or that of any server that makes pictures as it does.",
                "https://api.openai.com/v1",
            ),
        },
        probe="{url}/models",
    ),
    "bfl": Vendor(
        title="Black Forest Labs",
        header="x-key",
        scheme="{}",
        addresses={
            "url": (
                "BFL's API; https://api.eu.bfl.ai or https://api.us.bfl.ai keep to one region.",
                "https://api.bfl.ai",
            ),
        },
        probe="{url}/v1/credits",
    ),
    "stability": Vendor(
        title="Stability AI",
        addresses={"url": ("Stability AI's API.", "https://api.stability.ai")},
        probe="{url}/v1/user/balance",
    ),
    "gemini": Vendor(
        title="Google Gemini",
        header="x-goog-api-key",
        scheme="{}",
        addresses={
            "url": ("Gemini's API.", "https://generativelanguage.googleapis.com/v1beta"),
        },
        probe="{url}/models",
    ),
    "ideogram": Vendor(
        title="Ideogram",
        header="Api-Key",
        scheme="{}",
        addresses={"url": ("Ideogram's API.", "https://api.ideogram.ai")},
    ),
    "ltx": Vendor(
        title="LTX (Lightricks)",
        addresses={"url": ("LTX's API.", "https://api.ltx.video")},
    ),
    "replicate": Vendor(
        title="Replicate",
        addresses={"url": ("Replicate's API.", "https://api.replicate.com/v1")},
        probe="{url}/account",
    ),
    "tripo": Vendor(
        title="Tripo",
        addresses={"url": ("Tripo's API, version 3.", "https://openapi.tripo3d.ai/v3")},
        probe="{url}/account/usage?limit=1&offset=0",
    ),
    "vidu": Vendor(
        title="Vidu",
        scheme="Token {}",
        addresses={"url": ("Vidu's API.", "https://api.vidu.com/ent/v2")},
    ),
}


def options() -> Iterator[Any]:
    """Yield the declaration of every vendor's settings: its key, and its addresses."""
    for name, vendor in VENDORS.items():
        doc = f"Key of {vendor.title}."
        yield option(variable_of(name, "key"), doc, default="", secret=True)
        for address, (sentence, default) in vendor.addresses.items():
            yield option(variable_of(name, address), sentence, default=default)


def access(name: str, values: Mapping[str, str]) -> Mapping[str, str]:
    """Return a vendor's key and addresses out of the values of all such settings."""
    return {one: values[variable_of(name, one)] for one in ("key", *VENDORS[name].addresses)}


def variable_of(name: str, setting: str) -> str:
    """Return the variable of one setting of a vendor."""
    return f"LIMNER_{name}_{setting}".upper()
