"""Videos and animations, frame by frame: what shows at a second, upright, in our colours."""

import gc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support import films
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Planes
from workers.providers.render.reading import probe, reels

MATRICES = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def opened(path: Path, size: tuple[int, int] | None = None) -> reels.Reel:
    facts = probe.look(path)
    assert facts.size
    return reels.open(path, facts, size or facts.size)


def shown(path: Path, at: Fraction | int = 0, size: tuple[int, int] | None = None) -> Planes:
    reel = opened(path, size)
    try:
        return reel.at(Fraction(at))
    finally:
        reel.close()


def ours(rgb: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return y, u and v of a colour as BT.709 in limited range, exactly."""
    red, green, blue = (one / 255 for one in rgb)
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.array([16 + 219 * y, 128 + 224 * (blue - y) / 1.8556, 128 + 224 * (red - y) / 1.5748])


def patch(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def test_the_frame_is_the_last_at_or_before_the_second(tmp_path: Path) -> None:
    reel = opened(films.film(tmp_path / "a.mp4"))

    moments = [
        Fraction(0),
        Fraction(99, 1000),
        Fraction(1, 10),
        Fraction(349, 1000),
        Fraction(9, 10),
    ]
    numbers = [films.number_of(reel.at(moment).y) for moment in moments]

    assert numbers == [0, 0, 1, 3, 9]
    reel.close()


def test_the_last_frame_is_held_and_time_may_go_back(tmp_path: Path) -> None:
    reel = opened(films.film(tmp_path / "a.mp4", options={"g": "4"}))

    numbers = [films.number_of(reel.at(Fraction(t, 10)).y) for t in (50, 7, 2, 95, 0)]

    assert numbers == [9, 7, 2, 9, 0]
    reel.close()


def test_the_same_frame_is_the_same_object(tmp_path: Path) -> None:
    reel = opened(films.film(tmp_path / "a.mp4"))

    first = reel.at(Fraction(2, 10))

    assert reel.at(Fraction(25, 100)) is first
    assert reel.at(Fraction(3, 10)) is not first
    reel.close()


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4")]
)
def test_a_jump_ahead_lands_on_the_frame(name: str, codec: str, tmp_path: Path) -> None:
    frames = [films.grey(20 + 8 * (n % 25)) for n in range(120)]
    path = films.film(tmp_path / name, frames, codec=codec, options={"g": "12"})
    reel = opened(path)

    for tenth in (0, 87, 31, 119, 60):
        expected = tenth % 25
        assert films.number_of(reel.at(Fraction(tenth, 10)).y) == expected
    reel.close()


def test_frames_that_come_when_they_like_are_picked_by_their_time(tmp_path: Path) -> None:
    # At tenths 0, 1, 5, 6, 20: a rate would say something else.
    reel = opened(films.film(tmp_path / "a.mp4", films.counted(5), moments=[0, 1, 5, 6, 20]))

    numbers = [films.number_of(reel.at(Fraction(t, 10)).y) for t in (0, 1, 4, 5, 6, 19, 20, 30)]

    assert numbers == [0, 1, 1, 2, 3, 3, 4, 4]
    reel.close()


def test_a_video_that_begins_late_counts_from_its_beginning(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.mkv", films.counted(5), moments=[30, 31, 32, 33, 34])

    assert films.number_of(shown(path, Fraction(2, 10)).y) == 2


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("size", [(64, 48), (62, 46)])
def test_a_turned_video_is_put_upright(turn: int, size: tuple[int, int], tmp_path: Path) -> None:
    held = patch((40, 40, 40))
    held[:24, :32] = (220, 60, 60)
    path = films.film(tmp_path / "a.mp4", [held] * 3, rotation=-turn, options={"crf": "1"})
    upright = np.rot90(held, -turn // 90)
    asked = size if turn == 180 else size[::-1]

    planes = shown(path, size=asked)

    assert planes.size == asked
    rows, columns = planes.y.shape
    for row, column in ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)):
        pixel = upright[int(row * upright.shape[0]), int(column * upright.shape[1])]
        y, u, v = ours(tuple(pixel))
        assert planes.y[int(row * rows), int(column * columns)] == pytest.approx(y, abs=3)
        assert planes.u[int(row * rows / 2), int(column * columns / 2)] == pytest.approx(u, abs=3)
        assert planes.v[int(row * rows / 2), int(column * columns / 2)] == pytest.approx(v, abs=3)


@pytest.mark.parametrize("colorspace", [1, 6, 9])
@pytest.mark.parametrize("color_range", [1, 2])
@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
def test_tagged_colours_come_out_as_bt709(
    colorspace: int, color_range: int, size: tuple[int, int], tmp_path: Path
) -> None:
    colour = (190, 90, 40)
    red, blue = MATRICES[colorspace]
    r, g, b = (one / 255 for one in colour)
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    coded = (
        (16 + 219 * y, 128 + 224 * u, 128 + 224 * v)
        if color_range == 1
        else (255 * y, 128 + 255 * u, 128 + 255 * v)
    )
    path = raw_film(tmp_path / "a.mp4", coded, colorspace, color_range)

    planes = shown(path, size=size)

    found = [planes.y.mean(), planes.u.mean(), planes.v.mean()]
    assert found == pytest.approx(ours(colour), abs=2)


def raw_film(
    path: Path, coded: tuple[float, float, float], colorspace: int, color_range: int
) -> Path:
    """Write a video of one colour, given as the numbers to be stored."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = colorspace
        stream.codec_context.color_range = color_range
        for number in range(3):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane, value in zip(frame.planes, coded, strict=True):
                plane.update(bytes([round(value)]) * plane.buffer_size)
            frame.pts = number
            frame.colorspace, frame.color_range = colorspace, color_range
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_video_without_colours_is_read(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        frame = av.VideoFrame(64, 48, "gray")
        frame.planes[0].update(bytes([100]) * frame.planes[0].buffer_size)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    planes = shown(path)

    found = [planes.y.mean(), planes.u.mean(), planes.v.mean()]
    assert found == pytest.approx([100, 128, 128], abs=1)


@pytest.mark.parametrize(("height", "matrix"), [(480, 6), (720, 1)])
def test_untagged_colours_are_read_by_their_size(height: int, matrix: int, tmp_path: Path) -> None:
    import av

    colour = (190, 90, 40)
    red, blue = MATRICES[matrix]
    r, g, b = (one / 255 for one in colour)
    y = red * r + (1 - red - blue) * g + blue * b
    coded = 16 + 219 * y, 128 + 112 * (b - y) / (1 - blue), 128 + 112 * (r - y) / (1 - red)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, height, "yuv420p"
        frame = av.VideoFrame(64, height, "yuv420p")
        for plane, value in zip(frame.planes, coded, strict=True):
            plane.update(bytes([round(value)]) * plane.buffer_size)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    planes = shown(path)

    assert [planes.y.mean(), planes.u.mean(), planes.v.mean()] == pytest.approx(ours(colour), abs=2)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.mp4", "libx264", "yuv444p"),
        ("a.mp4", "libx265", "yuv420p10le"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.mov", "png", "rgb24"),
        ("a.mkv", "ffv1", "yuv420p"),
    ],
)
def test_other_forms_of_pixels_are_read(name: str, codec: str, pixels: str, tmp_path: Path) -> None:
    path = films.film(
        tmp_path / name, films.counted(4), codec=codec, pixels=pixels, tags={"colorspace": 1}
    )

    planes = shown(path, Fraction(3, 10), size=(33, 25))

    assert planes.size == (33, 25)
    assert planes.u.shape == (13, 17)
    assert films.number_of(planes.y) == 3
    assert planes.u.mean() == pytest.approx(128, abs=1)


@pytest.mark.parametrize("size", [(64, 48), (32, 24)])
@pytest.mark.parametrize("codec", ["libvpx-vp9", "libvpx"])
def test_clear_places_of_a_video_are_clear(
    codec: str, size: tuple[int, int], tmp_path: Path
) -> None:
    frame = np.dstack([films.grey(200), np.zeros((48, 64), np.uint8)])
    frame[:, 32:, 3] = 255
    path = films.film(
        tmp_path / "a.webm",
        [frame] * 3,
        codec=codec,
        pixels="yuva420p",
        options={"crf": "4", "b": "2M", "auto-alt-ref": "0"},
        metadata={"alpha_mode": "1"},
    )

    planes = shown(path, size=size)

    width, height = size
    assert planes.a is not None
    assert planes.ac is not None
    assert planes.a[height // 2, width // 4] <= 4
    assert planes.a[height // 2, 3 * width // 4] >= 251
    assert planes.y[height // 2, width // 4] <= 4
    assert planes.y[height // 2, 3 * width // 4] == pytest.approx(ours((200, 200, 200))[0], abs=3)
    assert planes.ac.shape == planes.u.shape


@pytest.mark.parametrize(
    ("codec", "pixels"), [("png", "rgba"), ("qtrle", "argb"), ("prores_ks", "yuva444p10le")]
)
def test_hidden_colours_do_not_come_out_at_the_edges(
    codec: str, pixels: str, tmp_path: Path
) -> None:
    # White, beside what is clear with red underneath.
    frame = np.zeros((48, 64, 4), np.uint8)
    frame[:, :30], frame[:, 30:] = (255, 255, 255, 255), (255, 0, 0, 0)
    path = films.film(tmp_path / "a.mov", [frame] * 2, codec=codec, pixels=pixels)

    planes = shown(path, size=(21, 15))

    assert planes.ac is not None
    seen = planes.ac > 16
    assert np.abs(planes.v[seen] / planes.ac[seen] * 255 - 128).max() < 12
    assert planes.y[7, 3] == pytest.approx(235, abs=3)


def test_bright_pictures_are_brought_down_to_what_a_screen_shows(tmp_path: Path) -> None:
    import av

    # White paper at 203 cd/m², a lamp at 1000, and black, in the numbers of PQ.
    levels = {"black": 64, "paper": 573, "lamp": 723}
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        for context in (stream.codec_context,):
            context.colorspace, context.color_range = 9, 1
            context.color_trc, context.color_primaries = 16, 9
        frame = av.VideoFrame(96, 64, "yuv420p10le")
        row = np.repeat(np.array([*levels.values()], np.uint16), 32)
        for plane, line in zip(
            frame.planes, (row, np.full(48, 512), np.full(48, 512)), strict=True
        ):
            stride = plane.line_size // 2
            rows = np.zeros((plane.height, stride), np.uint16)
            rows[:, : len(line)] = line
            plane.update(rows.tobytes())
        frame.pts, frame.colorspace, frame.color_range = 0, 9, 1
        frame.color_trc, frame.color_primaries = 16, 9
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    planes = shown(path)

    black, paper, lamp = (float(planes.y[20:40, at : at + 16].mean()) for at in (8, 40, 72))
    assert black == pytest.approx(16, abs=2)
    assert 190 < paper < lamp <= 240
    assert planes.u.mean() == pytest.approx(128, abs=2)


def test_nothing_is_left_of_a_closed_video(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.mp4", films.counted(20, (640, 480)))
    shown(path)
    threads, files = held("task"), held("fd")

    for _ in range(5):
        shown(path, Fraction(3, 10))

    assert held("task") <= threads
    assert held("fd") <= files


def test_frames_that_were_shown_are_let_go_at_once(tmp_path: Path) -> None:
    import av

    path = films.film(tmp_path / "a.mp4", [films.grey(n % 200) for n in range(60)])
    reel = opened(path, (32, 24))
    gc.collect()
    gc.disable()
    try:
        for tenth in range(60):
            reel.at(Fraction(tenth, 10))
        kept = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()
        reel.close()

    # Those that show and come next, and what the decoder gave out together.
    assert kept < 12


def held(what: str) -> int:
    return sum(1 for _ in Path("/proc/self", what).iterdir())


def test_a_sound_shows_nothing(tmp_path: Path) -> None:
    path = films.tone(tmp_path / "a.mp4")

    with pytest.raises(SourceUnusable, match="no picture"):
        reels.open(path, probe.look(path), (32, 32))


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_an_animation_keeps_its_delays(format: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    frames = [Image.new("RGB", (40, 30), (20 + 40 * n,) * 3) for n in range(4)]
    delays = [100, 300, 50, 200]
    frames[0].save(
        path, format, save_all=True, append_images=frames[1:], duration=delays, lossless=True
    )
    reel = opened(path, (20, 15))

    hundredths = [0, 9, 10, 39, 40, 44, 45, 64, 900, 0]
    numbers = [films.number_of(reel.at(Fraction(t, 100)).y) / 5 for t in hundredths]

    assert numbers == [0, 0, 1, 1, 2, 2, 3, 3, 3, 0]
    assert reel.at(Fraction(0)).size == (20, 15)
    reel.close()


def test_an_animation_that_says_no_delay_is_shown_as_browsers_do(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=0)

    assert probe.look(path).duration == Fraction(1, 5)


def test_clear_places_of_an_animation_are_clear(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    clear = Image.new("RGBA", (40, 30), (255, 255, 255, 0))
    clear.paste((255, 255, 255, 255), (0, 0, 20, 30))
    clear.save(path, save_all=True, append_images=[clear.rotate(180)], lossless=True)

    planes = shown(path)

    assert planes.a is not None
    assert (planes.a[:, :20].min(), planes.a[:, 20:].max()) == (255, 0)
    assert planes.y[:, 20:].max() == 0
