"""Two contracts at one address: by its path or its headers a request says which one it means.

A contract names a claim: what it takes goes on to the address that is its own alone. So nobody else
needs to know of it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

# Given the path of a request and the value of a header (empty without it), the path that it means.
Header = Callable[[str], str]
Claim = Callable[[str, Header], str | None]


def lead(app: Flask, claim: Claim) -> None:
    """Let requests that are claimed go where the claim says."""
    inside = app.wsgi_app

    def enter(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def header(name: str) -> str:
            return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

        path = claim(environ.get("PATH_INFO", ""), header)
        meant = environ if path is None else {**environ, "PATH_INFO": path}
        return inside(meant, start_response)

    app.wsgi_app = enter  # type: ignore[method-assign]
