"""Emoji in a page: put there as pictures, as printing knows letters of one colour only."""

import io
import re
from collections.abc import Iterator
from typing import Any

from PIL import Image

from workers.providers.render.typesetting import Face, plain, set_lines

# Of a picture, in pixels; it is scaled to the letters about it.
_SIZE = 160
_STYLE = (
    "display: inline; float: none; position: static; width: auto; max-width: none; height: 1em; "
    "margin: 0 0.05em; padding: 0; border: 0; vertical-align: -0.15em"
)
# Whose text is not seen, or is no text.
_SILENT = frozenset({"style", "script", "title", "textarea", "svg", "math", "head"})
# Those of the first plane that are pictures unless told otherwise.
_EARLY = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f"
    "\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5"
    "\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797"
    "\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_LATER = "\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201\U0001f300-\U0001faff"
_ONE = (
    f"(?:[{_EARLY}{_LATER}]\ufe0f?|[\u203c-\u3299\U0001f170-\U0001f251]\ufe0f)"
    "[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
)
_EMOJI = re.compile(
    "([\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    f"|{_ONE}(?:\u200d(?:{_ONE}|[\u2600-\u27bf]))*)"
)


class Pictures:
    """The emoji of one page, by the addresses that stand for them in it."""

    def __init__(self) -> None:
        self._signs: dict[str, str] = {}

    def put_into(self, element: Any) -> None:
        """Replace each emoji below an element of a page by a picture."""
        if not isinstance(element.tag, str) or element.tag.rpartition("}")[2] in _SILENT:
            return
        for child in list(element):
            self.put_into(child)
            self._after(element, child)
        element.text, pictures = self._parted(element, element.text)
        for place, picture in enumerate(pictures):
            element.insert(place, picture)

    def drawn(self, address: str) -> bytes | None:
        """Return the picture at an address, as PNG; None if none of the page's is there."""
        sign = self._signs.get(address)
        if sign is None:
            return None
        content = io.BytesIO()
        pixels = set_lines(plain(sign), Face(size=_SIZE), width=8 * _SIZE).pixels
        Image.fromarray(pixels).save(content, "PNG")
        return content.getvalue()

    def _after(self, parent: Any, child: Any) -> None:
        child.tail, pictures = self._parted(parent, child.tail)
        place = list(parent).index(child) + 1
        for further, picture in enumerate(pictures):
            parent.insert(place + further, picture)

    def _parted(self, element: Any, text: str | None) -> tuple[str | None, list[Any]]:
        """Return a text up to its first emoji, and pictures with the text behind each."""
        if not text:
            return text, []
        first, *rest = _EMOJI.split(text)
        return first, list(self._pictures(element, iter(rest)))

    def _pictures(self, element: Any, parts: Iterator[str]) -> Iterator[Any]:
        for sign, behind in zip(parts, parts, strict=True):
            address = "emoji:" + "-".join(f"{ord(letter):x}" for letter in sign)
            self._signs[address] = sign
            picture = element.makeelement("img", {"src": address, "alt": "", "style": _STYLE})
            picture.tail = behind
            yield picture
