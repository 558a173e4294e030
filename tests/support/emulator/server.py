"""The provider put together: who asks, what is asked, what goes wrong, what is answered."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.support.emulator import files
from tests.support.emulator.faults import Fault, Faults
from tests.support.emulator.jobs import Jobs, Pace
from tests.support.emulator.vendor import Terms, Vendor
from tests.support.emulator.wire import Answer, Cut, Hang, Outcome, Request, json_answer


@dataclass(frozen=True, kw_only=True)
class Options:
    """Whom to play, and how it behaves while nothing goes wrong."""

    vendor: Callable[[Jobs, Terms], Vendor]
    pace: Pace
    terms: Terms
    seed: int = 1


class Provider:
    """Answers every request that reaches the emulator."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._chance = random.Random(options.seed)
        self._jobs = Jobs(options.pace, self._chance)
        self._faults = Faults(self._chance)
        self._vendor = options.vendor(self._jobs, options.terms)
        self._asked: Counter[str] = Counter()
        self._reset()

    def listens_at(self, url: str) -> None:
        """Learn the address that links are made of."""
        self._vendor.url = url

    def respond(self, request: Request) -> Outcome:
        """Answer one request."""
        if request.path.startswith("/_control/"):
            return self._control(request)
        operation = _operation(self._vendor, request)
        if operation is None:
            return self._vendor.error(405)
        self._asked[operation] += 1
        if operation != "file" and not self._vendor.admits(request):
            return self._vendor.error(401)
        fault = self._faults.take(operation)
        if fault is not None and fault.status is not None:
            answer = self._vendor.error(fault.status, fault)
            waits = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
            return replace(answer, headers={**answer.headers, **waits})
        if fault is not None and fault.kind == "cut_before":
            return Cut()
        return _spoil(fault, self._do(operation, request, fault))

    def _do(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        if operation == "file":
            return self._file(request, fault)
        return self._vendor.answer(operation, request, fault)

    def _file(self, request: Request, fault: Fault | None) -> Answer:
        has_key = self._vendor.admits(request) or "authorization" in request.headers
        self._asked["keys_given_away"] += has_key
        job = self._jobs.find(files.job_of(request.path))
        if job is not None and fault is not None and fault.kind == "expire_file":
            job.is_expired = True
        return files.serve(job, request.path, has_key=has_key, gone=self._vendor.gone)

    def _control(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/_control/counts":
                counts = self._jobs.counts(by_key="by_key" in request.query)
                return json_answer(200, counts | {"asked": dict(self._asked)})
            case "GET", "/_control/orders":
                return json_answer(200, self._jobs.orders())
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


def _operation(vendor: Vendor, request: Request) -> str | None:
    if request.path.startswith("/files/"):
        return "file" if request.method == "GET" else None
    return vendor.operation(request)


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
