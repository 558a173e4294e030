"""The catalogue: which models are offered, within which limits, and who can make them."""

import math
import sys
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, post_load, validates_schema
from marshmallow.fields import Boolean, Dict, Enum, Float, Integer, List, Nested, String
from marshmallow.validate import Length, OneOf, Range, Regexp

from shared.declaring import SettingsError
from shared.errors import ModelUnavailable
from shared.jobs.status import OPERATIONS, Kind
from shared.settings import CatalogSettings

_BUILT_IN = Path(__file__).with_name("catalog.toml")

# Providers that need no configuration, and what they do in the place of others.
LOCAL_ENGINES: Mapping[str, Mapping[Kind, Collection[str]]] = {
    "sketch": {
        Kind.IMAGE: {"generate", "edit"},
        Kind.VIDEO: OPERATIONS[Kind.VIDEO],
    },
    "relief": {Kind.MODEL_3D: OPERATIONS[Kind.MODEL_3D]},
    "darkroom": {Kind.IMAGE: {*OPERATIONS[Kind.IMAGE]} - {"generate", "edit"}},
    "montage": {},
}

# Of videos, by their shorter side in pixels.
RESOLUTIONS = {
    "360p": 360,
    "480p": 480,
    "520p": 520,
    "720p": 720,
    "1080p": 1080,
    "1440p": 1440,
    "2160p": 2160,
}


# Fields of inputs that only models take which say so.
OPTIONAL = ("prompts", "strength", "mask")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One way to have a model made: a provider, and that provider's name for the model."""

    provider: str
    model: str
    is_fallback: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request to a model may ask for; sides in pixels.

    The rest is of videos: seconds, and the resolutions, shapes and frames a second to choose from.
    """

    min_side: int
    max_side: int
    max_images: int
    min_seconds: float = 0
    max_seconds: float = 0
    resolutions: tuple[str, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    frame_rates: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What one operation of a model may take; what is left open is as the settings have it.

    ``attempt_seconds`` is how long one attempt may take, ``max_attempts`` how often a job is tried.
    ``usual_seconds`` is how long one usually takes, until that has been measured.
    """

    usual_seconds: float | None = None
    attempt_seconds: int | None = None
    max_attempts: int | None = None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One entry of the catalogue; ``takes`` are those fields of ``OPTIONAL`` that it takes.

    ``credits_per_second`` is what a second of video costs, by its resolution; ``credits`` is then
    what a video costs that is as the defaults have it.
    """

    name: str
    title: str
    kind: Kind
    operations: tuple[str, ...]
    credits: int
    aliases: tuple[str, ...]
    styles: tuple[str, ...]
    negative_prompt: bool
    limits: Limits
    defaults: Mapping[str, Any]
    routes: tuple[Route, ...]
    takes: tuple[str, ...] = ()
    efforts: Mapping[str, Effort] = field(default_factory=dict)
    credits_per_second: Mapping[str, float] = field(default_factory=dict)

    def credits_of(self, wanted: Mapping[str, Any]) -> int:
        """Return what one output costs; seconds of video are rounded up to whole credits."""
        rate = self.credits_per_second.get(str(wanted.get("resolution")))
        if rate is None:
            return self.credits
        return math.ceil(round(rate * float(wanted["duration"]), 6))


class Catalog:
    """Every model by its name, and the routes that count on this server."""

    def __init__(
        self,
        models: Iterable[Model],
        *,
        local_engines: bool,
        configured: frozenset[str] = frozenset(),
        is_local: bool = False,
    ) -> None:
        self.models = {model.name: model for model in models}
        self._by_alias = {alias: one for one in self.models.values() for alias in one.aliases}
        self._local_engines = local_engines
        self._usable = frozenset(LOCAL_ENGINES) | configured
        self.is_local = is_local

    @cached_property
    def local(self) -> "Catalog":
        """The same models as local engines make them, whatever is configured: for tests."""
        return Catalog(self.models.values(), local_engines=True, is_local=True)

    def find(self, name: str) -> Model | None:
        """Return the model of this name or alias."""
        return self.models.get(name) or self._by_alias.get(name)

    def effort(self, model: str, operation: str) -> Effort:
        """Return what an operation may take, also of a model that is no longer on offer."""
        found = self.find(model)
        return (found and found.efforts.get(operation)) or Effort()

    def usual_seconds(self, model: str, operation: str, provider: str) -> float | None:
        """Return how long an operation is said to take; a provider that stands in may differ."""
        found = self.find(model)
        if found is None or all(route.provider != provider for route in found.routes):
            return None
        return self.effort(model, operation).usual_seconds

    def names(self, kind: str | None = None) -> list[str]:
        """Return the names of the models, or of those of one kind, in the catalogue's order."""
        return [one.name for one in self.models.values() if kind in {None, one.kind}]

    def routes(self, model: Model) -> tuple[Route, ...]:
        """Return the ways to have this model made here and now, the preferred one first.

        Raises :class:`ModelUnavailable` if there is none.
        """
        usable = tuple(one for one in model.routes if one.provider in self._usable)
        if not usable and self._local_engines:
            usable = tuple(
                Route(provider=engine, model=model.name, is_fallback=True)
                for engine, does in LOCAL_ENGINES.items()
                if set(model.operations) <= set(does.get(model.kind, ()))
            )
        if not usable:
            raise ModelUnavailable(
                f"No local engine can serve {model.name!r}, and tests are made by those only."
                if self.is_local
                else f"No provider is configured that can serve {model.name!r}."
            )
        return usable

    def is_made_here(self, kind: str) -> bool:
        """Say whether whatever is made of this kind is made by local engines."""
        able = (self.models[name] for name in self.names(kind))
        routes = [route for one in able if self.is_available(one) for route in self.routes(one)]
        return all(route.provider in LOCAL_ENGINES for route in routes)

    def is_available(self, model: Model) -> bool:
        """Say whether a job for this model would be accepted."""
        try:
            return bool(self.routes(model))
        except ModelUnavailable:
            return False


def load(settings: CatalogSettings, *, configured: frozenset[str] = frozenset()) -> Catalog:
    """Read the catalogue; its routes to configured providers count.

    Raises :class:`SettingsError` that names what is wrong in it.
    """
    path = Path(settings.path) if settings.path else _BUILT_IN
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        models = _CatalogSchema().load(document)["models"]
    except (OSError, ValueError, ValidationError) as error:
        reason = error.messages if isinstance(error, ValidationError) else error
        raise SettingsError(f"LIMNER_CATALOG: {path} cannot be used: {reason}") from error
    return Catalog(
        (Model(name=name, **fields) for name, fields in models.items()),
        local_engines=settings.local_engines == "fallback",
        configured=configured,
    )


def load_or_exit(settings: CatalogSettings, *, of: str) -> Catalog:
    """Read the catalogue for a process that cannot work without; else it ends and says why."""
    try:
        return load(settings)
    except SettingsError as error:
        sys.exit(f"{of}: {error}")


class _RouteSchema(Schema):
    provider = String(required=True)
    model = String(required=True)

    @post_load
    def _build(self, fields: dict[str, Any], **_: Any) -> Route:
        return Route(**fields)


class _LimitsSchema(Schema):
    min_side = Integer(load_default=64, validate=Range(min=1))
    max_side = Integer(load_default=2048, validate=Range(min=1))
    max_images = Integer(load_default=1, validate=Range(min=1))
    min_seconds = Float(load_default=0, validate=Range(min=0))
    max_seconds = Float(load_default=0, validate=Range(min=0, max=3600))
    resolutions = List(String(validate=OneOf(RESOLUTIONS)), load_default=list)
    aspect_ratios = List(String(validate=Regexp(r"[1-9]\d?:[1-9]\d?\Z")), load_default=list)
    frame_rates = List(Integer(validate=Range(min=1, max=120)), load_default=list)

    @validates_schema
    def _check(self, fields: dict[str, Any], **_: Any) -> None:
        if fields["min_side"] > fields["max_side"]:
            raise ValidationError("Must not be larger than max_side.", "min_side")

    @post_load
    def _build(self, fields: dict[str, Any], **_: Any) -> Limits:
        return Limits(**_frozen(fields))


class _EffortSchema(Schema):
    usual_seconds = Float(validate=Range(min=0.1, max=86_400))
    attempt_seconds = Integer(strict=True, validate=Range(min=1))
    max_attempts = Integer(strict=True, validate=Range(min=1, max=100))

    @post_load
    def _build(self, fields: dict[str, Any], **_: Any) -> Effort:
        return Effort(**fields)

    @validates_schema
    def _check(self, fields: dict[str, Any], **_: Any) -> None:
        if fields.get("usual_seconds", 0) > fields.get("attempt_seconds", math.inf):
            raise ValidationError("Must not be longer than attempt_seconds.", "usual_seconds")


class _ModelSchema(Schema):
    title = String(required=True)
    kind = Enum(Kind, by_value=True, required=True)
    operations = List(String(), required=True, validate=Length(min=1))
    credits = Integer(required=True, validate=Range(min=0))
    aliases = List(String(), load_default=list)
    styles = List(String(), load_default=list)
    negative_prompt = Boolean(load_default=True)
    takes = List(String(validate=OneOf(OPTIONAL)), load_default=list)
    limits = Nested(_LimitsSchema, load_default=lambda: _LimitsSchema().load({}))
    defaults = Dict(keys=String(), load_default=dict)
    routes = List(Nested(_RouteSchema), load_default=list)
    efforts = Dict(keys=String(), values=Nested(_EffortSchema), load_default=dict)
    credits_per_second = Dict(
        keys=String(), values=Float(validate=Range(min=0, max=1_000_000)), load_default=dict
    )

    @validates_schema
    def _check_seconds(self, fields: dict[str, Any], **_: Any) -> None:
        """Whatever may be asked of it has a price, and its ``credits`` are one of them."""
        rates, defaults = fields["credits_per_second"], fields["defaults"]
        if not rates:
            return
        if set(rates) != set(fields["limits"].resolutions):
            message = "Must name the resolutions of its limits, and no others."
            raise ValidationError(message, "credits_per_second")
        usual = rates.get(defaults.get("resolution"), 0) * defaults.get("duration", 0)
        if math.ceil(round(usual, 6)) != fields["credits"]:
            message = f"Must be {usual:g}, the price of a video as the defaults have it."
            raise ValidationError(message, "credits")

    @validates_schema
    def _check(self, fields: dict[str, Any], **_: Any) -> None:
        for one in fields["operations"]:
            if one not in OPERATIONS[fields["kind"]]:
                message = f"{one!r} is not something that kind '{fields['kind']}' does."
                raise ValidationError(message, "operations")
        for one in fields["efforts"]:
            if one not in fields["operations"]:
                raise ValidationError(f"{one!r} is not one of the operations.", "efforts")

    @post_load
    def _freeze(self, fields: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _frozen(fields)


def _frozen(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }


class _CatalogSchema(Schema):
    models = Dict(keys=String(), values=Nested(_ModelSchema), required=True)

    @validates_schema
    def _check(self, fields: dict[str, Any], **_: Any) -> None:
        """Every name means one model."""
        taken = set(fields["models"])
        for name, model in fields["models"].items():
            for alias in model["aliases"]:
                if alias in taken:
                    message = f"{name}: {alias!r} is the name of another model too."
                    raise ValidationError(message, "models")
                taken.add(alias)
