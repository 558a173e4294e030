"""The local engine `sketch`: procedural pictures, so that everything works with no account."""

from collections.abc import Iterator

from shared.jobs.requests import MAX_SEED
from workers.providers.base import Order, Output, ProgressReport
from workers.providers.local.sketch import Brief, encode, paint


class SketchEngine:
    """Draws pictures from words and a seed."""

    def make(self, order: Order, *, on_progress: ProgressReport) -> Iterator[Output]:
        """Draw as many pictures as asked for, each from a seed of its own."""
        count = order.input["num_images"]
        for position in range(count):
            brief = _brief(order, seed=(order.input["seed"] + position) % (MAX_SEED + 1))

            def report(fraction: float, done: int = position) -> None:
                on_progress((done + fraction) / count)

            image = paint(brief, on_progress=report)
            content = encode(image, format=order.input["format"], brief=brief)
            yield Output(content=content, seed=brief.seed)


def _brief(order: Order, *, seed: int) -> Brief:
    return Brief(
        prompt=order.input["prompt"],
        negative_prompt=order.input["negative_prompt"],
        seed=seed,
        width=order.input["width"],
        height=order.input["height"],
        style=order.input["style"],
        model=order.model,
    )
