"""Which event each new item belongs to: looked up in storage, decided by the linker, grown in a working set.

Items of one poll are linked one after the other, so that the second report of a happening finds the event that the
first one founded a moment ago. The linker's clock is the item's own time, never now: an item of 2022 does not meet
the events of 2025.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.events.link import Decision, Incoming, LinkSettings, decide, grow, index_terms
from monitor.events.terms import seek
from storage.model import Event, EventState, Link

CANDIDATES = 12  # events that one item is compared with


class EventQueries(Protocol):
    """What the desk asks storage for; see storage/events.py."""

    def term_counts(self, terms: Iterable[str]) -> Mapping[str, int]: ...
    def counted_items(self) -> int: ...
    def candidates(self, terms: Mapping[str, float], *, at: datetime, window: timedelta, limit: int) -> list[str]: ...
    def states(self, ids: Iterable[str]) -> Mapping[str, EventState]: ...
    def events(self, ids: Iterable[str]) -> Mapping[str, Event]: ...


@dataclass(slots=True)
class Desk:
    """The working set of one plan: what storage knew, and what this plan adds to it."""

    queries: EventQueries
    settings: LinkSettings
    now: datetime
    states: dict[str, EventState] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    item_count: int = 0
    grown: dict[str, EventState] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)
    _total: int = -1
    _postings: dict[str, set[str]] = field(default_factory=dict)

    def warm(self, analyses: Iterable[Mapping[str, Mapping[str, int]]]) -> None:
        """Look up how often the terms of all coming items were seen, in one query."""
        terms = {f"{name}:{term}" for fields in analyses for name, counts in fields.items() for term in counts}
        self._known.update(self.queries.term_counts(terms - self._known.keys()))
        self._total = self.queries.counted_items()

    def link(self, incoming: Incoming, *, copy_event: str | None) -> Link:
        """Join `incoming` to an event: that of its original when it is a copy, else the linker's choice."""
        decision = self._decide(incoming) if copy_event is None else _as_copy(copy_event)
        event_id = decision.event_id or incoming.new_event_id
        link = Link(
            item_id=incoming.item_id,
            event_id=event_id,
            how=decision.how,
            score=decision.score,
            reasons=decision.reasons,
            related=decision.related,
            linked_at=self.now,
        )
        self._grow(incoming, event_id)
        self.links.append(link)
        return link

    def _decide(self, incoming: Incoming) -> Decision:
        counts, total = self._counts(incoming)
        wanted = seek(incoming.analysis, counts, total)
        found = self.queries.candidates(wanted, at=incoming.sort_at, window=self.settings.window, limit=CANDIDATES)
        found += [one for one in self._fresh(wanted) if one not in found]
        missing = [one for one in found if one not in self.states]
        self.states.update(self.queries.states(missing))
        candidates = {one: self.states[one] for one in found if one in self.states}
        return decide(incoming, candidates, counts, total, self.settings)

    def _counts(self, incoming: Incoming) -> tuple[dict[str, int], int]:
        fields = incoming.analysis.fields
        terms = [f"{name}:{term}" for name, counts in fields.items() for term in counts]
        counts = {term: self._known.get(term, 0) + self.counted[term] for term in terms}
        return counts, self._total + self.item_count

    def _fresh(self, wanted: Mapping[str, float]) -> list[str]:
        """Events that this plan founded or grew, best first, bounded like storage's own candidates."""
        weights: Counter[str] = Counter()
        for term, weight in wanted.items():
            for event_id in sorted(self._postings.get(term, ())):
                weights[event_id] += weight  # type: ignore[assignment]  # a Counter of floats
        return [event_id for event_id, _ in weights.most_common(CANDIDATES)]

    def _grow(self, incoming: Incoming, event_id: str) -> None:
        if event_id not in self.states:
            self.states.update(self.queries.states([event_id]))
        state = grow(self.states.get(event_id), incoming, event_id)
        self.states[event_id] = self.grown[event_id] = state
        for term in index_terms(state):
            self._postings.setdefault(term, set()).add(event_id)
        self.counted.update(
            {f"{name}:{term}": 1 for name, counts in incoming.analysis.fields.items() for term in counts}
        )
        self.item_count += 1


def _as_copy(event_id: str) -> Decision:
    return Decision(event_id=event_id, how="reprint", score=1.0, reasons=(("the words of an item of this event", 1.0),))
