"""What a file really is, from its bytes."""

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from tests.support.render import tone
from workers.measuring import UnreadableOutput, measure
from workers.providers.render.meaning.script import Target
from workers.providers.render.writing.encode import Order, open_sink

KNOWN = [("PNG", "image/png", "png"), ("JPEG", "image/jpeg", "jpg"), ("WEBP", "image/webp", "webp")]


def picture(file_format: str, width: int = 40, height: int = 30, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, file_format)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png_head(header: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


@pytest.mark.parametrize(("file_format", "content_type", "extension"), KNOWN)
def test_an_image_is_known_by_its_bytes(
    file_format: str, content_type: str, extension: str
) -> None:
    measured = measure(io.BytesIO(picture(file_format, 123, 45)))

    assert (measured.content_type, measured.extension) == (content_type, extension)
    assert (measured.width, measured.height) == (123, 45)


def test_a_gif_is_known_by_its_bytes_and_plays_as_long_as_its_frames() -> None:
    file = io.BytesIO()
    first, *others = (Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue"))
    first.save(file, "GIF", save_all=True, append_images=others, duration=200)
    file.seek(0)

    measured = measure(file)

    assert (measured.content_type, measured.extension) == ("image/gif", "gif")
    assert (measured.width, measured.height) == (40, 30)
    assert measured.duration == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("name", "content_type"), [("a.mp3", "audio/mpeg"), ("a.wav", "audio/wav")]
)
def test_sound_is_known_by_its_bytes(tmp_path: Path, name: str, content_type: str) -> None:
    target = Target(format="mp3" if name.endswith("mp3") else "wav", size=(2, 2))
    sink = open_sink(tmp_path / name, Order(target=target, rate=Fraction(25), has_sound=True))
    sink.sound(tone(1.5))
    sink.close()

    with (tmp_path / name).open("rb") as file:
        measured = measure(file)

    assert (measured.content_type, measured.extension) == (content_type, name[2:])
    assert (measured.width, measured.height, measured.frame_rate) == (None, None, None)
    assert measured.duration == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "I;16"])
def test_an_image_is_measured_whatever_its_colours(mode: str) -> None:
    measured = measure(io.BytesIO(picture("PNG", 17, 19, mode)))

    assert (measured.width, measured.height) == (17, 19)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>504 Gateway Time-out</html>", id="an error page"),
        pytest.param(b"\x00" * 1000, id="zeros"),
        pytest.param(picture("BMP"), id="a BMP"),
        pytest.param(picture("TIFF"), id="a TIFF"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="only the first bytes of a PNG"),
        pytest.param(png_head(struct.pack(">IIBBBB", 8, 8, 8, 2, 0, 0)), id="a PNG's head cut off"),
        pytest.param(png_head(struct.pack(">IIBBBBB", 0, 0, 8, 2, 0, 0, 0)), id="no pixels"),
        pytest.param(
            png_head(struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)), id="far too large"
        ),
        pytest.param(b"GIF89a" + picture("PNG"), id="a PNG behind the head of another"),
    ],
)
def test_a_file_of_no_kind_that_we_know_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableOutput):
        measure(io.BytesIO(content))


@pytest.mark.parametrize("file_format", [one[0] for one in KNOWN])
def test_a_file_that_was_cut_off_is_measured_right_or_refused(file_format: str) -> None:
    whole = picture(file_format)

    for length in range(len(whole)):
        try:
            measured = measure(io.BytesIO(whole[:length]))
        except UnreadableOutput:
            continue
        assert (measured.width, measured.height) == (40, 30)
