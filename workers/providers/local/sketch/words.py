"""A prompt taken apart into plain words."""

import re
import unicodedata
from collections.abc import Collection, Mapping

_WORD = re.compile(r"[^\W\d_]+|\d+")
_READ_AT_MOST = 400


def tokens(text: str, signs: Mapping[str, str]) -> list[str]:
    """Return the words in lower case without accents, in order; the first few hundred are read."""
    spelt = text[:8000]
    for sign, word in signs.items():
        spelt = spelt.replace(sign, f" {word} ")
    plain = unicodedata.normalize("NFKD", spelt.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _WORD.findall(plain)[:_READ_AT_MOST]


def known_form(word: str, vocabulary: Collection[str]) -> str:
    """Return the form of the word that the vocabulary has, or the word itself."""
    return next((form for form in _forms(word) if form in vocabulary), word)


def _forms(word: str) -> list[str]:
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("ves"):
        forms += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s") and len(word) > 3:
        forms.append(word[:-1])
    if word.endswith(("y", "ed")):
        forms.append(word[:-2] if word.endswith("ed") else word[:-1])
    return forms
