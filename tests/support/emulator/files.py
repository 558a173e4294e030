"""The result files: real ones, under addresses that nobody can guess."""

import hashlib
import io
import secrets
import struct
from functools import lru_cache

import av
import numpy as np
from PIL import Image

from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.wire import Answer, json_answer

_SECRET = secrets.token_bytes(16)


def path_of(job: Job, position: int) -> str:
    """Return the path of one of a job's files; behind the last one lies a picture of it."""
    name = f"{job.id}_{position}.{_product(job, position).form}"
    token = hashlib.blake2b(name.encode(), key=_SECRET, digest_size=12).hexdigest()
    return f"/files/{token}/{name}"


def job_of(path: str) -> str:
    """Return the id of the job to which a file belongs."""
    return path.rpartition("/")[2].partition("_")[0]


def serve(job: Job | None, path: str, *, has_key: bool, gone: int) -> Answer:
    """Answer with a file. Whoever shows a key here has given it to a stranger."""
    if has_key:
        return json_answer(400, {"detail": "Files are open: a key does not belong here."})
    positions = range(job.product.count + 1) if job else ()
    found = [one for one in positions if job and path_of(job, one) == path]
    if job is None or job.is_expired or not found:
        return json_answer(gone, {"detail": "Not Found"})
    product = _product(job, found[0])
    return Answer(200, content(product, is_black=job.is_black), product.content_type)


def _product(job: Job, position: int) -> Product:
    return job.product if position < job.product.count else Product(width=64, height=64)


def content(product: Product, *, is_black: bool = False) -> bytes:
    """Return one of the files that are made."""
    if product.form == "mp4":
        return video(product.width, product.height)
    if product.form == "glb":
        return _model()
    return picture(product.width, product.height, product.form, is_black)


@lru_cache(maxsize=8)
def video(width: int, height: int) -> bytes:
    """Encode a second of a slope of colours."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        with Image.open(io.BytesIO(picture(width, height, "png", is_black=False))) as image:
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
        for _ in range(4):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _model() -> bytes:
    """Write an empty scene as GLB."""
    scene = b'{"asset":{"version":"2.0"}}'.ljust(28)
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(scene))
    return head + struct.pack("<II", len(scene), 0x4E4F534A) + scene


@lru_cache(maxsize=64)
def picture(width: int, height: int, form: str, is_black: bool) -> bytes:
    """Draw a picture: black, or a slope of colours."""
    image = Image.new("RGB", (width, height))
    if not is_black:
        slope = Image.linear_gradient("L").resize((width, height))
        image = Image.merge("RGB", (slope, slope.transpose(Image.Transpose.ROTATE_180), slope))
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()
