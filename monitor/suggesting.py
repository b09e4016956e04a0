"""`salname events suggest`: what a person may want to merge or split, among the events that changed last.

Bounded: the newest events alone are looked at, merges within a storyline alone, splits in events of a hundred items.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.events.rulings import Rulings, items_of
from monitor.events.storylines import Profile, told
from monitor.events.suggesting import Candidate, Merge, Split, merges, split
from storage.model import Event, Ruling, RulingKind
from storage.store import Store

EVENTS_LOOKED_AT = 200
OF_ONE_STORYLINE = 30  # events
LARGEST_SPLIT = 100  # items
SHOWN = 20  # of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    merges: tuple[Merge, ...]
    splits: tuple[Split, ...]
    titles: dict[str, str]


def suggest(store: Store, *, window: timedelta) -> Suggested:
    """The likeliest merges and splits; `window` is for how long an event runs."""
    with store.reading() as tx:
        held = tx.rulings.active()
        storylines = tx.storylines.newest(EVENTS_LOOKED_AT)
        events = tx.events.events(storylines)
        members = tx.linking.members(events)
    some = [_candidate(event, told(None, members[event.id])) for event in events.values()]
    parted = _parted(held)
    found = [
        one
        for storyline in dict.fromkeys(storylines.values())
        for one in merges(
            [each for each in some if storylines[each.event_id] == storyline][:OF_ONE_STORYLINE], within=window
        )
        if frozenset(one.events) not in parted
    ]
    pinned = {one.payload["item"] for one in held if one.kind is RulingKind.PIN}
    splits = [split(event, members[event]) for event in events if len(members[event]) <= LARGEST_SPLIT]
    return Suggested(
        merges=tuple(sorted(found, key=lambda one: (-one.score, one.events))[:SHOWN]),
        splits=tuple([one for one in splits if one and pinned.isdisjoint(one.items)][:SHOWN]),
        titles={event.id: event.title for event in events.values()},
    )


def _candidate(event: Event, profile: Profile) -> Candidate:
    return Candidate(event_id=event.id, first_at=event.first_at, last_at=event.last_at, profile=profile)


def _parted(held: Sequence[Ruling]) -> set[frozenset[str]]:
    """The pairs of events that a person has parted."""
    rulings = Rulings.of(held)
    return {
        frozenset((rulings.resolve(str(one.payload["event"])), str(one.payload["into"])))
        for one in held
        if one.kind is RulingKind.SPLIT and items_of(one)
    }
