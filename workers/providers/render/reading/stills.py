"""Still pictures: read at the size that they are shown at, turned as their camera was held."""

from fractions import Fraction
from pathlib import Path

import pyvips

from workers.providers.render import colour
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.parts import Facts, Planes
from workers.providers.render.reading import vips
from workers.providers.render.reading.animations import MOVING, animated, delays

__all__ = ["animated", "check_size", "load", "look"]

# The largest picture that is opened at all: in pixels, those of a side, and frames.
MOST_PIXELS, LONGEST_SIDE, MOST_FRAMES = 100_000_000, 30_000, 5_000
# An animation is drawn whole, frame over frame: it must fit into memory several times.
MOST_PIXELS_MOVING = 24_000_000
# Degrees clockwise by the number in EXIF; those from 5 on swap the sides.
_TURNS = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_SWAPPING = range(5, 9)
_OF_SCREENS = frozenset({"srgb", "rgb", "rgb16", "b-w", "grey16"})


def look(path: Path, content_type: str) -> Facts:
    """Read the head of a picture, not its pixels; raises :class:`SourceUnusable`."""
    moving = content_type in MOVING
    head = vips.opened(path, content_type, **({"n": -1} if moving else {}))
    height = vips.number(head, "page-height", head.height) if moving else head.height
    frames = head.height // height
    coded = head.width, height
    check_size(coded, frames)
    orientation = vips.number(head, "orientation", 1)
    return Facts(
        kind="animation" if frames > 1 else "image",
        content_type=content_type,
        size=coded[::-1] if orientation in _SWAPPING else coded,
        coded=coded,
        rotation=_TURNS.get(orientation, 0),
        duration=sum(delays(head, frames), Fraction(0)) if frames > 1 else None,
        has_alpha=head.hasalpha(),
    )


def _profiles(head: pyvips.Image) -> dict[str, str]:
    """Return how colours are brought to those of screens.

    Who has no profile is taken for one of theirs: the way there would cost five times what reading
    does, and end where it began.
    """
    is_of_screens = head.interpretation in _OF_SCREENS
    has_profile = bool(head.get_typeof("icc-profile-data"))
    return {} if is_of_screens and not has_profile else {"output_profile": "srgb"}


def check_size(size: tuple[int, int], frames: int = 1) -> None:
    """Raise :class:`SourceUnusable` if a picture is larger than what is opened here."""
    width, height = size
    most = MOST_PIXELS_MOVING if frames > 1 else MOST_PIXELS
    if max(size) > LONGEST_SIDE or width * height > most:
        raise SourceUnusable(
            f"The picture has {width}x{height} pixels; at most {LONGEST_SIDE:,} a side and "
            f"{most:,} in all are opened."
        )
    if frames > MOST_FRAMES:
        raise SourceUnusable(f"It has {frames:,} frames; at most {MOST_FRAMES:,} are read.")


def load(path: Path, facts: Facts, size: tuple[int, int]) -> Planes:
    """Return a picture at exactly this size, in pixels; of an animation, its first frame.

    Raises :class:`SourceUnusable` for one that is cut off, or of another kind than ``facts`` say.
    """
    # By its head, and its size once more: what lies at the path is not taken on trust.
    look(path, facts.content_type)
    width, height = size
    try:
        picture = pyvips.Image.thumbnail_source(
            vips.source(path),
            width,
            height=height,
            size="force",
            # As an argument of its own, libvips 8.18 does not hand it on to what reads a source.
            option_string="[fail_on=truncated]",
            **_profiles(vips.opened(path, facts.content_type)),
        )
        return colour.from_rgb(vips.pixels(picture))
    except vips.Unreadable as error:
        raise vips.unusable(error) from None
