"""A fixed picture of about 50 KB: noise, so that it stays that large."""

import io
import random

from PIL import Image

_SIDE = 128


def _drawn() -> bytes:
    noise = Image.frombytes("RGB", (_SIDE, _SIDE), random.Random(1).randbytes(3 * _SIDE * _SIDE))
    file = io.BytesIO()
    noise.save(file, "PNG")
    return file.getvalue()


PICTURE = _drawn()
