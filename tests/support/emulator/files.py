"""The result files: real ones, under addresses that nobody can guess."""

import hashlib
import io
import secrets
from functools import lru_cache

from PIL import Image

from tests.support.emulator.jobs import Job, Product
from tests.support.emulator.wire import Answer, json_answer

_SECRET = secrets.token_bytes(16)


def path_of(job: Job, position: int) -> str:
    """Return the path of one of a job's files."""
    name = f"{job.id}_{position}.{job.product.form}"
    token = hashlib.blake2b(name.encode(), key=_SECRET, digest_size=12).hexdigest()
    return f"/files/{token}/{name}"


def job_of(path: str) -> str:
    """Return the id of the job to which a file belongs."""
    return path.rpartition("/")[2].partition("_")[0]


def serve(job: Job | None, path: str, *, has_key: bool, gone: int) -> Answer:
    """Answer with a file. Whoever shows a key here has given it to a stranger."""
    if has_key:
        return json_answer(400, {"detail": "Files are open: a key does not belong here."})
    positions = range(job.product.count) if job else ()
    if job is None or job.is_expired or path not in [path_of(job, one) for one in positions]:
        return json_answer(gone, {"detail": "Not Found"})
    return Answer(200, content(job.product, is_black=job.is_black), job.product.content_type)


def content(product: Product, *, is_black: bool = False) -> bytes:
    """Return one of the files that are made."""
    return picture(product.width, product.height, product.form, is_black)


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
