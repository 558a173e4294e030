"""`limner settings`: every setting, as a file to begin with."""

import textwrap
from collections.abc import Iterator
from dataclasses import MISSING

import click

from shared.declaring import groups
from shared.settings import Settings


@click.command()
def settings() -> None:
    """Print every setting with its default; `deploy/env.example` is this."""
    click.echo("\n".join(env_example()))


def env_example() -> Iterator[str]:
    """Yield the lines of an environment file that names every setting."""
    yield "# Every setting of Limner; written by `limner settings`."
    yield "# Without a # before it: it has no default, and `limner up` sets it for its own parts."
    for title, options in groups(Settings):
        yield f"\n# --- {title}"
        for one in options:
            yield from (
                "",
                *textwrap.wrap(one["doc"], 96, initial_indent="# ", subsequent_indent="# "),
            )
            default = one["default"]
            yield (
                f"{one['variable']}="
                if default is MISSING
                else f"# {one['variable']}={_text(default)}"
            )


def _text(default: object) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
