"""Speaks to a Limner over HTTP, as any caller would."""

import json
import os
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from deploy.cli.surroundings import environment, fail, home


class Client:
    """The native API of one server, with one key. Every failure ends the command."""

    def __init__(self) -> None:
        found = environment(home().demo_env)
        self._base = found.get("LIMNER_API_URL", "").rstrip("/")
        self._key = found.get("LIMNER_API_KEY", "")
        if not self._base or not self._key:
            fail(
                f"No server is known: there is no demo.env in {home().path}. Start one with "
                "`limner up`, or set LIMNER_API_URL and LIMNER_API_KEY."
            )
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=120), retries=False
        )

    def get(self, path: str, **query: Any) -> Any:
        """Read something."""
        fields = {name: value for name, value in query.items() if value not in {None, ""}}
        return self._ask("GET", path, fields=fields)

    def post(self, path: str, body: Any = None) -> Any:
        """Ask for something."""
        content = None if body is None else json.dumps(body)
        return self._ask("POST", path, body=content)

    def download(self, url: str, target: Path) -> None:
        """Write what an artifact's link opens into a file: whole, or not at all."""
        beside = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with (
                self._http.request("GET", url, preload_content=False) as response,
                beside.open("wb") as file,
            ):
                if response.status != 200:
                    fail(f"{url} answered {response.status}.")
                for chunk in response.stream(65_536):
                    file.write(chunk)
            beside.replace(target)
        except (HTTPError, OSError) as error:
            fail(f"{target} could not be written: {error}")
        finally:
            beside.unlink(missing_ok=True)

    def _ask(self, method: str, path: str, **rest: Any) -> Any:
        try:
            response = self._http.request(
                method,
                self._base + path,
                headers={"Authorization": f"Bearer {self._key}", "User-Agent": "limner-cli"},
                **rest,
            )
            answer = response.json()
        except HTTPError as error:
            fail(f"{self._base} does not answer. Is it running? See `limner status`. ({error})")
        except ValueError:
            fail(f"{self._base} answered {response.status}, and not with JSON: is it a Limner?")
        if response.status >= 400:
            fail(_in_words(answer))
        return answer


def _in_words(problem: Any) -> str:
    lines = [str(problem.get("detail") or problem)]
    lines += [f"  {one['path']}: {one['message']}" for one in problem.get("errors", [])]
    return "\n".join(lines)
