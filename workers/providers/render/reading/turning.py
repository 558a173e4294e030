"""Pictures whose camera was held otherwise: which way to turn them, and turning them."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from workers.providers.render.parts import Plane, Planes

_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True)
class Turn:
    """What to do with a picture: swap rows and columns, then mirror it either way."""

    swap: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def degrees(self) -> int:
        """How far that turns it clockwise."""
        if self.swap:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of what a picture of this size becomes, or came from."""
        return (height, width) if self.swap else (width, height)


STRAIGHT = Turn()


def turn_of(frame: VideoFrame) -> Turn:
    """Return how a frame is to be turned, by the matrix that it carries."""
    # Its annotations know it as a mapping; what it yields is what it holds.
    held = cast(Iterable[SideData], frame.side_data)
    carried = (bytes(one) for one in held if one.type == Type.DISPLAYMATRIX)
    matrix = next(carried, b"")[: _MATRIX.size]
    if len(matrix) < _MATRIX.size:
        return STRAIGHT
    xx, yx, _, xy, yy, *_ = _MATRIX.unpack(matrix)
    if abs(xx) + abs(yy) >= abs(xy) + abs(yx):
        return Turn(mirror_x=xx < 0, mirror_y=yy < 0)
    return Turn(swap=True, mirror_x=xy < 0, mirror_y=yx < 0)


def turned(planes: Planes, turn: Turn) -> Planes:
    """Return a solid picture turned; its colours are put beside the left columns again."""
    if turn == STRAIGHT:
        return planes
    y, u, v = (turned_plane(plane, turn) for plane in (planes.y, planes.u, planes.v))
    # In samples of colour: from the middle of two columns to the left one, or from the right one;
    # and from the upper, or lower, of two rows to their middle.
    if turn.swap:
        across, down = -0.25, -0.25 if turn.mirror_y else 0.25
    else:
        across, down = -0.5 if turn.mirror_x else 0.0, 0.0
    return Planes(y=y, u=_moved(u, across, down), v=_moved(v, across, down))


def turned_plane(plane: Plane, turn: Turn) -> Plane:
    """Return one plane turned."""
    swapped = plane.T if turn.swap else plane
    mirrored = swapped[:: -1 if turn.mirror_y else 1, :: -1 if turn.mirror_x else 1]
    return np.ascontiguousarray(mirrored)


def _moved(plane: Plane, across: float, down: float) -> Plane:
    """Return what a plane has so far to the right of, and below, each of its samples."""
    if not across and not down:
        return plane
    rows, columns = plane.shape
    matrix = np.array([[1, 0, across], [0, 1, down]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpAffine(plane, matrix, (columns, rows), flags=flags, borderMode=border), np.uint8
    )
