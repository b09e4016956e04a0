"""A person's ruling, carried out: items moved, events counted again, the change told, all in one transaction.

Rule: what is written follows from the rulings that hold before and after, never from how they came to hold; so taking
one back is the same work as making it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.events.corrected import Correction
from monitor.events.rulings import Rulings, named_events, named_items
from monitor.pipeline.replay import Met, Replay
from storage.model import Event, EventState, Plan, Ruling
from storage.rulings import Member
from storage.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What changed: the events as they stand now by their own ids, and the items that moved, with where from and to."""

    plan: Plan
    events: Mapping[str, Event]
    moved: Mapping[int, tuple[str, str]]  # "" = no event
    members: Mapping[str, Sequence[Member]]

    def correction(self, ruling: Ruling, *, undone: bool) -> Correction | None:
        """What to tell; None when the ruling made no difference."""
        ends = list(dict.fromkeys(self.moved.values()))
        if not ends:
            return None
        source, target = ends[0]
        parted = str(ruling.kind) == ("merge" if undone else "split")
        goes_on, other = (source, target) if parted else (target, source)
        event = self.events.get(goes_on) or self.events.get(other)
        if event is None:
            return None
        titles = [one.title for some in self.members.values() for one in some if one.item_id in self.moved]
        return Correction(
            ruling=ruling,
            undone=undone,
            event=event,
            other=self.events.get(other) if other != event.id else None,
            titles=titles,
        )


def settle(
    tx: Transaction, before: Sequence[Ruling], after: Sequence[Ruling], replay: Replay, *, now: datetime
) -> Settled:
    """Bring the archive from obeying the rulings `before` to obeying those `after`; `tx` writes."""
    moved = _moves(tx, before, after)
    tx.rulings.place({item_id: target or None for item_id, (_, target) in moved.items()})
    named = named_events((*before, *after))
    ends = {event for pair in moved.values() for event in pair if event}
    touched = ends | _redirected(before, after)
    touched |= set(tx.rulings.pointing_at(touched))
    tx.rulings.point(dict.fromkeys(touched))
    known = {event.id: event for event in tx.events.events(touched | named).values()}
    members = _by_event(tx.rulings.members(touched))
    recount = _Recount(tx=tx, replay=replay, now=now, known=known, members=members)
    events = recount.events(touched, Rulings.of(after))
    states = [state for one in members if (state := recount.state(one))]
    tx.rulings.drop_states(touched)
    plan = Plan(feed_id=0, at=now, memory=None, events=tuple(events.values()), event_states=states)
    tx.apply(plan)
    return Settled(plan=plan, events={**known, **events}, moved=moved, members=members)


def _moves(tx: Transaction, before: Sequence[Ruling], after: Sequence[Ruling]) -> dict[int, tuple[str, str]]:
    """The items that stand elsewhere by the rulings `after`: from where, to where."""
    named = {one.item_id: one for one in tx.rulings.standing(named_items((*before, *after)))}
    decided = {one.item_id: one.decided for one in named.values()}
    rulings = Rulings.of(after, decided)
    rest = [one for one in tx.rulings.decided_in(_redirected(before, after)) if one not in named]
    moved = {}
    for one in (*named.values(), *tx.rulings.standing(rest)):
        target = rulings.place(one.item_id, one.decided) or ""
        if target != one.event_id:
            moved[one.item_id] = (one.event_id, target)
    return moved


def _redirected(before: Sequence[Ruling], after: Sequence[Ruling]) -> set[str]:
    """The events that answer as another one than before."""
    old, new = Rulings.of(before), Rulings.of(after)
    return {event for event in named_events((*before, *after)) if old.resolve(event) != new.resolve(event)}


def _by_event(members: Iterable[Member]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for one in members:
        found.setdefault(one.event_id, []).append(one)
    return found


@dataclass(slots=True, kw_only=True)
class _Recount:
    """Events as their members make them."""

    tx: Transaction
    replay: Replay
    now: datetime
    known: Mapping[str, Event]
    members: Mapping[str, Sequence[Member]]
    _founders: dict[str, int] = field(default_factory=dict)

    def events(self, touched: Iterable[str], rulings: Rulings) -> dict[str, Event]:
        """The touched events; one without members answers as the event in which what founded it stands."""
        empty = [one for one in touched if one not in self.members and one in self.known]
        founders = self.tx.rulings.founders(empty)
        standing = {one.item_id: one.event_id for one in self.tx.rulings.standing(founders.values())}
        found = {event: self._event(event, some) for event, some in self.members.items()}
        for event in empty:
            target = rulings.resolve(event)
            if target == event:
                target = standing.get(founders.get(event, 0), "")
            found[event] = replace(
                self.known[event],
                topics=(),
                item_count=0,
                merged_into=target or None,
                changed_at=self.now,
                revision=self.known[event].revision + 1,
            )
        return dict(sorted(found.items()))

    def state(self, event: str) -> EventState | None:
        return self.replay.regrown(
            event,
            [Met(item_id=one.item_id, linked_at=one.linked_at, topics=one.topics) for one in self.members[event]],
        )

    def _event(self, event: str, members: Sequence[Member]) -> Event:
        items = self.tx.items.many([one.item_id for one in members])
        times = [item.sort_at for item in items.values()]
        before = self.known.get(event) or Event(
            id=event,
            title="",
            topics=(),
            first_at=min(times),
            last_at=max(times),
            first_seen_at=min(item.first_seen_at for item in items.values()),
            changed_at=self.now,
            revision=0,
        )
        return replace(
            before,
            title=_title(event, members) or before.title,
            topics=tuple(sorted({topic for one in members for topic in one.topics})),
            first_at=min(times),
            last_at=max(times),
            changed_at=self.now,
            revision=before.revision + 1,
            item_count=len(members),
            merged_into=None,
        )


def _title(event: str, members: Sequence[Member]) -> str:
    """The title of the item that founded the event, else of the first one that joined it."""
    founder = next((one for one in members if one.founded and one.decided == event), None)
    titles = (one.title for one in ((founder, *members) if founder else members))
    return next((title for title in titles if title), "")
