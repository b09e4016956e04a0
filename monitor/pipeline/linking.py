"""Which event each new item belongs to: decided by the linker over the events that it holds in memory.

Items of one poll are linked one after the other, so that the second report of a happening finds the event that the
first one founded a moment ago. The linker's clock is the item's own time, never now: an item of 2022 does not meet
the events of 2025.

Rule: what is in memory is what is stored, or it is thrown away. Every plan names the state of the events that it
leaves; where storage holds another name, a plan was rolled back or somebody else wrote, and all is read anew.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import starmap
from typing import Protocol

from monitor.events.link import Decision, Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.revival import CANDIDATES, LONGEST_SLEEP, SHARED, sought
from monitor.events.running import Running, micros
from monitor.events.vectors import ITEMS, Vectors, counted, epoch_of
from storage.model import Analysis, EventState, Link, Member

SNAPSHOT_EVERY = 8  # members of an event
COUNTED_AT_ONCE = 512  # items: writing the count of each term at each item took longer than all else of linking
MOST_EVENTS = 20_000  # in memory

_Counts = dict[tuple[int, str], Counter[str]]


class LinkQueries(Protocol):
    """What the linker asks storage for; see storage/linking.py."""

    def running(self, since: datetime, until: datetime) -> Sequence[str]: ...
    def states(self, ids: Collection[str]) -> Iterable[tuple[str, EventState | None, Sequence[Member]]]: ...
    def term_counts(
        self, asked: Mapping[tuple[int, str], Iterable[str]]
    ) -> Mapping[tuple[int, str], Mapping[str, int]]: ...
    def told(
        self, terms: Sequence[str], since: datetime, until: datetime, *, least: int, most: int
    ) -> Sequence[str]: ...
    def uncounted(self) -> Iterable[tuple[datetime, Mapping[str, Sequence[str]]]]: ...


@dataclass(slots=True, kw_only=True)
class Linker:
    """The linker's memory, kept from plan to plan; `name` gives each state of it a name that no other has."""

    settings: LinkSettings
    name: Callable[[], str]
    live: LiveEvents = field(init=False)
    pending: _Counts = field(default_factory=dict)  # counts that storage does not have yet,
    fresh: list[Incoming] = field(default_factory=list)  # but for those of these items,
    pending_count: int = 0  # items of both
    version: str | None = None  # of what is in memory; None: nothing is
    since: datetime | None = None  # the events that run from here on are in memory,
    until: datetime | None = None  # up to here; None: all later ones

    def __post_init__(self) -> None:
        self.live = LiveEvents(self.settings)

    def hold(self, queries: LinkQueries, version: str, times: Collection[datetime], now: datetime) -> None:
        """Have in memory what items of these `times` may meet, where storage names its state `version`."""
        if version != self.version:
            self._begin(queries)
            self.version = version
        for at in sorted({min(times), max(times)}):
            self._reach(queries, at, now)

    def know(self, queries: LinkQueries, coming: Sequence[Incoming]) -> None:
        """Look up how often the terms of all coming items were seen."""
        asked = self.live.unknown([one.analysis for one in coming], {epoch_of(one.sort_at) for one in coming})
        if not asked:
            return
        if self.live.reads_several_epochs() or any(name == ITEMS for _, name in asked):
            self._fold()  # of the epoch that is read the live events have counted them
        found = {place: dict(counts) for place, counts in queries.term_counts(asked).items()}
        for place, terms in asked.items():
            waiting = self.pending.get(place)
            if waiting:
                counts = found.setdefault(place, {})
                for term in waiting.keys() & terms:
                    counts[term] = counts.get(term, 0) + waiting[term]
        self.live.know(asked, found)

    def load(self, queries: LinkQueries, ids: Collection[str]) -> None:
        """Have these events in memory, whenever they ran."""
        for event_id, state, members in queries.states([one for one in ids if one not in self.live]):
            if state is not None:
                self.live.restore(state)
            for member in members:
                self.live.add(_as_it_came(member), member.vectors, event_id, counting=False)

    def wake(self, queries: LinkQueries, incoming: Incoming, vectors: Vectors, decision: Decision) -> Decision:
        """`decision`, unless a silent event is told of again; it is in memory then."""
        at, terms = incoming.sort_at, sought(vectors)
        since, until = at - LONGEST_SLEEP, at - self.settings.window_of(incoming.topics)
        if not terms or since > until:
            return decision
        named = queries.told(terms, since, until, least=SHARED, most=CANDIDATES)
        states = queries.states([one for one in named if not self.live.runs_for(one, incoming)])
        asleep = [event for event in starmap(_running, states) if micros(since) <= event.last <= micros(until)]
        woken = self.live.wake(incoming, vectors, asleep, decision)
        if woken.event_id is not None:
            self.load(queries, [woken.event_id])
        return woken

    def count(self, incoming: Incoming) -> None:
        """Note what storage has to count."""
        self.fresh.append(incoming)
        self.pending_count += 1

    def counts(self) -> _Counts:
        """Take all that was noted."""
        self._fold()
        counts, self.pending, self.pending_count = self.pending, {}, 0
        return counts

    def _fold(self) -> None:
        for incoming in self.fresh:
            for place, terms in counted(incoming):
                self.pending.setdefault(place, Counter()).update(tuple(terms))
        self.fresh = []

    def _begin(self, queries: LinkQueries) -> None:
        self.live = LiveEvents(self.settings)
        self.pending, self.fresh, self.pending_count = {}, [], 0
        self.since = self.until = None
        for at, terms in queries.uncounted():
            fields = {name: dict.fromkeys(some, 1) for name, some in terms.items()}
            told = Analysis(version=0, lang="", fields=fields, sentences=())
            self.count(_incoming(at, told))
        self._fold()  # of these the live events know nothing

    def _reach(self, queries: LinkQueries, at: datetime, now: datetime) -> None:
        """Events are read for twice the window at once, so that the next items find them there."""
        window = self.settings.longest
        if self.since is not None and self.since <= at - window and (self.until is None or at + window <= self.until):
            self._let_go(at)
            return
        since, until = at - 2 * window, at + 2 * window
        far = self.since is not None and (until < self.since or (self.until is not None and since > self.until))
        if far or len(self.live) > MOST_EVENTS:
            self._begin(queries)
        if self.since is not None:
            since = min(since, self.since)
            until = max(until, self.until) if self.until is not None else datetime.max.replace(tzinfo=at.tzinfo)
        open_ended = until >= now
        self.load(queries, queries.running(since, now + timedelta(days=400) if open_ended else until))
        self.since, self.until = since, None if open_ended else until

    def _let_go(self, at: datetime) -> None:
        """Events that nothing new will meet: time moves on."""
        oldest = at - 4 * self.settings.longest
        if self.until is None and self.since is not None and self.since < oldest:
            self.since = at - 2 * self.settings.longest
            self.live.drop_before(self.since)


@dataclass(slots=True)
class Desk:
    """What one plan adds to the linker's memory."""

    linker: Linker
    queries: LinkQueries
    now: datetime
    links: list[Link] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    linked_as: str = ""
    _grown: dict[str, None] = field(default_factory=dict)

    def expect(self, coming: Sequence[Incoming], version: str) -> None:
        """Bring up what these items may meet; `version` names the state of the events in storage."""
        if coming:
            self.linker.hold(self.queries, version, [one.sort_at for one in coming], self.now)
            self.linker.know(self.queries, coming)
            self.linked_as = self.linker.version = self.linker.name()

    def link(self, incoming: Incoming, *, copy_event: str | None) -> Link:
        """Give an expected item its event: that of its original when it is a copy, else the linker's choice."""
        live = self.linker.live
        if copy_event is not None and copy_event not in live:
            self.linker.load(self.queries, [copy_event])
        vectors = live.weigh(incoming)
        decision = _as_copy(copy_event) if copy_event is not None else live.decide(incoming, vectors)
        if decision.event_id is None:
            decision = self.linker.wake(self.queries, incoming, vectors, decision)
        event_id = decision.event_id or incoming.new_event_id
        found_by = live.untold(event_id, sought(vectors))
        live.add(incoming, vectors, event_id)
        self.linker.count(incoming)
        if live.size(event_id) % SNAPSHOT_EVERY == 0:
            self._grown[event_id] = None
        self.members.append(
            Member(
                item_id=incoming.item_id,
                at=incoming.sort_at,
                outlet=incoming.outlet,
                lang=incoming.analysis.lang,
                vectors=vectors,
                terms=incoming.analysis.fields,
                found_by=found_by,
            )
        )
        link = Link(
            item_id=incoming.item_id,
            event_id=event_id,
            how=decision.how,
            score=decision.score,
            reasons=decision.reasons,
            related=decision.related,
            linked_at=self.now,
        )
        self.links.append(link)
        return link

    def outlet_count(self, event_id: str) -> int:
        """How many outlets tell of an event in memory; 1 of any other."""
        return self.linker.live.outlet_count(event_id) if event_id in self.linker.live else 1

    def snapshots(self) -> list[EventState]:
        """The events that have grown by enough members."""
        live = self.linker.live
        return [live.state(event_id) for event_id in self._grown]

    def term_counts(self) -> Mapping[tuple[int, str], Mapping[str, int]]:
        """What is to be counted now: nothing, or all that was noted."""
        if self.linker.pending_count < COUNTED_AT_ONCE or not self.links:
            return {}
        return self.linker.counts()


def _as_copy(event_id: str) -> Decision:
    return Decision(event_id=event_id, how="reprint", score=1.0, reasons=(("the words of an item of this event", 1.0),))


def _running(event_id: str, state: EventState | None, members: Sequence[Member]) -> Running:
    """An event as it is stored."""
    event = Running(event_id) if state is None else Running.of(state)
    for member in members:
        event.add(_as_it_came(member), member.vectors)
    return event


def _as_it_came(member: Member) -> Incoming:
    told = Analysis(version=0, lang=member.lang, fields={}, sentences=())
    return _incoming(member.at, told, outlet=member.outlet)


def _incoming(at: datetime, analysis: Analysis, *, outlet: str = "") -> Incoming:
    return Incoming(
        item_id=0, new_event_id="", analysis=analysis, sort_at=at, dated=True, outlet=outlet, lang=None, topics=()
    )
