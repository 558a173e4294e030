"""Colours as a timeline writes them, and as the planes hold them."""

# BT.709: how much of red and of blue is in the light of a pixel.
RED_SHARE, BLUE_SHARE = 0.2126, 0.0722
DARK, LIGHT = 16, 235


def read_colour(text: str | None, default: str = "#000000") -> tuple[int, int, int, int]:
    """Read ``#rgb``, ``#rrggbb`` or ``#aarrggbb`` as red, green, blue and alpha, 0 to 255."""
    digits = (text or default).strip().lstrip("#")
    if digits == "transparent":
        return 0, 0, 0, 0
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    alpha = int(digits[:-6] or "ff", 16)
    red, green, blue = (int(digits[-6:][at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue, alpha


def to_yuv(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Return a colour in limited-range BT.709."""
    red, green, blue = (part / 255 for part in colour)
    light = RED_SHARE * red + (1 - RED_SHARE - BLUE_SHARE) * green + BLUE_SHARE * blue
    return (
        DARK + (LIGHT - DARK) * light,
        128 + 112 * (blue - light) / (1 - BLUE_SHARE),
        128 + 112 * (red - light) / (1 - RED_SHARE),
    )
