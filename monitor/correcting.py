"""What a person corrects: events merged, split, items moved, and each of these taken back.

Rulings are rows that any process may write beside the daemon. Whoever rules carries the ruling out in the same
transaction, so that it holds from the next poll on, whoever polls.
"""

import getpass
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.rules import Facts
from monitor.app import Monitor
from monitor.events.corrected import corrected
from monitor.events.rulings import items_of, split_event_id
from monitor.events.timeline import created
from monitor.pipeline.following import follow
from monitor.pipeline.replay import Replay
from monitor.pipeline.ruling import Settled, settle
from storage.errors import ConfigError
from storage.model import Change, Event, Item, JsonValue, Origin, Ruling, RulingKind
from storage.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a ruling did: the events that it touched as they stand now, and how many items moved."""

    ruling: Ruling
    summary: str
    events: tuple[Event, ...]
    moved_count: int


class Correcting:
    """The rulings of one monitor's archive; `author` is who makes them."""

    def __init__(self, monitor: Monitor, *, author: str | None = None) -> None:
        self._monitor = monitor
        self._author = _user() if author is None else author

    def merge(self, first: str, second: str) -> Done:
        """Make one event of two: the older one stays, the other answers as it from now on."""
        with self._monitor.store.writing() as tx:
            one, other = self._event(tx, first), self._event(tx, second)
            if one.id == other.id:
                raise ConfigError(f"{first} and {second} are one event already")
            keep, gone = sorted((one, other), key=lambda event: (event.first_seen_at, event.first_at, event.id))
            return self._rule(tx, RulingKind.MERGE, {"keep": keep.id, "gone": gone.id})

    def split(self, event_id: str, item_ids: Sequence[int]) -> Done:
        """Make the items an event of their own; they do not join the one they are split from again."""
        with self._monitor.store.writing() as tx:
            event = self._event(tx, event_id)
            members = {one.item_id for one in tx.rulings.members([event.id])}
            for item_id in item_ids:
                if item_id not in members:
                    raise ConfigError(
                        f"item {item_id} does not stand in event {event.id}; see: salname event {event.id}"
                    )
            if members <= set(item_ids):
                raise ConfigError(f"these are all items of event {event.id}: nothing would stay in it")
            into = split_event_id(tx.rulings.next_id())
            items: list[JsonValue] = [*sorted(set(item_ids))]
            return self._rule(tx, RulingKind.SPLIT, {"event": event.id, "into": into, "items": items})

    def pin(self, item_id: int, event_id: str) -> Done:
        """Let an item stand in an event, whatever the linker says of it."""
        with self._monitor.store.writing() as tx:
            event = self._event(tx, event_id)
            item = tx.items.get(item_id)
            if item is None:
                raise ConfigError(f"there is no item {item_id}; see: salname items")
            return self._rule(tx, RulingKind.PIN, {"item": item.id, "event": event.id})

    def undo(self, ruling_id: int | None = None) -> Done:
        """Take a ruling about events back, the last one unless another is named."""
        now = self._monitor.clock()
        with self._monitor.store.writing() as tx:
            held = tx.rulings.active()
            named = [one for one in held if one.kind in _OF_EVENTS and ruling_id in {None, one.id}]
            if not named:
                known = ", ".join(str(one.id) for one in held if one.kind in _OF_EVENTS)
                what = "no ruling holds" if ruling_id is None else f"no ruling {ruling_id} holds"
                raise ConfigError(f"{what}; those that do: {known or 'none'}")
            ruling = replace(named[-1], undone_at=now)
            tx.rulings.undo(ruling.id, now)
            return self._carry_out(tx, ruling, held, [one for one in held if one.id != ruling.id])

    def _rule(self, tx: Transaction, kind: RulingKind, payload: Mapping[str, JsonValue]) -> Done:
        ruling = Ruling(
            id=tx.rulings.next_id(), kind=kind, at=self._monitor.clock(), payload=payload, author=self._author
        )
        held = tx.rulings.active()
        tx.rulings.add(ruling)
        return self._carry_out(tx, ruling, held, [*held, ruling])

    def _carry_out(self, tx: Transaction, ruling: Ruling, before: Sequence[Ruling], after: Sequence[Ruling]) -> Done:
        replay = Replay(items=tx.items, feeds=tx.feeds, aliases=self._monitor.reader.aliases)
        now = self._monitor.clock()
        settled = settle(tx, before, after, now=now)
        follow(tx, settled.moved, now=now)
        correction = settled.correction(ruling, undone=ruling.undone_at is not None)
        if correction is None:
            return Done(ruling=ruling, summary="Nothing had to be moved", events=(), moved_count=0)
        told = [*self._founded(tx, ruling, settled, replay), corrected(correction, at=now)]
        self._tell(tx, told, settled, replay)
        ends = dict.fromkeys(event for pair in settled.moved.values() for event in pair if event)
        return Done(
            ruling=ruling,
            summary=str(told[-1].payload["summary"]),
            events=tuple(settled.events[one] for one in ends if one in settled.events),
            moved_count=len(settled.moved),
        )

    def _founded(self, tx: Transaction, ruling: Ruling, settled: Settled, replay: Replay) -> list[Change]:
        """The first line of an event that a split made; the split itself is what is told."""
        event = settled.events.get(str(ruling.payload.get("into")))
        if ruling.kind is not RulingKind.SPLIT or event is None or ruling.undone_at is not None:
            return []
        items = tx.items.many(items_of(ruling))
        topics = {one.item_id: one.topics for one in settled.members[event.id]}
        facts = [replay.facts(item, topics.get(item.id, ())) for item in items.values()]
        return [created(event, facts, at=ruling.at, origin=Origin.IMPORT)]

    def _tell(self, tx: Transaction, changes: Sequence[Change], settled: Settled, replay: Replay) -> None:
        facts = {change.id: _rule_facts(tx, change, settled, replay) for change in changes}
        self._monitor.telling.announce(tx, changes, facts)

    def _event(self, tx: Transaction, event_id: str) -> Event:
        """The event that a person means, which may have been merged into another."""
        found = tx.events.events([event_id.upper()])  # ascii protocol word
        if not found:
            raise ConfigError(f'there is no event "{event_id}"; see: salname events')
        return next(iter(found.values()))


_OF_EVENTS = frozenset({RulingKind.MERGE, RulingKind.SPLIT, RulingKind.PIN})


def _rule_facts(tx: Transaction, change: Change, settled: Settled, replay: Replay) -> Facts:
    """What routes and rules may ask of the change: the outlets and topics of its event."""
    members = settled.members.get(change.event_id or "", ())
    items = tx.items.many([one.item_id for one in members])
    outlets = {replay.outlet(item) for item in items.values()}
    return Facts(
        title=str(change.payload["event_title"]),
        topics=change.topics,
        sources=frozenset(outlets),
        source_count=_voices(items.values(), replay),
    )


def _voices(items: Iterable[Item], replay: Replay) -> int:
    """Outlets that say something of their own."""
    return len({replay.outlet(item) for item in items if item.copy_of is None}) or 1


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a process of a user without a name
        return ""
