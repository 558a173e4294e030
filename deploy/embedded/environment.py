"""The environment of Limner's processes: what the user set, and the embedded parts for the rest."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.addresses import Addresses
from deploy.embedded.folder.home import Home, Secrets
from deploy.embedded.processes.leftovers import RUN_MARK

FLOWER_USER = "limner"
LOOPBACK_NETWORKS = "127.0.0.0/8,::1/128"


def given(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the user set; a variable of ours that is empty counts as not set."""
    return {
        name: value
        for name, value in environment.items()
        if value or not name.startswith("LIMNER_")
    }


def for_processes(
    environment: Mapping[str, str],
    *,
    home: Home,
    secrets: Secrets,
    addresses: Addresses,
    servers: Mapping[str, str],
    run: str,
) -> dict[str, str]:
    """Return the whole environment of the processes; ``servers`` are the embedded ones' URLs."""
    defaults = {
        **servers,
        "LIMNER_STORAGE_URL": f"folder://{quote(str(home.storage))}",
        "LIMNER_SECRET_KEY": secrets.secret_key,
        "LIMNER_PUBLIC_URL": addresses.api_url,
        "LIMNER_FLOWER_USER": FLOWER_USER,
        "LIMNER_FLOWER_PASSWORD": secrets.flower_password,
        "LIMNER_LOCAL_ENGINES": "fallback",
        # Nobody out there reaches this machine by the address that it has here.
        "LIMNER_PROVIDER_INPUTS": "inline",
        "LIMNER_WEBHOOK_ALLOW_NETWORKS": LOOPBACK_NETWORKS,
        "PYTHONUNBUFFERED": "1",
    }
    settled = {
        "LIMNER_HOME": str(home.path),
        "LIMNER_HOST": addresses.host,
        "LIMNER_PORT": str(addresses.api_port),
        "PORT": str(addresses.api_port),
        "LIMNER_FLOWER_PORT": str(addresses.flower_port),
        "PATH": _path(environment),
        RUN_MARK: run,
    }
    return {**defaults, **given(environment), **settled}


def of_limner(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what other commands need to find this run, without the mark of its processes."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("LIMNER_") and name != RUN_MARK
    }


def _path(environment: Mapping[str, str]) -> str:
    """Put this Python's folder first: `gunicorn` and `celery` are the ones beside it."""
    # Not resolved: a virtual environment is known by the path of its link.
    own = str(Path(sys.executable).parent)
    return os.pathsep.join([own, environment.get("PATH") or os.defpath])
