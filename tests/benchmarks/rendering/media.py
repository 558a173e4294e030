"""Pictures, films and sounds to render: by rule, with the fine detail that photos have."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.support.render import tone, write_wav

PHOTOS, TITLES = 10, ("Ten seconds", "A clip, a logo", "In small")
_FILMS = [(1920, 1080, 30), *[(1280, 720, 25)] * 7]
_FILM_SECONDS = 13


def make(folder: Path, *, films: int = len(_FILMS), small: bool = False) -> None:
    """Write everything that a story names; small pictures for small stories."""
    shrink = 10 if small else 1
    for number in range(PHOTOS):
        pixels = _photo(number, 3000 // shrink, 2000 // shrink)
        Image.fromarray(pixels).save(folder / f"photo{number}.jpg", quality=90)
    for number, (width, height, rate) in enumerate(_FILMS[:films]):
        size = width // shrink // 2 * 2, height // shrink // 2 * 2
        seconds = 4 if small else _FILM_SECONDS
        _film(folder / f"film{number}.mp4", number, size, rate, seconds)
    for number, text in enumerate(TITLES):
        _title(text, 96 // shrink).save(folder / f"title{number}.png")
    _logo(200 // shrink).save(folder / "logo.png")
    write_wav(folder / "music.wav", tone(61.0, hertz=220.0, level=0.4))
    write_wav(folder / "voice.wav", tone(8.0, hertz=500.0, level=0.3, channels=1))


def _photo(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return what has the spectrum of a photo, and hard edges."""
    chance = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    fall = 1 / np.maximum(np.hypot(down, across), 1 / width)
    shape = (height, across.size)
    layers = []
    for _ in range(3):
        phases = np.exp(2j * np.pi * chance.random(shape))
        layer = np.fft.irfft2(fall * phases, s=(height, width))
        layers.append(128 + 45 * layer / layer.std())
    pixels = np.stack(layers, axis=-1)
    for _ in range(12):
        left, top = chance.integers(0, width * 3 // 4), chance.integers(0, height * 3 // 4)
        right, bottom = left + width // 8, top + height // 8
        pixels[top:bottom, left:right] = chance.integers(20, 235, 3)
    return pixels.clip(0, 255).astype(np.uint8)


def _film(path: Path, seed: int, size: tuple[int, int], rate: int, seconds: int) -> None:
    """Write a pan over a picture, with a little noise, and a tone."""
    width, height = size
    ground = _photo(100 + seed, width * 3 // 2, height * 3 // 2)
    chance = np.random.default_rng(seed)
    noise = chance.integers(-4, 5, (height, width, 1), dtype=np.int16)
    with av.open(path, "w") as container:
        options = {"preset": "veryfast", "crf": "20"}
        video = container.add_stream("libx264", rate=rate, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(seconds * rate):
            left = number * (width // 2) // (seconds * rate)
            part = ground[left // 2 : left // 2 + height, left : left + width].astype(np.int16)
            pixels = (part + np.roll(noise, 7 * number, axis=1)).clip(0, 255).astype(np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        row = np.ascontiguousarray(tone(float(seconds), level=0.2)).reshape(1, -1)
        sound = av.AudioFrame.from_ndarray(row, format="flt", layout="stereo")
        sound.sample_rate = 48_000
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))


def _title(text: str, height: int) -> Image.Image:
    font = ImageFont.load_default(height)
    box = font.getbbox(text)
    picture = Image.new("RGBA", (round(box[2]) + 2, round(box[3]) + 2))
    ImageDraw.Draw(picture).text((0, 0), text, font=font, fill="white")
    return picture


def _logo(side: int) -> Image.Image:
    picture = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((2, 2, side - 2, side - 2), fill=(240, 90, 40, 255))
    draw.rectangle((side // 3, side // 3, side * 2 // 3, side * 2 // 3), fill=(255, 255, 255, 200))
    return picture
