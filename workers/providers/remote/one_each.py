"""Vendors that make one file for a POST: several are asked for one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from shared import log
from shared.errors import ServiceError
from shared.jobs.fields import MAX_SEED
from workers.providers.base import Order

_logger = log.get(__name__)

Answer = TypeVar("Answer")


def one_each(order: Order, submit: Callable[[Order], Answer]) -> Sequence[Answer]:
    """Submit an order for each file that is asked for, each with a seed of its own.

    Raises what went wrong with the first. What goes wrong later ends it: the files before are
    kept, and whatever may have been taken is not sent again.
    """
    answers: list[Answer] = []
    for position in range(order.input.get("num_images", 1)):
        try:
            answers.append(submit(_nth(order, position)))
        except ServiceError as error:
            if not answers:
                raise
            _logger.warning("fewer than asked for", made=len(answers), error=error.message)
            break
    return answers


def _nth(order: Order, position: int) -> Order:
    seed = order.input.get("seed")
    own = {} if seed is None else {"seed": (seed + position) % (MAX_SEED + 1)}
    return replace(order, input={**order.input, **own, "num_images": 1})
