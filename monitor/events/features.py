"""What an item and a running event have in common and what sets them apart, as numbers that can be read.

Rule: a feature is a function of the item's vectors and the event's sums alone; integers are summed before they are
divided, so that no order of terms or candidates shows in the last digit.
"""

import math
from collections.abc import Set as AbstractSet
from itertools import chain
from operator import mul

from monitor.events.link import Incoming
from monitor.events.running import Facts, Running, micros
from monitor.events.terms import GROUP
from monitor.events.vectors import UNIT, Vectors, about

NAMES = (
    *("words", "title", "names", "numbers", "dates", "sounds", "title_told"),
    *("nearest", "mean", "farthest", "overall", "cohesion", "faint", "faint_sounds"),
    *("names_covered", "names_covering", "words_covered", "words_covering", "sounds_covered"),
    *(
        "particulars",
        "numbers_shared",
        "numbers_apart",
        "names_apart",
        "days_apart",
        "years_apart",
        "editions_apart",
        "turns_apart",
    ),
    *("size", "single", "since_last", "silence", "since_first", "undated", "length", "novice"),
)
SPOKEN = {
    "words": "words",
    "title": "words of the titles",
    "names": "names",
    "numbers": "numbers",
    "dates": "dates",
    "sounds": "words that sound alike",
    "title_told": "the title's words in the event's text",
    "nearest": "likeness to the nearest report",
    "mean": "likeness to the recent reports",
    "overall": "likeness to all its reports",
    "farthest": "likeness to the least like report",
    "faint": "next to no words in common",
    "faint_sounds": "next to nothing that sounds or means the same",
    "cohesion": "how alike the event's own reports are",
    "names_covered": "the item's names known to the event",
    "names_covering": "the event's names in the item",
    "words_covered": "the item's words known to the event",
    "words_covering": "the event's words in the item",
    "sounds_covered": "the item's sounds known to the event",
    "particulars": "names, figures and dates that agree",
    "numbers_shared": "the same figures",
    "numbers_apart": "other figures",
    "names_apart": "other names",
    "days_apart": "another day",
    "years_apart": "another year",
    "editions_apart": "another edition",
    "turns_apart": "one begins what the other ends or puts off",
    "size": "how many reports the event has",
    "single": "an event of one report",
    "since_last": "days since the last report",
    "silence": "weeks of silence",
    "since_first": "days since the first report",
    "undated": "no date",
    "length": "how much the item says",
    "novice": "few reports were counted yet",
}
"""In words that a person understands."""
BARE = 14
"""Terms of a text that is a title and next to nothing more."""
BRIEF = 45
"""Terms of a text that is a title and a line or two."""

EVERY = frozenset(NAMES)

_OF_SOUNDS = frozenset({"sounds", "sounds_covered", "faint_sounds"})
_OF_MEMBERS = frozenset({"nearest", "mean", "farthest", "faint"})
_LEAST_SHARED = 2
_NONE: AbstractSet[str] = frozenset()
_LEAST_COSINE = 0.05  # of words, where all is told in one language: fewer were never learned, and joined by the day
_DAY = 86_400_000_000  # microseconds
_SEVERAL = 4
_FAINT = 0.25
_FEW = 15  # reports, among which each name looks rare
_MANY = 8  # reports; more tell no more about the next
_FORTNIGHT = 14.0
_YEAR = 365.0
_WEEK, _LONG = 7.0, 15.0


class Look:
    """An item as it is compared: once an item, whatever the number of candidates."""

    __slots__ = ("at", "dated", "facts", "kind", "lang", "length", "novice", "own_day", "topics", "vectors")

    def __init__(self, incoming: Incoming, vectors: Vectors, counted: int) -> None:
        """`counted` reports tell how rare a word is."""
        self.novice = _FEW / (_FEW + counted)
        self.vectors = vectors
        self.at = micros(incoming.sort_at)
        self.dated = incoming.dated
        self.lang = incoming.analysis.lang
        self.topics = incoming.topics
        self.own_day = frozenset(about(incoming.sort_at))
        self.facts = Facts(vectors)
        length = len(vectors.get("text", ()))
        self.length = math.log1p(length)
        if length > BRIEF:
            self.kind = "words"
        elif self.dated:
            self.kind = "briefs" if length > BARE else "titles"
        else:
            self.kind = "briefs" if length > len(vectors.get("title", ())) else "headlines"


class Pair:
    """An item beside an event that it may belong to: what they share is looked for once."""

    __slots__ = ("dates", "event", "look", "names", "numbers", "text", "words")

    def __init__(self, look: Look, event: Running) -> None:
        self.look, self.event = look, event
        mine, theirs = look.vectors, event.sums
        self.text = _shared(mine, theirs, "text")
        self.names = _shared(mine, theirs, "names")
        self.numbers = _shared(mine, theirs, "numbers")
        self.dates = _shared(mine, theirs, "dates")
        self.words = _agreement(look, event, "text", self.text)


def kind_of(pair: Pair) -> str:
    """Which weights decide: "across" languages, "titles", bare "headlines" without a date either, "briefs", "words"."""
    return pair.look.kind if pair.look.lang in pair.event.langs else "across"


def is_comparable(pair: Pair) -> bool:
    """Whether the two share more than one thing: a single word, name or figure in common proves nothing.

    Until many items were counted every word looks rare, and "opens" would make one event of two openings.
    """
    look, event = pair.look, pair.event
    if event.langs == (look.lang,) and pair.words[0] < _LEAST_COSINE:
        return False
    evidence = [pair.text, pair.numbers, pair.dates]
    if look.lang not in event.langs:
        evidence[:1] = [pair.names, _shared(look.vectors, event.sums, "skeletons")]
    shared = 0
    for term in chain.from_iterable(evidence):
        shared += term[0] != GROUP
        if shared == _LEAST_SHARED:
            return True
    # An edition is a second thing beside its name, and is no word of the text: "EXPO-25".
    shared += sum(term[0].isalpha() and term[-1].isdecimal() for term in pair.names)
    return shared >= _LEAST_SHARED


def compare(pair: Pair, needs: AbstractSet[str] = EVERY) -> list[float]:
    """The values of `NAMES`: cosines and shares 0 to 1, sizes and days as logarithms, the rest 0 or 1.

    What is not in `needs` may be left out, as 0: half of the work is on features that the shipped weights pass over.
    """
    look, event = pair.look, pair.event
    words, words_covered, words_covering = pair.words
    names, names_covered, names_covering = _agreement(look, event, "names", pair.names)
    sounds = sounds_covered = title = 0.0
    if not needs.isdisjoint(_OF_SOUNDS):
        shared = _shared(look.vectors, event.sums, "skeletons")
        sounds, sounds_covered, _ = _agreement(look, event, "skeletons", shared)
    if "title" in needs:
        title = _cosine(look, event, "title", _shared(look.vectors, event.sums, "title"))
    members = (0.0, 0.0, 0.0) if needs.isdisjoint(_OF_MEMBERS) else _members(pair)
    return [
        *(words, title, names),
        _cosine(look, event, "numbers", pair.numbers),
        _cosine(look, event, "dates", pair.dates),
        *(sounds, _title_told(look, event) if "title_told" in needs else 0.0),
        *members,
        words * event.norm("text") / (UNIT * event.size),
        event.cohesion(),
        *(_faint(max(words, members[0])), _faint(sounds)),
        *(names_covered, names_covering, words_covered, words_covering, sounds_covered),
        _particulars(pair) if "particulars" in needs else 0.0,
        *_apart(pair),
        *_times(look, event),
        *(look.length, look.novice),
    ]


def _shared(mine: Vectors, theirs: Vectors, name: str) -> AbstractSet[str]:
    own, others = mine.get(name), theirs.get(name)
    return own.keys() & others.keys() if own and others else _NONE


def _cosine(look: Look, event: Running, name: str, shared: AbstractSet[str]) -> float:
    if not shared:
        return 0.0
    own, sums = map(look.vectors[name].__getitem__, shared), map(event.sums[name].__getitem__, shared)
    return float(sum(map(mul, own, sums)) / (UNIT * event.norm(name)))


def _agreement(look: Look, event: Running, name: str, shared: AbstractSet[str]) -> tuple[float, float, float]:
    """The cosine of one field; the share of the item's weight that the event knows, and of the event's in the item."""
    if not shared:
        return 0.0, 0.0, 0.0
    mine, sums = look.vectors[name], event.sums[name]
    own, others = [mine[term] for term in shared], [sums[term] for term in shared]
    length = event.norm(name)
    cosine = sum(map(mul, own, others)) / (UNIT * length)
    return cosine, sum(map(mul, own, own)) / (UNIT * UNIT), sum(map(mul, others, others)) / (length * length)


def _faint(likeness: float) -> float:
    """1 where nothing is alike, 0 from a quarter on: the last resemblance counts most."""
    return max(0.0, 1.0 - likeness / _FAINT)


def _title_told(look: Look, event: Running) -> float:
    title, sums = look.vectors.get("title"), event.sums.get("text")
    if not title or not sums:
        return 0.0
    known = [title[term] for term in title if term in sums]
    return float(sum(map(mul, known, known)) / (UNIT * UNIT))


def _members(pair: Pair) -> tuple[float, float, float]:
    """The greatest, mean and least cosine to the recent members' words, of those words that the event still holds."""
    shared = pair.text  # a member is asked for these alone: what it shares is among them
    if not shared:
        return 0.0, 0.0, 0.0
    mine, length = pair.look.vectors["text"], UNIT * UNIT
    dots = [sum([mine[term] * member[term] for term in shared if term in member]) for member in pair.event.recent]
    return max(dots) / length, sum(dots) / len(dots) / length, min(dots) / length


def _particulars(pair: Pair) -> float:
    """How many names, figures and dates agree: a single one may be all of a topic's. The day of publication is of all
    that came on it.
    """
    shared = {*pair.names, *pair.numbers, *pair.dates}
    return min(_SEVERAL, sum(term[0] != GROUP for term in shared - pair.look.own_day)) / _SEVERAL


def _apart(pair: Pair) -> tuple[float, ...]:
    """Shared figures, and what contradicts: both name some, and none is the same."""
    numbers, others = pair.look.vectors.get("numbers", ()), pair.event.sums.get("numbers", ())
    shared = len(pair.numbers)
    mine, theirs = pair.look.facts, pair.event.facts()
    return (
        min(shared, _SEVERAL) / _SEVERAL,
        0.0 if shared else min(len(numbers), len(others), _SEVERAL) / _SEVERAL,
        float(all(map(_is_asked, pair.names)) and _has_names(pair.look.vectors) and _has_names(pair.event.sums)),
        _days_apart(mine, theirs),
        float(bool(mine.years) and bool(theirs.years) and mine.years.isdisjoint(theirs.years)),
        float(
            bool(mine.editions)
            and any(
                theirs.editions.get(name, editions).isdisjoint(editions) for name, editions in mine.editions.items()
            )
        ),
        float(bool(mine.turns) and bool(theirs.turns) and mine.turns.isdisjoint(theirs.turns)),
    )


def _has_names(vectors: Vectors) -> bool:
    return not all(map(_is_asked, vectors.get("names", ())))


def _is_asked(name: str) -> bool:
    """Whether topics ask for it, so that all of their items name it."""
    return name[0] == GROUP


def _days_apart(mine: Facts, theirs: Facts) -> float:
    """0 where a day is the same or none is named, 1 from two weeks on."""
    if not mine.days or not theirs.days:
        return 0.0
    nearest = min(abs(one - other) for one in mine.days for other in theirs.days)
    return min(1.0, min(nearest, _YEAR - nearest) / _FORTNIGHT)


def _times(look: Look, event: Running) -> tuple[float, ...]:
    """An item without a date stands at the time it was seen, which is seldom long after."""
    last = max(event.first - look.at, look.at - event.last, 0) / _DAY
    first = abs(look.at - event.first) / _DAY
    return (
        math.log(min(event.size, _MANY)),
        float(event.size == 1),
        math.log1p(last),
        min(last, _LONG) / _WEEK,
        math.log1p(first),
        float(not look.dated),
    )
