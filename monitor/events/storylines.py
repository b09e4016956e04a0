"""Storylines: the threads that events belong to, suggested by their words, names and titles, whatever their time.

Rule: an event is placed by what it says, among a bounded number of storylines, when it is new and each time it has
doubled, until it has company: then it stays, and only a person moves it. So placing costs the same however old a story
is. Measured on news articles (ECB+, two sister events of a topic as one storyline): .92 to .88, events alone .65.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from monitor.events.vectors import UNIT, heaviest
from storage.model import EventState, Member

Profile: TypeAlias = Mapping[str, Mapping[str, int]]
"""Field -> term -> weight: of an event a vector of at most `UNIT` by field, of a storyline the sum of those."""

THETA = 0.12  # likeness from which an event joins a storyline
MERGED = 0.25  # and from which two storylines that grow are one
CANDIDATES = 12
SHARED = 0.03  # of the likeness at least stands in the terms that are looked up; what shares less is not compared
LOOKED_UP = 24  # terms of each field


@dataclass(frozen=True, slots=True)
class _Field:
    weight: float  # of its cosine in the likeness
    event_terms: int
    terms: int  # of a storyline


_FIELDS = {"text": _Field(0.65, 60, 160), "names": _Field(0.2, 24, 64), "title": _Field(0.15, 20, 48)}
_NAMES = "names"
_INDEXED = ("text", _NAMES)


def told(state: EventState | None, members: Sequence[Member]) -> Profile:
    """The profile of an event, of its snapshot and the members that came after it."""
    sums: dict[str, dict[str, int]] = {}
    for vectors in (*([state.fields] if state else []), *(member.vectors for member in members)):
        for name, terms in vectors.items():
            counts = sums.setdefault(name, {})
            for term, weight in terms.items():
                counts[term] = counts.get(term, 0) + weight
    # What a unit lacks of its length says how little a few names prove; see vectors.py.
    lack = state.tallies.get(_NAMES, 0) if state else 0
    lack += sum(
        math.isqrt(max(0, UNIT * UNIT - _square(one.vectors[_NAMES]))) for one in members if _NAMES in one.vectors
    )
    count = (state.item_count if state else 0) + len(members)
    missing = min(1.0, lack / (UNIT * count)) if count else 0.0
    return profile(sums, {_NAMES: math.sqrt(1 - missing * missing)})


def profile(sums: Profile, surety: Mapping[str, float] | None = None) -> Profile:
    """What an event tells, of the sums of its members' vectors.

    `surety` says, 0 to 1, how much the fields prove: one name, that everybody names, proves little.
    """
    found = {}
    for name, field in _FIELDS.items():
        kept = heaviest(sums.get(name, {}), field.event_terms)
        norm, length = _norm(kept), UNIT * (surety or {}).get(name, 1.0)
        if norm and length:
            found[name] = {term: int(length * weight / norm + 0.5) for term, weight in kept.items()}
    return found


def grown(sums: Profile, more: Profile) -> Profile:
    """A storyline with one more event, or with those of another one."""
    found = {}
    for name, field in _FIELDS.items():
        added = dict(sums.get(name, {}))
        for term, weight in more.get(name, {}).items():
            added[term] = added.get(term, 0) + weight
        if added:
            found[name] = heaviest(added, field.terms)
    return found


def likeness(one: Profile, other: Profile) -> float:
    """0 to 1."""
    return sum(field.weight * _cosine(one.get(name, {}), other.get(name, {})) for name, field in _FIELDS.items())


def looked_up(some: Profile) -> dict[str, float]:
    """The terms ("field:term") by which storylines like this one are found.

    The weights of two profiles, multiplied and summed over the terms they share, are what those add to their likeness.
    """
    found = {}
    for name in _INDEXED:
        terms = some.get(name, {})
        norm = _norm(terms) or 1.0
        for term, weight in heaviest(terms, LOOKED_UP).items():
            found[f"{name}:{term}"] = math.sqrt(_FIELDS[name].weight) * weight / norm
    return found


def is_doubled(count: int, placed_count: int) -> bool:
    """Whether an event of `count` items, placed when it had `placed_count`, is looked at again."""
    return count >= 2 * placed_count


def likest(some: Profile, storylines: Mapping[str, Profile], *, least: float) -> str | None:
    """The storyline that is most like `some`, if one is like enough; of equals the first by name."""
    scored = [(-likeness(some, sums), name) for name, sums in storylines.items()]
    best = min(scored, default=(0.0, ""))
    return best[1] if -best[0] >= least else None


def _cosine(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    if len(one) > len(other):
        one, other = other, one
    dot = sum(weight * other.get(term, 0) for term, weight in one.items())
    # A vector that is shorter than a unit proves less.
    return dot / (max(_norm(one), UNIT) * max(_norm(other), UNIT)) if dot else 0.0


def _norm(weights: Mapping[str, int]) -> float:
    return math.sqrt(_square(weights))


def _square(weights: Mapping[str, int]) -> int:
    return sum(weight * weight for weight in weights.values())
