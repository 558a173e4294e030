"""Caption files, SRT and WebVTT: what is said from when to when."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from workers.providers.render.drawing.typesetting import plain
from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import opening

KINDS = frozenset({"application/x-subrip", "text/vtt"})
# Of a file in bytes, of its captions, and of the letters of one.
_MOST_BYTES, _MOST_CUES, _LONGEST = 5_000_000, 20_000, 1_000

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_TAG = re.compile(r"<(/?)([a-zA-Z]*)[^<>\n]*>|\{\\[^{}\n]*\}|<\d[\d:.]*>")
_KEPT_TAGS = frozenset({"b", "i", "u"})
_BLANK_LINES = re.compile(r"\n[ \t]*\n+")


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One caption, in seconds; ``markup`` is Pango's."""

    start: Fraction
    end: Fraction
    markup: str


def read(path: Path) -> Sequence[Cue]:
    """Return the captions of a file, by their start; raises :class:`SourceUnusable`."""
    if (found := opening.content_type(path)) not in KINDS:
        raise SourceUnusable(f"The file is {found}: no captions in SRT or WebVTT.")
    if path.stat().st_size > _MOST_BYTES:
        raise SourceUnusable(f"The captions have more than {_MOST_BYTES:,} bytes.")
    text = _decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    cues = sorted(_cues(text), key=lambda cue: cue.start)
    if not cues:
        raise SourceUnusable("The file holds no caption that can be read.")
    if len(cues) > _MOST_CUES:
        raise SourceUnusable(f"There are {len(cues):,} captions; at most {_MOST_CUES:,} are read.")
    return cues


def _decoded(content: bytes) -> str:
    """Return text in UTF-8, or in what Windows wrote before that."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _cues(text: str) -> Iterator[Cue]:
    for block in _BLANK_LINES.split(text):
        lines = block.strip("\n").split("\n")
        # The line before the times is a number or a name; notes and styles have no times.
        for number, line in enumerate(lines[:2]):
            if timing := _TIMING.match(line):
                start, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
                markup = marked_up("\n".join(lines[number + 1 :])[:_LONGEST])
                if end > start and markup.strip():
                    yield Cue(start=start, end=end, markup=markup)
                break


def _seconds(parts: Sequence[str | None]) -> Fraction:
    hours, minutes, seconds, more = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + Fraction(int(more or 0), 10 ** len(more or "0"))


def marked_up(text: str) -> str:
    """Return the text of a caption as markup: bold, italic and underlined stay, the rest goes."""
    written, opened, at = [], [], 0
    for tag in _TAG.finditer(text):
        written.append(_shown(text[at : tag.start()]))
        at = tag.end()
        name = (tag[2] or "").lower()
        if name not in _KEPT_TAGS:
            continue
        if not tag[1]:
            opened.append(name)
            written.append(f"<{name}>")
        elif opened and opened[-1] == name:
            written.append(f"</{opened.pop()}>")
    written.append(_shown(text[at:]))
    return "".join(written) + "".join(f"</{name}>" for name in reversed(opened))


def _shown(text: str) -> str:
    return plain(html.unescape(text))
