"""Tripo (v3): pictures to 3D models, by tasks that the account's usage lists.

An error may come with status 200: the code in the answer is what counts. Links to files are short;
each answer about a task has fresh ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared import clock
from shared.errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderBusy,
    ProviderFailed,
    ProviderLostJob,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnavailable,
    ServiceError,
)
from shared.jobs.media import is_data
from shared.jobs.status import Role
from shared.vendors import VENDORS
from workers.providers.base import Accepted, Cost, Download, Finished, Order, Pending, Ticket
from workers.providers.remote.client import Client, Reply, origin, refusal, retry_after
from workers.providers.remote.tripo_input import TYPE, input_of

_BANNED, _EXPIRED = 2008, 2018
_CODES: Mapping[int, type[ServiceError]] = {
    2000: ProviderBusy,
    2001: ProviderLostJob,
    2002: ProviderRefused,
    _BANNED: ContentRefused,
    2010: ProviderMisconfigured,
    2015: ProviderRefused,
    _EXPIRED: ProviderFailed,
}
_MODELS = ("pbr_model_url", "model_url", "base_model_url")
_DOLLARS = 0.01
_PAGE = 100
_MOST_PAGES = 10
_EXCERPT = 500

Task = Mapping[str, Any]


class Tripo:
    """Speaks to Tripo's API."""

    def __init__(self, key: str, url: str, *, client: Client | None = None) -> None:
        self._headers = {**VENDORS["tripo"].shown(key), "Accept": "application/json"}
        self._url = url.rstrip("/")
        self._client = client or Client()

    def remarks(self, order: Order) -> Sequence[str]:  # noqa: ARG002
        """Say nothing: how deep a relief would be means nothing here."""
        return ()

    def submit(self, order: Order) -> Accepted:
        """Hand the order over: one POST, after the picture where it is sent along."""
        body = input_of(order, self._place(order))
        reply = self._client.post(
            f"{self._url}/generation/image-to-model", headers=self._headers, document=body
        )
        task_id = _data(reply).get("task_id")
        if not isinstance(task_id, str) or not task_id:
            raise OutcomeUnknown("Tripo took the order, and gave no id for it.")
        return Accepted({"id": task_id})

    def poll(self, ticket: Ticket) -> Pending | Finished:
        """Ask how it stands."""
        task = self._task(ticket["id"])
        match task.get("status"):
            case "queued" | "running":
                progress = task.get("progress")
                return Pending(progress / 100 if isinstance(progress, int | float) else None)
            case "success":
                return Finished(list(_downloads(task)), cost=_cost(task))
            case "failed" | "banned" | "expired" | "cancelled" as status:
                raise _failure(task, status)
            case strange:
                raise ProviderMisbehaved(f"Tripo answered the status {strange!r}.")

    def cancel(self, ticket: Ticket) -> None:
        """Do nothing: Tripo cannot be told to stop."""

    def find(self, order: Order, *, since: datetime) -> Sequence[Ticket] | None:
        """Look for tasks with exactly this order's input, begun since then, oldest first.

        None for a picture that is sent along: each time it has another name there.
        """
        image = order.sources.get("image")
        if image is None or is_data(image.link):
            return None
        wanted = input_of(order, image.link)
        begun = [task_id for task_id, moment in self._begun() if moment >= since]
        tasks = [(task_id, self._task(task_id)) for task_id in reversed(begun)]
        return [{"id": task_id} for task_id, task in tasks if task.get("input") == wanted]

    def _place(self, order: Order) -> str:
        """Return where the picture is for Tripo: its link, or what an upload of it is called."""
        image = order.sources.get("image")
        if image is None:
            raise ProviderRefused("Tripo starts from a picture here.")
        if not is_data(image.link):
            return image.link
        form = image.content_type.partition("/")[2]
        part = (f"image.{form}", image.read(), image.content_type)
        try:
            reply = self._client.post_form(
                f"{self._url}/files", headers=self._headers, fields=[("file", part)]
            )
            token = _data(reply).get("file_token")
        except OutcomeUnknown as error:
            # An upload costs nothing: it may be sent again.
            raise ProviderUnavailable(error.message) from error
        if not isinstance(token, str):
            raise ProviderMisbehaved("Tripo took a picture, and gave no name for it.")
        return token

    def _task(self, task_id: str) -> Task:
        url = f"{self._url}/tasks/{quote(task_id, '')}"
        return _data(self._client.get(url, headers=self._headers), is_ticket=True)

    def _begun(self) -> Iterator[tuple[str, datetime]]:
        """Yield the tasks that the account was charged for, newest first, and when they began."""
        for page in range(_MOST_PAGES):
            url = f"{self._url}/account/usage?limit={_PAGE}&offset={page * _PAGE}"
            items = _data(self._client.get(url, headers=self._headers)).get("items")
            if not isinstance(items, list):
                raise ProviderMisbehaved("Tripo's list of usage has no items.")
            for one in items:
                if one.get("type") == TYPE:
                    yield str(one.get("task_id")), _moment(one.get("created_at"))
            if len(items) < _PAGE:
                return


def _data(reply: Reply, *, is_ticket: bool = False) -> Mapping[str, Any]:
    """Return what an answer holds, or raise what it says went wrong."""
    told = (reply.peek() or {}) if not reply.is_success else reply.document()
    code, data = told.get("code"), told.get("data")
    says = f"Tripo: {code} {told.get('message') or ''}"[:_EXCERPT]
    match _CODES.get(code) if isinstance(code, int) else None:
        case None:
            pass
        case kind if kind is ProviderBusy:
            raise ProviderBusy(says, retry_after=retry_after(reply.headers, clock.now()))
        case kind if kind is ProviderLostJob and not is_ticket:
            raise ProviderRefused(says)
        case kind:
            raise kind(says)
    if error := refusal(reply, says=says, is_ticket=is_ticket):
        raise error
    if code != 0:
        # Of a question, it says nothing about the task.
        raise ProviderRefused(says) if reply.method == "POST" else ProviderUnavailable(says)
    if not isinstance(data, dict):
        raise ProviderMisbehaved("Tripo answered without data.")
    return data


def _failure(task: Task, status: str) -> ServiceError:
    code = task.get("error_code")
    says = f"Tripo: {status} {code or ''} {task.get('error_message') or ''}"[:_EXCERPT]
    if status == "banned" or code == _BANNED:
        return ContentRefused(says)
    return ProviderRefused(says) if status == "cancelled" else ProviderFailed(says)


def _downloads(task: Task) -> Iterator[Download]:
    output = task.get("output")
    found = output if isinstance(output, dict) else {}
    url = next((found[name] for name in _MODELS if _is_link(found.get(name))), None)
    if url is None:
        raise ProviderMisbehaved("Tripo finished, and there is no model.")
    yield Download(url=url)
    if _is_link(found.get("rendered_image_url")):
        yield Download(url=found["rendered_image_url"], role=Role.PREVIEW)


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and origin(value) is not None


def _cost(task: Task) -> Cost | None:
    """Return what was charged, in Tripo's credits of a cent each."""
    credits = task.get("credits_consumed")
    if not isinstance(credits, int | float):
        return None
    return {"credits": float(credits), "usd": round(credits * _DOLLARS, 6)}


def _moment(value: Any) -> datetime:
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise ProviderMisbehaved(f"Tripo's list has the moment {value!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
