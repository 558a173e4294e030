"""What is written, read back: its streams, its times, its colours."""

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from PIL import Image

from tests.support.render import planes, tone
from workers.providers.render.meaning.script import Format, Target
from workers.providers.render.parts import SAMPLE_RATE, Planes
from workers.providers.render.writing.encode import Order, open_sink, write_still

SIZE = (96, 64)
FILM = Fraction(24_000, 1001)
# Y 120, U 100, V 160 of BT.709 in the limited range, by the standard's matrix.
RGB = (178, 109, 61)


def written(
    path: Path,
    *,
    frames: list[Planes],
    seconds: float = 1.0,
    rate: Fraction = FILM,
    has_sound: bool = True,
    **fields: Any,
) -> Path:
    """Write frames and a tone in the format that the path's name says."""
    target = Target(format=cast(Format, path.suffix[1:]), **{"size": SIZE, **fields})
    order = Order(target=target, rate=rate, has_sound=has_sound, frames=len(frames))
    sink = open_sink(path, order)
    for frame in frames:
        sink.picture(frame)
    for block in np.split(tone(seconds), 4):
        sink.sound(block)
    sink.close()
    return path


def moving(count: int) -> list[Planes]:
    return [planes(*SIZE, bar=2 * number) for number in range(count)]


@pytest.mark.parametrize(
    ("name", "video", "audio"), [("a.mp4", "h264", "aac"), ("a.webm", "av1", "opus")]
)
def test_a_film_has_its_frames_at_their_times_in_bt709(
    tmp_path: Path, name: str, video: str, audio: str
) -> None:
    path = written(tmp_path / name, frames=moving(24))

    with av.open(path) as container:
        stream = container.streams.video[0]
        assert stream.codec.canonical_name == video
        assert container.streams.audio[0].codec.canonical_name == audio
        frames = list(container.decode(stream))
    assert len(frames) == 24
    # Matroska's clock has milliseconds.
    times = [float(frame.time or 0) for frame in frames]
    np.testing.assert_allclose(times, [n / float(FILM) for n in range(24)], atol=6e-4)
    first = frames[0]
    tags = (first.colorspace, first.color_range, first.color_primaries, first.color_trc)
    assert tags == (1, 1, 1, 1)
    assert first.format.name == "yuv420p"
    assert first.to_ndarray(format="rgb24")[40, 80] == pytest.approx(RGB, abs=4)


@pytest.mark.parametrize("is_still", [False, True])
def test_a_film_has_a_key_frame_a_second_before_its_end(tmp_path: Path, is_still: bool) -> None:
    shown = moving(1) * 72 if is_still else moving(72)

    with av.open(written(tmp_path / "a.mp4", frames=shown, rate=Fraction(24))) as container:
        packets = list(container.demux(container.streams.video[0]))

    keys = [one.pts * one.time_base for one in packets if one.is_keyframe and one.pts is not None]
    assert keys == [0, 2]


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mp3", "a.wav"])
def test_sound_is_as_loud_and_as_long_as_it_came(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, frames=moving(24))

    with av.open(path) as container:
        parts = [one.to_ndarray() for one in container.decode(audio=0)]
    samples = np.concatenate([part.reshape(2, -1, order="F").T for part in parts if part.size])
    if samples.dtype == np.int16:
        samples = samples / 32_768
    assert len(samples) == pytest.approx(SAMPLE_RATE, abs=1024)
    assert np.sqrt(np.mean(samples[4800:40_000] ** 2)) == pytest.approx(0.354, rel=0.04)


def test_an_mp4_begins_with_its_head(tmp_path: Path) -> None:
    content = written(tmp_path / "a.mp4", frames=moving(5)).read_bytes()

    assert content.index(b"moov") < content.index(b"mdat")


def test_a_film_without_sound_has_no_track_for_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", frames=moving(5), has_sound=False)

    with av.open(path) as container:
        assert [one.type for one in container.streams] == ["video"]


def test_better_quality_makes_larger_files(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(16, 235, (12, 64, 96), dtype=np.uint8)
    flat = planes(*SIZE)
    frames = [Planes(luma, flat.u, flat.v) for luma in noise]

    for suffix in ("mp4", "webm"):
        sizes = [
            written(tmp_path / f"{crf}.{suffix}", frames=frames, crf=crf, has_sound=False)
            .stat()
            .st_size
            for crf in (33, 28, 23, 20, 17)
        ]
        assert sizes == sorted(sizes)
        assert sizes[0] < 0.8 * sizes[-1]


def test_a_file_may_be_smaller_than_the_canvas(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", frames=moving(3), size=(48, 32))

    with av.open(path) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (48, 32)
    assert frame.to_ndarray(format="rgb24")[20, 40] == pytest.approx(RGB, abs=4)


@pytest.mark.parametrize("repeat", [True, False])
def test_a_gif_shows_each_picture_as_long_as_it_stays(tmp_path: Path, repeat: bool) -> None:
    still = planes(*SIZE, bar=40)
    frames = [*moving(3), *[still] * 6, *moving(3)]
    path = written(tmp_path / "a.gif", frames=frames, rate=Fraction(12), repeat=repeat)

    with Image.open(path) as image:
        delays = []
        for number in range(cast(Any, image).n_frames):
            image.seek(number)
            delays.append(image.info["duration"])
            colour = cast(tuple[int, int, int], image.convert("RGB").getpixel((80, 60)))
        loop = image.info.get("loop")
    assert delays == [80, 90, 80, 500, 80, 90, 80]
    assert sum(delays) == 1000
    assert loop == (0 if repeat else None)
    assert colour == pytest.approx(RGB, abs=4)


@pytest.mark.parametrize("frames", [1, 2])
def test_a_gif_may_be_short(tmp_path: Path, frames: int) -> None:
    path = written(tmp_path / "a.gif", frames=moving(frames), rate=Fraction(10))

    with Image.open(path) as image:
        assert cast(Any, image).n_frames == frames


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_is_the_first_frame(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a.{suffix}", frames=[planes(*SIZE), planes(*SIZE, luma=30)])

    with Image.open(path) as image:
        assert (image.size, image.mode) == (SIZE, "RGB")
        assert image.getpixel((50, 30)) == pytest.approx(RGB, abs=2)


def test_a_still_is_made_smaller_if_wanted(tmp_path: Path) -> None:
    write_still(planes(*SIZE), tmp_path / "a.jpg", size=(24, 16), quality=80)

    with Image.open(tmp_path / "a.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (24, 16))
        assert image.getpixel((12, 8)) == pytest.approx(RGB, abs=3)


def test_a_gif_keeps_what_is_seldom_beside_what_is_frequent(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    luma = np.repeat(np.repeat(chance.integers(40, 160, (16, 24)), 4, 0), 4, 1).astype(np.uint8)
    u, v = (chance.integers(70, 190, (32, 48)).astype(np.uint8) for _ in range(2))
    luma[30:34, 40:48], u[15:17, 20:24], v[15:17, 20:24] = 235, 128, 128
    path = written(tmp_path / "a.gif", frames=[Planes(luma, u, v)], rate=Fraction(10))

    with Image.open(path) as image:
        assert image.convert("RGB").getpixel((44, 32)) == pytest.approx((255, 255, 255), abs=16)
