"""What a prompt asks for, in a painter's terms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workers.providers.local.sketch import lexicon, words

_REACH = 3  # how many words may stand between a colour and its noun
_LEAST_SIZE = 0.35  # of a figure that counts for next to nothing beside the others
_JOINING = frozenset({"and", "und", "et", "y", "with", "in", "on", "of"})


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One figure that the picture should show."""

    figure: str
    colour: str | None = None
    count: int = 1
    size: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Everything understood of a prompt, less what the negative prompt names."""

    hours: tuple[str, ...] = ()
    weather: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    moods: frozenset[str] = frozenset()
    wishes: tuple[Wish, ...] = ()
    palette: tuple[str, ...] = ()
    tints: Mapping[str, str] = field(default_factory=dict)
    unwanted: frozenset[str] = frozenset()

    @property
    def is_blank(self) -> bool:
        """Whether nothing in the words says what to show."""
        return not (self.places or self.wishes or self.hours or self.weather)

    def allows(self, *names: str) -> bool:
        """Whether none of these was named in the negative prompt."""
        return self.unwanted.isdisjoint(names)


def read(prompt: str, negative_prompt: str = "") -> Intent:
    """Understand a prompt."""
    unwanted = _unwanted(negative_prompt)
    found = _with_phrases(words.tokens(prompt, lexicon.SIGNS))
    palette, tints, figure_colours = _colours(found, unwanted)
    return Intent(
        hours=_meanings(found, lexicon.HOUR_OF_WORD, unwanted),
        weather=frozenset(_meanings(found, lexicon.WEATHER_OF_WORD, unwanted)),
        places=_meanings(found, lexicon.PLACE_OF_WORD, unwanted),
        techniques=_meanings(found, lexicon.TECHNIQUE_OF_WORD, unwanted),
        moods=frozenset(_meanings(found, lexicon.MOOD_OF_WORD, unwanted)),
        wishes=_wishes(found, figure_colours, unwanted),
        palette=palette,
        tints=tints,
        unwanted=unwanted,
    )


def mixed(first: Intent, others: Sequence[tuple[Intent, float]]) -> Intent:
    """Return the intent of several prompts: each beside the first for a share of 0 to 1.

    What the first one says stands first. What the others wish for is the smaller, the less they
    count, and in its own place what both wish for.
    """
    whole = first
    for other, share in others:
        whole = replace(
            whole,
            hours=_both(whole.hours, other.hours),
            weather=whole.weather | other.weather,
            places=_both(whole.places, other.places),
            techniques=_both(whole.techniques, other.techniques),
            moods=whole.moods | other.moods,
            wishes=_all_wishes(whole.wishes, other.wishes, _LEAST_SIZE + share * (1 - _LEAST_SIZE)),
            palette=_both(whole.palette, other.palette),
            tints={**other.tints, **whole.tints},
        )
    return whole


def _both(first: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *other]))


def _all_wishes(first: tuple[Wish, ...], other: tuple[Wish, ...], size: float) -> tuple[Wish, ...]:
    known = {wish.figure for wish in first}
    return (*first, *(replace(wish, size=size) for wish in other if wish.figure not in known))


def _with_phrases(found: list[str]) -> list[str]:
    joined: list[str] = []
    for word in found:
        pair = f"{joined[-1]}_{word}" if joined else ""
        if pair in lexicon.PHRASES:
            joined[-1] = pair
            continue
        form = words.known_form(word, lexicon.VOCABULARY)
        if form != word and word.endswith("s") and form in lexicon.FIGURE_OF_WORD:
            _add_plural(joined)
        joined.append(form)
    return joined


def _add_plural(joined: list[str]) -> None:
    """Note that more than one is meant, unless a number says how many."""
    if not any(word in lexicon.NUMBERS or word.isdigit() for word in joined[-_REACH:]):
        joined.append("few")


def _unwanted(negative_prompt: str) -> frozenset[str]:
    tables: tuple[Mapping[str, tuple[str, ...]], ...] = (
        lexicon.HOUR_OF_WORD,
        lexicon.WEATHER_OF_WORD,
        lexicon.PLACE_OF_WORD,
        lexicon.FIGURE_OF_WORD,
        lexicon.THING_OF_WORD,
        lexicon.TECHNIQUE_OF_WORD,
    )
    names: set[str] = set()
    for word in _with_phrases(words.tokens(negative_prompt, lexicon.SIGNS)):
        for table in tables:
            names.update(table.get(word, ()))
        if word in lexicon.COLOUR_OF_WORD:
            names.add(lexicon.COLOUR_OF_WORD[word])
    return frozenset(names)


def _meanings(
    found: Iterable[str], table: Mapping[str, tuple[str, ...]], unwanted: frozenset[str]
) -> tuple[str, ...]:
    meant = (meaning for word in found for meaning in table.get(word, ()))
    return tuple(dict.fromkeys(meaning for meaning in meant if meaning not in unwanted))


def _wishes(
    found: list[str], colours: Mapping[str, str], unwanted: frozenset[str]
) -> tuple[Wish, ...]:
    wishes: dict[str, Wish] = {}
    for place, word in enumerate(found):
        for figure in lexicon.FIGURE_OF_WORD.get(word, ()):
            if figure in unwanted or _is_only_a_colour(found, place):
                continue
            if figure == "tree" and wishes and _names_its_kind(found, place):
                last = next(reversed(wishes))
                wishes[last] = replace(wishes[last], count=_count_before(found, place))
                continue
            before = wishes[figure].count if figure in wishes else 1
            count = max(before, _count_before(found, place))
            wishes[figure] = Wish(figure=figure, colour=colours.get(figure), count=count)
    return tuple(wishes.values())


def _names_its_kind(found: list[str], place: int) -> bool:
    """Whether the word before "tree" says which: a palm tree is one thing."""
    before = [word for word in found[max(0, place - 2) : place] if word not in lexicon.NUMBERS]
    return bool(before) and before[-1] in lexicon.FIGURE_OF_WORD


def _count_before(found: list[str], place: int) -> int:
    for word in reversed(found[max(0, place - _REACH) : place + 1]):
        if word in lexicon.NUMBERS:
            return lexicon.NUMBERS[word]
        if word.isdigit() and 0 < int(word[:3]) <= 12:
            return int(word)
    return 1


def _is_only_a_colour(found: list[str], place: int) -> bool:
    """Whether a word such as "rose" or "orange" colours the noun after it."""
    following = found[place + 1] if place + 1 < len(found) else ""
    names_a_thing = following in lexicon.FIGURE_OF_WORD or following in lexicon.THING_OF_WORD
    return found[place] in lexicon.COLOUR_OF_WORD and names_a_thing


def _colours(
    found: list[str], unwanted: frozenset[str]
) -> tuple[tuple[str, ...], dict[str, str], dict[str, str]]:
    palette: dict[str, None] = {}
    tints: dict[str, str] = {}
    figures: dict[str, str] = {}
    for place, word in enumerate(found):
        name = lexicon.COLOUR_OF_WORD.get(word)
        if name is None or name in unwanted:
            continue
        owner = _owner(found, place)
        for figure in lexicon.FIGURE_OF_WORD.get(owner, ()):
            figures.setdefault(figure, name)
        for thing in lexicon.THING_OF_WORD.get(owner, ()):
            tints.setdefault(thing, name)
        stands_alone = not owner and not lexicon.FIGURE_OF_WORD.get(word)
        if stands_alone:
            palette.setdefault(name)
    return tuple(palette), tints, figures


def _owner(found: list[str], place: int) -> str:
    """Return the noun that a colour belongs to; none after a joining word."""
    for word in found[place + 1 : place + 1 + _REACH]:
        if word in _JOINING or word in lexicon.COLOUR_OF_WORD:
            return ""
        if word in lexicon.FIGURE_OF_WORD or word in lexicon.THING_OF_WORD:
            return word
    return ""
