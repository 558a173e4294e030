"""The Khronos validator of glTF, where Node.js is: it knows rules that readers do not check."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

_VERSION = "2.0.0-dev.3.10"
_SECONDS = 60
_SCRIPT = """
const validator = require("gltf-validator");
const content = new Uint8Array(require("fs").readFileSync(0));
validator.validateBytes(content).then((report) => console.log(JSON.stringify(report)));
"""


def install(folder: Path) -> Path | None:
    """Put the validator into a folder; nothing without Node.js, or without npm's registry."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    quietly = ["--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel", "error"]
    command = [npm, "install", *quietly, f"gltf-validator@{_VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return folder if done.returncode == 0 else None


def report(folder: Path, content: bytes) -> dict[str, Any]:
    """Return what the validator says of a GLB."""
    done = subprocess.run(
        ["node", "-e", _SCRIPT],
        input=content,
        capture_output=True,
        cwd=folder,
        timeout=_SECONDS,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
