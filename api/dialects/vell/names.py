"""What their images are called: a number, and a file's name that opens the file.

Both follow from the job and the image's place in it, so they are known before it is made.
"""

import hashlib
import hmac
import re
import unicodedata
from base64 import b32encode
from datetime import UTC, datetime

from shared import ids
from shared.jobs.tables import Job

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_NAME = re.compile(
    r"(?P<unsigned>[a-z0-9-]{1,60}-(?P<job>[0-9a-z]{26})-(?P<place>[0-9]{1,3}))"
    r"-(?P<mark>[a-z2-7]{12})(?P<suffix>\.[a-z]{3,4})"
)
_MOST_SLUG_CHARACTERS, _MOST_SLUG_WORDS = 40, 5
_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def number(job_id: str, place: int) -> int:
    """Return an image's number: later ones are higher, and JavaScript reads it exactly.

    Of its 53 bits 30 are the second, 18 tell the jobs of one second apart, 5 their images.
    """
    second = int((ids.made_at(job_id) - _EPOCH).total_seconds())
    which = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:4], "big") >> 14
    return second << 23 | which << 5 | place & 31


def of_file(job: Job, place: int, words: str, secret: str) -> str:
    """Return the name of an image's file. Nobody can guess it: it opens without a key."""
    unsigned = f"{_slug(words)}-{job.id.removeprefix('job_')}-{place}"
    suffix = _SUFFIXES.get(job.input.get("format", ""), ".png")
    return f"{unsigned}-{_mark(unsigned + suffix, secret)}{suffix}"


def read(name: str, secret: str) -> tuple[str, int] | None:
    """Return the id of the job and the place of its image, if this is a name of ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    mark = _mark(found["unsigned"] + found["suffix"], secret)
    if not hmac.compare_digest(mark, found["mark"]):
        return None
    return f"job_{found['job']}", int(found["place"])


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words[:400]).encode("ascii", "ignore").decode().lower()
    found = re.findall(r"[a-z0-9]+", plain)[:_MOST_SLUG_WORDS]
    return "-".join(found)[:_MOST_SLUG_CHARACTERS].strip("-") or "image"


def _mark(text: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), f"vell file:{text}".encode(), hashlib.sha256).digest()
    return b32encode(digest)[:12].decode().lower()
