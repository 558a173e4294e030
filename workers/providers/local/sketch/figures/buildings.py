"""Buildings, and what else is built."""

from workers.providers.local.sketch.shapes import Figure, Part, blob, box, disc, facet, limb

_LAMP = "glow#ffd98a"


def _windows(*places: tuple[float, float], width: float = 0.07, height: float = 0.1) -> list[Part]:
    frames = [
        box("#4a3a30", x - 0.012, y - 0.012, x + width + 0.012, y + height + 0.012)
        for x, y in places
    ]
    panes = [box(_LAMP, x, y, x + width, y + height) for x, y in places]
    bars = [
        box("#4a3a30", x + width / 2 - 0.005, y, x + width / 2 + 0.005, y + height)
        for x, y in places
    ]
    return [*frames, *panes, *bars]


_LIGHTHOUSE = Figure(
    aspect=0.62, coat="#c23a30", size=0.62, home="sea",
    parts=(
        blob("#4b4a48", (0.0, 1.0), (0.06, 0.9), (0.2, 0.86), (0.42, 0.87), (0.57, 0.92),
            (0.62, 1.0),
             (0.3, 1.06)),
        facet("white", (0.225, 0.2), (0.395, 0.2), (0.445, 0.9), (0.175, 0.9)),
        facet("coat", (0.217, 0.3), (0.403, 0.3), (0.413, 0.44), (0.207, 0.44)),
        facet("coat", (0.197, 0.58), (0.423, 0.58), (0.433, 0.72), (0.187, 0.72)),
        facet("#c9c3b8", (0.34, 0.2), (0.395, 0.2), (0.445, 0.9), (0.37, 0.9)),
        facet("coat--", (0.345, 0.3), (0.403, 0.3), (0.413, 0.44), (0.352, 0.44)),
        facet("coat--", (0.358, 0.58), (0.423, 0.58), (0.433, 0.72), (0.364, 0.72)),
        box("#2d2c2e", 0.19, 0.185, 0.43, 0.205),
        box("glow#fff2b8", 0.245, 0.105, 0.375, 0.185), box("#2d2c2e", 0.305, 0.1, 0.315, 0.19),
        facet("coat-", (0.215, 0.105), (0.31, 0.03), (0.405, 0.105)),
        limb("#2d2c2e", (0.31, 0.035, 0.008), (0.31, 0.005, 0.005)),
        box("#3a3638", 0.285, 0.5, 0.325, 0.55), box("#3a3638", 0.28, 0.8, 0.34, 0.9),
    ),
)  # fmt: skip

_HOUSE = Figure(
    aspect=1.15, coat="#d8c8a8", size=0.34, home="hills",
    parts=(
        box("#8a5a48", 0.78, 0.08, 0.87, 0.34),
        box("coat", 0.12, 0.44, 1.03, 1.0),
        facet("#8c4436", (0.03, 0.47), (0.24, 0.16), (0.91, 0.16), (1.12, 0.47)),
        facet("#733629", (0.03, 0.47), (0.06, 0.425), (1.09, 0.425), (1.12, 0.47)),
        box("#5a3b2a", 0.5, 0.68, 0.65, 1.0), disc("#d9b25a", 0.625, 0.85, 0.012),
        *_windows((0.22, 0.58), (0.78, 0.58), width=0.15, height=0.15),
        *_windows((0.53, 0.26), width=0.09, height=0.09),
    ),
)  # fmt: skip

_CABIN = Figure(
    aspect=1.3, coat="#6d4527", size=0.28, home="forest",
    parts=(
        box("#5d5652", 0.92, 0.02, 1.02, 0.4),
        box("coat", 0.16, 0.5, 1.14, 1.0),
        *(box("coat--", 0.16, 0.56 + 0.09 * k, 1.14, 0.572 + 0.09 * k) for k in range(5)),
        facet("coat---", (0.02, 0.55), (0.65, 0.06), (1.28, 0.55), (1.16, 0.56), (0.65, 0.2),
              (0.14, 0.56)),
        facet("coat", (0.2, 0.51), (0.65, 0.18), (1.1, 0.51)),
        box("#3b2517", 0.56, 0.66, 0.74, 1.0),
        *_windows((0.26, 0.64), (0.86, 0.64), width=0.17, height=0.16),
        *_windows((0.58, 0.36), width=0.14, height=0.11),
    ),
)  # fmt: skip


def _turret(left: float, right: float, top: float, roof: float, tone: str = "coat") -> list[Part]:
    wide = (right - left) * 0.14
    return [
        box(tone, left, top, right, 1.0),
        facet("coat--", (right - wide * 2.2, top), (right, top), (right, 1.0),
            (right - wide * 2.2, 1.0)),
        facet("#48557c", (left - wide, top), ((left + right) / 2, top - roof), (right + wide, top)),
        *_windows(((left + right) / 2 - 0.015, top + 0.08), width=0.03, height=0.06),
    ]  # fmt: skip


_CASTLE = Figure(
    aspect=1.25, coat="#b3a68f", size=0.5, home="hills",
    parts=(
        *_turret(0.54, 0.72, 0.3, 0.26, "coat-"),
        box("coat", 0.2, 0.56, 1.06, 1.0),
        *(box("coat", 0.22 + 0.07 * k, 0.52, 0.26 + 0.07 * k, 0.57) for k in range(12)),
        *_turret(0.34, 0.48, 0.42, 0.22), *_turret(0.78, 0.93, 0.38, 0.24),
        *_turret(0.08, 0.24, 0.5, 0.2), *_turret(1.0, 1.17, 0.48, 0.2),
        blob("#3a2c24", (0.55, 1.03), (0.55, 0.8), (0.63, 0.7), (0.71, 0.8), (0.71, 1.03)),
        *_windows((0.5, 0.64), (0.72, 0.64), width=0.025, height=0.06),
        limb("#48382c", (0.63, 0.06, 0.005), (0.63, 0.0, 0.005)),
        facet("#c43a34", (0.63, 0.0), (0.73, 0.025), (0.63, 0.05)),
    ),
)  # fmt: skip

_TOWER = Figure(
    aspect=0.4, coat="#a89a84", size=0.6, home="hills",
    parts=(
        *_turret(0.1, 0.3, 0.28, 0.24),
        *_windows((0.185, 0.55), (0.185, 0.72), width=0.03, height=0.06),
        blob("#3a2c24", (0.16, 1.03), (0.16, 0.9), (0.2, 0.87), (0.24, 0.9), (0.24, 1.03)),
    ),
)  # fmt: skip

_CHURCH = Figure(
    aspect=1.05, coat="#e6dfd0", size=0.46, home="hills",
    parts=(
        box("coat-", 0.38, 0.6, 1.0, 1.0),
        facet("#5b4a48", (0.34, 0.62), (0.46, 0.42), (0.92, 0.42), (1.04, 0.62)),
        box("coat", 0.1, 0.38, 0.36, 1.0), box("coat--", 0.3, 0.38, 0.36, 1.0),
        facet("#5b4a48", (0.07, 0.39), (0.23, 0.08), (0.39, 0.39)),
        limb("#d9b25a", (0.23, 0.09, 0.006), (0.23, 0.0, 0.006)),
        limb("#d9b25a", (0.205, 0.03, 0.006), (0.255, 0.03, 0.006)),
        blob("#4a3226", (0.17, 1.03), (0.17, 0.85), (0.23, 0.77), (0.29, 0.85), (0.29, 1.03)),
        *_windows((0.205, 0.5), (0.48, 0.72), (0.64, 0.72), (0.8, 0.72), width=0.05, height=0.13),
    ),
)  # fmt: skip

_WINDMILL = Figure(
    aspect=0.95, coat="#cdb894", size=0.5, home="field",
    parts=(
        facet("coat", (0.34, 0.36), (0.6, 0.36), (0.7, 1.0), (0.24, 1.0)),
        facet("coat--", (0.52, 0.36), (0.6, 0.36), (0.7, 1.0), (0.56, 1.0)),
        blob("#6b4634", (0.3, 0.38), (0.36, 0.22), (0.47, 0.16), (0.58, 0.22), (0.64, 0.38)),
        *_windows((0.44, 0.55), width=0.06, height=0.08), box("#5a3b2a", 0.41, 0.82, 0.53, 1.0),
        *(facet("#f0e8d8", (0.47 + a * 0.04 - b * 0.02, 0.32 + b * 0.04 + a * 0.02),
                (0.47 + a * 0.42 - b * 0.02, 0.32 + b * 0.42 + a * 0.02),
                (0.47 + a * 0.42 + b * 0.07, 0.32 + b * 0.42 - a * 0.07),
                (0.47 + a * 0.08 + b * 0.07, 0.32 + b * 0.08 - a * 0.07))
          for a, b in ((0.77, 0.64), (-0.64, 0.77), (-0.77, -0.64), (0.64, -0.77))),
        *(limb("#5a4234", (0.47, 0.32, 0.012), (0.47 + a * 0.43, 0.32 + b * 0.43, 0.007))
          for a, b in ((0.77, 0.64), (-0.64, 0.77), (-0.77, -0.64), (0.64, -0.77))),
        disc("#3c2a22", 0.47, 0.32, 0.03),
    ),
)  # fmt: skip

_PAGODA = Figure(
    aspect=0.85, coat="#b23a30", size=0.52, home="mountains",
    parts=(
        limb("#caa04a", (0.425, 0.0, 0.006), (0.425, 0.14, 0.012)),
        *(part for k in range(4) for part in (
            box("coat", 0.29 - 0.035 * k, 0.2 + 0.2 * k, 0.56 + 0.035 * k, 0.34 + 0.2 * k),
            *_windows((0.395, 0.24 + 0.2 * k), width=0.06, height=0.07),
            facet("#33363c", (0.14 - 0.04 * k, 0.2 + 0.2 * k), (0.26 - 0.03 * k, 0.17 + 0.2 * k),
                  (0.36, 0.1 + 0.2 * k), (0.49, 0.1 + 0.2 * k), (0.59 + 0.03 * k, 0.17 + 0.2 * k),
                  (0.71 + 0.04 * k, 0.2 + 0.2 * k), (0.58, 0.215 + 0.2 * k),
                      (0.27, 0.215 + 0.2 * k)),
        )),
        box("#6c675f", 0.08, 0.94, 0.77, 1.0),
    ),
)  # fmt: skip

_TENT = Figure(
    aspect=1.5, coat="#d8792e", size=0.2, home="forest",
    parts=(
        facet("coat-", (0.6, 0.1), (1.0, 0.14), (1.45, 1.0), (0.9, 1.0)),
        facet("coat", (0.05, 1.0), (0.6, 0.08), (1.1, 1.0)),
        facet("glow#ffd890", (0.42, 1.0), (0.6, 0.3), (0.78, 1.0)),
    ),
)  # fmt: skip

_BRIDGE = Figure(
    aspect=3.0, coat="#a8402e", size=0.3, stands="water", home="sea",
    parts=(
        box("coat-", 0.7, 0.05, 0.78, 1.0), box("coat-", 2.22, 0.05, 2.3, 1.0),
        limb("coat", (0.74, 0.08, 0.012), (1.02, 0.43, 0.01), (1.5, 0.6, 0.01), (1.98, 0.43, 0.01),
             (2.26, 0.08, 0.012)),
        limb("coat", (0.0, 0.58, 0.01), (0.74, 0.08, 0.01)),
        limb("coat", (3.0, 0.58, 0.01), (2.26, 0.08, 0.01)),
        *(limb("coat-", (0.86 + 0.16 * k, top, 0.004), (0.86 + 0.16 * k, 0.66, 0.004))
          for k, top in enumerate((0.22, 0.4, 0.51, 0.56, 0.58, 0.56, 0.51, 0.4, 0.22))),
        box("coat", 0.0, 0.64, 3.0, 0.71), box("coat--", 0.0, 0.71, 3.0, 0.74),
    ),
)  # fmt: skip

_PYRAMID = Figure(
    aspect=1.7, coat="#d3a862", size=0.42, home="desert",
    parts=(
        facet("coat", (0.0, 1.0), (0.8, 0.02), (1.1, 1.0)),
        facet("coat---", (0.8, 0.02), (1.7, 1.0), (1.1, 1.0)),
        *(limb("coat-", (0.8 - 0.79 * t, 0.03 + 0.97 * t, 0.002),
            (0.8 + 0.3 * t, 0.03 + 0.97 * t, 0.003))
          for t in (0.2, 0.35, 0.5, 0.65, 0.8, 0.92)),
    ),
)  # fmt: skip

_LANTERN = Figure(
    aspect=0.5, coat="#d8452e", size=0.24, stands="table", home="table",
    parts=(
        limb("dark", (0.25, 0.02, 0.012), (0.25, 0.14, 0.012)),
        box("dark", 0.16, 0.12, 0.34, 0.18),
        blob("glow#ffb24a", (0.08, 0.3), (0.18, 0.18), (0.32, 0.18), (0.42, 0.3), (0.44, 0.55),
             (0.36, 0.8), (0.14, 0.8), (0.06, 0.55)),
        *(limb("coat", (0.25 + 0.19 * s, 0.3, 0.008), (0.25 + 0.2 * s, 0.55, 0.008),
               (0.25 + 0.12 * s, 0.8, 0.008)) for s in (-1, -0.4, 0.4, 1)),
        box("dark", 0.13, 0.79, 0.37, 0.86), limb("coat", (0.25, 0.86, 0.012), (0.25, 0.99, 0.005)),
    ),
)  # fmt: skip

BUILDINGS = {
    "lighthouse": _LIGHTHOUSE, "house": _HOUSE, "cabin": _CABIN, "castle": _CASTLE, "tower": _TOWER,
    "church": _CHURCH, "windmill": _WINDMILL, "pagoda": _PAGODA, "tent": _TENT, "bridge": _BRIDGE,
    "pyramid": _PYRAMID, "lantern": _LANTERN,
}  # fmt: skip
