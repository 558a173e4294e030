"""How values change over a clip."""

import numpy as np
import pytest

from shared.timelines import names
from workers.providers.render.meaning import curves
from workers.providers.render.meaning.curves import Curve


def tween(first: float, last: float, **fields: object) -> dict[str, object]:
    return {"from": first, "to": last, "start": 1, "length": 2, **fields}


def test_a_number_stays() -> None:
    assert curves.read(0.4, 1.0) == Curve(0.4)
    assert curves.read(None, 1.0) == Curve(1.0)


def test_a_tween_is_held_before_and_after() -> None:
    curve = curves.read([tween(0.2, 0.6)], 1.0)

    assert [curve.at(at) for at in (0, 1, 2, 3, 9)] == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_one_tween_after_the_other() -> None:
    curve = curves.read([tween(5, 6, start=4), tween(1, 2)], 0.0)

    assert [curve.at(at) for at in (0, 2, 3.5, 4, 5, 7)] == pytest.approx([1, 1.5, 2, 5, 5.5, 6])


def test_a_constant_tween_jumps_at_its_end() -> None:
    curve = curves.read([tween(0, 1, interpolation="constant")], 0.0)

    assert [curve.at(at) for at in (1.5, 2.99, 3)] == [0, 0, 1]


@pytest.mark.parametrize("easing", names.EASINGS)
def test_every_easing_begins_and_ends_where_it_should(easing: str) -> None:
    curve = curves.read([tween(0, 1, interpolation="bezier", easing=easing)], 0.0)

    assert [curve.at(1), curve.at(3)] == pytest.approx([0, 1])
    middle = curve.at(2)
    if easing.startswith("easeInOut"):
        assert middle == pytest.approx(0.5, abs=1e-6)
    elif easing.startswith("easeIn"):
        assert middle < 0.5
    else:
        assert middle > 0.5


def test_known_points_of_easings() -> None:
    assert curves.eased("easeInQuad", 0.5) == 0.25
    assert curves.eased("easeOutCubic", 0.5) == 0.875
    # Those of CSS, as browsers draw them.
    assert curves.eased("ease", 0.5) == pytest.approx(0.8024, abs=1e-3)
    assert curves.eased("easeIn", 0.5) == pytest.approx(0.3154, abs=1e-3)


@pytest.mark.parametrize("easing", ["linear", "constant", "easeInOutQuint", "easeOutBack"])
def test_many_values_are_those_of_each(easing: str) -> None:
    kind = easing if easing in ("linear", "constant") else "bezier"
    given = [
        tween(0, 1, interpolation=kind, easing=easing),
        tween(4, 2, start=5, interpolation=kind, easing=easing),
    ]
    curve, seconds = curves.read(given, 0.0), np.linspace(0, 8, 400)

    assert curve.over(seconds) == pytest.approx([curve.at(at) for at in seconds], abs=1e-3)
