"""What an item and a running event have in common and what sets them apart, as numbers that can be read.

Rule: a feature is a function of the item's vectors and the event's sums alone; integers are summed before they are
divided, so that no order of terms or candidates shows in the last digit.
"""

import math
from itertools import repeat
from operator import mul

from monitor.events.link import Incoming
from monitor.events.running import Facts, Running, micros
from monitor.events.terms import GROUP
from monitor.events.vectors import UNIT, Vectors, about

NAMES = (
    *("words", "title", "names", "numbers", "dates", "sounds", "title_told"),
    *("nearest", "mean", "farthest", "overall", "cohesion"),
    *("names_covered", "names_covering", "words_covered", "words_covering", "sounds_covered"),
    *("particulars", "numbers_shared", "numbers_apart", "days_apart", "years_apart", "editions_apart"),
    *("size", "single", "since_last", "silence", "since_first", "undated", "length"),
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
    "cohesion": "how alike the event's own reports are",
    "names_covered": "the item's names known to the event",
    "names_covering": "the event's names in the item",
    "words_covered": "the item's words known to the event",
    "words_covering": "the event's words in the item",
    "sounds_covered": "the item's sounds known to the event",
    "particulars": "names, figures and dates that agree",
    "numbers_shared": "the same figures",
    "numbers_apart": "other figures",
    "days_apart": "another day",
    "years_apart": "another year",
    "editions_apart": "another edition",
    "size": "how many reports the event has",
    "single": "an event of one report",
    "since_last": "days since the last report",
    "silence": "weeks of silence",
    "since_first": "days since the first report",
    "undated": "no date",
    "length": "how much the item says",
}
"""In words that a person understands."""
BARE = 14
"""Terms of a text that is a title and no more."""
BRIEF = 45
"""Terms of a text that is a title and a line or two."""

_EVIDENCE = ("text", "numbers", "dates")
_EVIDENCE_ACROSS = ("skeletons", "names", "numbers", "dates")
_LEAST_SHARED = 2
_LEAST_COSINE = 0.05  # of words, where all is told in one language: fewer were never learned, and joined by the day
_DAY = 86_400_000_000  # microseconds
_SEVERAL = 4
_MANY = 8  # reports; more tell no more about the next
_FORTNIGHT = 14.0
_YEAR = 365.0
_WEEK, _LONG = 7.0, 15.0


class Look:
    """An item as it is compared: once an item, whatever the number of candidates."""

    __slots__ = ("at", "dated", "facts", "lang", "own_day", "vectors")

    def __init__(self, incoming: Incoming, vectors: Vectors) -> None:
        self.vectors = vectors
        self.at = micros(incoming.sort_at)
        self.dated = incoming.dated
        self.lang = incoming.analysis.lang
        self.own_day = frozenset(about(incoming.sort_at))
        self.facts = Facts(vectors)


def kind_of(look: Look, event: Running) -> str:
    """Which weights decide: "across" languages, bare "titles", "headlines" without a date either, "briefs", "words"."""
    if look.lang not in event.langs:
        return "across"
    length = len(look.vectors.get("text", ()))
    if length > BARE:
        return "words" if length > BRIEF else "briefs"
    return "titles" if look.dated else "headlines"


def is_comparable(look: Look, event: Running) -> bool:
    """Whether the two share more than one thing: a single word, name or figure in common proves nothing.

    Until many items were counted every word looks rare, and "opens" would make one event of two openings.
    """
    if event.langs == (look.lang,) and _agreement(look, event, "text")[0] < _LEAST_COSINE:
        return False
    shared = 0
    for name in _EVIDENCE if look.lang in event.langs else _EVIDENCE_ACROSS:
        mine, theirs = look.vectors.get(name), event.sums.get(name)
        if mine and theirs:
            shared += sum(term[0] != GROUP for term in mine.keys() & theirs.keys())
    # An edition is a second thing beside its name, and is no word of the text: "WTDC-25".
    names = look.vectors.get("names", {}).keys() & event.sums.get("names", {}).keys()
    shared += sum(term[0].isalpha() and term[-1].isdecimal() for term in names)
    return shared >= _LEAST_SHARED


def compare(look: Look, event: Running) -> list[float]:
    """The values of `NAMES`: cosines and shares 0 to 1, sizes and days as logarithms, the rest 0 or 1."""
    found: list[float] = []
    covered: dict[str, tuple[float, float]] = {}
    for name in ("text", "title", "names", "numbers", "dates", "skeletons"):
        cosine, mine, theirs = _agreement(look, event, name)
        found.append(cosine)
        covered[name] = mine, theirs
    found.append(_title_told(look, event))
    found += _members(look, event)
    found.append(found[0] * event.norm("text") / (UNIT * event.size))
    found.append(event.cohesion())
    found += (*covered["names"], *covered["text"], covered["skeletons"][0])
    found.append(_particulars(look, event))
    found += _apart(look, event)
    found += _times(look, event)
    found.append(math.log1p(len(look.vectors.get("text", ()))))
    return found


def _agreement(look: Look, event: Running, name: str) -> tuple[float, float, float]:
    """The cosine of one field; the share of the item's weight that the event knows, and of the event's in the item."""
    mine, sums = look.vectors.get(name), event.sums.get(name)
    if not mine or not sums:
        return 0.0, 0.0, 0.0
    shared = mine.keys() & sums.keys()
    if not shared:
        return 0.0, 0.0, 0.0
    own, others = [mine[term] for term in shared], [sums[term] for term in shared]
    length = event.norm(name)
    cosine = sum(map(mul, own, others)) / (UNIT * length)
    return cosine, sum(map(mul, own, own)) / (UNIT * UNIT), sum(map(mul, others, others)) / (length * length)


def _title_told(look: Look, event: Running) -> float:
    title, sums = look.vectors.get("title"), event.sums.get("text")
    if not title or not sums:
        return 0.0
    return sum(title[term] ** 2 for term in title.keys() & sums.keys()) / (UNIT * UNIT)


def _members(look: Look, event: Running) -> tuple[float, float, float]:
    """The greatest, mean and least cosine to the recent members' words, of those words that the event still holds."""
    mine, sums = look.vectors.get("text"), event.sums.get("text")
    if not mine or not sums:
        return 0.0, 0.0, 0.0
    shared = mine.keys() & sums.keys()  # a member is asked for these alone: what it shares is among them
    weights = [mine[term] for term in shared]
    dots = [sum(map(mul, weights, map(member.get, shared, repeat(0)))) for member in event.recent]
    length = UNIT * UNIT
    return max(dots) / length, sum(dots) / len(dots) / length, min(dots) / length


def _particulars(look: Look, event: Running) -> float:
    """How many names, figures and dates agree: a single one may be all of a topic's. The day of publication is of all
    that came on it.
    """
    shared: set[str] = set()
    for name in ("names", "numbers", "dates"):
        mine, theirs = look.vectors.get(name), event.sums.get(name)
        if mine and theirs:
            shared |= mine.keys() & theirs.keys()
    return min(_SEVERAL, sum(term[0] != GROUP for term in shared - look.own_day)) / _SEVERAL


def _apart(look: Look, event: Running) -> tuple[float, float, float, float, float]:
    """Shared figures, and what contradicts: both name some, and none is the same."""
    numbers, others = look.vectors.get("numbers", {}), event.sums.get("numbers", {})
    shared = len(numbers.keys() & others.keys())
    mine, theirs = look.facts, event.facts()
    return (
        min(shared, _SEVERAL) / _SEVERAL,
        0.0 if shared else min(len(numbers), len(others), _SEVERAL) / _SEVERAL,
        _days_apart(mine, theirs),
        float(bool(mine.years) and bool(theirs.years) and mine.years.isdisjoint(theirs.years)),
        float(
            any(theirs.editions.get(name, editions).isdisjoint(editions) for name, editions in mine.editions.items())
        ),
    )


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
