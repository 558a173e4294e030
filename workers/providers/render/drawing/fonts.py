"""Which faces words are set in: ours and the caller's, and none of the machine's own.

So words come out the same on each machine. Pango and FFmpeg's like find faces through fontconfig,
which reads its rules once in a process: :func:`use` comes before the first word.
"""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont, TTLibError

from workers.providers.render.faults import SourceUnusable
from workers.providers.render.reading import opening

DEFAULT = "Open Sans"

_KINDS = frozenset({"font/ttf", "font/otf"})
_PACKAGES = {
    "ttf_opensans": "ttf",
    "font_lato": "files",
    "font_caladea": "files",
    "font_amatic_sc": "files",
}
# In this order, for what a face does not have; the last has digits too, which are not for words.
_FALLBACKS = (
    DEFAULT,
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Droid Sans Fallback",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Twemoji Mozilla",
)
# Names that pages use, and what is nearest here.
_STAND_INS = {
    "sans-serif": DEFAULT,
    "Arial": DEFAULT,
    "Helvetica": DEFAULT,
    "Verdana": DEFAULT,
    "Clear Sans": DEFAULT,
    "Didact Gothic": DEFAULT,
    "system-ui": DEFAULT,
    "serif": "Caladea",
    "Cambria": "Caladea",
    "Georgia": "Caladea",
    "Times New Roman": "Caladea",
    "Arapey": "Playfair Display",
    "monospace": "Roboto Mono",
    "Courier New": "Roboto Mono",
    "cursive": "Permanent Marker",
    "Sue Ellen Francisco": "Amatic SC",
    "fantasy": "Anton",
    "emoji": "Twemoji Mozilla",
    "NotoEmoji": "Twemoji Mozilla",
}
# Names of families: the usual one, and the one of a larger family that a face belongs to.
_FAMILY, _LARGER_FAMILY = 1, 16
_RULES = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{folders}
  <cachedir>{cache}</cachedir>
{names}
{stand_ins}
  <match target="pattern">
{fallbacks}
  </match>
  <match target="font">
    <test name="slant"><const>roman</const></test>
    <test target="pattern" name="slant" compare="not_eq"><const>roman</const></test>
    <edit name="matrix" mode="assign"><times><name>matrix</name>
      <matrix><double>1</double><double>0.2</double><double>0</double><double>1</double></matrix>
    </times></edit>
    <edit name="slant" mode="assign"><const>oblique</const></edit>
  </match>
  <match target="font">
    <test name="weight" compare="less_eq"><const>medium</const></test>
    <test target="pattern" name="weight" compare="more_eq"><const>bold</const></test>
    <edit name="embolden" mode="assign"><bool>true</bool></edit>
    <edit name="weight" mode="assign"><const>bold</const></edit>
  </match>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
    <edit name="lcdfilter" mode="assign"><const>lcdnone</const></edit>
  </match>
</fontconfig>
"""

# It tells of every fault of a damaged font, one by one.
logging.getLogger("fontTools").setLevel(logging.CRITICAL)

_used: list[Path] = []
_known: dict[str, str] = {}


def use(folder: Path, given: Mapping[str, Path] | None = None) -> None:
    """Let words be set in our faces, and in the caller's: files by the names that they came under.

    Rules are written into ``folder``, which stays as long as the process. The faces of a process
    are settled by the first call. Raises :class:`SourceUnusable`.
    """
    if _used:
        raise RuntimeError("The faces of this process are settled already.")
    own = folder / "fonts"
    own.mkdir(parents=True)
    names = {}
    for number, (name, file) in enumerate((given or {}).items()):
        families = families_of(file)
        link = own / f"{number}.font"
        link.symlink_to(file.resolve())
        names[link] = Path(name).stem
        _learn([Path(name).stem, *families])
    for ours in _folders():
        for file in sorted(ours.glob("*.ttf")):
            _learn(families_of(file))
    rules = folder / "fonts.conf"
    rules.write_text(_rules([*_folders(), own], folder / "font-cache", names), encoding="utf-8")
    # What is written to the environment by Python's own name would be read by others as settings.
    os.putenv("FONTCONFIG_FILE", str(rules))
    os.putenv("FONTCONFIG_PATH", str(folder))
    _used.append(rules)


def ready() -> None:
    """Settle the faces, if nobody has: ours alone."""
    if not _used:
        folder = Path(tempfile.mkdtemp(prefix="limner-fonts-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        use(folder)


def family(name: str) -> str:
    """Return how a family is called here; its name may be written without blanks."""
    return _known.get(_key(name)) or _STAND_INS.get(name, name)


def is_known(name: str) -> bool:
    """Say whether there are faces of this family, or some that stand in for it."""
    return _key(name) in _known or _key(name) in map(_key, _STAND_INS)


def warnings(timeline: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what to say of families that a timeline names and nobody has; after :func:`use`."""
    named = (
        (f"timeline.tracks[{at}].clips[{number}].asset.font.family", clip["asset"].get("font"))
        for at, track in enumerate(timeline["tracks"])
        for number, clip in enumerate(track["clips"])
    )
    return tuple(
        f"`{path}`: there is no font {font['family']!r}; {DEFAULT!r} is taken."
        for path, font in named
        if font and font.get("family") and not is_known(font["family"])
    )


def families_of(file: Path) -> list[str]:
    """Return the families that a font says it belongs to; raises :class:`SourceUnusable`."""
    if (found := opening.content_type(file)) not in _KINDS:
        raise SourceUnusable(f"The file is {found}: no font in TrueType or OpenType.")
    try:
        with TTFont(file, lazy=True) as font:
            names = font["name"]
            found_names = [names.getDebugName(number) for number in (_FAMILY, _LARGER_FAMILY)]
    except (TTLibError, KeyError, ValueError, AssertionError, EOFError, OSError) as error:
        raise SourceUnusable(f"The font cannot be read: {error}.") from None
    except Exception as error:  # noqa: BLE001 - what a damaged table makes of its reader
        raise SourceUnusable(f"The font cannot be read: {type(error).__name__}.") from None
    families = [str(name) for name in found_names if name]
    if not families:
        raise SourceUnusable("The font does not say its name.")
    return families


def _learn(names: Iterable[str]) -> None:
    for name in names:
        _known.setdefault(_key(name), name)


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@cache
def _folders() -> tuple[Path, ...]:
    return (Path(__file__).parent / "typefaces", *_packaged())


def _packaged() -> Iterator[Path]:
    for package, folder in _PACKAGES.items():
        found = find_spec(package)
        if found is not None and found.origin is not None:
            yield Path(found.origin).parent / folder


def _rules(folders: Iterable[Path], cached: Path, names: Mapping[Path, str]) -> str:
    return _RULES.format(
        folders="\n".join(f"  <dir>{escape(str(folder))}</dir>" for folder in folders),
        cache=escape(str(cached)),
        names="\n".join(
            _rule("scan", "file", str(file), "append", name) for file, name in names.items()
        ),
        stand_ins="\n".join(
            _rule("pattern", "family", name, "append", there) for name, there in _STAND_INS.items()
        ),
        fallbacks="\n".join(
            f'    <edit name="family" mode="append_last">{_string(name)}</edit>'
            for name in _FALLBACKS
        ),
    )


def _rule(target: str, tested: str, value: str, mode: str, name: str) -> str:
    """Return a rule that gives a family's name to what is so."""
    return (
        f'  <match target="{target}"><test name="{tested}">{_string(value)}</test>'
        f'<edit name="family" mode="{mode}" binding="same">{_string(name)}</edit></match>'
    )


def _string(text: str) -> str:
    return f"<string>{escape(text)}</string>"
