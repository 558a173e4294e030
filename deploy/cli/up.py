"""`limner up`, `limner status` and `limner down`: all of Limner on this machine."""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import click

from deploy.embedded import detach
from deploy.embedded import status as statuses
from deploy.embedded.banner import block
from deploy.embedded.demo import prepare
from deploy.embedded.down import down as stop_running
from deploy.embedded.down import running
from deploy.embedded.errors import CannotRun, in_words
from deploy.embedded.folder.files import read_env
from deploy.embedded.folder.home import Home
from deploy.embedded.options import Options, stop_grace
from deploy.embedded.up import up as start

NOT_RUNNING = 3
_PORT = click.IntRange(1, 65_535)


@click.command("up")
@click.option(
    "--port",
    type=_PORT,
    envvar="LIMNER_PORT",
    help="Port of the API; 8080 or any free one if not given.",
)
@click.option(
    "--flower-port",
    type=_PORT,
    envvar="LIMNER_FLOWER_PORT",
    help="Port of Flower; 5555 or any free one if not given.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    envvar="LIMNER_HOST",
    show_default=True,
    help="Address that the API listens on; 0.0.0.0 for every one of this machine.",
)
@click.option(
    "--procfile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Which processes to run; the Procfile here, or Limner's own, if not given.",
)
@click.option(
    "--detach", "in_background", is_flag=True, help="Leave it running and return when it is ready."
)
@click.option("--quiet", is_flag=True, help="Keep what the processes say in the log only.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="Seconds in which the API and Flower must answer.",
)
@click.option("--detached", is_flag=True, hidden=True)
def up(
    *,
    port: int | None,
    flower_port: int | None,
    host: str,
    procfile: Path | None,
    in_background: bool,
    quiet: bool,
    timeout: float,
    detached: bool,
) -> None:
    """Start Limner with everything it needs: Postgres, Valkey, the API, workers and Flower.

    Data, keys and logs lie in ./.limner, or where LIMNER_HOME says, and are kept between runs.
    LIMNER_DATABASE_URL, LIMNER_BROKER_URL and LIMNER_STORAGE_URL each replace an embedded part.
    Ctrl-C stops everything; pressed again, at once.
    """
    home = Home.of(os.environ)
    with _in_one_line(home):
        options = Options(
            environment=dict(os.environ),
            host=host,
            port=port,
            flower_port=flower_port,
            procfile=procfile,
            timeout=timeout,
            quiet=quiet,
            detached=detached,
        )
        if in_background:
            _start_in_background(options, home)
        else:
            start(options, prepare)


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, as_json: bool) -> None:
    """Tell whether Limner runs here, and how its processes are.

    The exit status is 0 if it runs and 3 if it does not.
    """
    home = Home.of(os.environ)
    with _in_one_line(home):
        found = running(home)
        if as_json:
            document = (
                statuses.as_document(found) if found else {"running": False, "home": str(home.path)}
            )
            click.echo(json.dumps(document, indent=2))
        else:
            click.echo(
                statuses.as_text(found) if found else f"Limner is not running in {home.path}."
            )
        if not found:
            sys.exit(NOT_RUNNING)


@click.command("down")
def down() -> None:
    """Stop the Limner that runs here, and wait until it is gone. The data stay."""
    home = Home.of(os.environ)
    with _in_one_line(home):
        stopped = stop_running(home, grace=stop_grace(os.environ))
        click.echo("Limner is stopped." if stopped else f"Limner is not running in {home.path}.")


def _start_in_background(options: Options, home: Home) -> None:
    detach.start(detach.again("deploy.cli.up:up", ["--detached", *_arguments(options)]), home)
    click.echo(block(read_env(home.demo_env), home.path, stop="limner down"))


def _arguments(options: Options) -> list[str]:
    chosen = {
        "--host": options.host,
        "--port": options.port,
        "--flower-port": options.flower_port,
        "--procfile": options.procfile,
        "--timeout": options.timeout,
    }
    given = [f"{name}={value}" for name, value in chosen.items() if value is not None]
    return [*given, *(["--quiet"] if options.quiet else [])]


@contextlib.contextmanager
def _in_one_line(home: Home) -> Iterator[None]:
    """Say what went wrong in one line and end with status 1; log the trace of a fault of ours."""
    try:
        yield
    except CannotRun as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(str(in_words(error)))
    except Exception as error:  # noqa: BLE001 - the last place that can tell the user anything
        first = f"{type(error).__name__}: {error}".splitlines()[0]
        _give_up(f"{first}{_log_trace(home)}")


def _give_up(reason: str) -> None:
    click.echo(f"{detach.ERROR_PREFIX}{reason}", err=True)
    sys.exit(1)


def _log_trace(home: Home) -> str:
    try:
        with home.own_log.open("a") as log:
            log.write(traceback.format_exc())
    except OSError:
        return ""
    return f" (more in {home.own_log})"
