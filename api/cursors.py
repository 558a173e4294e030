"""Where a list goes on, in a form that nobody can make up."""

from itsdangerous import BadSignature, URLSafeSerializer

from api import ground
from shared.errors import Fault, InvalidRequest


class Cursors:
    """The cursors of one kind of list."""

    def __init__(self, name: str) -> None:
        self._salt = f"{name}-cursor"

    def write(self, last: str) -> str:
        """Return the cursor that goes on after the entry of this id."""
        return str(self._serializer().dumps(last))

    def read(self, cursor: str | None) -> str | None:
        """Return the id after which to go on, if any; or raise :class:`InvalidRequest`."""
        if cursor is None:
            return None
        try:
            return str(self._serializer().loads(cursor))
        except BadSignature:
            message = "This is no cursor of ours: take `next_cursor` as it was given."
            raise InvalidRequest([Fault("query.cursor", message)]) from None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(ground.current().settings.security.secret_key, salt=self._salt)
