"""The events in reach of new items, in memory: candidates, decision, growth.

Rule: the cost of an item depends on what runs at its own time, and never on the archive. All that is kept follows from
the members in the order they came: after a restart the same items have the same events, to the byte.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from monitor.events import vectors as weighing
from monitor.events.features import Look, compare, is_comparable, kind_of
from monitor.events.link import Decision, Incoming, LinkSettings
from monitor.events.running import Running, micros
from monitor.events.vectors import Counts, Terms, Vectors, epoch_of
from monitor.events.weights import Weights, shipped
from storage.model import Analysis, EventState

CANDIDATES = 8
RELATED = 5
RELATED_BELOW = 0.2  # a possible link, shown and not merged, is at most so much less likely than a sure one

# Of each field: how many of an item's terms are looked up, the heaviest, and what finding them is worth.
_LOOKED_UP = (("text", 25, 4), ("names", 10, 3), ("numbers", 6, 2), ("dates", 4, 1), ("skeletons", 16, 2))
_VISITS = 1_000  # postings that one item looks at, those of the rarest terms first: the cost that would grow is bounded


class LiveEvents:
    """All events that new items may join; see the module."""

    def __init__(self, settings: LinkSettings, weights: Weights | None = None) -> None:
        self._settings = settings
        self._weights = weights or shipped()
        self._window = int(settings.window.total_seconds() * 1_000_000)
        self._events: dict[str, Running] = {}
        self._index: dict[str, dict[str, list[str]]] = {name: {} for name, _, _ in _LOOKED_UP}
        self._counts = Counts()

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._events

    def __len__(self) -> int:
        return len(self._events)

    def span(self) -> tuple[datetime, datetime] | None:
        """The time of the first and the last member of any event; None without events."""
        if not self._events:
            return None
        states = self._events.values()
        first, last = min(states, key=lambda one: one.first), max(states, key=lambda one: one.last)
        return first.state().first_at, last.state().last_at

    def unknown(self, analyses: Iterable[Analysis], epochs: Iterable[int]) -> Terms:
        """(epoch, field) -> terms whose counts storage has to be asked for before items in `epochs` are weighed."""
        return self._counts.unknown(analyses, epochs)

    def know(
        self, asked: Mapping[tuple[int, str], Iterable[str]], found: Mapping[tuple[int, str], Mapping[str, int]]
    ) -> None:
        """Take in the counts of the terms `asked`; those that are not in `found` are 0."""
        self._counts.know(asked, found)

    def weigh(self, incoming: Incoming) -> Vectors:
        """The item's vectors by the counts known now; to be kept with the item."""
        return self._counts.weigh(incoming)

    def sought(self, incoming: Incoming, vectors: Vectors) -> tuple[str, ...]:  # noqa: ARG002  the item may tell more one day
        """At most 16 terms ("field:term") by which storage looks for events that have gone silent."""
        return weighing.sought(vectors)

    def decide(self, incoming: Incoming, vectors: Vectors) -> Decision:
        """The event that the item joins, or none; changes nothing."""
        look = Look(incoming, vectors)
        scored = []
        for event in filter(partial(is_comparable, look), self.candidates(look)):
            kind, values = kind_of(look, event), compare(look, event)
            scored.append((self._weights.likeness(kind, values), event.event_id, kind, values))
        scored.sort(key=lambda found: (-found[0], found[1]))
        theta = self._settings.theta
        joined = bool(scored) and scored[0][0] >= theta
        score, event_id, kind, values = scored[0] if scored else (0.0, "", "", [])
        return Decision(
            event_id=event_id if joined else None,
            how="joined" if joined else "founded",
            score=_shown(score),
            reasons=self._weights.reasons(kind, values) if scored else (),
            related=tuple(
                (other, _shown(likeness))
                for likeness, other, _, _ in scored[joined:][:RELATED]
                if likeness >= theta - RELATED_BELOW
            ),
        )

    def add(self, incoming: Incoming, vectors: Vectors, event_id: str, *, counting: bool = True) -> None:
        """The item joins the event, or founds it. Without `counting`, of the item only its time, outlet and language
        are read.
        """
        event = self._events.get(event_id)
        if event is None:
            event = self._events[event_id] = Running(event_id)
        before = {name: event.sums.get(name, {}) for name in self._index}
        fresh = {name: vectors.get(name, {}).keys() - sums.keys() for name, sums in before.items()}
        event.add(incoming, vectors)
        for name, index in self._index.items():
            old, new = before[name], event.sums.get(name, {})
            if new is not old:
                self._unpost(index, event_id, old.keys() - new.keys())
            self._post(index, event_id, fresh[name] & new.keys())
        if counting:
            self._counts.count(incoming)

    def restore(self, state: EventState) -> None:
        """Hold the event as it was stored."""
        self._drop(state.event_id)
        event = self._events[state.event_id] = Running.of(state)
        for name, index in self._index.items():
            self._post(index, event.event_id, event.sums.get(name, ()))

    def state(self, event_id: str) -> EventState:
        return self._events[event_id].state()

    def size(self, event_id: str) -> int:
        """How many members the event has."""
        return self._events[event_id].size

    def outlet_count(self, event_id: str) -> int:
        """How many outlets tell of the event."""
        return len(self._events[event_id].outlets)

    def drop_before(self, at: datetime) -> None:
        """Forget the events whose last member is older, and the counts that none of the others needs."""
        limit = micros(at)
        for event_id in [event.event_id for event in self._events.values() if event.last < limit]:
            self._drop(event_id)
        self._counts.drop_before(epoch_of(at) - 1)

    def candidates(self, look: Look) -> list[Running]:
        """The running events that share most with an item, by what the shared terms weigh in it."""
        asked = []
        for name, most, worth in _LOOKED_UP:
            postings = self._index[name]
            terms = look.vectors.get(name, {})
            for term, weight in (terms if len(terms) <= most else weighing.heaviest(terms, most)).items():
                found = postings.get(term)
                if found:
                    asked.append((len(found), name, term, worth * weight * weight, found))
        asked.sort()  # the name and the term are unique: lists are never compared
        votes: dict[str, int] = {}
        get, visits = votes.get, _VISITS
        for count, _, _, vote, found in asked:
            if count > visits and votes:
                break
            visits -= count
            for event_id in found:
                votes[event_id] = get(event_id, 0) + vote
        return self._best(votes, look.at)

    def _best(self, votes: Mapping[str, int], at: int) -> list[Running]:
        """The candidates that run at the time: most of what was found is never ordered."""
        window, events = self._window, self._events
        most = 4 * CANDIDATES
        while votes:
            least = sorted(votes.values(), reverse=True)[:most][-1]
            ranked = sorted([(-vote, event_id) for event_id, vote in votes.items() if vote >= least])
            in_reach = [
                event
                for _, event_id in ranked
                for event in [events[event_id]]
                if event.first - window <= at <= event.last + window
            ]
            if len(in_reach) >= CANDIDATES or len(ranked) == len(votes):
                return in_reach[:CANDIDATES]
            most *= 8
        return []

    @staticmethod
    def _post(index: dict[str, list[str]], event_id: str, terms: Iterable[str]) -> None:
        """Terms under which the event is not found yet. A list of one takes a third of the memory of a set."""
        for term in terms:
            events = index.get(term)
            if events is None:
                index[term] = [event_id]
            else:
                events.append(event_id)

    @staticmethod
    def _unpost(index: dict[str, list[str]], event_id: str, terms: Iterable[str]) -> None:
        for term in terms:
            events = index.get(term)
            if events and event_id in events:
                events.remove(event_id)
                if not events:
                    del index[term]

    def _drop(self, event_id: str) -> None:
        event = self._events.pop(event_id, None)
        if event is not None:
            for name, index in self._index.items():
                self._unpost(index, event_id, event.sums.get(name, ()))


def _shown(value: float) -> float:
    return round(value, 4)
