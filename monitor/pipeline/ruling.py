"""A person's ruling, carried out: items moved, events counted again, the change told, all in one transaction.

Rule: what is written follows from the rulings that hold before and after, never from how they came to hold; so taking
one back is the same work as making it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.events.corrected import Correction
from monitor.events.rulings import Rulings, named_events, named_items
from storage.model import Event, Plan, Ruling
from storage.rulings import Member
from storage.statements.asking import chunks
from storage.store import Transaction

_AT_ONCE = 200  # events


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


def settle(tx: Transaction, before: Sequence[Ruling], after: Sequence[Ruling], *, now: datetime) -> Settled:
    """Bring the archive from obeying the rulings `before` to obeying those `after`; `tx` writes."""
    named = named_events((*before, *after))
    gone = vanished(tx, named, (*before, *after))
    old, new = Rulings.of(before, vanished=gone), Rulings.of(after, vanished=gone)
    redirected = {one for one in named | set(gone.values()) if old.resolve(one) != new.resolve(one)}
    moved = _moves(tx, before, after, redirected, gone)
    tx.rulings.place({item_id: target or None for item_id, (_, target) in moved.items()})
    touched = {event for pair in moved.values() for event in pair if event} | redirected
    touched |= set(tx.rulings.pointing_at(touched))
    tx.rulings.point(dict.fromkeys(touched))
    known = {event.id: event for event in tx.events.events(touched | named).values()}
    members = _by_event(tx.rulings.members(touched))
    events = {one: _recounted(tx, one, some, known.get(one), now) for one, some in members.items()}
    empty = [known[one] for one in touched if one not in members and one in known]
    events |= {one.id: one for one in _emptied(tx, empty, new, now)}
    events = dict(sorted(events.items()))
    tx.rulings.drop_states(touched)
    plan = Plan(feed_id=0, at=now, memory=None, events=tuple(events.values()))
    tx.apply(plan)
    return Settled(plan=plan, events={**known, **events}, moved=moved, members=members)


def recounted(tx: Transaction, event_ids: Iterable[str], known: Mapping[str, Event]) -> Iterator[Event]:
    """The events as the items that stand in them make them; what `known` says of one beyond that is kept."""
    for some in chunks(sorted(event_ids), _AT_ONCE):
        for event, members in _by_event(tx.rulings.members(some)).items():
            yield _recounted(tx, event, members, known.get(event), members[0].linked_at)


def vanished(tx: Transaction, event_ids: Collection[str], rulings: Iterable[Ruling]) -> dict[str, str]:
    """The events that the linker chose for no item any more, with the one it chose for what they began with.

    There are none but where the archive is linked anew.
    """
    made = {str(one.payload["into"]) for one in rulings if "into" in one.payload}
    gone = set(event_ids) - made - set(tx.rulings.chosen(event_ids))
    founders = tx.rulings.founders(gone)
    decided = {one.item_id: one.decided for one in tx.rulings.standing(founders.values())}
    return {event: target for event, founder in founders.items() if (target := decided.get(founder))}


def _moves(
    tx: Transaction,
    before: Sequence[Ruling],
    after: Sequence[Ruling],
    redirected: Collection[str],
    gone: Mapping[str, str],
) -> dict[int, tuple[str, str]]:
    """The items that stand elsewhere by the rulings `after`: from where, to where."""
    named = {one.item_id: one for one in tx.rulings.standing(named_items((*before, *after)))}
    decided = {one.item_id: one.decided for one in named.values()}
    rulings = Rulings.of(after, decided, vanished=gone)
    rest = [one for one in tx.rulings.decided_in(redirected) if one not in named]
    moved = {}
    for one in (*named.values(), *tx.rulings.standing(rest)):
        target = rulings.place(one.item_id, one.decided) or ""
        if target != one.event_id:
            moved[one.item_id] = (one.event_id, target)
    return moved


def _emptied(tx: Transaction, events: Sequence[Event], rulings: Rulings, now: datetime) -> Iterator[Event]:
    """Events without members: each answers as the one it was merged into, or in which what founded it stands."""
    founders = tx.rulings.founders(event.id for event in events)
    standing = {one.item_id: one.event_id for one in tx.rulings.standing(founders.values())}
    for event in events:
        target = rulings.resolve(event.id)
        if target == event.id:
            target = standing.get(founders.get(event.id, 0), "")
        yield replace(
            event,
            topics=(),
            item_count=0,
            merged_into=target or None,
            changed_at=now,
            revision=event.revision + 1,
        )


def _recounted(tx: Transaction, event: str, members: Sequence[Member], before: Event | None, now: datetime) -> Event:
    items = tx.items.many([one.item_id for one in members])
    times = [item.sort_at for item in items.values()]
    base = before or Event(
        id=event,
        title="",
        topics=(),
        first_at=min(times),
        last_at=max(times),
        first_seen_at=min(item.first_seen_at for item in items.values()),
        changed_at=now,
        revision=0,
    )
    return replace(
        base,
        title=title_of(event, members) or base.title,
        topics=tuple(sorted({topic for one in members for topic in one.topics})),
        first_at=min(times),
        last_at=max(times),
        changed_at=now,
        revision=base.revision + 1,
        item_count=len(members),
        merged_into=None,
    )


def title_of(event: str, members: Sequence[Member]) -> str:
    """The title of the item that founded the event, else of the first one that joined it."""
    founder = next((one for one in members if one.founded and one.decided == event), None)
    titles = (one.title for one in ((founder, *members) if founder else members))
    return next((title for title in titles if title), "")


def _by_event(members: Iterable[Member]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for one in members:
        found.setdefault(one.event_id, []).append(one)
    return found
