"""How much each term of an item tells: vectors of TF-IDF, frozen as the item arrives.

Rule: in how many items a term occurs is counted by epochs of 64 days and read of an item's own and the one before. So
an archive of 2022 that is imported beside items of 2025 moves none of their decisions, and no count grows for ever.
Counts and weights are integers: sums of them depend neither on their order nor on the machine.
"""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TypeAlias

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
SOUGHT = 16

_START = datetime(2000, 1, 1, tzinfo=UTC)
_PRIOR_ITEMS = 100  # the first items are weighed as if so many others had been seen, with common words in them
_OF_WORDS = frozenset({"title", "text"})
_NOTHING: Mapping[str, int] = {}
_LEAST_RARITY = 0.01
_OWN_DAY = 0.3  # what the day or the year of its publication weighs in an item: whatever happened is told with these
# One name or number that agrees proves less than several: a vector counts as longer by so many terms never seen before.
_DOUBT = {"title": 0.3, "text": 0.3, "names": 1.0, "numbers": 0.5, "dates": 0.8, "skeletons": 0.3}
_MANY = 256
_TIMES = (0.0, *(1 + math.log(count) for count in range(1, _MANY)))


@lru_cache(maxsize=1)
def common_words() -> Mapping[str, Mapping[str, int]]:
    """Language -> stem -> in how many of a hundred reports it stands, where that is known: "opens" ties no two events.

    Of 676 reports of 20 topics of news; the file says which. Without it the first items of an archive join by their
    verbs, and the dense development stream loses two points of BCubed F1.
    """
    told = json.loads(files("monitor.events").joinpath("common_words.json").read_text(encoding="utf-8"))
    return {lang: words for lang, words in told.items() if lang != "provenance"}


def epoch_of(at: datetime) -> int:
    """The number of the 64 days that an instant falls in."""
    return (at - _START) // EPOCH


def counted(incoming: Incoming) -> Iterable[tuple[int, str, str]]:
    """(epoch, field, term) of everything that one item adds one to."""
    epoch = epoch_of(incoming.sort_at)
    yield epoch, ITEMS, ITEMS
    for name, terms in incoming.analysis.fields.items():
        for term in terms:
            yield epoch, name, term


def about(at: datetime) -> tuple[str, str, str]:
    """The day of an instant, the day before and the year, as `Analysis` has them."""
    return f"{at:%m-%d}", f"{at - timedelta(days=1):%m-%d}", f"{at:%Y}"


def sought(vectors: Vectors) -> tuple[str, ...]:
    """The heaviest names, numbers and dates as "field:term": what tells an event that has gone silent."""
    found = [
        (-weight, name, term)
        for name in ("names", "numbers", "dates")
        for term, weight in vectors.get(name, {}).items()
        if term[0] != GROUP
    ]
    return tuple(f"{name}:{term}" for _, name, term in sorted(found)[:SOUGHT])


class Counts:
    """In how many items each term occurred, as far as storage was asked."""

    def __init__(self) -> None:
        self._epochs: dict[int, dict[str, dict[str, int]]] = {}
        self._whole: set[int] = set()  # epochs of which storage had nothing: all of them is here

    def unknown(self, analyses: Iterable[Analysis], epochs: Iterable[int]) -> Terms:
        """The terms to look up before items with these analyses are weighed, in their epochs and the ones before."""
        read = sorted({one for epoch in epochs for one in (epoch - 1, epoch)} - self._whole)
        missing: Terms = {}
        for epoch in read:
            known = self._epochs.get(epoch, {})
            if ITEMS not in known:
                missing[epoch, ITEMS] = {ITEMS}
        for analysis in analyses:
            for name, terms in analysis.fields.items():
                for epoch in read:
                    some = terms.keys() - self._epochs.get(epoch, {}).get(name, {}).keys()
                    if some:
                        missing.setdefault((epoch, name), set()).update(some)
        return missing

    def know(
        self, asked: Mapping[tuple[int, str], Iterable[str]], found: Mapping[tuple[int, str], Mapping[str, int]]
    ) -> None:
        """Take in what storage holds of the terms `asked`; those that are not in `found` were never seen.

        A term that is known already keeps its count: this one is newer.
        """
        for (epoch, name), terms in asked.items():
            counts, stored = self._epochs.setdefault(epoch, {}).setdefault(name, {}), found.get((epoch, name), {})
            for term in terms:
                counts.setdefault(term, stored.get(term, 0))
            if name == ITEMS and not stored.get(ITEMS):
                self._whole.add(epoch)

    def count(self, incoming: Incoming) -> None:
        here = self._epochs.setdefault(epoch_of(incoming.sort_at), {})
        for name, terms in incoming.analysis.fields.items():
            counts = here.setdefault(name, {})
            get = counts.get
            for term in terms:
                counts[term] = get(term, 0) + 1
        items = here.setdefault(ITEMS, {})
        items[ITEMS] = items.get(ITEMS, 0) + 1

    def drop_before(self, epoch: int) -> None:
        for old in [one for one in self._epochs if one < epoch]:
            del self._epochs[old]
            self._whole.discard(old)

    def weigh(self, incoming: Incoming) -> Vectors:
        """The item's vectors by the counts known now."""
        epoch = epoch_of(incoming.sort_at)
        here, before = self._epochs.get(epoch, {}), self._epochs.get(epoch - 1, {})
        seen = sum(each.get(ITEMS, {}).get(ITEMS, 0) for each in (here, before)) + _PRIOR_ITEMS
        unseen = math.log(seen)
        fields = incoming.analysis.fields
        common = common_words().get(incoming.analysis.lang, _NOTHING)
        groups = [term for term in fields.get("names", ()) if term[0] == GROUP]
        vectors: dict[str, Mapping[str, int]] = {}
        for name, most in FIELDS.items():
            terms = fields.get(name)
            if terms:
                now, then = here.get(name, {}).get, before.get(name, {}).get
                log = math.log
                told = common.get if name in _OF_WORDS else _NOTHING.get
                weights = {
                    term: _times(times) * (unseen - log(now(term, 0) + then(term, 0) + told(term, 0) + 1))
                    for term, times in terms.items()
                }
                for group in groups:
                    if group in weights:
                        # Topics ask for these: until the counts say otherwise, half of all items are taken to hold one.
                        rarity = unseen - log(now(group, 0) + then(group, 0) + 1 + seen // 2)
                        weights[group] = _times(terms[group]) * max(rarity, _LEAST_RARITY)
                if name == "dates":
                    for usual in about(incoming.sort_at):
                        if usual in weights:
                            weights[usual] *= _OWN_DAY
                vectors[name] = _unit(weights, most, (_DOUBT[name] * unseen) ** 2)
        return vectors


def heaviest(weights: Mapping[str, int], most: int) -> dict[str, int]:
    """The `most` heaviest terms; of equally heavy ones the first by name."""
    chosen = sorted([(-weight, term) for term, weight in weights.items()])[:most]
    return {term: -weight for weight, term in chosen}


def _unit(weights: Mapping[str, float], most: int, doubt: float) -> Mapping[str, int]:
    scale = UNIT / math.sqrt(doubt + sum(weight * weight for weight in weights.values()))
    whole = {term: int(weight * scale + 0.5) for term, weight in weights.items()}
    return heaviest(whole, most) if len(whole) > most else whole


def _times(count: int) -> float:
    """The weight of a term that occurs `count` times, beside one that occurs once."""
    return _TIMES[count] if count < _MANY else 1 + math.log(count)
