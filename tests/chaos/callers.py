"""Callers who submit and cancel over HTTP, and who find out what became of a cut-off request."""

import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import urllib3

_SUBMITTERS = 6
_ONCE_MORE = 0.3


class Away(Exception):
    """The API gave no answer that counts."""


class Api:
    """The API, called with one account's key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._http = urllib3.PoolManager(
            maxsize=_SUBMITTERS,
            retries=False,
            timeout=20.0,
            headers={"Authorization": f"Bearer {key}"},
        )

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Send one request; raises :class:`Away` if it is not known what became of it."""
        try:
            answer = self._http.request(method, f"{self._url}{path}", json=document)
            content = answer.json()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Away from error
        if answer.status >= 500:
            raise Away
        return answer.status, content

    def insist(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Send a request that may be sent twice until it is answered."""
        while True:
            try:
                return self.call(method, path, document)
            except Away:
                time.sleep(_ONCE_MORE)

    def jobs(self) -> list[dict[str, Any]]:
        """List every job."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            _, page = self.insist("GET", f"/v1/jobs?limit=100{cursor}")
            found += page["data"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"


@dataclass(frozen=True)
class Wish:
    """One job to be submitted, and perhaps to be canceled some time later."""

    account: int
    reference: str
    document: dict[str, Any]
    cancel_after: float | None


def wishes(seed: int, count: int, *, accounts: int, webhook: str) -> list[Wish]:
    """Make up jobs: most for the provider, some for the local engine, a few to be canceled."""
    chance = random.Random(seed + 1)
    return [_wish(chance, f"{seed}-{one}", accounts, webhook) for one in range(count)]


def _wish(chance: random.Random, reference: str, accounts: int, webhook: str) -> Wish:
    model = "sketch" if chance.random() < 0.15 else "flux"
    document = {
        "kind": "image",
        "model": model,
        # The provider counts by the prompt, so each job has one of its own.
        "input": {"prompt": f"chaos {reference}", "width": 64, "height": 64},
        "metadata": {"reference": reference},
        "webhook": webhook,
    }
    cancel_after = chance.uniform(0, 4) if chance.random() < 0.05 else None
    return Wish(chance.randrange(accounts), reference, document, cancel_after)


class Callers:
    """Several threads that submit at an even pace, and one that cancels."""

    def __init__(self, apis: Sequence[Api], to_submit: Sequence[Wish], *, seconds: float) -> None:
        self.accepted: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self._apis, self._wishes = apis, to_submit
        self._pause = seconds / len(to_submit)
        self._next = iter(range(len(to_submit)))
        self._to_cancel: list[tuple[float, str, int]] = []
        self._lock = threading.Lock()
        self._all_submitted = threading.Event()
        self._threads = [
            threading.Thread(target=self._submit_on, name="submitter") for _ in range(_SUBMITTERS)
        ]
        self._canceler = threading.Thread(target=self._cancel_on, name="canceler")

    def begin(self) -> None:
        """Begin now."""
        self._begun = time.monotonic()
        for thread in [*self._threads, self._canceler]:
            thread.start()

    def end(self) -> None:
        """Wait until all is submitted and canceled."""
        for thread in self._threads:
            thread.join()
        self._all_submitted.set()
        self._canceler.join()

    @property
    def missing(self) -> list[str]:
        """The references of the wishes that were never accepted."""
        return sorted({one.reference for one in self._wishes} - set(self.accepted.values()))

    def _submit_on(self) -> None:
        while True:
            with self._lock:
                number = next(self._next, None)
            if number is None:
                return
            time.sleep(max(0.0, self._begun + number * self._pause - time.monotonic()))
            self._submit(self._wishes[number])

    def _submit(self, wish: Wish) -> None:
        api = self._apis[wish.account]
        while True:
            try:
                status, answer = api.call("POST", "/v1/jobs", wish.document)
            except Away:
                self._count("requests cut off")
                found = self._look_up(api, wish)
                if found is not None:
                    self._count("found again by reference")
                    return self._accept(wish, found)
            else:
                assert status == 202, answer
                return self._accept(wish, answer["id"])

    def _look_up(self, api: Api, wish: Wish) -> str | None:
        time.sleep(_ONCE_MORE)
        _, page = api.insist("GET", f"/v1/jobs?reference={wish.reference}")
        return page["data"][0]["id"] if page["data"] else None

    def _accept(self, wish: Wish, job_id: str) -> None:
        with self._lock:
            self.accepted[job_id] = wish.reference
            if wish.cancel_after is not None:
                moment = time.monotonic() + wish.cancel_after
                heapq.heappush(self._to_cancel, (moment, job_id, wish.account))

    def _cancel_on(self) -> None:
        while not (self._all_submitted.wait(0.05) and not self._to_cancel):
            with self._lock:
                is_time = self._to_cancel and self._to_cancel[0][0] <= time.monotonic()
                due = heapq.heappop(self._to_cancel) if is_time else None
            if due is not None:
                _, job_id, account = due
                status, _ = self._apis[account].insist("POST", f"/v1/jobs/{job_id}/cancel")
                self._count("cancels too late" if status == 409 else "cancels taken")

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
