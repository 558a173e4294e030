"""Celery as its tutorial has it: a route that calls ``delay``, a task that writes a file.

No row, no check of the request, no key, nothing synced, no webhook; a result that expires.
"""

import os
import uuid
from pathlib import Path
from typing import Any

from celery import Celery
from flask import Flask, request

from tests.benchmarks.picture import PICTURE

celery = Celery("tutorial", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app = Flask("tutorial")


@celery.task
def draw(prompt: str) -> str:
    """Make a picture."""
    path = Path(os.environ["FOLDER"]) / f"{uuid.uuid4()}.png"
    path.write_bytes(PICTURE)
    return str(path)


@app.post("/jobs")
def submit() -> tuple[dict[str, Any], int]:
    """Queue a job."""
    return {"id": draw.delay(request.get_json()["prompt"]).id}, 202


@app.get("/jobs/<job_id>")
def read(job_id: str) -> dict[str, Any]:
    """Say how a job stands."""
    is_done = celery.AsyncResult(job_id).successful()
    return {"id": job_id, "status": "succeeded" if is_done else "running"}
