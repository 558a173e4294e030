"""fal.ai: its queue, and its platform API by which requests are found again."""

from tests.support.emulator.faults import Fault
from tests.support.emulator.jobs import Jobs
from tests.support.emulator.vendor import Terms, Vendor
from tests.support.emulator.vendors.fal import listing
from tests.support.emulator.vendors.fal.queue import Queue, app_of, not_found
from tests.support.emulator.wire import Answer, Request, json_answer


class Fal(Vendor):
    """Answers as fal does."""

    def __init__(self, jobs: Jobs, terms: Terms) -> None:
        super().__init__(jobs, terms)
        self._queue = Queue(jobs)

    def operation(self, request: Request) -> str | None:
        """Say what is asked for, if the method is the right one."""
        path = request.path
        if path == "/v1/models/requests/by-endpoint":
            name, method = "list", "GET"
        elif "/requests/" not in path:
            name, method = "submit", "POST"
        elif path.endswith("/cancel"):
            name, method = "cancel", "PUT"
        else:
            name, method = "status" if path.endswith("/status") else "result", "GET"
        return name if request.method == method else None

    def admits(self, request: Request) -> bool:
        """Say whether the key is the right one."""
        return request.headers.get("authorization") == f"Key {self.terms.key}"

    def error(self, status: int, fault: Fault | None = None) -> Answer:
        """Answer as fal's gateway does."""
        said = {401: "Cannot access application. Authentication is required."}
        detail = "As ordered." if fault else said.get(status, "Method Not Allowed")
        return json_answer(status, {"detail": detail})

    def answer(self, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Do what is asked for."""
        self._queue.url = self.url
        if operation == "submit":
            return self._queue.submit(request, request.path.strip("/"), fault)
        if operation == "list":
            return listing.by_endpoint(self.jobs, request.query, lag=self.terms.list_lag)
        app, _, rest = request.path.strip("/").partition("/requests/")
        job = self.jobs.find(rest.partition("/")[0])
        if job is None or app_of(job.endpoint) != app:
            return not_found()
        if operation == "cancel":
            return self._queue.cancel(job)
        return (self._queue.status if operation == "status" else self._queue.result)(job, fault)


VENDOR = Fal
