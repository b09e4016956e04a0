"""What a person may want to look at: events that seem to be one, and items that seem to stand in the wrong one.

Rule: the program suggests and never does; a suggestion names its reason. Merging by the same score that joins items
over-merges: measured on dense news, .911 of BCubed F1 with it and .945 without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from monitor.events.storylines import Profile, likeness, told
from monitor.events.terms import GROUP
from storage.model import Member

ALIKE = 0.45  # of two events
FAR = 0.06  # of an item and the rest of its event,
TOGETHER = 0.25  # where the others are so like the rest in the mean
LEAST_MEMBERS = 4  # of an event that may be split
_SHARED = 4  # words named in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An event with what it tells and when it ran."""

    event_id: str
    first_at: datetime
    last_at: datetime
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    events: tuple[str, str]
    score: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    event_id: str
    items: tuple[int, ...]
    score: float  # how like its event the least like of the items is
    reason: str


def merges(some: Sequence[Candidate], *, within: timedelta) -> list[Merge]:
    """Pairs of events that ran within a span of each other and say nearly the same, the likest first."""
    found = []
    for one, other in combinations(sorted(some, key=lambda each: each.event_id), 2):
        if max(one.first_at, other.first_at) - min(one.last_at, other.last_at) > within:
            continue
        score = likeness(one.profile, other.profile)
        if score >= ALIKE:
            found.append(
                Merge(
                    events=(one.event_id, other.event_id),
                    score=round(score, 2),
                    reason=f"common stems: {_shared(one.profile, other.profile)}",
                )
            )
    return sorted(found, key=lambda each: (-each.score, each.events))


def split(event_id: str, members: Sequence[Member]) -> Split | None:
    """The members that share next to nothing with the rest of their event; None where there are none, or only such."""
    if len(members) < LEAST_MEMBERS:
        return None
    scores = {
        one.item_id: likeness(told(None, [one]), told(None, [other for other in members if other is not one]))
        for one in members
    }
    far = tuple(item for item, score in scores.items() if score < FAR)
    near = [score for score in scores.values() if score >= FAR]
    if not far or 2 * len(far) > len(members) or sum(near) / len(near) < TOGETHER:
        return None
    mean, most = sum(near) / len(near), max(scores[one] for one in far)
    reason = f"the other {len(near)} are {mean:.2f} like the event, these {most:.2f} at most"
    return Split(event_id=event_id, items=far, score=round(min(scores.values()), 2), reason=reason)


def _shared(one: Profile, other: Profile) -> str:
    weights: dict[str, int] = {}
    for name in ("names", "text"):
        mine: Mapping[str, int] = one.get(name, {})
        for term, weight in other.get(name, {}).items():
            if term in mine and not term.startswith(GROUP):  # topics ask for those, so all have them
                weights[term] = max(weights.get(term, 0), min(weight, mine[term]))
    heavy = sorted(weights, key=lambda term: (-weights[term], term))[:_SHARED]
    return ", ".join(heavy)
