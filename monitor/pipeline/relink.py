"""Every item linked anew, in the order it came, with a person's rulings at their time; and what differs after it.

Rule: the same items, rulings and settings give the same events under the same names, so that a rebuild of an archive
that nothing happened to changes nothing. It tells nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.events.rulings import Rulings, named_events
from monitor.pipeline.linking import Desk, Linker
from monitor.pipeline.replay import Met, Replay
from monitor.pipeline.ruling import recounted, settle, vanished
from storage.model import Event, Plan, Ruling
from storage.relinking import Linked
from storage.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Relinked:
    """The events before and after, by their own ids, and where each item stood and stands."""

    item_count: int
    before: Mapping[str, Event]
    after: Mapping[str, Event]
    stood: Mapping[int, str]
    stands: Mapping[int, str]

    @property
    def moved(self) -> dict[int, tuple[str, str]]:
        """The items that stand elsewhere; "" = in no event."""
        ids = sorted(self.stood.keys() | self.stands.keys())
        pairs = {one: (self.stood.get(one, ""), self.stands.get(one, "")) for one in ids}
        return {one: pair for one, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def joined(self) -> dict[str, str]:
        """The events that answer as another now, with that one."""
        gone = set(self.stood.values()) - set(self.stands.values())
        return {one: self.after[one].merged_into or "" for one in sorted(gone)}

    @property
    def parted(self) -> dict[str, "Parted"]:
        """The events that there were not."""
        made = set(self.stands.values()) - set(self.stood.values())
        items: dict[str, list[int]] = {event: [] for event in sorted(made)}
        for item, event in self.stands.items():
            if event in made:
                items[event].append(item)
        return {
            event: Parted(items=tuple(some), source=_most(self.stood.get(item, "") for item in some))
            for event, some in items.items()
        }

    @property
    def renamed(self) -> dict[str, tuple[str, str]]:
        kept = set(self.stood.values()) & set(self.stands.values())
        titles = {one: (self.before[one].title, self.after[one].title) for one in sorted(kept)}
        return {one: pair for one, pair in titles.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """The items of an event that there was not, and the event that most of them stood in; "" = none."""

    items: tuple[int, ...]
    source: str


def relink(
    tx: Transaction,
    replay: Replay,
    linker: Linker,
    *,
    now: datetime,
    on_linked: Callable[[int], None] = lambda _: None,
) -> Relinked:
    """Link the archive anew in the transaction `tx`, by a `linker` that knows nothing yet.

    `on_linked` is told how many items each step linked.
    """
    before, stood = tx.relinking.events(), tx.relinking.places()
    batches = list(tx.relinking.sequence())
    founders = _founders(tx, batches)
    line = _Line(tx=tx, replay=replay, linker=linker, founders=founders, rulings=tx.rulings.every())
    tx.relinking.clear()
    for batch in batches:
        line.rule(batch[0].linked_at)
        line.link(batch)
        on_linked(len(batch))
    line.rule(None)
    stands = tx.relinking.places()
    after = _written(tx, before, {**line.made, **before}, stands, line, now=now)
    count = sum(map(len, batches))
    return Relinked(item_count=count, before=before, after=after, stood=stood, stands=stands)


def _founders(tx: Transaction, batches: Sequence[Sequence[Linked]]) -> dict[str, int]:
    """The item that each event begins with: where its words were removed, the next one that the linker chose it for."""
    there = {one.item_id for batch in batches for one in batch}
    founders = {event: item for event, item in tx.relinking.founders().items() if item in there}
    decisions = tx.relinking.decisions()
    for batch in batches:
        for one in batch:
            if event := decisions.get(one.item_id):
                founders.setdefault(event, one.item_id)
    return founders


@dataclass(slots=True, kw_only=True)
class _Line:
    """The archive's history, lived again."""

    tx: Transaction
    replay: Replay
    linker: Linker
    founders: Mapping[str, int]
    rulings: Sequence[Ruling]
    made: dict[str, Event] = field(default_factory=dict)
    _steps: list[tuple[datetime, int, Ruling, bool]] = field(init=False)
    _held: list[Ruling] = field(default_factory=list)
    _founds: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        split_off = {str(one.payload["into"]) for one in self.rulings if "into" in one.payload}
        self._founds = {item: event for event, item in self.founders.items() if event not in split_off}
        made = [(one.at, one.id, one, False) for one in self.rulings]
        undone = [(one.undone_at, one.id, one, True) for one in self.rulings if one.undone_at is not None]
        self._steps = sorted([*made, *undone], key=lambda step: (step[0], step[3], step[1]))

    def rule(self, until: datetime | None) -> None:
        """Make and take back what was ruled before `until`; None: all the rest."""
        while self._steps and (until is None or self._steps[0][0] < until):
            at, _, ruling, undone = self._steps.pop(0)
            held = [one for one in self._held if one.id != ruling.id] if undone else [*self._held, ruling]
            settle(self.tx, self._held, held, now=at)
            self._held = held

    def link(self, batch: Sequence[Linked]) -> None:
        """What one poll brought, linked as that poll did."""
        met = [
            Met(item_id=one.item_id, linked_at=one.linked_at, topics=one.topics, founds=self._founds.get(one.item_id))
            for one in batch
        ]
        read = self.replay.incoming(met)
        desk = Desk(self.linker, self.tx.linking, batch[0].linked_at)
        desk.expect([read[one.item_id] for one in batch if one.item_id in read], self.tx.events.version())
        originals = self.tx.items.many({one.copy_of for one in batch if one.copy_of is not None})
        placed: dict[int, str] = {}
        for one in batch:
            if incoming := read.get(one.item_id):
                original = originals.get(one.copy_of or 0)
                copy_event = placed.get(one.copy_of or 0) or (original.event_id if original else None)
                placed[one.item_id] = desk.link(incoming, copy_event=copy_event).event_id
        self._write(desk, placed, batch[0].linked_at)

    def _write(self, desk: Desk, placed: Mapping[int, str], at: datetime) -> None:
        known = self.tx.events.events(set(placed.values()))
        items = self.tx.items.many(placed)
        fresh = {}
        for item_id, event in placed.items():
            if event not in known and event not in fresh:
                item = items[item_id]
                fresh[event] = Event(
                    id=event,
                    title=item.title,
                    topics=(),
                    first_at=item.sort_at,
                    last_at=item.sort_at,
                    first_seen_at=at,
                    changed_at=at,
                    revision=0,
                )
        self.made.update(fresh)
        self.tx.apply(
            Plan(
                feed_id=0,
                at=at,
                memory=None,
                links=desk.links,
                events=tuple(fresh.values()),
                event_states=desk.snapshots(),
                members=desk.members,
                term_counts=desk.term_counts(),
                linked_as=desk.linked_as,
            )
        )
        self.tx.rulings.place(placed)

    def signposts(self, empty: Iterable[str], stands: Mapping[int, str]) -> dict[str, str | None]:
        """Who answers for an event without items: the one it was merged into, else that of the item it began with."""
        alive = set(stands.values())
        rulings = Rulings.of(self._held, vanished=vanished(self.tx, named_events(self.rulings), self.rulings))
        found: dict[str, str | None] = {}
        for event in empty:
            target = rulings.resolve(event)
            found[event] = target if target in alive else stands.get(self.founders.get(event, 0))
        return found


def _written(
    tx: Transaction,
    before: Mapping[str, Event],
    known: Mapping[str, Event],
    stands: Mapping[int, str],
    line: _Line,
    *,
    now: datetime,
) -> dict[str, Event]:
    """All events as their items make them; one that is as it was keeps its revision and the time of its last change."""
    alive = set(stands.values())
    named = named_events(line.rulings) | known.keys()
    current = tx.relinking.events()
    found: dict[str, Event] = {}
    for event in recounted(tx, alive, {**current, **known}):
        found[event.id] = event
    empty = [one for one in sorted(named & (known.keys() | current.keys())) if one not in alive]
    for one, target in line.signposts(empty, stands).items():
        found[one] = replace(known.get(one) or current[one], topics=(), item_count=0, merged_into=target)
    for one, event in found.items():
        old = before.get(one)
        same = old is not None and replace(event, revision=old.revision, changed_at=old.changed_at) == old
        revision = (old.revision if old else 0) + (not same)
        found[one] = old if old and same else replace(event, revision=revision, changed_at=now)
    tx.events.apply(Plan(feed_id=0, at=now, memory=None, events=tuple(found.values())))
    return found


def _most(names: Iterable[str]) -> str:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda name: (counts[name], name), default="")
