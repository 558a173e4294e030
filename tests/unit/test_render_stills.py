"""Still pictures as planes: colours, sizes, turns, what is clear, and how much memory it takes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Planes
from workers.providers.render.reading import probe, stills

PATCHES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (190, 90, 40)]


def loaded(path: Path, size: tuple[int, int] | None = None) -> Planes:
    facts = probe.look(path)
    assert facts.size
    return stills.load(path, facts, size or facts.size)


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


def ours(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return y, u and v as BT.709 in limited range, in floating point; colours are 0 to 255."""
    matrix = np.array(
        [[0.2126, 0.7152, 0.0722], [-0.114572, -0.385428, 0.5], [0.5, -0.454153, -0.045847]]
    )
    scaled = matrix * np.array([[219], [224], [224]])
    return np.asarray((rgb / 255) @ scaled.T + [16, 128, 128])


def left_sited(full: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return samples of colour beside each second column, between two rows."""
    rows, columns = full.shape
    wide = np.pad(full, ((0, rows % 2), (1, 1 + columns % 2)), mode="edge")
    across = 0.25 * wide[:, :-2] + 0.5 * wide[:, 1:-1] + 0.25 * wide[:, 2:]
    return np.asarray((across[::2, ::2] + across[1::2, ::2]) / 2)


@pytest.mark.parametrize("colour", PATCHES)
def test_a_colour_is_right(colour: tuple[int, int, int], tmp_path: Path) -> None:
    planes = loaded(saved(tmp_path / "a.png", Image.new("RGB", (16, 12), colour)))

    found = [planes.y.mean(), planes.u.mean(), planes.v.mean()]
    assert found == pytest.approx(ours(np.array(colour, float)), abs=0.51)
    assert planes.a is None


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (1, 1), (2, 601)])
def test_planes_are_those_of_exact_reckoning(size: tuple[int, int], tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (size[1], size[0], 4), np.uint8)
    planes = loaded(saved(tmp_path / "a.png", Image.fromarray(pixels, "RGBA")))

    share = pixels[..., 3] / 255
    exact = ours(pixels[..., :3].astype(float)) * share[..., None]

    assert planes.size == size
    assert planes.a is not None
    assert planes.ac is not None
    assert np.array_equal(planes.a, pixels[..., 3])
    assert np.abs(planes.y - exact[..., 0]).max() < 1
    assert np.abs(planes.u - left_sited(exact[..., 1])).max() < 1
    assert np.abs(planes.v - left_sited(exact[..., 2])).max() < 1
    assert np.abs(planes.ac - left_sited(share * 255)).max() < 1


@pytest.mark.parametrize("size", [(200, 100), (33, 77), (640, 480), (1, 1)])
def test_it_comes_at_exactly_the_size_that_is_asked(size: tuple[int, int], tmp_path: Path) -> None:
    planes = loaded(saved(tmp_path / "a.jpg", Image.new("RGB", (320, 240), "red")), size)

    assert planes.size == size
    assert planes.u.shape == ((size[1] + 1) // 2, (size[0] + 1) // 2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_it_was_held(orientation: int, tmp_path: Path) -> None:
    # Dark above, and darkest on the left: so it is to look.
    upright = np.full((48, 64, 3), 230, np.uint8)
    upright[:24] = 90
    upright[:24, :32] = 20
    undo = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    planes = loaded(saved(tmp_path / "a.jpg", held, exif=exif, quality=95))

    assert planes.size == (64, 48)
    assert planes.y[12, 16] < planes.y[12, 48] < planes.y[36, 32]


def test_cmyk_16_bits_grey_and_palettes_are_read(tmp_path: Path) -> None:
    cmyk = Image.new("RGB", (16, 12), (255, 0, 0)).convert("CMYK")
    deep = Image.fromarray(np.full((12, 16), 0x8080, np.uint16))
    grey = Image.new("L", (16, 12), 128)
    half = Image.new("LA", (16, 12), (128, 128))
    palette = Image.new("RGB", (16, 12), (190, 90, 40)).quantize(4)
    middle = 16 + 219 * 128 / 255

    red = loaded(saved(tmp_path / "a.jpg", cmyk))
    assert red.v.mean() > 200
    assert red.y.mean() == pytest.approx(63, abs=20)
    for name, picture in (("b.png", deep), ("c.png", grey), ("d.jpg", grey), ("e.webp", grey)):
        planes = loaded(saved(tmp_path / name, picture))
        assert planes.y.mean() == pytest.approx(middle, abs=1.5), name
        assert planes.u.mean() == pytest.approx(128, abs=1), name
        assert planes.a is None, name
    clear = loaded(saved(tmp_path / "f.png", half))
    assert clear.a is not None
    assert clear.y.mean() == pytest.approx(middle * 128 / 255, abs=1)
    found = loaded(saved(tmp_path / "g.png", palette))
    assert found.y.mean() == pytest.approx(ours(np.array([190.0, 90, 40]))[0], abs=2)


def test_the_profile_of_a_usual_screen_changes_nothing(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.png",
        Image.new("RGB", (16, 12), (190, 90, 40)),
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )

    assert loaded(path).y.mean() == pytest.approx(ours(np.array([190.0, 90, 40]))[0], abs=2)


def test_clear_colours_do_not_bleed_when_it_shrinks(tmp_path: Path) -> None:
    # What is clear is red underneath: none of it may show at the edge.
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (255, 255, 255, 255)
    pixels[:, 32:] = (255, 0, 0, 0)
    planes = loaded(saved(tmp_path / "a.png", Image.fromarray(pixels, "RGBA")), (15, 15))

    assert planes.ac is not None
    solid = planes.ac > 8
    assert np.abs(planes.v[solid] / planes.ac[solid] * 255 - 128).max() < 6


def test_a_picture_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 256, (200, 300, 3), np.uint8))
    for name in ("a.jpg", "a.png", "a.webp"):
        path = saved(tmp_path / name, noise)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])

        with pytest.raises(SourceUnusable):
            loaded(path)


def test_a_jpeg_with_some_wrong_bytes_is_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 256, (200, 300, 3), np.uint8))
    path = saved(tmp_path / "a.jpg", noise)
    content = bytearray(path.read_bytes())
    for at in rng.integers(2000, len(content) - 10, 20):
        if 0xFF not in content[at - 1 : at + 2]:
            content[at] = 0x55
    path.write_bytes(content)

    assert loaded(path).size == (300, 200)


def test_the_largest_picture_takes_little_memory(tmp_path: Path) -> None:
    """9,900 x 9,900 pixels of PNG, in a process of its own: its peak is measured."""
    path = saved(tmp_path / "a.png", Image.new("L", (9_900, 9_900), 130), compress_level=1)
    program = """
import resource, sys
from pathlib import Path
from workers.providers.render.reading import probe, stills
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path = Path(sys.argv[1])
planes = stills.load(path, probe.look(path), (1920, 1920))
assert planes.size == (1920, 1920)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 200
