"""What goes wrong, made to order: so many times, or for a share of what is asked."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OPERATIONS = ("submit", "status", "result", "cancel", "list", "file", "probe")

# Every kind, and what it befalls unless the order says otherwise.
KINDS: Mapping[str, str] = {
    "slow": "submit",  # done at once, answered after `seconds`
    "hang": "submit",  # done at once, never answered
    "429": "submit",  # not done; `retry_after` in seconds, if given
    "500": "submit",  # not done
    "status": "submit",  # not done: answers the status `code`; `retry_after`, if given
    "cut_before": "submit",  # not done: the connection breaks
    "cut_after": "submit",  # done: then the connection breaks
    "garbage": "submit",  # done: then an answer that is no JSON
    "unknown_status": "status",
    "lose": "status",  # 404 from then on
    "error": "submit",  # the job ends in an error of this `type`
    "refuse_content": "submit",  # `shape` error: a refusal; flag: a black picture and a mark
    "expire_file": "file",  # the link is dead from then on
    "empty_images": "result",
}


@dataclass(kw_only=True)
class Fault:
    """One order; without a share it is carried out ``times`` times, the first ``after`` spared."""

    kind: str
    on: str
    times: int = 1
    after: int = 0
    share: float | None = None
    seconds: float = 0.0
    retry_after: str | None = None
    code: int = 500
    type: str = "internal_error"
    shape: str = "error"

    @property
    def status(self) -> int | None:
        """The status that is answered in the place of doing anything."""
        return {"429": 429, "500": 500, "status": self.code}.get(self.kind)


class Faults:
    """The orders that stand."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._standing: list[Fault] = []

    def order(self, document: Mapping[str, Any]) -> None:
        """Take an order; raises :class:`ValueError` if it cannot be understood."""
        kind = str(document.get("kind"))
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}.")
        fields = {"on": KINDS[kind], **document, "kind": kind}
        if fields.get("retry_after") is not None:
            fields["retry_after"] = str(fields["retry_after"])
        try:
            fault = Fault(**fields)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if fault.on not in OPERATIONS:
            raise ValueError(f"{fault.on!r} is none of {', '.join(OPERATIONS)}.")
        self._standing.append(fault)

    def take(self, operation: str) -> Fault | None:
        """Return what is to go wrong this time."""
        for fault in self._standing:
            if fault.on == operation and self._strikes(fault):
                return fault
        return None

    def clear(self) -> None:
        """Drop every order."""
        self._standing.clear()

    def _strikes(self, fault: Fault) -> bool:
        if fault.after > 0:
            fault.after -= 1
            return False
        if fault.share is not None:
            return self._chance.random() < fault.share
        if fault.times < 1:
            return False
        fault.times -= 1
        return True
