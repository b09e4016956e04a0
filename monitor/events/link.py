"""Which running event does an item belong to, or is it the first of a new one?

Rule: the decision is a function of the item, of its candidates and of how often their terms were seen, and it says why.
Counts are integers and sums run in the order the members came, so that a replay gives the same events to the byte.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.events.terms import rarity
from storage.events import index_terms as _index_terms
from storage.model import Analysis, EventState

Fields = Mapping[str, Mapping[str, int]]

RELATED_BELOW = 0.2  # a possible link, shown and not merged, scores at most so much less than a sure one

_WEIGHTS = {"title": 0.25, "text": 0.35, "names": 0.25, "numbers": 0.15}
_DAY = timedelta(days=1)
_RECENT = 4  # members that are remembered one by one
_TERMS_KEPT = 200  # of each field of an event
_MEMBER_TERMS_KEPT = 60
_RELATED = 5
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """For how long an event runs after its last item, and the likeness from which an item joins it."""

    window: timedelta = timedelta(days=14)
    theta: float = 0.30


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An item that looks for its event; `new_event_id` is the name of the one that it would found."""

    item_id: int
    new_event_id: str
    analysis: Analysis
    sort_at: datetime
    dated: bool  # False: sort_at is when it was first seen
    outlet: str
    lang: str | None
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`event_id` None: a new event. `reasons` and `related` hold the largest first."""

    event_id: str | None
    how: Literal["founded", "joined", "reprint", "pinned"]
    score: float
    reasons: tuple[tuple[str, float], ...]
    related: tuple[tuple[str, float], ...] = ()


def decide(
    incoming: Incoming,
    states: Mapping[str, EventState],
    counts: Mapping[str, int],
    total: int,
    settings: LinkSettings,
) -> Decision:
    """Join the likeliest of the candidates `states`, if it is like enough.

    `counts` says in how many of `total` items each of the item's terms ("field:term") occurred.
    """
    item = _Sought.of(incoming.analysis.fields, counts, total)
    scored = [
        (score, event_id, parts)
        for event_id, state in states.items()
        if _gap(state, incoming.sort_at) <= settings.window
        for score, parts in [_likeness(item, state)]
    ]
    scored.sort(key=lambda found: (-found[0], found[1]))
    joined = scored[0] if scored and scored[0][0] >= settings.theta else None
    rest = scored[1:] if joined else scored
    related = tuple(
        (event_id, _shown(score)) for score, event_id, _ in rest[:_RELATED] if score >= settings.theta - RELATED_BELOW
    )
    best = scored[0] if scored else (0.0, "", ())
    return Decision(
        event_id=joined[1] if joined else None,
        how="joined" if joined else "founded",
        score=_shown(best[0]),
        reasons=tuple((label, _shown(part)) for label, part in best[2]),
        related=related,
    )


def grow(state: EventState | None, incoming: Incoming, event_id: str) -> EventState:
    """The event with one more member; None founds it."""
    member = incoming.analysis.fields
    at, lang = incoming.sort_at, incoming.lang
    fields: dict[str, Mapping[str, int]] = dict(state.fields) if state else {}
    for name, counts in member.items():
        fields[name] = _sum(fields.get(name, {}), counts)
    recent = {name: _heaviest(counts, _MEMBER_TERMS_KEPT) for name, counts in member.items()}
    return EventState(
        event_id=event_id,
        first_at=min(state.first_at, at) if state else at,
        last_at=max(state.last_at, at) if state else at,
        item_count=(state.item_count if state else 0) + 1,
        fields=fields,
        recent=(*(state.recent if state else ()), recent)[-_RECENT:],
        langs=_with(state.langs if state else (), lang),
        outlets=_with(state.outlets if state else (), incoming.outlet),
    )


def index_terms(state: EventState) -> Mapping[str, float]:
    """The terms by which storage finds the event."""
    return _index_terms(state)


@dataclass(frozen=True, slots=True)
class _Sought:
    """An item's terms with their weights by field, and the length of each of these vectors."""

    weights: Mapping[str, Mapping[str, float]]
    rarities: Mapping[str, Mapping[str, float]]
    usual: Mapping[str, float]
    norms: Mapping[str, float]

    @classmethod
    def of(cls, fields: Fields, counts: Mapping[str, int], total: int) -> "_Sought":
        weights, rarities, usual, norms = {}, {}, {}, {}
        for name in _WEIGHTS:
            terms = fields.get(name, {})
            rare = {term: rarity(counts.get(f"{name}:{term}", 0), total) for term in terms}
            rarities[name] = rare
            weights[name] = {term: (1 + math.log(count)) * rare[term] for term, count in terms.items()}
            norms[name] = math.sqrt(sum(weight * weight for weight in weights[name].values()))
            usual[name] = sum(rare.values()) / len(rare) if rare else 0.0
        return cls(weights, rarities, usual, norms)


def _likeness(item: _Sought, state: EventState) -> tuple[float, Sequence[tuple[str, float]]]:
    """How like an event the item is, 0 to 1, and what each field adds to that, the largest first."""
    parts: dict[str, float] = {}
    shares = {name: share for name, share in _WEIGHTS.items() if item.weights[name] and state.fields.get(name)}
    whole = sum(shares.values())
    for name, share in shares.items():
        centre = _cosine(item, name, state.fields[name])
        nearest = max((_cosine(item, name, member.get(name, {})) for member in state.recent), default=0.0)
        parts[name] = share / whole * (centre + nearest) / 2
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return sum(parts.values()), ordered[:_REASONS]


def _cosine(item: _Sought, name: str, counts: Mapping[str, int]) -> float:
    """Of TF-IDF vectors; a term that the item lacks is taken to be as rare as the item's own are on average."""
    weights, rarities, usual = item.weights[name], item.rarities[name], item.usual[name]
    dot = square = 0.0
    for term, count in counts.items():
        weight = 1 + math.log(count)
        rare = rarities.get(term)
        if rare is None:
            weight *= usual
        else:
            weight *= rare
            dot += weight * weights[term]
        square += weight * weight
    return dot / (item.norms[name] * math.sqrt(square)) if dot else 0.0


def _gap(state: EventState, at: datetime) -> timedelta:
    """The time between an item and an event; none when it falls within."""
    return max(state.first_at - at, at - state.last_at, timedelta())


def _sum(counts: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    added = dict(counts)
    for term, count in more.items():
        added[term] = added.get(term, 0) + count
    return _heaviest(added, _TERMS_KEPT)


def _heaviest(counts: Mapping[str, int], limit: int) -> Mapping[str, int]:
    """The `limit` most frequent terms in the order they stand; of equally frequent ones the first."""
    if len(counts) <= limit:
        return dict(counts)
    kept = set(sorted(counts, key=lambda term: -counts[term])[:limit])
    return {term: count for term, count in counts.items() if term in kept}


def _with(names: tuple[str, ...], name: str | None) -> tuple[str, ...]:
    return names if name is None or name in names else (*names, name)


def _shown(value: float) -> float:
    return round(value, 4)
