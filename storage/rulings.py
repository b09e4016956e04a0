"""What a person decided about events, and where items stand because of it.

Rule: what the linker decided stays as it was (`event_item`); a ruling moves only where an item stands
(`item.event_id`) and which event answers for which (`event.merged_into`). So a ruling can be taken back at any time.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from storage.model import Ruling, RulingKind
from storage.statements.asking import chunks
from storage.tables import CHANGE, EVENT, EVENT_ITEM, EVENT_STATE, ITEM, ITEM_TOPIC, RULING

_R = RULING.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An item that stands in an event; `decided` is the event that the linker chose for it, `n` the version it read."""

    item_id: int
    event_id: str
    decided: str | None
    founded: bool  # it founded the event that the linker chose
    linked_at: datetime
    title: str
    topics: tuple[str, ...] = ()


def _among(statement: Select[Any], column: Any) -> Select[Any]:
    return statement.where(column.in_(bindparam("ids", expanding=True)))


_MEMBERS = (
    select(
        ITEM.c.id,
        ITEM.c.event_id,
        EVENT_ITEM.c.event_id.label("decided"),
        EVENT_ITEM.c.how,
        func.coalesce(EVENT_ITEM.c.linked_at, ITEM.c.first_seen_at).label("at"),
        ITEM.c.title,
    )
    .outerjoin(EVENT_ITEM, EVENT_ITEM.c.item_id == ITEM.c.id)
    .order_by("at", ITEM.c.id)
)
_OF_EVENTS = _among(_MEMBERS, ITEM.c.event_id)
_OF_ITEMS = _among(_MEMBERS, ITEM.c.id)
_DECIDED_IN = _among(select(EVENT_ITEM.c.item_id), EVENT_ITEM.c.event_id)
_TOPICS = _among(select(ITEM_TOPIC.c.item_id, ITEM_TOPIC.c.topic), ITEM_TOPIC.c.item_id)
_FOUNDERS = _among(
    select(CHANGE.c.event_id, CHANGE.c.item_id).where(CHANGE.c.kind == "event.created"), CHANGE.c.event_id
).order_by(CHANGE.c.at)
_CHOSEN = _among(select(EVENT_ITEM.c.event_id).distinct(), EVENT_ITEM.c.event_id)
_DROP_STATES = delete(EVENT_STATE).where(EVENT_STATE.c.event_id.in_(bindparam("ids", expanding=True)))
_POINTING = _among(select(EVENT.c.id), EVENT.c.merged_into)
_PLACE = update(ITEM).where(ITEM.c.id == bindparam("item")).values(event_id=bindparam("event"))
_POINT = update(EVENT).where(EVENT.c.id == bindparam("event")).values(merged_into=bindparam("target"))


class RulingQueries:
    """The queries on rulings, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def active(self) -> tuple[Ruling, ...]:
        """Those that hold, in the order they were made."""
        rows = self._connection.execute(select(RULING).where(_R.undone_at.is_(None)).order_by(_R.id))
        return tuple(map(_ruling_from, rows))

    def every(self) -> tuple[Ruling, ...]:
        """Those that were taken back too."""
        return tuple(map(_ruling_from, self._connection.execute(select(RULING).order_by(_R.id))))

    def next_id(self) -> int:
        """The number that the next ruling gets; no number is given twice, for no ruling is ever deleted."""
        found: int | None = self._connection.execute(select(func.max(_R.id))).scalar()
        return (found or 0) + 1

    def add(self, ruling: Ruling) -> None:
        values = {
            "id": ruling.id,
            "kind": str(ruling.kind),
            "at": ruling.at,
            "author": ruling.author,
            "payload_json": ruling.payload,
            "undone_at": ruling.undone_at,
        }
        self._connection.execute(insert(RULING), values)

    def undo(self, ruling_id: int, at: datetime) -> None:
        self._connection.execute(update(RULING).where(_R.id == ruling_id).values(undone_at=at))

    def members(self, event_ids: Iterable[str]) -> list[Member]:
        """The items that stand in the events, in the order they were linked."""
        return self._members(_OF_EVENTS, event_ids)

    def standing(self, item_ids: Iterable[int]) -> list[Member]:
        """The same of items, wherever they stand; `event_id` "" of one that stands in no event."""
        return self._members(_OF_ITEMS, item_ids)

    def decided_in(self, event_ids: Iterable[str]) -> list[int]:
        """The items for which the linker chose one of the events."""
        return [row.item_id for row in self._rows(_DECIDED_IN, event_ids)]

    def chosen(self, event_ids: Iterable[str]) -> set[str]:
        """Those of the events that the linker chose for any item."""
        return {row.event_id for row in self._rows(_CHOSEN, event_ids)}

    def pointing_at(self, event_ids: Iterable[str]) -> list[str]:
        """The events that answer as one of these."""
        return [row.id for row in self._rows(_POINTING, event_ids)]

    def founders(self, event_ids: Iterable[str]) -> dict[str, int]:
        """The item that each event began with; an event that nobody told of yet is left out."""
        found: dict[str, int] = {}
        for row in self._rows(_FOUNDERS, event_ids):
            if row.item_id is not None:
                found.setdefault(row.event_id, row.item_id)
        return found

    def place(self, places: Mapping[int, str | None]) -> None:
        """Let the items stand in these events; None: in none."""
        rows = [{"item": item_id, "event": event_id} for item_id, event_id in sorted(places.items())]
        if rows:
            self._connection.execute(_PLACE, rows)

    def point(self, signposts: Mapping[str, str | None]) -> None:
        """Let the events answer as others; None: as themselves."""
        rows = [{"event": event_id, "target": target} for event_id, target in sorted(signposts.items())]
        if rows:
            self._connection.execute(_POINT, rows)

    def drop_states(self, event_ids: Collection[str]) -> None:
        """Drop the snapshots of events: the linker adds up their members anew."""
        for some in chunks(sorted(event_ids)):
            self._connection.execute(_DROP_STATES, {"ids": some})

    def _members(self, statement: Select[Any], ids: Iterable[str] | Iterable[int]) -> list[Member]:
        rows = sorted(self._rows(statement, ids), key=lambda row: (row.at, row.id))
        numbers = [row.id for row in rows]
        topics: dict[int, list[str]] = {}
        for row in self._rows(_TOPICS, numbers):
            topics.setdefault(row.item_id, []).append(row.topic)
        return [
            Member(
                item_id=row.id,
                event_id=row.event_id or "",
                decided=row.decided,
                founded=row.how == "founded",
                linked_at=row.at,
                title=row.title,
                topics=tuple(sorted(topics.get(row.id, ()))),
            )
            for row in rows
        ]

    def _rows(self, statement: Select[Any], ids: Iterable[str] | Iterable[int]) -> Iterator[Row[Any]]:
        wanted: Sequence[Any] = sorted(set(ids))
        for some in chunks(wanted):
            yield from self._connection.execute(statement, {"ids": some}).all()


def _ruling_from(row: Row[Any]) -> Ruling:
    return Ruling(
        id=row.id,
        kind=RulingKind(row.kind),
        at=row.at,
        payload=row.payload_json,
        author=row.author,
        undone_at=row.undone_at,
    )
