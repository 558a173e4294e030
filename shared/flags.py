"""Fields that are true or false, and nothing that only looks like it: in Python 1 is true."""

from typing import Any

from marshmallow.fields import Boolean


class Flag(Boolean):
    """``true`` or ``false`` in JSON."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *rest, **more)
