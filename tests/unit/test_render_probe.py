"""What a file is found to be, by what is in it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import films
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import probe


def test_a_video_is_told_with_its_size_its_length_and_its_sound(tmp_path: Path) -> None:
    facts = probe.look(films.film(tmp_path / "a.mp4", sound=1.0))

    assert (facts.kind, facts.content_type) == ("video", "video/mp4")
    assert facts.size == facts.coded == (64, 48)
    assert facts.duration == 1
    assert facts.frame_rate == films.RATE
    assert (facts.codec, facts.format, facts.sound_codec) == ("h264", "yuv420p", "aac")
    assert facts.has_audio
    assert not facts.has_alpha


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "content_type"),
    [
        ("a.mov", "libx264", "yuv420p", "video/quicktime"),
        ("a.webm", "libvpx-vp9", "yuv420p", "video/webm"),
        ("a.webm", "libvpx", "yuv420p", "video/webm"),
        ("a.webm", "libsvtav1", "yuv420p", "video/webm"),
        ("a.mkv", "libx264", "yuv420p", "video/x-matroska"),
        ("a.avi", "mpeg4", "yuv420p", "video/x-msvideo"),
        ("a.mov", "prores_ks", "yuv422p10le", "video/quicktime"),
        ("a.mp4", "libx265", "yuv420p10le", "video/mp4"),
        ("a.mov", "png", "rgb24", "video/quicktime"),
    ],
)
def test_what_cameras_and_editors_write_is_known(
    name: str, codec: str, pixels: str, content_type: str, tmp_path: Path
) -> None:
    path = films.film(tmp_path / name, films.counted(10, (64, 64)), codec=codec, pixels=pixels)

    facts = probe.look(path.rename(tmp_path / "unnamed"))

    assert (facts.kind, facts.content_type, facts.size) == ("video", content_type, (64, 64))
    assert facts.duration == 1
    assert not facts.has_audio


@pytest.mark.parametrize(
    ("name", "codec", "content_type"),
    [
        ("a.mp3", "libmp3lame", "audio/mpeg"),
        ("a.wav", "pcm_s16le", "audio/wav"),
        ("a.ogg", "libopus", "audio/ogg"),
        ("a.flac", "flac", "audio/flac"),
        ("a.aac", "aac", "audio/aac"),
        ("a.m4a", "aac", "audio/mp4"),
    ],
)
def test_sounds_are_known(name: str, codec: str, content_type: str, tmp_path: Path) -> None:
    path = films.tone(tmp_path / name, 2.0, codec=codec, format="ipod" if "m4a" in name else None)

    facts = probe.look(path)

    assert (facts.kind, facts.content_type, facts.size) == ("audio", content_type, None)
    assert facts.duration == pytest.approx(2, abs=0.06)
    assert facts.has_audio


def test_a_sound_that_is_named_a_video_is_a_sound(tmp_path: Path) -> None:
    facts = probe.look(films.tone(tmp_path / "film.mp4"))

    assert facts.kind == "audio"
    assert facts.duration == pytest.approx(1, abs=0.06)


def test_a_cover_in_a_sound_is_no_video(tmp_path: Path) -> None:
    import av

    cover = tmp_path / "cover.png"
    Image.new("RGB", (32, 32), "red").save(cover)
    plain = films.tone(tmp_path / "plain.flac", codec="flac")
    path = tmp_path / "covered.mp3"
    with av.open(str(path), "w") as made, av.open(str(plain)) as sound, av.open(str(cover)) as art:
        voice = made.add_stream("libmp3lame", rate=48_000)
        picture = made.add_stream_from_template(art.streams.video[0])
        picture.disposition = av.stream.Disposition.attached_pic
        frames = [voice.encode(frame) for frame in sound.decode(audio=0)]
        for packet in art.demux():
            if packet.size:
                packet.stream = picture
                made.mux(packet)
        for packets in [*frames, voice.encode()]:
            made.mux(packets)

    assert probe.look(path).kind == "audio"


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_camera_is_told_in_degrees_clockwise(turn: int, tmp_path: Path) -> None:
    # FFmpeg counts the other way round.
    facts = probe.look(films.film(tmp_path / "a.mp4", rotation=-turn))

    assert facts.rotation == turn
    assert facts.coded == (64, 48)
    assert facts.size == ((64, 48) if turn == 180 else (48, 64))


def test_pixels_that_are_not_square_make_the_size_that_is_shown(tmp_path: Path) -> None:
    frames = films.counted(5, (720, 576))
    facts = probe.look(films.film(tmp_path / "pal.mp4", frames, shape=Fraction(64, 45)))

    assert (facts.coded, facts.size) == ((720, 576), (1024, 576))


def test_a_length_that_the_file_does_not_say_is_counted(tmp_path: Path) -> None:
    # As browsers record: nothing is written back into the head.
    path = films.film(tmp_path / "a.webm", codec="libvpx", options={"live": "1"}, format="webm")
    whole = path.read_bytes()
    at = whole.find(b"\x44\x89\x88")
    assert at > 0
    path.write_bytes(whole[:at] + b"\xec\x89" + whole[at + 2 :])

    assert probe.look(path).duration == pytest.approx(1, abs=0.11)


@pytest.mark.parametrize("codec", ["libvpx-vp9"])
def test_a_clear_video_is_told(codec: str, tmp_path: Path) -> None:
    path = films.film(
        tmp_path / "a.webm",
        [np.dstack([films.grey(200), np.full((48, 64), 128, np.uint8)])] * 3,
        codec=codec,
        pixels="yuva420p",
        metadata={"alpha_mode": "1"},
    )

    assert probe.look(path).has_alpha


def test_a_picture_is_told_as_it_is_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 48)).save(path, exif=exif)

    facts = probe.look(path)

    assert (facts.kind, facts.rotation) == ("image", 90)
    assert (facts.coded, facts.size) == ((64, 48), (48, 64))


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_an_animation_lasts_as_long_as_its_frames(format: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(
        path,
        format,
        save_all=True,
        append_images=frames[1:],
        duration=[100, 250, 50],
        lossless=True,
    )

    facts = probe.look(path)

    assert (facts.kind, facts.size, facts.duration) == ("animation", (40, 30), Fraction(2, 5))


def test_a_gif_of_one_frame_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    Image.new("RGB", (40, 30), "red").save(path)

    facts = probe.look(path)

    assert (facts.kind, facts.duration) == ("image", None)


def test_what_is_neither_seen_nor_heard_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")

    with pytest.raises(SourceUnusable, match="text/vtt"):
        probe.look(path)
