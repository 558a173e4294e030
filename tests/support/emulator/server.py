"""The provider put together: who asks, what is asked, what goes wrong, what is answered."""

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from tests.support.emulator import files, listing
from tests.support.emulator.faults import Fault, Faults
from tests.support.emulator.jobs import Jobs, Pace
from tests.support.emulator.queue import Queue, app_of, not_found
from tests.support.emulator.wire import Answer, Cut, Hang, Outcome, Request, json_answer


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the provider behaves while nothing goes wrong."""

    pace: Pace
    seed: int = 1
    key: str = "test-id:test-secret"
    list_lag: float = 0.0


class Provider:
    """Answers every request that reaches the emulator."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._chance = random.Random(options.seed)
        self._jobs = Jobs(options.pace, self._chance)
        self._faults = Faults(self._chance)
        self._queue = Queue(self._jobs)
        self._asked: Counter[str] = Counter()
        self._reset()

    def listens_at(self, url: str) -> None:
        """Learn the address that links are made of."""
        self._queue.url = url

    def respond(self, request: Request) -> Outcome:
        """Answer one request."""
        if request.path.startswith("/_control/"):
            return self._control(request)
        operation = _operation(request)
        if operation is None:
            return json_answer(405, {"detail": "Method Not Allowed"})
        self._asked[operation] += 1
        is_known = request.headers.get("authorization") == f"Key {self._options.key}"
        if operation != "file" and not is_known:
            return json_answer(
                401, {"detail": "Cannot access application. Authentication is required."}
            )
        fault = self._faults.take(operation)
        if fault is not None and fault.status is not None:
            waits = {"Retry_After": fault.retry_after} if fault.retry_after is not None else {}
            return json_answer(fault.status, {"detail": "As ordered."}, **waits)
        if fault is not None and fault.kind == "cut_before":
            return Cut()
        return _spoil(fault, self._do(operation, request, fault))

    def _do(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        if operation == "submit":
            return self._queue.submit(request, request.path.strip("/"), fault)
        if operation == "list":
            return listing.by_endpoint(self._jobs, request.query, lag=self._options.list_lag)
        if operation == "file":
            return self._file(request, fault)
        app, _, rest = request.path.strip("/").partition("/requests/")
        job = self._jobs.find(rest.partition("/")[0])
        if job is None or app_of(job.endpoint) != app:
            return not_found()
        if operation == "cancel":
            return self._queue.cancel(job)
        answer = self._queue.status if operation == "status" else self._queue.result
        return answer(job, fault)

    def _file(self, request: Request, fault: Fault | None) -> Answer:
        has_key = "authorization" in request.headers
        self._asked["keys_given_away"] += has_key
        job = self._jobs.find(request.path.rpartition("/")[2].partition("_")[0])
        if job is not None and fault is not None and fault.kind == "expire_file":
            job.is_expired = True
        return files.serve(job, request.path, has_key=has_key)

    def _control(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/_control/counts":
                counts = self._jobs.counts(by_key="by_key" in request.query)
                return json_answer(200, counts | {"asked": dict(self._asked)})
            case "POST", "/_control/faults":
                return _taken(request, self._faults.order)
            case "POST", "/_control/calm":
                self._faults.clear()
                return json_answer(200, {})
            case "POST", "/_control/pace":
                return _taken(request, self._set_pace)
            case "POST", "/_control/reset":
                self._reset()
                return json_answer(200, {})
        return json_answer(404, {"detail": "Not Found"})

    def _set_pace(self, document: dict[str, Any]) -> None:
        self._jobs.pace = Pace(**document)

    def _reset(self) -> None:
        self._chance.seed(self._options.seed)
        self._jobs.pace = replace(self._options.pace)
        self._jobs.clear()
        self._faults.clear()
        self._asked.clear()


def _operation(request: Request) -> str | None:
    """Say what is asked for, if the method is the right one."""
    path = request.path
    if path.startswith("/files/"):
        name, method = "file", "GET"
    elif path == "/v1/models/requests/by-endpoint":
        name, method = "list", "GET"
    elif "/requests/" not in path:
        name, method = "submit", "POST"
    elif path.endswith("/cancel"):
        name, method = "cancel", "PUT"
    else:
        name, method = "status" if path.endswith("/status") else "result", "GET"
    return name if request.method == method else None


def _spoil(fault: Fault | None, answer: Answer) -> Outcome:
    """Let go wrong what goes wrong after the work is done."""
    match fault:
        case Fault(kind="slow", seconds=seconds):
            return replace(answer, delay=seconds)
        case Fault(kind="hang"):
            return Hang()
        case Fault(kind="cut_after"):
            return Cut()
        case Fault(kind="garbage"):
            return Answer(200, b"<html>It works!</html>", "text/html")
    return answer


def _taken(request: Request, order: Any) -> Answer:
    try:
        order(json.loads(request.body))
    except (TypeError, ValueError) as error:
        return json_answer(422, {"detail": str(error)})
    return json_answer(200, {})
