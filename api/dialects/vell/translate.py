"""Theirs to ours and ours to theirs: pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.dialects.vell import names, shapes
from api.dialects.vell.shapes import ENGINES, PROMPTS, STABLE_DIFFUSION, STYLES
from api.dialects.vell.terms import Terms
from shared import faults
from shared.catalog import Model
from shared.errors import Fault, InvalidRequest
from shared.jobs import prompts
from shared.jobs.tables import Artifact, Job

NAME = "vell"

# The part of a prompt that is kept beside a job whose input does not hold it as it was.
_MOST_ASIDE = 1_000
_RESPONSES = {shapes.DALL_E: "DE", STABLE_DIFFUSION: "SD"}
_FLUX_RESPONSE = "FL"
_DALL_E_WORDS = (
    ("image_style", "style"),
    ("image_lighting", "lighting"),
    ("mood", "mood"),
    ("image_mood", "mood"),
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a request is served: by which operation of ours, with what for its input.

    One that is not counted makes one image, however many are asked for: they would be alike.
    """

    operation: str
    into: Callable[[Mapping[str, Any]], dict[str, Any]]
    is_counted: bool = True


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A request in our terms, for so many images; ``places`` are our fields in their words."""

    request: Mapping[str, Any]
    images: int
    is_counted: bool
    places: Mapping[str, str]

    def part(self, images: int, model: Model | None) -> dict[str, Any]:
        """Return our request for so many of the images, as far as the model takes it."""
        counted = {"num_images": images} if self.is_counted else {}
        given = self.request["input"]
        suited = _suited(given, model) if model else given
        return {**self.request, "input": {**suited, **counted}}

    def in_their_words(self, error: InvalidRequest) -> InvalidRequest:
        """Name the places as their body has them: ``description``, not ``$.input.prompt``."""
        return InvalidRequest([Fault(self._place(one.path), one.message) for one in error.faults])

    def _place(self, path: str) -> str:
        ours = path.removeprefix("$.").removeprefix("input.")
        return self.places.get(ours.partition("[")[0], "image_generator")


def wanted(body: Any, terms: Terms) -> Wanted:
    """Turn their body into ours; raises :class:`shared.errors.InvalidRequest`."""
    theirs = _read(body, terms)
    engine, kind = theirs["image_generator"], theirs.get("type")
    way = _TYPES[kind] if kind else _of_engine(theirs)
    model = terms.engines[engine].models.get(way.operation)
    if model is None:
        asked = kind or engine
        place = "type" if kind else "image_generator"
        raise InvalidRequest([Fault(place, f"{asked!r} is not offered by this server.")])
    given = way.into(theirs)
    aside = {} if given.get("prompt") == _words_of(theirs) else {"input": _words_of(theirs)}
    return Wanted(
        request={
            "kind": "image",
            "operation": way.operation,
            "model": model,
            "input": {**given, "format": "png"},
            "metadata": {
                "image_generator": engine,
                **({"type": kind} if kind else {}),
                **{name: text[:_MOST_ASIDE] for name, text in aside.items()},
            },
        },
        images=theirs["image_number_of_images"] if way.is_counted else 1,
        is_counted=way.is_counted,
        places=_places(engine, kind),
    )


def words(job: Job) -> str:
    """Return the prompt that a job was given, as their answers show it."""
    aside = job.job_metadata.get("input") if job.origin == NAME else None
    return str(aside or prompts.shown(job.input))


def finished(job: Job, made: Artifact, place: int, *, output: str, title: str) -> dict[str, Any]:
    """Turn a finished image, at this place among the job's results, into an entry of theirs."""
    return {**_entry(job, place, title), "output": output} | {
        "created_at": timestamp(made.created_at),
        **_more(job),
    }


def unfinished(job: Job, place: int, *, title: str) -> dict[str, Any]:
    """Say of an image that takes longer under which name it will be found."""
    return {**_entry(job, place, title), "output": ""} | {
        "created_at": timestamp(job.created_at),
        **_more(job),
        "status": "IN_QUEUE",
        "request_id": job.id,
    }


def timestamp(moment: datetime) -> str:
    """Write a moment as they do: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def versions(terms: Terms) -> dict[str, str]:
    """Return the version of each engine; Stable Diffusion is spelt otherwise here."""
    shown = ENGINES if terms.all_versions else (shapes.DALL_E, STABLE_DIFFUSION)
    spelt = {STABLE_DIFFUSION: "stable-diffusion"}
    return {spelt.get(name, name): terms.engines[name].version for name in shown}


def _suited(given: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Return an input without what a model does not take; several prompts become one."""
    suited = dict(given)
    if "prompts" in given and "prompts" not in model.takes:
        del suited["prompts"]
        suited["prompt"] = ", ".join(one["text"] for one in given["prompts"])
    if not model.negative_prompt:
        suited.pop("negative_prompt", None)
    return suited


def _read(body: Any, terms: Terms) -> dict[str, Any]:
    """Read their body, with every fault in it told at once."""
    if not isinstance(body, Mapping):
        raise InvalidRequest([Fault("body", "Must be an object.")])
    said = _with_prompt(body)
    found: list[Fault] = []
    try:
        theirs = faults.load(shapes.schema_of(said), said, root="")
    except InvalidRequest as error:
        found += [Fault(one.path.lstrip(".") or "body", one.message) for one in error.faults]
        theirs = dict(error.valid)
    if not 1 <= theirs.get("image_number_of_images", 1) <= terms.max_images:
        found.append(Fault("image_number_of_images", f"Must be 1 to {terms.max_images}."))
    if found:
        raise InvalidRequest(found)
    return theirs


def _with_prompt(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its prompt where its engine looks for it."""
    said = dict(body)
    engine = said.get("image_generator")
    place = PROMPTS.get(engine) if isinstance(engine, str) else None
    if place is None:
        return said
    given = said.get(place) or said.get("description") or said.get("prompt")
    if said.get("type") == shapes.MULTI and engine == STABLE_DIFFUSION and isinstance(given, str):
        given = [given]
    return said | ({place: given} if given else {})


def _of_engine(theirs: Mapping[str, Any]) -> Way:
    if theirs["image_generator"] == shapes.DALL_E:
        return Way(operation="generate", into=_as_dall_e)
    if "image_src" in theirs:
        return _EDITED
    return Way(operation="generate", into=_from_words)


def _as_dall_e(theirs: Mapping[str, Any]) -> dict[str, Any]:
    width, height = theirs["size"].split("x")
    return {"prompt": _words_of(theirs), "width": int(width), "height": int(height)}


def _from_words(theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {"prompt": _words_of(theirs)}


def _from_prompts(theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Every prompt weighs the same."""
    given = _drawn(theirs)
    del given["prompt"]
    return given | {"prompts": [{"text": text} for text in theirs["stable_description"]]}


def _drawn(theirs: Mapping[str, Any]) -> dict[str, Any]:
    width, height = theirs["image_resolution"]
    given = {"prompt": _words_of(theirs), "width": width, "height": height}
    if "negative_prompt" in theirs:
        given["negative_prompt"] = theirs["negative_prompt"]
    if "style_preset" in theirs:
        given["style"] = STYLES[theirs["style_preset"]]
    return given


def _edited(theirs: Mapping[str, Any]) -> dict[str, Any]:
    given = {"image": theirs["image_src"], "prompt": _words_of(theirs)}
    if "negative_prompt" in theirs:
        given["negative_prompt"] = theirs["negative_prompt"]
    return given


def _enlarged(theirs: Mapping[str, Any]) -> dict[str, Any]:
    return {"image": theirs["image_src"]}


_EDITED = Way(operation="edit", into=_edited)
# What serves each type of Stable Diffusion. Which model does it, the terms say.
_TYPES: Mapping[str, Way] = {
    shapes.TEXT: Way(operation="generate", into=_drawn),
    shapes.IMAGE: _EDITED,
    shapes.UPSCALE: Way(operation="upscale", into=_enlarged, is_counted=False),
    shapes.MULTI: Way(operation="generate", into=_from_prompts),
}


def _words_of(theirs: Mapping[str, Any]) -> str:
    """Return the prompt that is used; of several, the first."""
    given = theirs[PROMPTS[theirs["image_generator"]]]
    prompt = given[0] if isinstance(given, list) else given
    modifiers = [f"{theirs[name]} {word}" for name, word in _DALL_E_WORDS if name in theirs]
    return " ".join([prompt, *modifiers])


def _places(engine: str, kind: str | None) -> Mapping[str, str]:
    size = "image_resolution" if engine == STABLE_DIFFUSION else "size"
    return {
        "prompt": PROMPTS[engine],
        "prompts": PROMPTS[engine],
        "negative_prompt": "negative_prompt",
        "image": "image_src",
        "width": size,
        "height": size,
        "style": "style_preset",
        "num_images": "image_number_of_images",
        **({"operation": "type"} if kind else {}),
    }


def _entry(job: Job, place: int, title: str) -> dict[str, Any]:
    return {"id": names.number(job.id, place), "title": title, "input": words(job)}


def _more(job: Job) -> dict[str, Any]:
    return {"credits": job.price // int(job.input.get("num_images", 1))} | dict(_response(job))


def _response(job: Job) -> Iterator[tuple[str, str]]:
    engine = job.job_metadata.get("image_generator") if job.origin == NAME else None
    if engine:
        yield "response", _RESPONSES.get(engine, _FLUX_RESPONSE)
