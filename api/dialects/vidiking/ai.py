"""What models make: images, videos, and what nobody here can speak or write."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema

from api import auth, ground
from api.dialects.vidiking import faults, making, translate
from api.dialects.vidiking.shapes import (
    ScriptRequestSchema,
    SubtitlesRequestSchema,
    VoiceoverRequestSchema,
)
from api.reading import json_body
from shared.accounts.access import Scope
from shared.faults import load
from shared.jobs.status import Status

blueprint = Blueprint("vidiking_ai", __name__, url_prefix="/v1/ai")
auth.require_key(blueprint)


@blueprint.post("/image")
@auth.needs(Scope.SUBMIT)
def make_image() -> Response:
    """Make one image, and answer when it is finished; 202 if that takes too long."""
    here = ground.current()
    wanted = translate.image_request(json_body())
    job_id = making.submit(wanted)
    ground.waiting_room().wait(job_id, here.settings.http.max_wait_seconds)
    job = making.find(job_id)
    match job.status:
        case Status.SUCCEEDED:
            return making.respond(translate.finished_image(job, here.links) | wanted.remarks)
        case Status.FAILED | Status.CANCELED:
            raise faults.NotMade(job)
    return making.respond(translate.unfinished_image(job) | wanted.remarks, 202)


@blueprint.post("/video")
@auth.needs(Scope.SUBMIT)
def make_video() -> Response:
    """Take a video on."""
    return making.accept(translate.video_request(json_body()))


@blueprint.post("/subtitles")
@auth.needs(Scope.SUBMIT)
def make_subtitles() -> Response:
    """Check a request for subtitles, and say that nobody here hears."""
    return _refuse(SubtitlesRequestSchema(), json_body(), "subtitles", "hears")


@blueprint.post("/voiceover")
@blueprint.post("/voice")
@blueprint.post("/tts")
@auth.needs(Scope.SUBMIT)
def make_voiceover() -> Response:
    """Check a request for a voice-over, and say that nobody here speaks."""
    return _refuse(VoiceoverRequestSchema(), json_body(), "voice-overs", "speaks")


@blueprint.post("/script")
@auth.needs(Scope.SUBMIT)
def write_script() -> Response:
    """Check a request for a script, and say that nobody here writes."""
    body = json_body()
    if isinstance(body, Mapping) and "prompt" not in body and "topic" in body:
        body = {**body, "prompt": body["topic"]}
    return _refuse(ScriptRequestSchema(), body, "scripts", "writes")


def _refuse(schema: Schema, body: Any, what: str, does: str) -> Response:
    load(schema, body, root="")
    raise faults.NotOffered(f"No provider that {does} is configured here: there are no {what}.")
