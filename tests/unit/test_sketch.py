"""What the local image engine promises."""

import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workers.providers.local.sketch import Brief, encode, paint

SMALL = 128
ROOT = Path(__file__).parents[2]


def brief(prompt: str, **changes: object) -> Brief:
    wanted: dict[str, object] = {"seed": 7, "width": SMALL, "height": SMALL} | changes
    return Brief(prompt=prompt, **wanted)  # type: ignore[arg-type]


def levels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float64)


def painted(prompt: str, **changes: object) -> np.ndarray:
    return levels(paint(brief(prompt, **changes)))


def brightness(prompt: str, **changes: object) -> float:
    """Mean over a few seeds, so that one sky more or less decides nothing."""
    return float(np.mean([painted(prompt, seed=seed, **changes).mean() for seed in range(3)]))


def balance(prompt: str, **changes: object) -> np.ndarray:
    """Mean red, green and blue over a few seeds, as shares of their sum."""
    means = np.mean(
        [painted(prompt, seed=s, **changes).mean(axis=(0, 1)) for s in range(3)], axis=0
    )
    return np.asarray(means / means.sum())


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


# What a caller may count on


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_the_same_brief_gives_the_same_bytes_in_another_process(format: str) -> None:
    asked = brief("a red fox in a snowy forest", style="artistic", model="flux")
    program = (
        "import sys; from hashlib import sha256;"
        "from workers.providers.local.sketch import Brief, encode, paint;"
        f"b = {asked!r}; data = encode(paint(b), format={format!r}, brief=b);"
        "print(sha256(data).hexdigest())"
    )

    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "99", "PYTHONPATH": str(ROOT)},
    )

    here = encode(paint(asked), format=format, brief=asked)
    assert elsewhere.stdout.strip() == sha256(here).hexdigest()


def test_painting_leaves_the_global_random_state_alone() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()  # type: ignore[index]

    painted("galaxy")

    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]


@pytest.mark.parametrize(
    ("width", "height"),
    [(16, 16), (17, 31), (64, 512), (512, 64), (16, 700), (108, 192), (192, 108)],
)
@pytest.mark.parametrize(
    "prompt",
    ["a ship on a stormy sea", "night city", "forest", "a bowl of fruit", "galaxy", "abstract"],
)
def test_a_picture_has_exactly_the_size_asked_for(prompt: str, width: int, height: int) -> None:
    image = paint(brief(prompt, width=width, height=height))

    assert image.size == (width, height)
    assert image.mode == "RGB"


@pytest.mark.parametrize("style", ["natural", "vivid", "artistic"])
def test_the_longest_and_the_widest_pictures_can_be_painted(style: str) -> None:
    assert paint(brief("mountain lake", width=64, height=2048, style=style)).size == (64, 2048)
    assert paint(brief("mountain lake", width=2048, height=64, style=style)).size == (2048, 64)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_each_format_decodes_to_the_size_asked_for(format: str) -> None:
    asked = brief("sunset over the ocean", width=120, height=80)

    with Image.open(BytesIO(encode(paint(asked), format=format, brief=asked))) as decoded:
        decoded.load()

    assert decoded.size == (120, 80)
    assert decoded.format == format.upper()


def test_an_unknown_format_is_refused() -> None:
    asked = brief("a cat", width=16, height=16)

    with pytest.raises(ValueError, match="gif"):
        encode(paint(asked), format="gif", brief=asked)


def test_a_png_says_who_made_it_and_from_what() -> None:
    asked = brief("ein Fuchs 🦊", seed=42, model="flux", width=32, height=32)

    with Image.open(BytesIO(encode(paint(asked), format="png", brief=asked))) as decoded:
        notes = decoded.info

    assert "Limner sketch" in notes["Software"]
    assert (notes["Prompt"], notes["Seed"], notes["Model"]) == ("ein Fuchs 🦊", "42", "flux")


@pytest.mark.parametrize(
    "prompt",
    ["", " \n\t", "🦊🌲❄️", "雪山下的红色小屋", "قارب في البحر", "\x00\ud800 broken", "fox " * 2500],
)
def test_any_text_can_be_painted_and_written(prompt: str) -> None:
    asked = brief(prompt, negative_prompt=prompt, model=prompt, width=48, height=48)

    assert encode(paint(asked), format="png", brief=asked)


# What decides a picture


@pytest.mark.parametrize(
    "prompt", ["a fox in a forest", "galaxy", "abstract", "city", "qwxzv plorp"]
)
def test_another_seed_gives_another_picture(prompt: str) -> None:
    assert difference(painted(prompt, seed=1), painted(prompt, seed=2)) > 4


def test_another_model_treats_the_same_picture_differently() -> None:
    one, other = painted("a castle", model="flux"), painted("a castle", model="dall-e-3")

    assert 0.5 < difference(one, other) < 40


def test_another_style_treats_the_same_picture_differently() -> None:
    natural, vivid, artistic = (
        painted("a castle", style=style) for style in ("natural", "vivid", "artistic")
    )

    assert difference(natural, vivid) > 1
    assert difference(natural, artistic) > 1
    assert np.ptp(vivid, axis=2).mean() > np.ptp(natural, axis=2).mean()


def test_words_that_mean_nothing_still_give_a_picture_with_some_life() -> None:
    for seed in range(4):
        assert painted("qwxzv plorp", seed=seed).std() > 12


# What the words do


def test_night_is_darker_than_noon() -> None:
    assert brightness("mountains at night") < brightness("mountains at noon") - 50


def test_snow_is_brighter_than_summer() -> None:
    assert brightness("a forest in snow") > brightness("a forest by day") + 15


@pytest.mark.parametrize("place", ["abstract", "mountains", "nebula", "portrait"])
def test_colours_that_stand_alone_make_the_palette(place: str) -> None:
    red, blue = balance(f"{place}, red"), balance(f"{place}, blue")

    assert red[0] > blue[0] + 0.05
    assert blue[2] > red[2] + 0.05


def test_a_colour_before_a_noun_colours_that_noun_alone() -> None:
    def blue_and_sky(prompt: str) -> tuple[float, float]:
        image = painted(prompt, width=256, height=256)
        ground, sky = image[128:], image[:64]
        is_blue = (ground[..., 2] > ground[..., 0] + 70) & (ground[..., 2] > ground[..., 1] + 40)
        return float(is_blue.mean()), float((sky[..., 2] - sky[..., 0]).mean())

    of_red, of_blue = blue_and_sky("a red house at noon"), blue_and_sky("a blue house at noon")

    assert of_blue[0] > of_red[0] + 0.02
    assert min(of_red[1], of_blue[1]) > 20


def test_a_colour_before_the_sky_colours_the_sky() -> None:
    green, pink = painted("a field, green sky"), painted("a field, pink sky")

    top = slice(0, SMALL // 3)
    assert (green[top, :, 1] - green[top, :, 0]).mean() > (
        pink[top, :, 1] - pink[top, :, 0]
    ).mean() + 15


def test_a_figure_that_was_asked_for_is_in_the_picture() -> None:
    image = painted("an orange cat, studio, blue background")

    is_orange = (image[..., 0] > image[..., 2] + 50) & (image[..., 0] > 120)

    assert is_orange.mean() > 0.02


def test_more_of_a_figure_covers_more_of_the_picture() -> None:
    def covered(prompt: str) -> float:
        image = painted(prompt)
        return float(((image[..., 0] > image[..., 2] + 60) & (image[..., 0] > 110)).mean())

    assert covered("four apples") > covered("one apple") * 1.5


def test_words_of_other_languages_are_understood() -> None:
    assert brightness("Berge bei Nacht") < brightness("Berge am Mittag") - 50
    assert brightness("une forêt sous la neige") > brightness("una ciudad de noche") + 40


def test_a_negative_prompt_takes_its_figures_out() -> None:
    asked = "a red sailboat on a calm sea at noon"
    with_boat = painted(asked, width=256, height=256)
    without = painted(asked, negative_prompt="boats", width=256, height=256)

    def redness(image: np.ndarray) -> float:
        return float(((image[..., 0] > image[..., 2] + 60) & (image[..., 0] > 100)).mean())

    assert redness(without) < redness(with_boat) / 4


def test_a_negative_prompt_takes_its_colours_out() -> None:
    def blueness(negative_prompt: str) -> float:
        image = painted("a field at noon", negative_prompt=negative_prompt)
        return float((image[..., 2] - image[..., :2].mean(axis=2)).clip(0).mean())

    assert blueness("blue") < blueness("") * 0.5


def test_a_negative_prompt_takes_the_weather_out() -> None:
    rain = painted("a city at night in the rain")
    dry = painted("a city at night in the rain", negative_prompt="rain")

    assert difference(rain, dry) > 0.5


# Progress and cancelling


@pytest.mark.parametrize(
    "prompt", ["mountain lake", "city", "forest", "abstract", "a cup", "galaxy"]
)
def test_progress_rises_in_several_steps_from_nothing_to_all(prompt: str) -> None:
    reports: list[float] = []

    paint(brief(prompt), on_progress=reports.append)

    assert reports == sorted(reports)
    assert (reports[0], reports[-1]) == (0.0, 1.0)
    assert len(reports) >= 5


def test_an_exception_from_the_callback_stops_the_work_at_once() -> None:
    class Canceled(Exception):
        """The caller has changed its mind."""

    reports: list[float] = []

    def cancel_in_the_middle(done: float) -> None:
        reports.append(done)
        if done > 0.2:
            raise Canceled

    with pytest.raises(Canceled):
        paint(brief("a lighthouse in a storm"), on_progress=cancel_in_the_middle)

    assert max(reports) < 0.5
