"""Where one run listens."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.embedded import ports
from deploy.embedded.errors import PortTaken
from deploy.embedded.options import Options

API_PORT = 8080
FLOWER_PORT = 5555


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The host and ports of the API and of Flower."""

    host: str
    api_port: int
    flower_port: int

    @property
    def reachable_host(self) -> str:
        """The host as this machine reaches it."""
        return ports.reachable(self.host)

    @property
    def api_url(self) -> str:
        """The API for callers on this machine."""
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

    @property
    def flower_url(self) -> str:
        """Flower for readers on this machine."""
        return f"http://{ports.LOOPBACK}:{self.flower_port}"


def choose(options: Options, last: Mapping[str, int]) -> Addresses:
    """Take the ports that were asked for; else the usual ones, last run's, or any."""
    api = _choose("the API", options.port, options.host, [API_PORT, last.get("api")])
    flower = _choose(
        "Flower",
        options.flower_port,
        ports.LOOPBACK,
        [FLOWER_PORT, last.get("flower")],
        taken=api,
    )
    return Addresses(host=options.host, api_port=api, flower_port=flower)


def _choose(
    what: str, asked: int | None, host: str, usual: list[int | None], *, taken: int = 0
) -> int:
    if asked is None:
        return ports.choose(usual, host, not_these=[taken])
    if asked == taken:
        raise PortTaken(what, asked, "the API listens there")
    return ports.demand(asked, host, what)
