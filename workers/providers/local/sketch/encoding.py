"""A picture as a file, the same bytes every time."""

from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from workers.providers.local.sketch.brief import Brief

_MAKER = "made by Limner sketch, a procedural image engine; no photograph and no AI model"
_LONGEST_NOTE = 1000


def encode(image: Image.Image, *, format: str, brief: Brief) -> bytes:
    """Write a picture as "png", "jpeg" or "webp"."""
    buffer = BytesIO()
    match format:
        case "png":
            # Grain hardly compresses: a higher level costs more than the whole picture.
            image.save(buffer, "PNG", compress_level=1, pnginfo=_notes(brief))
        case "jpeg":
            image.save(buffer, "JPEG", quality=92, subsampling=0)
        case "webp":
            image.save(buffer, "WEBP", quality=90, method=2)
        case unknown:
            raise ValueError(f"cannot write {unknown!r}; only png, jpeg and webp")
    return buffer.getvalue()


def _notes(brief: Brief) -> PngInfo:
    notes = PngInfo()
    notes.add_text("Software", _MAKER)
    prompt = brief.words[:_LONGEST_NOTE].encode(errors="replace").decode()
    model = brief.model[:_LONGEST_NOTE].encode(errors="replace").decode()
    notes.add_itxt("Prompt", prompt.replace("\0", " "))
    notes.add_itxt("Model", model.replace("\0", " "))
    notes.add_text("Seed", str(brief.seed))
    return notes
