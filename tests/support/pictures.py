"""Pictures for timelines: made as floating RGB, and turned into planes and back."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from workers.providers.render.composing import compose
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.planning import plan
from workers.providers.render.planning.plan import Plan, Shot

# BT.709, from RGB of 0 to 1 to limited-range levels.
_MATRIX = np.array([[0.2126, 0.7152, 0.0722], [-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]])
_RANGE, _OFFSET = np.array([219.0, 224.0, 224.0]), np.array([16.0, 128.0, 128.0])


def plain(colour: tuple[float, ...], size: tuple[int, int] = (160, 90)) -> np.ndarray:
    """One colour all over: RGB or RGBA, 0 to 1."""
    return np.broadcast_to(np.array(colour, float), (size[1], size[0], len(colour))).copy()


def photograph(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Something like a photograph: much that is large, less that is small, and a few edges."""
    width, height = size
    chance = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for octave in (4, 8, 16, 32):
        grid = chance.random((octave, octave, 3))
        layer = np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC), float)
        picture += layer / octave**0.7
    for _ in range(6):
        left, top = chance.integers(0, width * 3 // 4), chance.integers(0, height * 3 // 4)
        spot = picture[top : top + height // 5, left : left + width // 6]
        spot += chance.random(3) - 0.5
    picture -= picture.min()
    return np.asarray(picture / picture.max())


def to_planes(picture: np.ndarray) -> Planes:
    """Turn RGB or RGBA of 0 to 1 into planes, chroma sited to the left."""
    yuv = picture[..., :3] @ _MATRIX.T * _RANGE + _OFFSET
    if picture.shape[2] == 3:
        return Planes(_level(yuv[..., 0]), _level(_half(yuv[..., 1])), _level(_half(yuv[..., 2])))
    alpha = picture[..., 3]
    y, u, v = (yuv[..., at] * alpha for at in range(3))
    return Planes(
        _level(y),
        _level(_half(u)),
        _level(_half(v)),
        _level(alpha * 255),
        _level(_half(alpha * 255)),
    )


def to_rgb(planes: Planes) -> np.ndarray:
    """Turn planes into RGB of 0 to 1."""
    width, height = planes.size
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    sites = (across / 2).astype(np.float32), ((down - 0.5) / 2).astype(np.float32)
    u, v = (
        cv2.remap(plane, *sites, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for plane in (planes.u, planes.v)
    )
    yuv = (np.dstack((planes.y, u, v)) - _OFFSET) / _RANGE
    return np.asarray(np.clip(yuv @ np.linalg.inv(_MATRIX).T, 0, 1))


def light(picture: np.ndarray) -> np.ndarray:
    """The luma of RGB, as levels of 16 to 235."""
    return np.asarray(picture[..., :3] @ _MATRIX[0] * 219 + 16)


class Pictures:
    """Gives a compositor pictures by the addresses of their assets, and counts what is open.

    A video is a list of pictures, one after the other at ``rate``; its last one is held.
    """

    def __init__(self, pictures: Mapping[str, Any], *, rate: int = 25) -> None:
        self._pictures, self._rate = pictures, rate
        self.open_now: list[str] = []
        self.opened: list[str] = []
        self.sizes: dict[str, tuple[int, int]] = {}

    def facts(self, given: Mapping[str, Any]) -> dict[str, Facts]:
        """Tell a plan what the files of an input are."""
        return {path: self._facts(address) for path, address in plan.sources_needed(given).items()}

    def open(self, shot: Shot) -> "_Open":
        self.open_now.append(shot.path)
        self.opened.append(shot.path)
        self.sizes[shot.path] = shot.size
        found = self._pictures[shot.asset.get("src") or shot.asset["text"]]
        return _Open(self, shot, found if isinstance(found, list) else [found], self._rate)

    def _facts(self, address: str) -> Facts:
        found = self._pictures[address]
        if isinstance(found, Facts):
            return found
        one = found[0] if isinstance(found, list) else found
        size, is_video = (one.shape[1], one.shape[0]), isinstance(found, list)
        return Facts(
            kind="video" if is_video else "image",
            content_type="video/mp4" if is_video else "image/png",
            size=size,
            coded=size,
            duration=Fraction(len(found), self._rate) if is_video else None,
            frame_rate=Fraction(self._rate) if is_video else None,
            has_alpha=one.shape[2] == 4,
        )


class _Open:
    def __init__(self, door: Pictures, shot: Shot, pictures: list[np.ndarray], rate: int) -> None:
        self._door, self._shot, self._pictures, self._rate = door, shot, pictures, rate
        self._made: dict[int, Planes] = {}

    def at(self, seconds: Fraction) -> Planes:
        number = min(len(self._pictures) - 1, int(seconds * self._rate))
        if number not in self._made:
            self._made = {number: to_planes(_sized(self._pictures[number], self._shot.size))}
        return self._made[number]

    def close(self) -> None:
        self._door.open_now.remove(self._shot.path)


def timeline(*tracks: Any, size: tuple[int, int] = (160, 90), **output: Any) -> dict[str, Any]:
    """Put tracks of clips, the top one first, into an input; a clip may stand for its track."""
    background = output.pop("background", "#000000")
    held = [track if isinstance(track, list) else [track] for track in tracks]
    shape = {"width": size[0], "height": size[1]}
    return {
        "timeline": {"background": background, "tracks": [{"clips": clips} for clips in held]},
        "output": {"format": "mp4", "size": shape, "fps": 25, **output},
    }


def clip(src: str, start: Any = 0, length: Any = 1, **fields: Any) -> dict[str, Any]:
    """Make a clip of a picture; ``asset`` adds to the asset."""
    asset = {"type": "image", "src": src, **fields.pop("asset", {})}
    return {"asset": asset, "start": start, "length": length, **fields}


def made(given: Mapping[str, Any], pictures: Pictures) -> Plan:
    """Plan an input of such pictures."""
    return plan.make(given, pictures.facts(given))


def frames(
    given: Mapping[str, Any],
    pictures: Mapping[str, Any] | Pictures,
    first: int = 0,
    stop: int | None = None,
) -> list[Planes]:
    """Render the frames of an input, all or some."""
    door = pictures if isinstance(pictures, Pictures) else Pictures(pictures)
    return list(compose.frames(made(given, door), door, first, stop))


def _sized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    is_smaller = size[0] <= picture.shape[1]
    way = cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC
    return np.asarray(np.clip(cv2.resize(picture, size, interpolation=way), 0, 1))


def _half(plane: np.ndarray) -> np.ndarray:
    odd = np.pad(plane, ((0, plane.shape[0] % 2), (1, 1 + plane.shape[1] % 2)), mode="edge")
    across = (odd[:, :-2:2] + 2 * odd[:, 1:-1:2] + odd[:, 2::2]) / 4
    return np.asarray((across[::2] + across[1::2]) / 2)


def _level(plane: np.ndarray) -> np.ndarray:
    return np.clip(np.round(plane), 0, 255).astype(np.uint8)
