"""One render from its files to its results: look, plan, compose, encode, verify."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from shared.errors import InputUnusable
from shared.jobs.status import Role
from workers.providers.render.composing import compose
from workers.providers.render.drawing import fonts
from workers.providers.render.errors import RenderTooLarge
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.hearing import sound
from workers.providers.render.meaning.script import Plan
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.planning import plan
from workers.providers.render.planning.clips import media_needed
from workers.providers.render.reading import probe
from workers.providers.render.running.pictures import Pictures
from workers.providers.render.running.task import Limits, Made, Task, Tell
from workers.providers.render.writing import assembly, copies, verify
from workers.providers.render.writing.encode import Order, open_sink
from workers.providers.render.writing.posters import Posters

# How much of the work is done when all is planned, and when all is written.
_PLANNED, _WRITTEN = 0.03, 0.98
# What may hold letters.
_WORDY = frozenset({"title", "text", "rich-text", "html", "caption"})


def render(task: Task, tell: Tell) -> Made:
    """Render a task into its folder, once in a process: the faces of words are settled then.

    Raises :class:`~shared.errors.InputUnusable` with the place in the input,
    :class:`RenderTooLarge`, and :class:`RenderFailed` if what was written is not what was planned.
    """
    facts = _looked_at(task)
    planned = plan.make(task.input, facts)
    _check(planned, task.limits)
    _lay_out_fonts(planned, task)
    tell(_PLANNED)
    result = task.folder / f"result.{planned.target.format}"
    posters = Posters(planned)
    if copies.copied(planned, task.sources, result):
        posters.look_into(result)
    else:
        _write(planned, task, facts, result, posters, tell)
        verify.check(result, planned)
    tell(1.0)
    return Made(
        files=((result.name, Role.RESULT), *posters.write(task.folder)),
        warnings=planned.warnings,
    )


def _looked_at(task: Task) -> Mapping[str, Facts]:
    """Find out what each file is, each once."""
    found: dict[Path, Facts] = {}
    for path in media_needed(task.input):
        file = task.sources[path]
        if file not in found:
            try:
                found[file] = probe.look(file)
            except SourceUnusable as error:
                raise InputUnusable(f"`{path}`: {error.message}") from error
    return {path: found[file] for path, file in task.sources.items() if file in found}


def _lay_out_fonts(planned: Plan, task: Task) -> None:
    """Settle the faces of words, once for the process: ours, and those of the timeline."""
    if not any(shot.kind in _WORDY for shot in planned.shots):
        return
    given: dict[str, Path] = {}
    for number, font in enumerate(task.input["timeline"].get("fonts") or ()):
        path = f"timeline.fonts[{number}].src"
        try:
            fonts.families_of(task.sources[path])
        except SourceUnusable as error:
            raise InputUnusable(f"`{path}`: {error.message}") from error
        given[urlsplit(font["src"]).path] = task.sources[path]
    fonts.use(task.folder / "faces", given)


def _check(planned: Plan, limits: Limits) -> None:
    """Raise :class:`RenderTooLarge` for what takes more than it may."""
    if planned.length > limits.seconds:
        raise RenderTooLarge(
            f"It lasts {float(planned.length):g} s; at most {limits.seconds:g} are rendered."
        )
    width, height = planned.size
    megapixels = planned.frames * width * height / 1e6
    if megapixels > limits.megapixels:
        raise RenderTooLarge(
            f"It has {planned.frames:,} frames of {width}x{height}: {megapixels:,.0f} megapixels; "
            f"at most {limits.megapixels:,.0f} are rendered."
        )


def _write(
    planned: Plan,
    task: Task,
    facts: Mapping[str, Facts],
    result: Path,
    posters: Posters,
    tell: Tell,
) -> None:
    order = Order(
        target=planned.target,
        rate=planned.rate,
        has_sound=bool(planned.sounds),
        frames=planned.frames,
    )
    pictures = Pictures(planned, task.sources, facts)
    frames = _shown(planned, pictures, posters, tell) if planned.frames else iter(())
    sounds = sound.blocks(planned, task.sources)
    assembly.assemble(frames, sounds, open_sink(result, order), rate=planned.rate)


def _shown(planned: Plan, pictures: Pictures, posters: Posters, tell: Tell) -> Iterator[Planes]:
    """Yield all frames, and tell how much of their cost is spent."""
    spent, whole = 0.0, sum((one.stop - one.first) * one.cost for one in planned.spans)
    costs = (one.cost for one in planned.spans for _ in range(one.first, one.stop))
    frames = compose.frames(planned, pictures, 0, planned.frames)
    for number, (planes, cost) in enumerate(zip(frames, costs, strict=True)):
        posters.see(number, planes)
        yield planes
        spent += cost
        tell(_PLANNED + (_WRITTEN - _PLANNED) * spent / whole)
