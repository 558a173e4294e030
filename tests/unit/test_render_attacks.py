"""Files made to harm: none makes the renderer read another file, call anybody, or take much."""

import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.support import films
from tests.support.listening import Listener
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import opening, probe, reels, stills


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A video beside the hostile file, which that must not reach."""
    return films.film(tmp_path / "secret.ts", codec="mpeg2video", format="mpegts")


def test_a_listener_is_called_by_who_asks_for_its_address(listener: Listener) -> None:
    # Else the tests below would pass whatever happens.
    with pytest.raises(av.FFmpegError):
        av.open(f"{listener.url}/x.mp4", timeout=2)

    assert listener.hits >= 1


def hostile(secret: Path, url: str) -> dict[str, str]:
    """Return what pretends to be a video, by how it goes about it."""
    segment = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
    manifest = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    )
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'width="64" height="48"><image xlink:href="{}" width="64" height="48"/></svg>'
    )
    return {
        "a playlist of a file": segment.format(secret.name),
        "a playlist of an address": segment.format(f"{url}/x.ts"),
        "a playlist with blanks before it": "\n\n" + segment.format(secret.name),
        "a list of files": f"ffconcat version 1.0\nfile {secret.name}\n",
        "a list with an absolute path": f"ffconcat version 1.0\nfile '{secret}'\n",
        "a manifest of a file": manifest.format(secret.name),
        "a manifest of an address": manifest.format(f"{url}/x.mp4"),
        "a drawing of a file": drawing.format(secret.as_uri()),
        "a drawing of an address": drawing.format(f"{url}/x.png"),
        "a drawing behind a head": '<?xml version="1.0"?>' + drawing.format(f"{url}/x.png"),
        "a session": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\na=control:{url}\n",
        "a script of frames": f"#!AVS\nFFVideoSource('{secret}')\n",
        "a page": f"<!doctype html><img src='{url}/x.png'>",
    }


NAMES = tuple(hostile(Path("/x"), ""))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", ["mp4", "png", "mp3"])
def test_a_text_that_names_others_is_refused(
    name: str, ending: str, tmp_path: Path, secret: Path, listener: Listener
) -> None:
    path = tmp_path / f"film.{ending}"
    path.write_text(hostile(secret, listener.url)[name])

    with pytest.raises(SourceUnusable):
        probe.look(path)

    assert listener.hits == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_names_others_is_refused_by_the_reader_too(
    name: str, tmp_path: Path, secret: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second belt alone: as if the first bytes had been taken for a video's.
    path = tmp_path / "film.mp4"
    path.write_text(hostile(secret, listener.url)[name])
    monkeypatch.setattr(opening, "content_type", lambda _: "video/mp4")

    with pytest.raises(SourceUnusable):
        opening.open_film_or_sound(path)

    assert listener.hits == 0


@pytest.mark.parametrize(
    "name",
    ["concat:secret.ts|secret.ts", "subfile,,start,0,end,0,,:secret.ts", "async:secret.ts",
     "cache:secret.ts", "crypto:secret.ts", "data:video/mp4;base64,AAAA", "pipe:0"],
)  # fmt: skip
def test_a_name_that_looks_like_a_protocol_is_a_name(
    name: str, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "content_type", lambda _: "video/mp4")

    with pytest.raises(SourceUnusable, match="No such file"):
        opening.open_film_or_sound(Path(name))


def test_a_name_with_signs_in_it_is_read(tmp_path: Path) -> None:
    video = films.film(tmp_path / "a.mp4").rename(tmp_path / "con:cat|100% [n=2].mp4")
    picture = tmp_path / "x[page=3]:y.png"
    Image.new("RGB", (8, 6), "red").save(picture, format="PNG")

    assert probe.look(video).kind == "video"
    assert stills.load(picture, probe.look(picture), (8, 6)).size == (8, 6)


def test_a_film_that_refers_to_another_file_does_not_open_it(tmp_path: Path, secret: Path) -> None:
    # QuickTime can keep its pictures in a file of another name.
    path = films.film(tmp_path / "a.mov", options={"movflags": "faststart"}, codec="mpeg4")
    content = path.read_bytes()
    at = content.index(b"url \x00\x00\x00\x01") - 4
    other = secret.as_uri().encode() + b"\x00"
    atom = struct.pack(">I", 12 + len(other)) + b"url \x00\x00\x00\x00" + other
    grown = bytearray(content[:at] + atom + content[at + 12 :])
    more = len(atom) - 12
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        start = grown.index(name) - 4
        size = struct.unpack(">I", grown[start : start + 4])[0]
        grown[start : start + 4] = struct.pack(">I", size + more)
    path.write_bytes(grown)
    secret.unlink()
    secret.mkdir()

    try:
        facts = probe.look(path)
    except SourceUnusable:
        return
    assert facts.size == (64, 48)


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """Return a PNG that says so of itself."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(30_000, 30_000), (15_000, 15_000), (30_001, 8), (1, 2_000_000)])
def test_a_picture_that_says_it_is_enormous_is_refused_unread(
    size: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(*size))

    with pytest.raises(SourceUnusable, match="at most 30,000 a side and 100,000,000"):
        probe.look(path)


def test_it_is_refused_when_it_is_loaded_too(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(100, 100, bytes(101 * 100)))
    facts = probe.look(path)
    path.write_bytes(png(30_000, 30_000))

    with pytest.raises(SourceUnusable, match="at most"):
        stills.load(path, facts, (10, 10))


def test_an_animation_that_says_it_is_enormous_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("L", (8, 6), level) for level in (0, 255)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    content = path.read_bytes()
    # Its own size, and that of each frame.
    small, large = struct.pack("<HH", 8, 6), struct.pack("<HH", 6_000, 5_000)
    assert content.count(small) == 3
    path.write_bytes(content.replace(small, large))

    with pytest.raises(SourceUnusable, match="24,000,000 in all"):
        probe.look(path)


def test_a_video_that_says_it_is_enormous_is_refused(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.avi", films.counted(1), codec="ffv1")
    content = path.read_bytes()
    at = content.index(b"strf") + 12
    assert struct.unpack("<ii", content[at : at + 8]) == (64, 48)
    path.write_bytes(content[:at] + struct.pack("<ii", 9_000, 9_000) + content[at + 8 :])

    with pytest.raises(SourceUnusable, match="81,000,000 pixels a frame"):
        probe.look(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "a.wav"])
def test_an_empty_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.touch()

    with pytest.raises(SourceUnusable, match="empty"):
        probe.look(path)


def test_a_video_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    # Its index stands at its end.
    path = films.film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:600])

    with pytest.raises(SourceUnusable):
        probe.look(path)


def test_heads_with_nothing_behind_them_are_refused(tmp_path: Path) -> None:
    heads = (
        b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\x82\x84webm",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"ID3\x04\x00\x00\x00\x00\x00\x23TSSE",
        b"OggS\x00\x02",
        b"fLaC\x00\x00\x00\x22",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        b"OTTO\x00\x0b\x00\x80",
    )
    for head in heads:
        path = tmp_path / "a"
        path.write_bytes(head + bytes(200))

        with pytest.raises(SourceUnusable):
            probe.look(path)


def test_a_video_with_wrong_bytes_is_shown_to_its_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    moving = [rng.integers(0, 256, (48, 64, 3)).astype(np.uint8) for _ in range(60)]
    path = films.film(tmp_path / "a.mkv", moving, options={"g": "10"})
    content = bytearray(path.read_bytes())
    for at in rng.integers(len(content) // 3, len(content) - 400, 60):
        content[at] ^= 0xFF
    path.write_bytes(content)
    facts = probe.look(path)
    film = reels.Film(path, (64, 48))

    for number in range(60):
        film.at(Fraction(number, 10))

    assert facts.duration == 6
    assert film.damaged > 0
    film.close()


def test_a_video_of_odd_sides_is_read(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.mkv", films.counted(3, (65, 37)), codec="ffv1")
    facts = probe.look(path)

    planes = reels.open(path, facts, (65, 37)).at(Fraction(0))

    assert facts.size == planes.size == (65, 37)
    assert planes.u.shape == (19, 33)


def test_a_coding_that_nobody_uses_is_refused(tmp_path: Path) -> None:
    path = films.film(
        tmp_path / "a.avi", films.counted(3, (64, 64)), codec="cljr", pixels="yuv411p"
    )

    with pytest.raises(SourceUnusable):
        probe.look(path)


def test_a_track_that_nobody_can_read_is_left_out(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.mp4", sound=1.0)
    content = path.read_bytes()
    at = content.index(b"avc1", content.index(b"stsd"))
    path.write_bytes(content[:at] + b"zzzz" + content[at + 4 :])

    facts = probe.look(path)

    assert (facts.kind, facts.has_audio) == ("audio", True)


def test_a_file_of_nothing_but_such_tracks_is_refused(tmp_path: Path) -> None:
    path = films.film(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))

    with pytest.raises(SourceUnusable, match="neither a picture nor a sound"):
        probe.look(path)


def test_a_loader_that_is_not_asked_for_reads_nothing(tmp_path: Path) -> None:
    import pyvips

    path = tmp_path / "a.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"/>')

    with pytest.raises(pyvips.Error):
        pyvips.Image.new_from_file(str(path))
    with pytest.raises(pyvips.Error):
        pyvips.Image.thumbnail(str(path), 10)
