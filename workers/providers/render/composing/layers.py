"""Shots while they show: what is open of each, and what was last made of it."""

from dataclasses import dataclass
from fractions import Fraction

from workers.providers.render.composing import patches, textures
from workers.providers.render.composing.patches import Patch
from workers.providers.render.composing.textures import Texture
from workers.providers.render.meaning.geometry import Affine, Rect, Size
from workers.providers.render.meaning.script import PictureDoor, Shot
from workers.providers.render.meaning.semantics import Pose, fills
from workers.providers.render.parts import Plane, Planes


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """Where a masked shot shows: 255 where its luma clip is white, on all of the frame."""

    plane: Plane


@dataclass(frozen=True, slots=True)
class Look:
    """How one shot looks on one frame: what is equal looks the same."""

    texture: Texture
    pose: Pose
    matte: Matte | None

    def hides(self, frame: Size) -> bool:
        """Tell whether nothing below it is seen."""
        return self.matte is None and self.texture.is_solid and fills(self.pose, frame)


class Layer:
    """One shot, from when it first shows to when it is over."""

    def __init__(self, shot: Shot, pictures: PictureDoor, frame: Size) -> None:
        self.shot, self._frame = shot, frame
        self._picture = pictures.open(shot)
        self._texture: tuple[Planes, Texture] | None = None
        self._patch: tuple[Texture, Affine, Rect, Patch] | None = None
        # Of a luma clip: what it last looked like, and the matte that this made.
        self.matte: tuple[Look, Matte] | None = None

    def texture(self, time: Fraction) -> Texture:
        """Return what it draws at a second of the timeline."""
        planes = self._picture.at(self.shot.source_time(time))
        if self._texture is None or self._texture[0] is not planes:
            self._texture = (planes, textures.texture(planes, self.shot, self._frame))
        return self._texture[1]

    def patch(self, look: Look) -> Patch:
        """Return what it gives the frame; the last one again if nothing moved."""
        texture, here, last = look.texture, look.pose, self._patch
        if last and last[0] is texture and last[1] == here.affine and last[2] == here.cut:
            return last[3]
        made = patches.place(texture, here, self._frame)
        self._patch = (texture, here.affine, here.cut, made)
        return made

    def close(self) -> None:
        """Close its picture, and let go of what was made of it."""
        self._picture.close()
        self._texture = self._patch = self.matte = None
