"""`limner models`, `limner submit`, `limner jobs`: work, as any caller would ask for it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from deploy.cli.client import Client
from deploy.cli.surroundings import fail
from deploy.cli.table import show_table
from shared.jobs import prompts

_OVER = {"succeeded", "failed", "canceled"}
# How soon to look again: ever later, since each look counts as one of the key's requests.
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.25, 5.0
_LATER = 1.2


@click.command()
def models() -> None:
    """List the models on offer, and who makes them here."""
    rows = [
        (
            one["name"],
            one["kind"],
            ", ".join(one["operations"]),
            str(one["credits"]),
            _maker(one),
            one["title"],
        )
        for one in Client().get("/v1/models")["data"]
    ]
    show_table(("MODEL", "KIND", "DOES", "CREDITS", "MADE BY", "TITLE"), rows)


@click.command()
@click.argument("kind", type=click.Choice(["image", "video", "3d", "render"]))
@click.argument("prompt")
@click.option("--model", help="A name from `limner models`; by default, the first of the kind.")
@click.option("--width", type=int, help="Pixels.")
@click.option("--height", type=int, help="Pixels.")
@click.option("--seed", type=int, help="The same seed makes the same picture.")
@click.option("--style", help="As the model has it: natural, vivid, artistic.")
@click.option("--format", "file_format", help="png, jpeg or webp.")
@click.option("--negative-prompt", help="What should not be in it.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other input.")
@click.option("--webhook", help="Address that is told when the job is over.")
@click.option("--reference", help="A word of yours to find the job by.")
@click.option("--priority", type=int, help="0 to 9, the most urgent.")
@click.option("--wait", is_flag=True, help="Wait until it is over.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the result; waits for it.",
)
def submit(kind: str, prompt: str, *, wait: bool, out: Path | None, **options: Any) -> None:
    """Submit a job.

    \b
    Example:
      limner submit image "a red fox" --model flux --wait --out fox.png
    """
    client = Client()
    job = client.post("/v1/jobs", _request(kind, prompt, options))
    click.echo(job["id"])
    if wait or out:
        job = _watch(client, job)
        _save(client, job, out)


@click.group(invoke_without_command=True)
@click.option("--status", help="Only these: queued, running, succeeded, failed, canceled.")
@click.option("--kind", help="Only these: image, video, 3d, render.")
@click.option("--reference", help="Only with this reference.")
@click.option("--limit", type=int, default=20, show_default=True)
@click.pass_context
def jobs(context: click.Context, /, **filters: Any) -> None:
    """List your jobs, newest first; `show` and `cancel` one."""
    if context.invoked_subcommand is not None:
        return
    rows = [
        (
            one["id"],
            one["created_at"],
            one["kind"],
            one["model"],
            f"{one['status']} {one['progress']:.0f}%",
            prompts.shown(one["input"])[:50],
        )
        for one in Client().get("/v1/jobs", **filters)["data"]
    ]
    show_table(("JOB", "CREATED", "KIND", "MODEL", "STATUS", "PROMPT"), rows)


@jobs.command()
@click.argument("job_id")
def show(job_id: str) -> None:
    """Show one job as the API has it."""
    click.echo(json.dumps(Client().get(f"/v1/jobs/{job_id}"), indent=2, ensure_ascii=False))


@jobs.command()
@click.argument("job_id")
def cancel(job_id: str) -> None:
    """Cancel one job."""
    click.echo(Client().post(f"/v1/jobs/{job_id}/cancel")["status"])


def _maker(model: dict[str, Any]) -> str:
    if not model["available"]:
        return "nobody: no provider is configured"
    return f"{model['provider']} (stands in)" if model["is_fallback"] else str(model["provider"])


def _request(kind: str, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
    of_input = {
        "prompt": prompt,
        "width": options["width"],
        "height": options["height"],
        "seed": options["seed"],
        "style": options["style"],
        "format": options["file_format"],
        "negative_prompt": options["negative_prompt"],
        **dict(_pair(text) for text in options["more"]),
    }
    request = {name: options[name] for name in ("model", "webhook", "priority")}
    reference = options["reference"]
    request |= {"kind": kind, "metadata": {"reference": reference} if reference else None}
    return {**_given(request), "input": _given(of_input)}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"--set {text}: write it as NAME=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _watch(client: Client, job: dict[str, Any]) -> dict[str, Any]:
    """Show a progress bar until the job is over."""
    pause = _FIRST_LOOK_SECONDS
    with click.progressbar(length=100, label=job["id"], show_eta=False) as bar:
        while job["status"] not in _OVER:
            time.sleep(pause)
            pause = min(pause * _LATER, _LAST_LOOK_SECONDS)
            job = client.get(f"/v1/jobs/{job['id']}")
            bar.label = f"{job['id']} {job['status']}"
            bar.update(int(job["progress"]) - bar.pos)
    return job


def _save(client: Client, job: dict[str, Any], out: Path | None) -> None:
    if job["status"] != "succeeded":
        error = job["error"] or {"code": job["status"], "message": "The job was canceled."}
        fail(f"{error['code']}: {error['message']}")
    for warning in job["warnings"]:
        click.echo(f"Note: {warning['message']}", err=True)
    results = [one for one in job["artifacts"] if one["role"] == "result"]
    for position, artifact in enumerate(results):
        if out is None:
            click.echo(artifact["url"])
            continue
        target = out if position == 0 else out.with_stem(f"{out.stem}-{position + 1}")
        client.download(artifact["url"], target)
        click.echo(f"{target} ({', '.join(_about(artifact))})")


def _about(artifact: dict[str, Any]) -> Iterator[str]:
    yield artifact["content_type"]
    if artifact["width"] is not None:
        yield f"{artifact['width']}x{artifact['height']}"
    if artifact["duration"] is not None:
        yield f"{artifact['duration']:g} s"
    yield f"{artifact['bytes']:,} bytes"
