"""Plans: how much an account may ask for."""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, replace
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, post_load, validates_schema
from marshmallow.fields import Dict, Integer, Nested, String
from marshmallow.validate import Range

from shared import faults
from shared.declaring import SettingsError
from shared.errors import Fault, InvalidRequest
from shared.settings import AccountSettings

_BUILT_IN = Path(__file__).with_name("plans.toml")
# What a column of the database holds.
_MOST = 2**31 - 1
_MOST_DAYS = 36_500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an account may ask for, and how long it is kept; 0 means any number, and for ever.

    What has a default here may be missing in a list of plans.
    """

    requests_per_hour: int
    concurrency: int
    jobs_per_day: int
    max_keys: int
    artifact_days: int = 0
    job_days: int = 0
    upload_days: int = 0
    upload_megabytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One entry of the list of plans."""

    name: str
    title: str
    limits: Limits


class PlanLimitsSchema(Schema):
    """Limits of a plan, or those that an account has instead."""

    requests_per_hour = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST),
        metadata={"description": "Of each key; 0 for any number."},
    )
    concurrency = Integer(
        strict=True,
        validate=Range(min=1, max=_MOST),
        metadata={"description": "Jobs that may be under way at the same time."},
    )
    jobs_per_day = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST),
        metadata={"description": "Jobs submitted in one day (UTC); 0 for any number."},
    )
    max_keys = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST),
        metadata={"description": "Keys in use, or made in 24 hours; 0 for any number."},
    )
    artifact_days = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST_DAYS),
        metadata={"description": "How long files are kept; 0 for ever."},
    )
    job_days = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST_DAYS),
        metadata={"description": "How long finished jobs are kept, and their files; 0 for ever."},
    )
    upload_days = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST_DAYS),
        metadata={"description": "How long uploads are kept after their last use; 0 for ever."},
    )
    upload_megabytes = Integer(
        strict=True,
        validate=Range(min=0, max=_MOST),
        metadata={"description": "The largest upload; 0 for what the server takes at most."},
    )


class OverridesSchema(PlanLimitsSchema):
    """Limits that an account has instead of its plan's; null takes one back."""

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:  # noqa: ARG002 - their names
        """Let every limit be null."""
        field_obj.allow_none = True


class Plans:
    """Every plan by its name."""

    def __init__(self, plans: Mapping[str, Plan], *, default: str) -> None:
        self.plans = plans
        self.default = plans[default]

    def get(self, name: str, *, path: str = "$.plan") -> Plan:
        """Return the plan of this name; raises :class:`InvalidRequest` if there is none."""
        plan = self.plans.get(name)
        if plan is None:
            hint = faults.closest(name, list(self.plans)) or f" There are: {', '.join(self.plans)}."
            raise InvalidRequest([Fault(path, f"Unknown plan {name!r}.{hint}")])
        return plan

    def limits(self, plan: str, overrides: Mapping[str, int]) -> Limits:
        """Return what an account on this plan may ask for.

        An account whose plan has been taken off the list has the limits of the default one.
        """
        limits = self.plans.get(plan, self.default).limits
        return replace(limits, **overrides) if overrides else limits


def load(settings: AccountSettings) -> Plans:
    """Read the plans; raises :class:`SettingsError` that names what is wrong with them."""
    path = Path(settings.plans) if settings.plans else _BUILT_IN
    try:
        document = _PlansSchema().load(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        reason = error.messages if isinstance(error, ValidationError) else error
        raise SettingsError(f"LIMNER_PLANS: {path} cannot be used: {reason}") from error
    plans = {
        name: Plan(name=name, title=fields.pop("title"), limits=Limits(**fields))
        for name, fields in document["plans"].items()
    }
    return Plans(plans, default=document["default"])


def as_mapping(limits: Limits) -> dict[str, int]:
    """Return limits by their names."""
    return asdict(limits)


class _PlanSchema(PlanLimitsSchema):
    title = String(required=True)

    @validates_schema
    def _is_complete(self, fields: Mapping[str, Any], **_: Any) -> None:
        for one in dataclasses.fields(Limits):
            if one.default is MISSING and one.name not in fields:
                raise ValidationError("Is missing.", one.name)


class _PlansSchema(Schema):
    default = String(required=True)
    plans = Dict(keys=String(), values=Nested(_PlanSchema), required=True)

    @post_load
    def _knows_the_default(self, fields: dict[str, Any], **_: Any) -> dict[str, Any]:
        if fields["default"] not in fields["plans"]:
            raise ValidationError("Is none of the plans.", "default")
        return fields
