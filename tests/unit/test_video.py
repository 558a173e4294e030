"""What the local engine promises of its videos."""

import io
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from shared.catalog import RESOLUTIONS
from shared.errors import JobCanceled
from shared.jobs.status import Role
from shared.jobs.videos import frame_size
from tests.support.media import picture
from workers.measuring import measure
from workers.providers.base import Order, Output, Source
from workers.providers.local.engine import SketchEngine
from workers.providers.local.moving import Camera

SHORT = {"duration": 1, "resolution": "480p", "aspect_ratio": "1:1", "frame_rate": 24}


def order(image: bytes | None = None, **asked: Any) -> Order:
    words = {"prompt": "a boat on a lake, snow", "negative_prompt": "", "style": "natural"}
    source = image and Source(content_type="image/png", link="", open=lambda: [image])
    return Order(
        kind="video",
        operation="from_image" if image else "generate",
        model="sketch-video",
        route_model="sketch",
        input={**SHORT, **words, "seed": 7} | asked,
        sources={"image": source} if source else {},
    )


def made(wanted: Order) -> list[Output]:
    return list(SketchEngine().make(wanted, on_progress=lambda _: None))


def frames(video: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(video), "r") as container:
        return [one.to_ndarray(format="rgb24") for one in container.decode(video=0)]


def is_close(one: np.ndarray, other: np.ndarray) -> bool:
    return float(np.abs(one.astype(float) - other).mean()) < 6


@pytest.fixture(scope="module")
def outputs() -> list[Output]:
    return made(order())


@pytest.mark.parametrize(
    ("asked", "size", "count"),
    [
        ({"duration": 1.5, "aspect_ratio": "16:9", "frame_rate": 30}, (854, 480), 45),
        ({"aspect_ratio": "9:16", "frame_rate": 25}, (480, 854), 25),
    ],
)
def test_a_video_has_the_size_the_rate_and_the_length_asked_for(
    asked: dict[str, Any], size: tuple[int, int], count: int
) -> None:
    wanted = order(**asked)

    video = made(wanted)[0].content

    found = measure(io.BytesIO(video))
    assert (found.content_type, found.extension) == ("video/mp4", "mp4")
    assert (found.width, found.height) == size
    assert found.frame_rate == wanted.input["frame_rate"]
    assert found.duration == pytest.approx(wanted.input.get("duration"))
    assert len(frames(video)) == count


def test_a_video_plays_everywhere_and_before_all_of_it_is_there(outputs: list[Output]) -> None:
    video = outputs[0].content

    with av.open(io.BytesIO(video)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert video.index(b"moov") < video.index(b"mdat")


def test_the_first_frame_comes_along_as_a_poster(outputs: list[Output]) -> None:
    video, poster = outputs

    with Image.open(io.BytesIO(poster.content)) as image:
        shown = np.asarray(image)
    assert (video.role, poster.role) == (Role.RESULT, Role.POSTER)
    assert is_close(shown, frames(video.content)[0])


def test_the_same_order_gives_the_same_pictures_and_another_seed_other_ones(
    outputs: list[Output],
) -> None:
    again, other = made(order()), made(order(seed=8))

    assert again[1].content == outputs[1].content
    for one, same in zip(frames(again[0].content), frames(outputs[0].content), strict=True):
        assert is_close(one, same)
    assert not is_close(frames(other[0].content)[0], frames(outputs[0].content)[0])


def test_everything_moves_and_nothing_jumps(outputs: list[Output]) -> None:
    shown = frames(outputs[0].content)

    steps = [float(np.abs(one.astype(float) - other).mean()) for one, other in pairwise(shown)]
    assert min(steps) > 0.05
    assert max(steps) < 12
    assert not np.array_equal(shown[0], shown[-1])


def test_a_given_picture_is_what_moves() -> None:
    green = picture(200, 90, colour="#208040")

    video = made(order(green, aspect_ratio="16:9"))[0].content

    for frame in frames(video)[::12]:
        assert frame.shape == (480, 854, 3)
        assert frame[240, 427] == pytest.approx((0x20, 0x80, 0x40), abs=6)


@pytest.mark.parametrize("image", [None, picture(64, 64)])
def test_a_job_that_is_no_longer_wanted_ends_between_two_frames(image: bytes | None) -> None:
    told: list[float] = []

    def report(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0.5:
            raise JobCanceled

    with pytest.raises(JobCanceled):
        list(SketchEngine().make(order(image, duration=10), on_progress=report))

    assert told == sorted(told)
    assert told[-1] < 0.51


def test_words_move_the_camera() -> None:
    static, left = Camera.choose("a fox, static camera", 1), Camera.choose("pan to the left", 1)

    assert static.at(0, 1) == static.at(1, 1) == (0, 0, 1)
    assert left.at(1, 1)[0] > left.at(0, 1)[0]
    assert abs(left.at(1, 1)[0]) > abs(left.at(1, 0.2)[0])


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"])
def test_sizes_are_even_and_of_the_shape_asked_for(resolution: str, ratio: str) -> None:
    width, height = frame_size(resolution, ratio)

    across, down = (int(part) for part in ratio.split(":"))
    assert width % 2 == height % 2 == 0
    assert f"{min(width, height)}p" == resolution
    assert width / height == pytest.approx(float(Fraction(across, down)), rel=0.003)
