"""Events that have gone silent, and what wakes them: a report that comes months late, or a dispute that is settled.

Rule: words wake nothing. An item has to name several of the event's names, two of its figures and no other days, and to
be as like it as a report of its own time would have to be, and more. What is only of the same matter, as the contract
for a cable after its survey, is a happening of its own, and what comes three quarters of a year later always is: the
conference of next year is told in the words of this year's.
"""

from collections.abc import Mapping
from datetime import timedelta

from monitor.events.features import NAMES, Look, Pair, compare, kind_of
from monitor.events.running import Running
from monitor.events.terms import GROUP
from monitor.events.vectors import Vectors
from monitor.events.weights import Weights

LONGEST_SLEEP = timedelta(days=270)
LOOKED_UP = 6  # figures and days of an item by which storage looks for events, the rarest first,
SHARED = 2  # of which an event must have so many
CANDIDATES = 6
LEAST = 0.9  # likeness, as if the item had come with the last report of the event

_NAMES_SHARED = 2
_TELLING_DIGITS = 3  # "14" is told of everything
_AGAINST = ("days_apart", "years_apart", "editions_apart", "turns_apart")
_PLACES = tuple(map(NAMES.index, _AGAINST))


def sought(vectors: Vectors) -> tuple[str, ...]:
    """The figures and days ("numbers:212") that a silent event is found by; none where they could not wake any."""
    names = sum(term[0] != GROUP for term in vectors.get("names", ()))
    found = [
        (place, -weight, f"{name}:{term}")
        for place, name in enumerate(("numbers", "dates"))
        for term, weight in vectors.get(name, {}).items()
        if _is_telling(term)
    ]
    if names < _NAMES_SHARED or len(found) < SHARED:
        return ()
    return tuple(term for _, _, term in sorted(found)[:LOOKED_UP])


def likeness(
    look: Look, event: Running, weights: Weights, needs: Mapping[str, frozenset[str]]
) -> tuple[float, str, list[float]]:
    """How like a silent event an item is, 0 where it may not wake it; the kind and the values that were compared."""
    pair = Pair(look, event)
    kind = kind_of(pair)
    names = sum(term[0] != GROUP for term in pair.names)
    figures = {term for term in (*pair.numbers, *pair.dates) if _is_telling(term)} - look.own_day
    if names < _NAMES_SHARED or len(figures) < SHARED:
        return 0.0, kind, []
    values = compare(pair, needs[kind].union(_AGAINST))
    if any(values[place] for place in _PLACES):
        return 0.0, kind, values
    return weights.likeness(kind, values), kind, values


def as_if_then(look: Look, event: Running) -> Look:
    """A fresh look at an item, as if it had come with the last report of the event."""
    look.at = event.last
    return look


def _is_telling(term: str) -> bool:
    """Whether a number or a day says more than "14" or "2025" do."""
    return "-" in term or "." in term or (len(term) >= _TELLING_DIGITS and not _is_year(term))


def _is_year(term: str) -> bool:
    return len(term) == 4 and term[:2] in {"19", "20"}
