"""The local engine `sketch`: pictures by rule, still or moving, with no account anywhere."""

from collections.abc import Iterator

from shared.jobs import prompts
from shared.jobs.fields import MAX_SEED
from shared.jobs.status import Kind
from workers.providers.base import Order, Output, ProgressReport
from workers.providers.local import video
from workers.providers.local.sketch import Brief, Original, encode, open_original, paint, paint_over


class SketchEngine:
    """Draws pictures from words and a seed, also over pictures that are there, and moves them."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Draw as many pictures as asked for, each from a seed of its own; or make a video."""
        if order.kind == Kind.VIDEO:
            yield from video.make(order, on_progress=on_progress)
            return
        count = order.input["num_images"]
        original = _original(order) if order.sources else None
        for position in range(count):
            seed = (order.input["seed"] + position) % (MAX_SEED + 1)
            brief = _brief(order, original, seed=seed)

            def report(fraction: float, done: int = position) -> None:
                on_progress((done + fraction) / count)

            image = (
                paint(brief, on_progress=report)
                if original is None
                else paint_over(original, brief, on_progress=report)
            )
            content = encode(image, format=order.input["format"], brief=brief)
            yield Output(content=content, seed=brief.seed)


def _original(order: Order) -> Original:
    mask = order.sources.get("mask")
    return open_original(
        order.sources["image"].read(),
        mask.read() if mask else None,
        strength=order.input.get("strength"),
    )


def _brief(order: Order, original: Original | None, *, seed: int) -> Brief:
    asked = order.input
    width, height = original.picture.size if original else (asked["width"], asked["height"])
    first, *others = prompts.wanted(asked)
    return Brief(
        prompt=first.text,
        beside=[(one.text, one.weight / first.weight) for one in others],
        negative_prompt=prompts.unwanted(asked),
        seed=seed,
        width=width,
        height=height,
        style=asked.get("style", "natural"),
        model=order.model,
    )
