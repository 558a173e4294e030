"""The block that says where everything is."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

_EXAMPLE = {"kind": "image", "input": {"prompt": "a lighthouse at dusk"}}


def block(access: Mapping[str, str], home: Path, *, stop: str) -> str:
    """Return it for the values of ``demo.env``."""
    api, key = access["LIMNER_API_URL"], access["LIMNER_API_KEY"]
    rows = {
        "API": api,
        "Docs": f"{api}/docs",
        "Key": key,
    }
    if "LIMNER_FLOWER_URL" in access:
        user, password = access["LIMNER_FLOWER_USER"], access["LIMNER_FLOWER_PASSWORD"]
        rows["Flower"] = f"{access['LIMNER_FLOWER_URL']}  (user {user}, password {password})"
    rows |= {"Data": str(home), "Stop": stop}
    lines = ["Limner is ready.", ""]
    lines += [f"  {name:<8}{value}" for name, value in rows.items()]
    return "\n".join(["", *lines, "", "Try it:", "", _curl(api, key), ""])


def _curl(api: str, key: str) -> str:
    body = shlex.quote(json.dumps(_EXAMPLE))
    return " \\\n    ".join(
        [
            f"  curl -sS {api}/v1/jobs",
            f"-H {shlex.quote(f'Authorization: Bearer {key}')}",
            "-H 'Content-Type: application/json'",
            f"-d {body}",
        ]
    )
