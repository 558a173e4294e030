"""Faces, for portraits."""

from workers.providers.local.sketch.shapes import Part, blob, disc, limb

_SKIN = "#d9a07c"
_SKIN_SHADE = "#b97c5c"
_SKIN_LIGHT = "#e6b592"
_SKIN_SIDE = "#c98a68"
_BLUSH = "#d29076"
_SKIN_TONES = (_SKIN, _SKIN_SHADE, _SKIN_LIGHT, _SKIN_SIDE, _BLUSH)
_IRIS = "#4f6f86"


# The light and the shaded tone of a skin, its highlight, its darker side and the blush of a cheek.
SKINS = (
    "#d9a07c #b97c5c #e6b592 #c98a68 #d29076", "#c68a60 #a06a44 #d8a47a #b5784f #c07c5c",
    "#8f5e3e #6e4429 #a87450 #7e5034 #8c5440", "#e6b896 #c8917a #f2ccb0 #d8a384 #e09c88",
    "#a97248 #865430 #c08a5e #96623a #a86a4c",
)  # fmt: skip
_OFFSET = 0.2  # the shoulders reach beyond the head on both sides


def face(
    *, is_old: bool, is_woman: bool, is_sailor: bool, hair: str, skin: str, eyes: str
) -> tuple[Part, ...]:
    """Return a head and shoulders, 1.4 wide and 1 tall."""
    parts = (
        *(_long_hair(hair) if is_woman else ()),
        *_shoulders(is_sailor=is_sailor),
        *_head(has_ears=not is_woman),
        *(_wrinkles() if is_old else ()),
        *(() if is_woman or not (is_old or is_sailor) else _beard(hair)),
        *(_lips() if is_woman else ()),
        *(_cap() if is_sailor else _fringe(hair)),
    )
    tones = dict(zip(_SKIN_TONES, skin.split(), strict=True)) | {_IRIS: eyes}
    return tuple(_moved(part, tones) for part in parts)


def _moved(part: Part, tones: dict[str, str]) -> Part:
    points = tuple((point[0] + _OFFSET, *point[1:]) for point in part.points)
    return Part(part.kind, tones.get(part.tone, part.tone), points)


def _shoulders(*, is_sailor: bool) -> list[Part]:
    collar = ("#ece6da", "#3a3f4c") if is_sailor else ("coat+", "coat--")
    return [
        blob("coat", (-0.13, 1.15), (-0.1, 0.97), (0.02, 0.86), (0.2, 0.79), (0.38, 0.73),
            (0.62, 0.73),
             (0.8, 0.79), (0.98, 0.86), (1.1, 0.97), (1.13, 1.15)),
        limb(_SKIN_SHADE, (0.5, 0.6, 0.115), (0.5, 0.74, 0.125)),
        limb(collar[0], (0.37, 0.72, 0.05), (0.42, 0.81, 0.05), (0.58, 0.81, 0.05),
            (0.63, 0.72, 0.05)),
        limb(collar[1], (0.36, 0.78, 0.03), (0.47, 0.99, 0.03)),
        limb(collar[1], (0.64, 0.78, 0.03), (0.53, 0.99, 0.03)),
    ]  # fmt: skip


def _head(*, has_ears: bool) -> list[Part]:
    ears = [disc(_SKIN_SHADE, x, 0.44, 0.035, 0.06) for x in (0.29, 0.71) if has_ears]
    return [
        *ears,
        blob(_SKIN, (0.3, 0.3), (0.37, 0.18), (0.5, 0.14), (0.63, 0.18), (0.7, 0.3), (0.69, 0.48),
             (0.62, 0.63), (0.5, 0.7), (0.38, 0.63), (0.31, 0.48)),
        blob(_SKIN_SIDE, (0.6, 0.26), (0.69, 0.32), (0.685, 0.48), (0.61, 0.64), (0.54, 0.68),
            (0.62, 0.5)),
        blob(_BLUSH, (0.35, 0.5), (0.4, 0.48), (0.42, 0.52), (0.37, 0.54)),
        blob(_BLUSH, (0.58, 0.52), (0.61, 0.48), (0.65, 0.5), (0.63, 0.54)),
        *(part for x in (0.415, 0.585) for part in (
            blob(_SKIN_SHADE, (x - 0.06, 0.4), (x, 0.375), (x + 0.06, 0.4), (x, 0.43)),
            blob("#f4ede2", (x - 0.042, 0.412), (x, 0.392), (x + 0.042, 0.412), (x, 0.43)),
            disc(_IRIS, x, 0.41, 0.0185), disc("eye", x, 0.41, 0.009),
                disc("white", x - 0.007, 0.403, 0.0045),
            limb("#6b4a3a", (x - 0.045, 0.402, 0.004), (x, 0.388, 0.005),
                (x + 0.045, 0.402, 0.004)))),
        blob(_SKIN_SHADE, (0.51, 0.4), (0.535, 0.5), (0.55, 0.53), (0.5, 0.552), (0.455, 0.535),
            (0.5, 0.52)),
        blob(_SKIN_LIGHT, (0.487, 0.4), (0.505, 0.4), (0.52, 0.5), (0.5, 0.53), (0.475, 0.52)),
        limb("#9c5546", (0.45, 0.602, 0.007), (0.5, 0.609, 0.009), (0.55, 0.602, 0.007)),
    ]  # fmt: skip


def _wrinkles() -> list[Part]:
    lines = [
        limb(_SKIN_SHADE, (0.4, y, 0.0045), (0.5, y - 0.008, 0.005), (0.6, y, 0.0045))
        for y in (0.3, 0.325)
    ]
    folds = [
        limb(_SKIN_SHADE, (0.5 + s * 0.06, 0.51, 0.005), (0.5 + s * 0.1, 0.585, 0.006))
        for s in (-1, 1)
    ]
    crows_feet = [
        limb(
            _SKIN_SHADE, (0.5 + s * 0.15, 0.41 + d, 0.003), (0.5 + s * 0.185, 0.4 + d * 2.6, 0.003)
        )
        for s in (-1, 1)
        for d in (-0.005, 0.008, 0.02)
    ]
    return [*lines, *folds, *crows_feet]


def _beard(hair: str) -> list[Part]:
    light = "#f2efe9" if hair == "#d9d6d0" else hair
    return [
        blob(hair, (0.295, 0.44), (0.35, 0.54), (0.42, 0.57), (0.5, 0.555), (0.58, 0.57),
            (0.65, 0.54),
             (0.705, 0.44), (0.71, 0.6), (0.65, 0.75), (0.5, 0.85), (0.35, 0.75), (0.29, 0.6)),
        limb(light, (0.5, 0.573, 0.022), (0.42, 0.595, 0.024), (0.35, 0.64, 0.01)),
        limb(light, (0.5, 0.573, 0.022), (0.58, 0.595, 0.024), (0.65, 0.64, 0.01)),
        limb("#8a4a40", (0.455, 0.622, 0.008), (0.5, 0.628, 0.011), (0.545, 0.622, 0.008)),
        *(limb(light, (0.36 + 0.07 * k, 0.67, 0.006),
            (0.38 + 0.06 * k, 0.78 - 0.012 * (k - 2) ** 2, 0.003))
          for k in range(5)),
        limb(light, (0.36, 0.365, 0.012), (0.42, 0.352, 0.014), (0.465, 0.37, 0.008)),
        limb(light, (0.64, 0.365, 0.012), (0.58, 0.352, 0.014), (0.535, 0.37, 0.008)),
    ]  # fmt: skip


def _lips() -> list[Part]:
    return [
        blob("#b5524c", (0.44, 0.602), (0.48, 0.59), (0.5, 0.595), (0.52, 0.59), (0.56, 0.602),
            (0.5, 0.628)),
        limb("#8a3a38", (0.445, 0.602, 0.003), (0.5, 0.606, 0.004), (0.555, 0.602, 0.003)),
    ]  # fmt: skip


def _cap() -> list[Part]:
    return [
        blob("#1f2c48", (0.25, 0.24), (0.23, 0.12), (0.36, 0.05), (0.5, 0.03), (0.64, 0.05),
            (0.77, 0.12),
             (0.75, 0.24), (0.5, 0.2)),
        limb("#141c30", (0.3, 0.25, 0.035), (0.5, 0.225, 0.035), (0.7, 0.25, 0.035)),
        limb("#c9a24a", (0.31, 0.235, 0.007), (0.5, 0.21, 0.007), (0.69, 0.235, 0.007)),
        blob("#0f141f", (0.3, 0.28), (0.5, 0.25), (0.7, 0.28), (0.66, 0.33), (0.5, 0.31),
            (0.34, 0.33)),
        disc("#d9b25a", 0.5, 0.15, 0.03), disc("#1f2c48", 0.5, 0.15, 0.016),
    ]  # fmt: skip


def _fringe(hair: str) -> list[Part]:
    return [
        blob(hair, (0.27, 0.4), (0.25, 0.2), (0.36, 0.09), (0.52, 0.06), (0.67, 0.1), (0.75, 0.22),
             (0.73, 0.4), (0.69, 0.28), (0.58, 0.21), (0.46, 0.24), (0.34, 0.25), (0.305, 0.31)),
        limb(hair, (0.37, 0.36, 0.009), (0.42, 0.35, 0.011), (0.465, 0.362, 0.006)),
        limb(hair, (0.63, 0.36, 0.009), (0.58, 0.35, 0.011), (0.535, 0.362, 0.006)),
    ]  # fmt: skip


def _long_hair(hair: str) -> list[Part]:
    return [
        blob(hair, (0.24, 0.3), (0.33, 0.1), (0.5, 0.05), (0.67, 0.1), (0.77, 0.3), (0.79, 0.55),
             (0.84, 0.8), (0.7, 0.94), (0.5, 0.8), (0.3, 0.94), (0.16, 0.8), (0.22, 0.55)),
    ]  # fmt: skip
