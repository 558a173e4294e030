"""The thin front that Dramatiq and Huey share: a row and a push, and how the row stands.

As in the tutorial: no check of the request, and no key.
"""

import os
from importlib import import_module
from typing import Any

from flask import Flask

from tests.benchmarks import durable

app = Flask("front")
_queue = import_module(os.environ["QUEUE"])


@app.post("/jobs")
def submit() -> tuple[dict[str, Any], int]:
    """Take a job on."""
    job = durable.mine().accept()
    _queue.push(job)
    return {"id": job, "status": "queued"}, 202


@app.get("/jobs/<job_id>")
def read(job_id: str) -> dict[str, Any]:
    """Say how a job stands."""
    return {"id": job_id, "status": durable.mine().status(job_id)}
