"""A request that is sent again is answered as before, and makes nothing anew."""

from collections.abc import Callable
from hashlib import sha256

from flask import Response, after_this_request, request
from sqlalchemy.orm import Session

from api import auth, ground
from shared.errors import Fault, InvalidRequest
from shared.jobs import idempotency
from shared.jobs.idempotency import Answer, Identity, Realm
from shared.jobs.inputs import NotThere

Write = Callable[[Session], Answer]

REPLAYED = "Idempotent-Replayed"

_KEY = "Idempotency-Key"
_MOST_CHARACTERS = 255
# What the clients that Stainless generates (openai, replicate) send: which try this is, from 0 on.
_TRY = "X-Stainless-Retry-Count"


def once(write: Write, *, said: bytes | None = None) -> Answer:
    """Carry out in one transaction what a request asks for, unless that was done already.

    What it asks for is told by its body, or by what is ``said`` to be in that: forms that are sent
    again may be written otherwise.

    Then it is what was answered before, and says so in its header. A request that fails leaves
    nothing behind: it may be sent again under the same key. What its jobs start from and is not
    here yet is brought in between, and then all is begun anew.
    """
    identity = _identity(said)
    try:
        return _once(identity, write)
    except NotThere as missing:
        missing.inputs.bring()
    return _once(identity, write)


def _once(identity: Identity | None, write: Write) -> Answer:
    with ground.current().transaction() as session:
        if identity is None:
            return write(session)
        earlier = idempotency.recall(session, identity)
        if earlier is not None:
            after_this_request(_say_so)
            return earlier
        answer = write(session)
        idempotency.remember(session, identity, answer)
    return answer


def _identity(said: bytes | None) -> Identity | None:
    account_id = auth.account().id
    key = request.headers.get(_KEY)
    if key is not None:
        _check(key)
        name = _apart() + key
        return Identity(account_id=account_id, realm=Realm.KEY, name=name, digest=_digest(said))
    tries = request.headers.get(_TRY, "")
    if not (tries.isascii() and tries.isdecimal()):
        return None
    digest = _digest(said)
    return Identity(
        account_id=account_id,
        realm=Realm.DIGEST,
        name=digest,
        digest=digest,
        is_new=not tries.strip("0"),
    )


def _check(key: str) -> None:
    if not (1 <= len(key) <= _MOST_CHARACTERS and key.isascii() and key.isprintable()):
        message = f"Must be 1 to {_MOST_CHARACTERS} printable ASCII characters."
        raise InvalidRequest([Fault(f"header.{_KEY}", message)])


def _apart() -> str:
    """Keep what was tried with a key for tests from being the answer to what is meant."""
    # No key can begin so: it is printable.
    return "test\n" if auth.access().is_test else ""


def _digest(said: bytes | None) -> str:
    asked = f"{_apart()}{request.method} {request.full_path}\n".encode()
    return sha256(asked + (request.get_data() if said is None else said)).hexdigest()


def _say_so(response: Response) -> Response:
    response.headers[REPLAYED] = "true"
    return response
