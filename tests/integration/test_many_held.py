"""Five hundred callers wait for their images at one API process, and it serves on."""

import http.client
import json
import selectors
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from deploy.embedded import ports
from shared.ground import Ground
from shared.jobs.status import Queue
from shared.jobs.tables import Job
from tests.benchmarks import stand
from tests.conftest import Caller, MakeCaller
from tests.support.patience import eventually
from workers.process import WorkerProcess

HELD = 500
ACCOUNTS = 5

# What contracts that answer with finished images are asked, in turns.
ADDRESSES = ("/v1/ai/image", "/api/v1/images")


@pytest.fixture
def port(ground: Ground, tmp_path: Path) -> Iterator[int]:
    """One API process as the Procfile has it, with no worker behind it."""
    here = ground.settings
    chosen = ports.choose([])
    environment = {
        "LIMNER_DATABASE_URL": here.database.url,
        "LIMNER_BROKER_URL": here.broker.url,
        "LIMNER_STORAGE_URL": here.storage.url,
        "LIMNER_SECRET_KEY": here.security.secret_key,
        "LIMNER_PUBLIC_URL": f"http://127.0.0.1:{chosen}",
        "LIMNER_PORT": str(chosen),
        "LIMNER_LOCAL_ENGINES": "fallback",
        "LIMNER_WEB_PROCESSES": "1",
        "LIMNER_WEB_THREADS": str(HELD + HELD // ACCOUNTS + 32),
        "LIMNER_MAX_WAIT_SECONDS": "600",
        "LIMNER_HOLD_IMAGE_SECONDS": "600",
        "LIMNER_LOG_LEVEL": "WARNING",
    }
    with stand.processes(stand.commands("web"), environment, logs=tmp_path):
        stand.wait_until_it_answers(chosen, "/healthz")
        yield chosen


def ask_for_an_image(port: int, caller: Caller, address: str) -> socket.socket:
    """Send a request and leave its answer for later."""
    body = json.dumps({"prompt": "a red fox", "width": 64, "height": 64}).encode()
    lines = [
        f"POST {address} HTTP/1.1",
        "Host: limner",
        f"Authorization: {caller.headers['Authorization']}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def answered(connections: Sequence[socket.socket]) -> int:
    """Return how many of them have something to read."""
    with selectors.DefaultSelector() as selector:
        for one in connections:
            selector.register(one, selectors.EVENT_READ)
        return len(selector.select(timeout=0))


def call(port: int, method: str, path: str, caller: Caller | None = None, body: str = "") -> bytes:
    """Send a request over a connection of its own; its answer must be 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body or None, caller.headers if caller else {})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    assert response.status == 200, content
    return content


def unfinished(ground: Ground) -> int:
    with ground.reading() as session:
        query = select(func.count()).select_from(Job).where(Job.finished_at.is_(None))
        return session.execute(query).scalar_one()


def status_of(connection: socket.socket) -> int:
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def test_five_hundred_held_requests_leave_the_process_alive(
    port: int, ground: Ground, make_caller: MakeCaller, worker: WorkerProcess
) -> None:
    accounts = [make_caller(f"account {number}") for number in range(ACCOUNTS)]
    leaver = make_caller("leaver")
    held: list[socket.socket] = []
    try:
        for number in range(HELD - 1):
            address = ADDRESSES[number % len(ADDRESSES)]
            held.append(ask_for_an_image(port, accounts[number % ACCOUNTS], address))
        gone = ask_for_an_image(port, leaver, ADDRESSES[0])
        assert eventually(lambda: unfinished(ground) == HELD, 60)
        assert answered([*held, gone]) == 0

        assert json.loads(call(port, "GET", "/healthz")) == {"status": "ok"}
        [job] = json.loads(call(port, "GET", "/v1/jobs", leaver))["data"]

        gone.close()
        for account in accounts:
            # Those who are answered do not listen yet, nor hang up: nobody else waits for them.
            call(port, "POST", "/v1/jobs/cancel", account, '{"all": true}')
        with ThreadPoolExecutor(8) as executor:
            told = set(executor.map(status_of, held))
        assert told == {500, 502}  # each contract's word for what was canceled
        assert unfinished(ground) == 1

        worker.hear(Queue.IMAGE)
        found = f"/v1/render/{job['id'].replace('job_', 'img_')}"
        assert eventually(lambda: json.loads(call(port, "GET", found, leaver))["url"] is not None)
        link = json.loads(call(port, "GET", found, leaver))["url"]
        assert call(port, "GET", link.partition(f":{port}")[2])[:4] == b"\x89PNG"
    finally:
        for one in held:
            one.close()
