"""What is done to the pixels of planes: moving, laying over, mixing. All on BT.709 4:2:0."""

import cv2
import numpy as np

from workers.providers.render.meaning.geometry import Affine, Area, Size
from workers.providers.render.parts import Plane, Planes

# Chroma samples lie on the left of their two columns and between their two rows: so far from the
# middle of the square that they stand for, in their own columns.
_LEFT_SITED = 0.25


def blank(size: Size) -> Planes:
    """Return a frame whose planes lie one after the other in memory; what is in it is chance."""
    width, height = size
    luma, chroma = width * height, (width // 2) * (height // 2)
    whole = np.empty(luma + 2 * chroma, dtype=np.uint8)
    u, v = whole[luma : luma + chroma], whole[luma + chroma :]
    half = (height // 2, width // 2)
    return Planes(whole[:luma].reshape(height, width), u.reshape(half), v.reshape(half))


def fill(frame: Planes, colour: tuple[float, float, float]) -> None:
    """Paint all of a frame with one colour, given as Y, U and V."""
    for plane, level in zip((frame.y, frame.u, frame.v), colour, strict=True):
        plane.fill(round(level))


def part(planes: Planes, area: Area) -> Planes:
    """Return the part of planes in an area, without a copy."""
    return Planes(
        planes.y[area.luma],
        planes.u[area.chroma],
        planes.v[area.chroma],
        None if planes.a is None else planes.a[area.luma],
        None if planes.ac is None else planes.ac[area.chroma],
    )


def copy(frame: Planes, source: Planes) -> None:
    """Put planes of the same size in the place of a frame's."""
    for target, plane in ((frame.y, source.y), (frame.u, source.u), (frame.v, source.v)):
        np.copyto(target, plane)


def warp(source: Planes, back: Affine, area: Area, *, shrunk: tuple[float, float]) -> Planes:
    """Return what an area of the frame shows of a picture; linear between its pixels.

    ``back`` takes pixels of the frame to those of the picture. ``shrunk`` is how many times the
    picture was shrunk in each direction since its chroma was sited.
    """
    width, height = area.size
    luma = _on_samples(back, area, step=1, site=(0.0, 0.0), source_site=(0.0, 0.0))
    site = (_LEFT_SITED / shrunk[0], 0.0)
    chroma = _on_samples(back, area, step=2, site=(_LEFT_SITED, 0.0), source_site=site)
    half = (width // 2, height // 2)
    return Planes(
        _warped(source.y, luma, (width, height)),
        _warped(source.u, chroma, half),
        _warped(source.v, chroma, half),
        None if source.a is None else _warped(source.a, luma, (width, height)),
        None if source.ac is None else _warped(source.ac, chroma, half),
    )


def shrink(source: Planes, across: int, down: int) -> Planes:
    """Return planes so many times smaller in each direction, by averaging."""
    width = max(1, -(-source.size[0] // across))
    height = max(1, -(-source.size[1] // down))
    half = (-(-width // 2), -(-height // 2))

    def smaller(plane: Plane, size: Size) -> Plane:
        return _bytes(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))

    return Planes(
        smaller(source.y, (width, height)),
        smaller(source.u, half),
        smaller(source.v, half),
        None if source.a is None else smaller(source.a, (width, height)),
        None if source.ac is None else smaller(source.ac, half),
    )


def halved(mask: Plane) -> Plane:
    """Return a mask for the halved planes."""
    height, width = mask.shape
    return _bytes(cv2.resize(mask, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def mix(frame: Planes, source: Planes, opacity: float) -> None:
    """Mix a picture without clear places into planes of the same size."""
    if opacity >= 1:
        return copy(frame, source)
    for target, plane in ((frame.y, source.y), (frame.u, source.u), (frame.v, source.v)):
        cv2.addWeighted(target, 1 - opacity, plane, opacity, 0, dst=target)
    return None


def over(frame: Planes, source: Planes, opacity: float, mask: Plane | None) -> None:
    """Lay a picture over planes of the same size, by its alpha, an opacity and a mask."""
    if opacity < 1 and mask is not None:
        mask, opacity = _bytes(cv2.convertScaleAbs(mask, alpha=opacity)), 1.0
    half = None if mask is None else halved(mask)
    _over(frame.y, source.y, source.a, opacity, mask)
    _over(frame.u, source.u, source.ac, opacity, half)
    _over(frame.v, source.v, source.ac, opacity, half)


def _on_samples(
    back: Affine,
    area: Area,
    *,
    step: int,
    site: tuple[float, float],
    source_site: tuple[float, float],
) -> Affine:
    """Return the map from numbers of samples of an area to numbers of samples of the source.

    Sample ``n`` of a plane whose samples are ``step`` pixels wide stands at pixel
    ``step * (n + 0.5 - site)``.
    """
    to_frame = Affine(
        step, 0, step * (0.5 - site[0]) + area.left, 0, step, step * (0.5 - site[1]) + area.top
    )
    from_picture = Affine(1 / step, 0, source_site[0] - 0.5, 0, 1 / step, source_site[1] - 0.5)
    return to_frame.then(back).then(from_picture)


def _warped(plane: Plane, back: Affine, size: Size) -> Plane:
    matrix = np.array([[back.a, back.b, back.c], [back.d, back.e, back.f]], dtype=np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _bytes(cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _over(
    target: Plane, source: Plane, alpha: Plane | None, opacity: float, mask: Plane | None
) -> None:
    """Lay one plane over another; a source with alpha is multiplied by it already."""
    if mask is not None:
        source = _times(source, mask)
        alpha = mask if alpha is None else _times(alpha, mask)
    elif opacity < 1:
        source = _bytes(cv2.convertScaleAbs(source, alpha=opacity))
        alpha = None if alpha is None else _bytes(cv2.convertScaleAbs(alpha, alpha=opacity))
    if alpha is None:
        raise ValueError("What has no clear places is mixed.")
    cv2.multiply(target, cv2.bitwise_not(alpha), dst=target, scale=1 / 255)
    cv2.add(target, source, dst=target)


def _times(plane: Plane, mask: Plane) -> Plane:
    return _bytes(cv2.multiply(plane, mask, scale=1 / 255))


def _bytes(plane: object) -> Plane:
    return np.asarray(plane, dtype=np.uint8)
