"""Claims follow a person's ruling on events at once: what a moved item claims, and the states and days of the events.

Rule: what an item says of its event it says of the event in which it stands. Nothing is overwritten: a claim of the old
event is taken back, one of the new event is added, and nobody is told, for nothing happened but that a person looked.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from monitor.events.book import Book
from storage.model import Event, Plan
from storage.store import Transaction


def follow(tx: Transaction, moved: Mapping[int, tuple[str, str]], *, now: datetime) -> None:
    """Let the claims of items stand in the events in which the items stand now; `moved` tells from where and to."""
    book = Book(tx.claims.of_keys, tx.claims.rulings())
    for item_id, (_, target) in sorted(moved.items()):
        said = tx.claims.of_item(item_id)
        book.move([one for one in said if not one.subject], target or None, now)
        book.touched |= {one.key for one in said}
    tx.claims.stand({item_id: target or None for item_id, (_, target) in moved.items()})
    plan = Plan(feed_id=0, at=now, memory=None)
    tx.apply(replace(plan, claims=tuple(book.claims.values()), retracted=tuple(book.retracted)))
    again = Book(tx.claims.of_keys, book.rulings)
    again.touched = book.touched
    promises = again.promises()
    ends = {event for pair in moved.values() for event in pair if event}
    tx.apply(replace(plan, promises=promises, events=tuple(_as_told(tx, again, ends, now))))


def _as_told(tx: Transaction, book: Book, ids: Collection[str], now: datetime) -> list[Event]:
    """The events that differ, with the states and days that those items claim which stand in them."""
    events = {one.id: one for one in tx.events.events(ids).values()}  # two that were merged are one
    standings = book.standings(events, tx.claims.keys_of)
    found = []
    for event in events.values():
        status, (first, last) = standings[event.id]
        told = replace(event, status=status, starts_on=first, ends_on=last)
        if told != event:
            found.append(replace(told, changed_at=now))
    return found
