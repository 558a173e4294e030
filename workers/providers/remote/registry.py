"""The adapters by the names of their vendors: one line each."""

from collections.abc import Callable, Mapping

from shared.settings import ProviderSettings
from workers.providers.base import Remote
from workers.providers.remote.bfl import Bfl
from workers.providers.remote.cloudflare import Cloudflare
from workers.providers.remote.fal import Fal
from workers.providers.remote.gemini import Gemini
from workers.providers.remote.ideogram import Ideogram
from workers.providers.remote.ltx import Ltx
from workers.providers.remote.openai import OpenAi
from workers.providers.remote.replicate import Replicate
from workers.providers.remote.stability import Stability
from workers.providers.remote.tripo import Tripo
from workers.providers.remote.vidu import Vidu

ADAPTERS: Mapping[str, Callable[..., Remote]] = {
    "bfl": Bfl,
    "cloudflare": Cloudflare,
    "fal": Fal,
    "gemini": Gemini,
    "ideogram": Ideogram,
    "ltx": Ltx,
    "openai": OpenAi,
    "replicate": Replicate,
    "stability": Stability,
    "tripo": Tripo,
    "vidu": Vidu,
}


def configured(settings: ProviderSettings) -> Mapping[str, Remote]:
    """Return the providers that have a key, each ready to be asked."""
    return {name: ADAPTERS[name](**settings.access(name)) for name in sorted(settings.configured)}
