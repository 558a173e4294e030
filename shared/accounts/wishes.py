"""What a new key shall be: read and checked, for the API and the command line alike."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import Field, Integer, List, String
from marshmallow.validate import Length, OneOf, Range

from shared import faults
from shared.accounts.access import USUAL, Scope
from shared.accounts.keys import Powers
from shared.flags import Flag
from shared.moments import Moment


@dataclass(frozen=True)
class Wish:
    """A key that may be made."""

    name: str
    powers: Powers


class NetworkField(Field[str]):
    """An address or a network, as ``10.0.0.0/8``."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        try:
            return str(ipaddress.ip_network(value if isinstance(value, str) else ""))
        except ValueError as error:
            raise ValidationError(
                "Must be a network, written as 10.0.0.0/8 or fd00::/8."
            ) from error


class KeyRequestSchema(Schema):
    """A key to be made."""

    name = String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "A word of yours to know it by."},
    )
    scopes = List(
        String(validate=OneOf(list(Scope))),
        load_default=list(USUAL),
        validate=Length(min=1),
        metadata={"description": "What it may be used for; by default, all but `admin`."},
    )
    test = Flag(
        load_default=False,
        metadata={"description": "Its jobs are made by local engines only, and marked."},
    )
    expires_at = Moment(metadata={"description": "A moment, or how long from now: `90d`."})
    networks = List(
        NetworkField(metadata={"type": "string"}),
        load_default=list,
        validate=Length(max=100),
        metadata={"description": "From where it may be used; from everywhere if there are none."},
    )
    spending_cap = Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=Range(min=0, max=2**53),
        metadata={"description": "Credits that its jobs may cost in its whole life."},
    )
    plain_prefix = Flag(
        load_default=False,
        metadata={"description": "It begins with `live_` or `test_`: some clients demand that."},
    )

    @validates_schema(skip_on_field_errors=True)
    def _is_sensible(self, wish: Mapping[str, Any], **_: Any) -> None:
        if wish["test"] and Scope.ADMIN in wish["scopes"]:
            raise ValidationError("A key for tests cannot make others.", "scopes")
        if wish["spending_cap"] is not None and Scope.ADMIN in wish["scopes"]:
            # It could make one without a cap.
            raise ValidationError("A key with a spending cap cannot make others.", "scopes")


def read(document: Any, *, root: str = "$") -> Wish:
    """Read what a key shall be; raises :class:`shared.errors.InvalidRequest` with every fault."""
    wish = faults.load(KeyRequestSchema(), document, root=root)
    name, is_test = wish.pop("name"), wish.pop("test")
    return Wish(name, Powers(is_test=is_test, **wish))
