"""The result files: real pictures of the asked size, under addresses that nobody can guess."""

import hashlib
import io
import secrets
from functools import lru_cache

from PIL import Image

from tests.support.emulator.jobs import Job
from tests.support.emulator.models import size_of
from tests.support.emulator.wire import Answer, json_answer

_SECRET = secrets.token_bytes(16)


def path_of(job: Job, position: int) -> str:
    """Return the path of one of a job's pictures."""
    name = f"{job.id}_{position}.{job.input.get('output_format', 'jpeg')}"
    token = hashlib.blake2b(name.encode(), key=_SECRET, digest_size=12).hexdigest()
    return f"/files/{token}/{name}"


def serve(job: Job | None, path: str, *, has_key: bool) -> Answer:
    """Answer with a picture. Whoever shows a key here has given it to a stranger."""
    if has_key:
        return json_answer(400, {"detail": "Files are open: a key does not belong here."})
    positions = range(job.input.get("num_images", 1)) if job else ()
    if job is None or job.is_expired or path not in [path_of(job, one) for one in positions]:
        return json_answer(404, {"detail": "Not Found"})
    form = job.input.get("output_format", "jpeg")
    return Answer(200, picture(*size_of(job.input), form, job.is_black), f"image/{form}")


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
