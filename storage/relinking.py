"""What a rebuild asks: every linked item in the order it was linked, and an archive without the linker's work.

Rule: what a rebuild takes away is what the linker made of the items. Items, changes, rulings and the names of events
stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, null, or_, select, update

from storage.model import Event
from storage.statements.asking import chunks
from storage.tables import (
    CHANGE,
    EVENT,
    EVENT_ITEM,
    EVENT_STATE,
    EVENT_TOPIC,
    ITEM,
    ITEM_TERM,
    ITEM_TOPIC,
    LINKED_ITEM,
    TERM_COUNT,
)

_I, _L = ITEM.c, EVENT_ITEM.c
_AT = func.coalesce(_L.linked_at, _I.first_seen_at)
_LINKED = or_(_L.item_id.is_not(None), _I.event_id.is_(None))  # what a person alone put into an event was never linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An item that the linker is asked about, in the order it was."""

    item_id: int
    feed_id: int
    linked_at: datetime
    copy_of: int | None
    topics: tuple[str, ...]


class Relinking:
    """The queries of a rebuild, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self) -> int:
        """How many items are linked, or would be."""
        joined = ITEM.outerjoin(EVENT_ITEM, _L.item_id == _I.id)
        found: int = self._connection.execute(
            select(func.count()).select_from(joined).where(_I.relevant, _LINKED)
        ).scalar_one()
        return found

    def sequence(self) -> Iterator[list[Linked]]:
        """The items that have words, in the order they were linked; those that one poll of a feed brought together."""
        joined = ITEM.outerjoin(EVENT_ITEM, _L.item_id == _I.id)
        rows = self._connection.execute(
            select(_I.id, _I.feed_id, _AT.label("at"), _I.copy_of)
            .select_from(joined)
            .where(_I.relevant, _LINKED)
            .order_by("at", _I.id)
        ).all()
        batch: list[Linked] = []
        for some in chunks(rows):
            topics = self._topics([row.id for row in some])
            for row in some:
                one = Linked(
                    item_id=row.id,
                    feed_id=row.feed_id,
                    linked_at=row.at,
                    copy_of=row.copy_of,
                    topics=tuple(sorted(topics.get(row.id, ()))),
                )
                if batch and (batch[0].linked_at, batch[0].feed_id) != (one.linked_at, one.feed_id):
                    yield batch
                    batch = []
                batch.append(one)
        if batch:
            yield batch

    def places(self) -> dict[int, str]:
        """The event in which each item stands."""
        rows = self._connection.execute(select(_I.id, _I.event_id).where(_I.event_id.is_not(None)).order_by(_I.id))
        return {row.id: row.event_id for row in rows}

    def decisions(self) -> dict[int, str]:
        """The event that the linker chose for each item."""
        return {row.item_id: row.event_id for row in self._connection.execute(select(_L.item_id, _L.event_id))}

    def events(self) -> dict[str, Event]:
        """Every event as it is stored, those that answer as another too."""
        topics: dict[str, list[str]] = {}
        for row in self._connection.execute(select(EVENT_TOPIC).order_by(EVENT_TOPIC.c.topic)):
            topics.setdefault(row.event_id, []).append(row.topic)
        rows = self._connection.execute(select(EVENT).order_by(EVENT.c.id))
        return {row.id: Event(**row._asdict(), topics=tuple(topics.get(row.id, ()))) for row in rows}

    def founders(self) -> dict[str, int]:
        """The item that each event began with."""
        told = select(CHANGE.c.event_id, CHANGE.c.item_id).where(
            CHANGE.c.kind == "event.created", CHANGE.c.item_id.is_not(None), CHANGE.c.event_id.is_not(None)
        )
        linked = select(_L.event_id, _L.item_id).where(_L.how == "founded")
        found: dict[str, int] = {}
        for statement in (told.order_by(CHANGE.c.at, CHANGE.c.id), linked.order_by(_L.item_id)):
            for row in self._connection.execute(statement):
                found.setdefault(row.event_id, row.item_id)
        return found

    def clear(self) -> None:
        """Take away the linker's decisions and caches; an item whose words were removed stays where it is."""
        execute = self._connection.execute
        for table in (EVENT_STATE, LINKED_ITEM, ITEM_TERM, TERM_COUNT):
            execute(delete(table))
        worded = select(_I.id).where(_I.relevant)
        execute(delete(EVENT_ITEM).where(_L.item_id.in_(worded)))
        execute(update(ITEM).where(and_(_I.relevant, _I.event_id.is_not(None))).values(event_id=null()))
        execute(update(EVENT).where(EVENT.c.merged_into.is_not(None)).values(merged_into=null()))

    def _topics(self, ids: list[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for row in self._connection.execute(
            select(ITEM_TOPIC.c.item_id, ITEM_TOPIC.c.topic).where(ITEM_TOPIC.c.item_id.in_(ids))
        ):
            found.setdefault(row.item_id, []).append(row.topic)
        return found
