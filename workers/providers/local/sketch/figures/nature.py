"""Single trees, flowers and fruit."""

from math import cos, sin, tau

from workers.providers.local.sketch.shapes import Figure, Part, blob, disc, facet, limb

_LEAF = "#4f8a3c"


def _crown(tone: str, spread: float, centre: tuple[float, float]) -> list[Part]:
    """Return a round crown of leaves, lit from above."""
    back = [
        disc(tone + "--", centre[0] + spread * cos(k * tau / 9),
            centre[1] + 0.8 * spread * sin(k * tau / 9),
             spread * 0.5) for k in range(9)
    ]  # fmt: skip
    middle = [
        disc(tone, centre[0] - 0.03 + spread * 0.72 * cos(k * tau / 7 + 0.4),
             centre[1] - 0.04 + 0.55 * spread * sin(k * tau / 7 + 0.4), spread * 0.46)
        for k in range(7)
    ]  # fmt: skip
    front = [
        disc(tone + "+", centre[0] - 0.07 + spread * 0.5 * cos(k * tau / 5),
             centre[1] - 0.11 + 0.4 * spread * sin(k * tau / 5), spread * 0.3) for k in range(5)
    ]  # fmt: skip
    return [*back, *middle, *front]


def _broadleaf(trunk: str) -> tuple[Part, ...]:
    return (
        limb(trunk, (0.49, 0.97, 0.065), (0.5, 0.75, 0.045), (0.48, 0.5, 0.035)),
        limb(trunk, (0.5, 0.7, 0.035), (0.66, 0.48, 0.02)),
        limb(trunk, (0.5, 0.66, 0.03), (0.34, 0.46, 0.02)),
        *_crown("coat", 0.27, (0.5, 0.4)),
    )


_TREE = Figure(aspect=1.0, coat=_LEAF, size=0.52, home="field", parts=_broadleaf("#5a4030"))
_BLOSSOM = Figure(aspect=1.0, coat="#f2b3c6", size=0.54, home="garden", parts=_broadleaf("#4a332e"))

_PINE = Figure(
    aspect=0.6, coat="#2f5a40", size=0.55, home="forest",
    parts=(
        limb("#4d3627", (0.3, 0.98, 0.03), (0.3, 0.85, 0.028)),
        *(facet("coat" + ("-" if k % 2 else ""), (0.3, 0.0 + 0.15 * k),
            (0.42 + 0.034 * k, 0.27 + 0.155 * k),
                (0.36 + 0.02 * k, 0.255 + 0.155 * k), (0.3, 0.285 + 0.155 * k),
                (0.24 - 0.02 * k, 0.255 + 0.155 * k), (0.18 - 0.034 * k, 0.27 + 0.155 * k))
          for k in (4, 3, 2, 1, 0)),
    ),
)  # fmt: skip

_PALM = Figure(
    aspect=0.9, coat="#3f7d3c", size=0.6, home="beach",
    parts=(
        limb("#7a5c3e", (0.4, 0.98, 0.035), (0.42, 0.7, 0.026), (0.48, 0.42, 0.022),
            (0.5, 0.28, 0.022)),
        *(blob("coat" + tone, (0.5, 0.27), (0.5 + 0.22 * a, 0.24 + 0.3 * b - 0.07),
            (0.5 + 0.43 * a, 0.27 + 0.4 * b + 0.09),
               (0.5 + 0.2 * a, 0.28 + 0.3 * b))
          for a, b, tone in ((-0.6, 0.55, "--"), (0.6, 0.55, "--"), (-1.0, 0.2, "-"),
              (1.0, 0.2, "-"),
                             (-0.9, -0.2, ""), (0.9, -0.2, ""), (-0.5, -0.45, "+"),
                                 (0.55, -0.45, "+"))),
        disc("#6b4a2c", 0.47, 0.3, 0.028), disc("#5d3f26", 0.53, 0.31, 0.028),
    ),
)  # fmt: skip


def _petals(
    tone: str, centre: tuple[float, float], reach: float, count: int, wide: float
) -> list[Part]:
    found = []
    for k in range(count):
        a = k * tau / count + 0.2
        x, y, nx, ny = cos(a), sin(a), -sin(a) * wide, cos(a) * wide
        cx, cy = centre
        found.append(blob(tone + ("-" if k % 2 else ""), (cx, cy),
                          (cx + reach * (0.6 * x + nx), cy + reach * (0.6 * y + ny)),
                          (cx + reach * x, cy + reach * y),
                          (cx + reach * (0.6 * x - nx), cy + reach * (0.6 * y - ny))))  # fmt: skip
    return found


_FLOWER = Figure(
    aspect=0.62, coat="#d6456a", size=0.46, home="garden",
    parts=(
        limb(_LEAF, (0.31, 0.3, 0.011), (0.33, 0.65, 0.013), (0.3, 1.0, 0.015)),
        blob(_LEAF, (0.32, 0.78), (0.45, 0.62), (0.56, 0.58), (0.48, 0.72)),
        blob("#3f7431", (0.31, 0.88), (0.17, 0.72), (0.06, 0.7), (0.14, 0.82)),
        *_petals("coat", (0.31, 0.25), 0.25, 8, 0.3), *_petals("coat+", (0.31, 0.25), 0.16, 8, 0.3),
        disc("#e9b93c", 0.31, 0.25, 0.06), disc("#c48f24", 0.318, 0.258, 0.035),
    ),
)  # fmt: skip

_SUNFLOWER = Figure(
    aspect=0.62, coat="#f2bb24", size=0.5, home="field",
    parts=(
        limb(_LEAF, (0.31, 0.3, 0.016), (0.33, 0.65, 0.018), (0.31, 1.0, 0.02)),
        blob(_LEAF, (0.32, 0.72), (0.45, 0.56), (0.58, 0.56), (0.48, 0.7)),
        blob("#3f7431", (0.31, 0.86), (0.17, 0.68), (0.05, 0.68), (0.14, 0.8)),
        *_petals("coat-", (0.31, 0.25), 0.25, 15, 0.16), *_petals("coat", (0.31, 0.25),
            0.21, 13, 0.16),
        disc("#4a2c16", 0.31, 0.25, 0.105), disc("#6b4222", 0.3, 0.24, 0.07),
            disc("#3a210f", 0.31, 0.25, 0.035),
    ),
)  # fmt: skip

_CACTUS = Figure(
    aspect=0.6, coat="#4c7d4a", size=0.38, home="desert",
    parts=(
        limb("coat-", (0.32, 0.6, 0.05), (0.48, 0.58, 0.05), (0.49, 0.36, 0.05)),
        limb("coat-", (0.26, 0.7, 0.045), (0.12, 0.68, 0.045), (0.11, 0.5, 0.045)),
        limb("coat", (0.29, 0.98, 0.075), (0.29, 0.12, 0.075)),
        *(limb("coat+", (0.255 + 0.035 * k, 0.95, 0.004),
            (0.255 + 0.035 * k, 0.12, 0.004)) for k in range(3)),
        disc("#e2668a", 0.29, 0.05, 0.028), disc("#e2668a", 0.49, 0.31, 0.02),
    ),
)  # fmt: skip

_MUSHROOM = Figure(
    aspect=0.95, coat="#c2342c", size=0.24, home="forest",
    parts=(
        limb("#ece0c8", (0.48, 0.5, 0.085), (0.47, 0.75, 0.095), (0.48, 0.94, 0.12)),
        blob("#d9c7a4", (0.33, 0.58), (0.47, 0.54), (0.62, 0.58), (0.52, 0.66), (0.42, 0.66)),
        blob("coat", (0.03, 0.5), (0.12, 0.2), (0.47, 0.03), (0.82, 0.2), (0.92, 0.5), (0.7, 0.55),
             (0.47, 0.5), (0.24, 0.55)),
        *(disc("white", x, y, r, r * 0.8) for x, y, r in ((0.3, 0.28, 0.06), (0.55, 0.18, 0.065),
            (0.72, 0.36, 0.05),
                                                          (0.46, 0.38, 0.05), (0.18, 0.44, 0.035))),
    ),
)  # fmt: skip

_STALK = limb("#5a3c24", (0.5, 0.2, 0.022), (0.54, 0.04, 0.016))

_APPLE = Figure(
    aspect=1.0, coat="#c8342a", size=0.2, stands="table", home="table",
    parts=(
        blob("coat", (0.5, 0.2), (0.72, 0.12), (0.94, 0.3), (0.93, 0.62), (0.76, 0.94), (0.5, 0.96),
             (0.24, 0.94), (0.07, 0.62), (0.06, 0.3), (0.28, 0.12)),
        _STALK, blob(_LEAF, (0.54, 0.1), (0.66, 0.0), (0.84, 0.04), (0.7, 0.13)),
    ),
)  # fmt: skip

_PEAR = Figure(
    aspect=0.75, coat="#b9b544", size=0.25, stands="table", home="table",
    parts=(
        limb("coat", (0.38, 0.24, 0.14), (0.38, 0.5, 0.22), (0.38, 0.68, 0.29)),
        limb("#5a3c24", (0.38, 0.12, 0.02), (0.42, 0.01, 0.014)),
    ),
)  # fmt: skip

_LEMON = Figure(
    aspect=1.25, coat="#f0d13a", size=0.15, stands="table", home="table",
    parts=(
        blob("coat", (0.02, 0.5), (0.14, 0.4), (0.36, 0.14), (0.65, 0.08), (0.95, 0.16),
            (1.12, 0.4),
             (1.23, 0.5), (1.12, 0.6), (0.95, 0.84), (0.65, 0.92), (0.36, 0.86), (0.14, 0.6)),
    ),
)  # fmt: skip

_ORANGE = Figure(
    aspect=1.0,
    coat="#ee8420",
    size=0.19,
    stands="table",
    home="table",
    parts=(disc("coat", 0.5, 0.5, 0.46), disc("#5f7a34", 0.53, 0.09, 0.035, 0.025)),
)

_GRAPES = Figure(
    aspect=0.85, coat="#5b3478", size=0.24, stands="table", home="table",
    parts=(
        limb("#6b5230", (0.42, 0.14, 0.018), (0.46, 0.0, 0.014)),
        *(disc("coat" + "-+"[(k + row) % 2], 0.42 + 0.17 * (k - (4 - row) / 2),
            0.22 + 0.16 * row, 0.105)
          for row in range(5) for k in range(5 - row)),
    ),
)  # fmt: skip

_CHERRIES = Figure(
    aspect=0.9, coat="#b01c30", size=0.16, stands="table", home="table",
    parts=(
        limb("#4f7a34", (0.25, 0.65, 0.016), (0.4, 0.3, 0.014), (0.55, 0.06, 0.02)),
        limb("#4f7a34", (0.66, 0.62, 0.016), (0.62, 0.3, 0.014), (0.55, 0.06, 0.02)),
        disc("coat", 0.25, 0.75, 0.21), disc("coat-", 0.66, 0.72, 0.2),
    ),
)  # fmt: skip

_PUMPKIN = Figure(
    aspect=1.25, coat="#e27a1e", size=0.26, home="table",
    parts=(
        limb("#5d6b34", (0.62, 0.2, 0.05), (0.7, 0.03, 0.035)),
        disc("coat--", 0.22, 0.58, 0.2, 0.34), disc("coat--", 1.03, 0.58, 0.2, 0.34),
        disc("coat-", 0.4, 0.58, 0.22, 0.38), disc("coat-", 0.85, 0.58, 0.22, 0.38),
        disc("coat", 0.62, 0.58, 0.2, 0.4),
    ),
)  # fmt: skip

_ROCK = Figure(
    aspect=1.6, coat="#77736c", size=0.18, home="field",
    parts=(
        facet("coat", (0.02, 1.0), (0.18, 0.45), (0.55, 0.1), (1.1, 0.2), (1.45, 0.6), (1.58, 1.0)),
        facet("coat--", (0.9, 0.5), (1.1, 0.2), (1.45, 0.6), (1.58, 1.0), (0.85, 1.0)),
        facet("coat+", (0.18, 0.45), (0.55, 0.1), (1.1, 0.2), (0.9, 0.5), (0.5, 0.55)),
    ),
)  # fmt: skip

NATURE = {
    "tree": _TREE, "blossom": _BLOSSOM, "pine": _PINE, "palm": _PALM, "flower": _FLOWER,
    "sunflower": _SUNFLOWER, "cactus": _CACTUS, "mushroom": _MUSHROOM,
    "apple": _APPLE, "pear": _PEAR, "lemon": _LEMON, "fruits": _ORANGE, "grapes": _GRAPES,
    "cherries": _CHERRIES, "pumpkin": _PUMPKIN, "rock": _ROCK,
}  # fmt: skip
