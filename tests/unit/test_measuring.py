"""What a file really is, from its bytes."""

import io
import struct
import zlib

import pytest
from PIL import Image

from workers.measuring import UnreadableOutput, measure

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
        pytest.param(picture("GIF"), id="a GIF"),
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
