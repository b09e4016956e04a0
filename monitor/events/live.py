"""The events in reach of new items, in memory: candidates, decision, growth.

Rule: the cost of an item depends on what runs at its own time, and never on the archive. All that is kept follows from
the members in the order they came: after a restart the same items have the same events, to the byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from monitor.events import revival
from monitor.events.features import Look, Pair, compare, is_comparable, kind_of
from monitor.events.link import Decision, Incoming, LinkSettings
from monitor.events.postings import Index
from monitor.events.running import Running, micros
from monitor.events.vectors import Counts, Terms, Vectors, epoch_of
from monitor.events.weights import Weights, shipped
from storage.model import Analysis, EventState

CANDIDATES = {"words": 4, "briefs": 8, "titles": 8, "headlines": 8}
"""Events that an item is compared with, by how much it says: of whole reports the true one is among the first three."""
RELATED = 5
RELATED_BELOW = 0.2  # a possible link, shown and not merged, is at most so much less likely than a sure one

_MICROSECOND = timedelta(microseconds=1)


class LiveEvents:
    """All events that new items may join; see the module."""

    def __init__(self, settings: LinkSettings, weights: Weights | None = None) -> None:
        self._settings = settings
        self._weights = weights or shipped()
        self._needs = {kind: model.needs() for kind, model in self._weights.models.items()}
        self._events: dict[str, Running] = {}
        self._index = Index()
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

    def reads_several_epochs(self) -> bool:
        """Whether counts are asked for that items of another epoch may have added to since."""
        return self._counts.reads_several()

    def weigh(self, incoming: Incoming) -> Vectors:
        """The item's vectors by the counts known now; to be kept with the item."""
        return self._counts.weigh(incoming)

    def look(self, incoming: Incoming, vectors: Vectors) -> Look:
        """The item as it is compared with candidates."""
        return Look(incoming, vectors, self._counts.counted(incoming))

    def decide(self, incoming: Incoming, vectors: Vectors) -> Decision:
        """The event that the item joins, or none; changes nothing."""
        look = self.look(incoming, vectors)
        scored = []
        for pair in filter(is_comparable, map(partial(Pair, look), self.candidates(look))):
            kind = kind_of(pair)
            values = compare(pair, self._needs[kind])
            scored.append((self._weights.likeness(kind, values), pair.event.event_id, kind, values))
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

    def wake(self, incoming: Incoming, vectors: Vectors, asleep: Iterable[Running], decision: Decision) -> Decision:
        """`decision`, unless the item tells of an event that has gone silent; of equally like ones the first by id."""
        best = decision
        for event in sorted(asleep, key=lambda one: one.event_id):
            look = revival.as_if_then(self.look(incoming, vectors), event)
            score, kind, values = revival.likeness(look, event, self._weights, self._needs)
            if score >= revival.LEAST and (best is decision or _shown(score) > best.score):
                reasons = self._weights.reasons(kind, values)
                best = replace(decision, event_id=event.event_id, how="revived", score=_shown(score), reasons=reasons)
        return best

    def add(self, incoming: Incoming, vectors: Vectors, event_id: str, *, counting: bool = True) -> None:
        """The item joins the event, or founds it. Without `counting`, of the item only its time, outlet and language
        are read.
        """
        event = self._events.get(event_id)
        if event is None:
            event = self._events[event_id] = Running(event_id)
            event.add(incoming, vectors)
            self._index.put(event)
        else:
            self._index.grow(event, incoming, vectors)
        if counting:
            self._counts.count(incoming)

    def restore(self, state: EventState) -> None:
        """Hold the event as it was stored."""
        self._drop(state.event_id)
        event = self._events[state.event_id] = Running.of(state)
        self._index.put(event)

    def state(self, event_id: str) -> EventState:
        return self._events[event_id].state()

    def size(self, event_id: str) -> int:
        """How many members the event has."""
        return self._events[event_id].size

    def untold(self, event_id: str, terms: Iterable[str]) -> tuple[str, ...]:
        """Those of the terms ("field:term") that the event, if it is here, does not tell yet."""
        event = self._events.get(event_id)
        sums = event.sums if event else {}
        return tuple(one for one in terms for name, _, term in [one.partition(":")] if term not in sums.get(name, ()))

    def runs_for(self, event_id: str, incoming: Incoming) -> bool:
        """Whether the event is here and the item may simply join it."""
        event = self._events.get(event_id)
        return event is not None and event.last >= micros(incoming.sort_at - self._settings.window_of(incoming.topics))

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
        """The events that run at the item's time and share most with it."""
        window, most = self._settings.window_of(look.topics) // _MICROSECOND, CANDIDATES[look.kind]
        since, until = look.at - window, look.at + window
        named = map(self._events.__getitem__, self._index.ranked(look.vectors))
        return list(islice((event for event in named if event.first <= until and since <= event.last), most))

    def _drop(self, event_id: str) -> None:
        event = self._events.pop(event_id, None)
        if event is not None:
            self._index.drop(event)


def _shown(value: float) -> float:
    return round(value, 4)
