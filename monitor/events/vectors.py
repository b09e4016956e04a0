"""How much each term of an item tells: vectors of TF-IDF, frozen as the item arrives.

Rule: in how many items a term occurs is counted by epochs of 64 days and read of an item's own and the one before. So
an archive of 2022 that is imported beside items of 2025 moves none of their decisions, and no count grows for ever.
Counts and weights are integers: sums of them depend neither on their order nor on the machine.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from operator import mul
from typing import TypeAlias

from monitor.events.forms import MEANS
from monitor.events.link import Incoming
from monitor.events.terms import GROUP
from storage.model import Analysis

Vectors: TypeAlias = Mapping[str, Mapping[str, int]]
"""Field -> term -> weight; a vector of many terms is `UNIT` long, one of few terms shorter."""
Terms: TypeAlias = dict[tuple[int, str], set[str]]
"""(epoch, field) -> terms."""

UNIT = 1_000
EPOCH = timedelta(days=64)
ITEMS = ""  # the field, and its only term, under which the items of an epoch are counted
FIELDS = {"title": 24, "text": 80, "names": 32, "numbers": 16, "dates": 12, "skeletons": 60}
"""The fields of a vector, with the number of terms that are kept of each: the heaviest."""

_START = datetime(2000, 1, 1, tzinfo=UTC)
_PRIOR_ITEMS = 100  # the first items are weighed as if so many others had been seen, with common words in them
_NOTHING: Mapping[str, int] = {}
_COMMON_MEANING = 4  # of a hundred reports: what everyday words mean
_LEAST_RARITY = 0.01
_OWN_DAY = 0.3  # what the day or the year of its publication weighs in an item: whatever happened is told with these
# One name or number that agrees proves less than several: a vector counts as longer by so many terms never seen before.
_DOUBT = {"title": 0.3, "text": 0.3, "names": 1.0, "numbers": 0.5, "dates": 0.8, "skeletons": 0.3}
_MANY = 256
_TIMES = (0.0, *(1 + math.log(count) for count in range(1, _MANY)))
_LOGS = (0.0, *(math.log(count) for count in range(1, 16_384)))  # looked up in half the time of working it out


@lru_cache(maxsize=1)
def common_words() -> Mapping[str, Mapping[str, int]]:
    """Language -> stem -> in how many of a hundred reports it stands, where that is known: "opens" ties no two events.

    Without it the first items of an archive join by their verbs. What was counted and what judged, the file says.
    """
    told = json.loads(files("monitor.events").joinpath("common_words.json").read_text(encoding="utf-8"))
    return {lang: words for lang, words in told.items() if lang != "provenance"}


def epoch_of(at: datetime) -> int:
    """The number of the 64 days that an instant falls in."""
    return (at - _START) // EPOCH


def counted(incoming: Incoming) -> Iterator[tuple[tuple[int, str], Iterable[str]]]:
    """(epoch, field) -> the terms of everything that one item adds one to."""
    epoch = epoch_of(incoming.sort_at)
    yield (epoch, ITEMS), (ITEMS,)
    for name, terms in incoming.analysis.fields.items():
        yield (epoch, name), terms


def about(at: datetime) -> tuple[str, str, str]:
    """The day of an instant, the day before and the year, as `Analysis` has them."""
    return _about(at.date())


class Counts:
    """In how many items each term occurred: of an epoch and the one before added up, which is all that its items read.

    Each item passes its terms over this table three times, to ask, to weigh and to count: it is one table, so that the
    second and the third pass find it in the processor's cache.
    """

    def __init__(self) -> None:
        self._read: dict[int, dict[str, dict[str, int]]] = {}  # by epoch: the counts of it and of the one before
        self._asks = False  # whether storage is asked for what was before
        self._whole: dict[int, set[int]] = {}  # by epoch: those of the two of which all is in the table

    def unknown(self, analyses: Iterable[Analysis], epochs: Iterable[int]) -> Terms:
        """The terms to look up before items with these analyses are weighed, in their epochs and the ones before."""
        missing: Terms = {}
        self._asks = True
        for epoch in sorted(set(epochs)):
            table, whole = self._read.setdefault(epoch, {}), self._whole.setdefault(epoch, set())
            asked = [one for one in (epoch - 1, epoch) if one not in whole]
            fresh: dict[str, set[str]] = {} if ITEMS in table else {ITEMS: {ITEMS}}
            for analysis in analyses if asked else ():
                for name, terms in analysis.fields.items():
                    known = table.get(name, _NOTHING)
                    new = [term for term in terms if term not in known]  # a difference of keys walks all of the table
                    if new:
                        fresh.setdefault(name, set()).update(new)
            for name, some in fresh.items():
                for one in asked:
                    missing.setdefault((one, name), set()).update(some)
        return missing

    def know(
        self, asked: Mapping[tuple[int, str], Iterable[str]], found: Mapping[tuple[int, str], Mapping[str, int]]
    ) -> None:
        """Take in what storage holds of the terms `asked`; those that are not in `found` were never seen.

        A term that is known already keeps its count: this one is newer.
        """
        for epoch, table in self._read.items():
            whole, both = self._whole.setdefault(epoch, set()), (epoch - 1, epoch)
            empty = {
                one for one in both if ITEMS not in table and (one, ITEMS) in asked and not found.get((one, ITEMS))
            }
            for name in {name for one, name in asked if one in both}:
                places = [(one, name) for one in both if one not in whole]
                if places and all(place in asked for place in places):
                    counts = table.setdefault(name, {})
                    both_asked = set.intersection(*(set(asked[place]) for place in places))
                    fresh = {term for term in both_asked if term not in counts}
                    counts.update(dict.fromkeys(fresh, 0))
                    for place in places:
                        stored = found.get(place, _NOTHING)
                        for term in fresh & stored.keys():
                            counts[term] += stored[term]
            whole |= empty

    def count(self, incoming: Incoming) -> None:
        """Add an item to what the items of its epoch read, and those of the next."""
        epoch = epoch_of(incoming.sort_at)
        self._add(epoch, incoming, known=False)  # all that it says was asked for, where anything is
        whole = self._whole.get(epoch + 1, set())
        if not self._asks or {epoch, epoch + 1} <= whole:
            self._add(epoch + 1, incoming, known=False)
        elif epoch + 1 in self._read:
            whole.discard(epoch)
            self._add(epoch + 1, incoming, known=True)

    def _add(self, epoch: int, incoming: Incoming, *, known: bool) -> None:
        """`known`: only the terms that storage was asked for."""
        table = self._read.setdefault(epoch, {})
        for (_, name), terms in counted(incoming):
            counts = table.setdefault(name, {})
            get = counts.get
            for term in counts.keys() & terms if known else terms:
                counts[term] = get(term, 0) + 1

    def drop_before(self, epoch: int) -> None:
        for old in [one for one in self._read if one <= epoch]:
            del self._read[old]
            self._whole.pop(old, None)

    def reads_several(self) -> bool:
        """Whether items of one epoch may be asked for by those of the next."""
        return len(self._read) > 1

    def counted(self, incoming: Incoming) -> int:
        """How many items tell what is rare at the time of one."""
        return self._read.get(epoch_of(incoming.sort_at), {}).get(ITEMS, _NOTHING).get(ITEMS, 0)

    def weigh(self, incoming: Incoming) -> Vectors:
        """The item's vectors by the counts known now."""
        counts = self._read.get(epoch_of(incoming.sort_at), {})
        seen = self.counted(incoming) + _PRIOR_ITEMS
        unseen = math.log(seen)
        fields = incoming.analysis.fields
        groups = [term for term in fields.get("names", ()) if term[0] == GROUP]
        vectors: dict[str, Mapping[str, int]] = {}
        for name, most in FIELDS.items():
            terms = fields.get(name)
            if terms:
                known = counts.get(name, _NOTHING)
                weights = _weights(terms, known, unseen)
                for term, told in _told(name, incoming.analysis).items():
                    weights[term] = _times(terms[term]) * (unseen - math.log(known.get(term, 0) + told + 1))
                for group in groups:
                    if group in weights:
                        # Topics ask for these: until the counts say otherwise, half of all items are taken to hold one.
                        rarity = unseen - math.log(known.get(group, 0) + 1 + seen // 2)
                        weights[group] = _times(terms[group]) * max(rarity, _LEAST_RARITY)
                if name == "dates":
                    for usual in about(incoming.sort_at):
                        if usual in weights:
                            weights[usual] *= _OWN_DAY
                vectors[name] = _unit(weights, most, (_DOUBT[name] * unseen) ** 2)
        return vectors


def _weights(terms: Mapping[str, int], known: Mapping[str, int], unseen: float) -> dict[str, float]:
    """How often each term is said, by how rare it is; `unseen` is the rarity of one that was never seen."""
    get, logs = known.get, _LOGS
    try:
        return {
            term: unseen - logs[get(term, 0) + 1] if times == 1 else _times(times) * (unseen - logs[get(term, 0) + 1])
            for term, times in terms.items()
        }
    except IndexError:  # a term of more items than the table has
        return {term: _times(times) * (unseen - math.log(get(term, 0) + 1)) for term, times in terms.items()}


def _told(name: str, analysis: Analysis) -> Mapping[str, int]:
    """The terms of a field of which is known how many of a hundred other reports hold them."""
    terms = analysis.fields[name]
    match name:
        case "title" | "text":
            common = common_words().get(analysis.lang, _NOTHING)
            return {term: common[term] for term in common.keys() & terms.keys()}
        case "skeletons":
            return dict.fromkeys([term for term in terms if term[0] == MEANS], _COMMON_MEANING)
        case _:
            return _NOTHING


def heaviest(weights: Mapping[str, int], most: int) -> dict[str, int]:
    """The `most` heaviest terms; of equally heavy ones the first by name."""
    if len(weights) <= most:
        return dict(weights)
    least = sorted(weights.values(), reverse=True)[most - 1]  # numbers alone are in order in a third of the time
    chosen = {term: weight for term, weight in weights.items() if weight > least}
    alike = sorted([term for term, weight in weights.items() if weight == least])
    return chosen | dict.fromkeys(alike[: most - len(chosen)], least)


def _unit(weights: Mapping[str, float], most: int, doubt: float) -> Mapping[str, int]:
    told = weights.values()
    scale = UNIT / math.sqrt(doubt + sum(map(mul, told, told)))
    whole = {term: int(weight * scale + 0.5) for term, weight in weights.items()}
    return heaviest(whole, most) if len(whole) > most else whole


def _times(count: int) -> float:
    """The weight of a term that occurs `count` times, beside one that occurs once."""
    return _TIMES[count] if count < _MANY else 1 + math.log(count)


@lru_cache(maxsize=64)
def _about(day: date) -> tuple[str, str, str]:
    return f"{day:%m-%d}", f"{day - timedelta(days=1):%m-%d}", f"{day:%Y}"
