"""Where a command finds Limner: in its environment, or in the folder of a running `limner up`."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from deploy.embedded.folder.files import read_env
from deploy.embedded.folder.home import Home
from shared import settings
from shared.declaring import SettingsError
from shared.ground import Ground
from shared.settings import Settings


def home() -> Home:
    """Return the folder of `limner up`."""
    return Home.of(os.environ)


def environment(file: Path) -> Mapping[str, str]:
    """Return the environment, and for what it lacks the values that `limner up` has written."""
    written = read_env(file) if file.is_file() else {}
    return {**written, **{name: value for name, value in os.environ.items() if value}}


def find_settings() -> Settings:
    """Return the settings of the Limner at hand, or end with a word on how to set them."""
    try:
        return settings.load(environment(home().runtime_env))
    except SettingsError as error:
        here = home().path
        fail(f"{error}\n\nNo Limner runs in {here}. Start one with `limner up`, or set these.")


@contextmanager
def open_ground() -> Iterator[Ground]:
    """Open the ground of the Limner at hand, for a command that works on it directly."""
    found = find_settings()
    try:
        ground = Ground.open(found)
    except SettingsError as error:
        fail(str(error))
    try:
        yield ground
    finally:
        ground.close()


def fail(message: str) -> NoReturn:
    """End the command with a message and status 1."""
    click.echo(message, err=True)
    sys.exit(1)
