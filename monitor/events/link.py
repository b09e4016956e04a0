"""Which running event does an item belong to, or is it the first of a new one?

Rule: the decision is a function of the item, of its candidates and of how often their terms were seen, and it says why.
Counts are integers and sums run in the order the members came, so that a replay gives the same events to the byte.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.events.terms import rarities, unseen_rarity
from storage.events import index_terms as _index_terms
from storage.model import Analysis, EventState

Fields = Mapping[str, Mapping[str, int]]

RELATED_BELOW = 0.2  # a possible link, shown and not merged, scores at most so much less than a sure one

# What agreement in each kind of term is worth. Across languages words are compared by their sound, and fewer kinds can
# agree, so the same agreement says less. Kinds that either side lacks leave their weight to the first, the words.
_WEIGHTS = {"text": 0.4, "title": 0.2, "names": 0.2, "numbers": 0.1, "dates": 0.1}
_WEIGHTS_ACROSS = {"skeletons": 0.35, "names": 0.08, "numbers": 0.25, "dates": 0.12}
_ALIKE = 0.415  # two reports of one happening seldom share more of their weight than this: it is likeness 1
# One name or number that agrees proves less than several, names of groups of aliases prove little, and all that is told
# of a day names that day: vectors count as longer by so many terms that were never seen before.
_DOUBT = {"title": 0.3, "text": 0.3, "names": 0.7, "numbers": 0.3, "dates": 0.8, "skeletons": 0.3}
_SPOKEN = {
    "title": "words of the title",
    "text": "words",
    "names": "names",
    "numbers": "numbers",
    "dates": "dates",
    "skeletons": "words that sound alike",
}
_DAY = timedelta(days=1)
_HALF_LIFE = 3.0  # days between an item and an event after which their likeness counts half
_RECENT = 4  # members that are remembered one by one
_TERMS_KEPT = 200  # of each field of an event
_MEMBER_TERMS_KEPT = 60
_RELATED = 5
_REASONS = 3
_MANY = 1_024
_TIMES = (0.0, *(1 + math.log(count) for count in range(1, _MANY)))
_SQUARES = tuple(times * times for times in _TIMES)


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
    """`event_id` None: a new event.

    `score` is the likeness, 0 to 1, of the likeliest event, and `reasons` say what makes it up, the largest part first;
    `related` holds other events that are nearly as like.
    """

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
    vectors = _vectors(incoming.analysis.fields, counts, total)
    scored = [
        (score, event_id, parts)
        for event_id, state in states.items()
        if _gap(state, incoming.sort_at) <= settings.window
        for score, parts in [_likeness(vectors, incoming.analysis.lang, incoming.sort_at, state)]
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
        reasons=tuple((_SPOKEN[name], _shown(part)) for name, part in best[2] if _shown(part)),
        related=related,
    )


def grow(state: EventState | None, incoming: Incoming, event_id: str) -> EventState:
    """The event with one more member; None founds it."""
    member = incoming.analysis.fields
    at, lang = incoming.sort_at, incoming.analysis.lang
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
class _Vector:
    """The terms of one field of an item with their TF-IDF weights."""

    weights: Mapping[str, float]
    rarities: Mapping[str, float]
    usual: float  # rarity of a term of this field
    doubt: float  # added to both squared lengths
    norm: float


def _vectors(fields: Fields, counts: Mapping[str, int], total: int) -> dict[str, _Vector]:
    vectors = {}
    unseen = unseen_rarity(total)
    for name, terms_doubted in _DOUBT.items():
        terms = fields.get(name)
        if terms:
            rare = rarities(name, terms, counts, total)
            weights = {term: _times(count) * rare[term] for term, count in terms.items()}
            doubt = (terms_doubted * unseen) ** 2
            norm = math.sqrt(doubt + sum(weight * weight for weight in weights.values()))
            vectors[name] = _Vector(weights, rare, sum(rare.values()) / len(rare), doubt, norm)
    return vectors


def _likeness(
    vectors: Mapping[str, _Vector], lang: str, at: datetime, state: EventState
) -> tuple[float, Sequence[tuple[str, float]]]:
    """How like an event an item is, 0 to 1, and what each field adds to that, the largest first.

    Of each field half the cosine to the whole event counts, and half that to the nearest of its recent members: an
    event whose news moves on stays in reach.
    """
    weights = _WEIGHTS if lang in state.langs else _WEIGHTS_ACROSS
    shares = {name: share for name, share in weights.items() if name in vectors and state.fields.get(name)}
    words = next(iter(weights))
    if words in shares:
        shares[words] += sum(weights.values()) - sum(shares.values())
    scale = 1 / (1 + _gap(state, at) / _DAY / _HALF_LIFE) / _ALIKE
    parts = {name: scale * share * _field_likeness(vectors[name], name, state) for name, share in shares.items()}
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return min(1.0, sum(parts.values())), ordered[:_REASONS]


def _field_likeness(vector: _Vector, name: str, state: EventState) -> float:
    members = [member[name] for member in state.recent if member.get(name)]
    if state.item_count == 1:
        return _cosine(vector, members[0])
    centre = _cosine(vector, state.fields[name])
    return (centre + max(_cosine(vector, member) for member in members)) / 2 if members and centre else centre


def _cosine(vector: _Vector, counts: Mapping[str, int]) -> float:
    """Of TF-IDF vectors; a term that the item lacks is taken to be as rare as the item's own are on average."""
    shared = vector.weights.keys() & counts.keys()
    if not shared:
        return 0.0
    dot, known, square = 0.0, 0.0, vector.doubt
    for term in sorted(shared):  # a set's own order differs from process to process, and so would the sums
        times = _times(counts[term])
        weight = times * vector.rarities[term]
        dot += weight * vector.weights[term]
        known += times * times
        square += weight * weight
    square += (_square(counts) - known) * vector.usual * vector.usual
    return dot / (vector.norm * math.sqrt(square))


def _times(count: int) -> float:
    """The weight of a term that occurs `count` times, beside one that occurs once."""
    return _TIMES[count] if count < _MANY else 1 + math.log(count)


def _square(counts: Mapping[str, int]) -> float:
    """The squared length of a vector in which all terms are equally rare."""
    try:
        return sum(map(_SQUARES.__getitem__, counts.values()))
    except IndexError:
        return sum(_times(count) ** 2 for count in counts.values())


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
