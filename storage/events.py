"""The events: what happened, which items tell of it, and the changes of the timeline.

Rule: a change is never rewritten, and an event that was merged into another stands for that other from then on.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import Change, Event, Link, Plan, change_id
from storage.tables import (
    CHANGE,
    CHANGE_TOPIC,
    EVENT,
    EVENT_ITEM,
    EVENT_TOPIC,
    ITEM,
    META,
)

_IN_ONE = 500  # values in one statement
_VERSION = "events_version"

_NAME_STATE = text("""
INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value
""")


def _replacing(table: Table, key: str) -> Insert:
    statement = upsert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=rest)


def _in(column: Column[Any]) -> ColumnElement[bool]:
    return column.in_(bindparam("some", expanding=True))


# Built once: that costs SQLAlchemy four times as much as running a statement.
_EVENTS = select(EVENT).where(_in(EVENT.c.id))
_EVENT_TOPICS = select(EVENT_TOPIC).where(_in(EVENT_TOPIC.c.event_id))
_CHANGE = select(CHANGE.c.id).where(CHANGE.c.id == bindparam("id"))
_VALUE = select(META.c.value).where(META.c.key == bindparam("key"))
_REPLACE_EVENT, _REPLACE_LINK = _replacing(EVENT, "id"), _replacing(EVENT_ITEM, "item_id")
_DROP_TOPICS, _ADD_TOPICS = delete(EVENT_TOPIC).where(_in(EVENT_TOPIC.c.event_id)), insert(EVENT_TOPIC)
# A change is immutable: one that is told again is the one that stands there.
_ADD_CHANGE, _ADD_CHANGE_TOPIC = (upsert(table).on_conflict_do_nothing() for table in (CHANGE, CHANGE_TOPIC))
_T = TypeVar("_T")


class Events:
    """The queries on events, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> str:
        """A name of the state of all events: another one after every plan that touches any, "" before the first."""
        value: str | None = self._connection.execute(_VALUE, {"key": _VERSION}).scalar()
        return value or ""

    def events(self, ids: Iterable[str]) -> dict[str, Event]:
        """The events by the ids asked for; one that was merged into another stands for that other."""
        asked = set(ids)
        rows = {row.id: row for row in self._rows(_EVENTS, asked)}
        while missing := {row.merged_into for row in rows.values() if row.merged_into} - rows.keys():
            rows.update((row.id, row) for row in self._rows(_EVENTS, missing))
        topics: dict[str, list[str]] = {}
        for row in self._rows(_EVENT_TOPICS, rows):
            topics.setdefault(row.event_id, []).append(row.topic)
        found = {one: _signposted(one, rows) for one in asked & rows.keys()}
        return {one: _event_from(rows[target], sorted(topics.get(target, ()))) for one, target in found.items()}

    def transition_count(self, subject: str, kind: str, key: str, old: str, new: str) -> int:
        """How often this change was told before; its ids are numbered, so the first free number says it."""
        count = 0
        while self._connection.execute(_CHANGE, {"id": change_id(subject, kind, key, old, new, count)}).first():
            count += 1
        return count

    def counts_of_feeds(self, feed_ids: Collection[int]) -> tuple[int, int]:
        """How many relevant items these feeds were the first to bring, and in how many events those stand."""
        i = ITEM.c
        counted = select(func.count(), func.count(i.event_id.distinct()))
        # Only relevant items may be counted, and only a few of all are: their index is the shorter way than the feed's.
        row = self._connection.execute(counted.where(i.relevant == true(), i.feed_id.in_(list(feed_ids)))).one()
        return row[0], row[1]

    def apply(self, plan: Plan) -> None:
        """Write the events of a plan: links and changes, and that they are others than before."""
        self._write_events(plan.events)
        self._write(_REPLACE_LINK, [_link_values(link) for link in plan.links])
        self._write_changes(plan.changes)
        if plan.events or plan.event_states or plan.links:
            value = plan.linked_as or secrets.token_hex(8)
            self._connection.execute(_NAME_STATE, {"key": _VERSION, "value": value})

    def _rows(self, statement: Select[Any], values: Iterable[str]) -> Iterator[Row[Any]]:
        for some in _chunks(values):
            yield from self._connection.execute(statement, {"some": some})

    def _write_events(self, events: Sequence[Event]) -> None:
        self._write(_REPLACE_EVENT, [_event_values(event) for event in events])
        for some in _chunks(event.id for event in events):
            self._connection.execute(_DROP_TOPICS, {"some": some})
        topics = [{"topic": topic, "event_id": event.id} for event in events for topic in dict.fromkeys(event.topics)]
        self._write(_ADD_TOPICS, topics)

    def _write_changes(self, changes: Sequence[Change]) -> None:
        self._write(_ADD_CHANGE, [_change_values(change) for change in changes])
        topics = [
            {"topic": topic, "at": change.at, "change_id": change.id}
            for change in changes
            for topic in dict.fromkeys(change.topics)
        ]
        self._write(_ADD_CHANGE_TOPIC, topics)

    def _write(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


def _chunks(values: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(values)
    while some := list(islice(rest, _IN_ONE)):
        yield some


def _event_values(event: Event) -> dict[str, Any]:
    return {column.name: getattr(event, column.name) for column in EVENT.c}


def _event_from(row: Row[Any], topics: Iterable[str]) -> Event:
    values = {column.name: getattr(row, column.name) for column in EVENT.c}
    return Event(topics=tuple(topics), **values)


def _signposted(event_id: str, rows: Mapping[str, Row[Any]]) -> str:
    """The event that `event_id` was merged into, over however many merges."""
    while target := rows[event_id].merged_into:
        event_id = target
    return event_id


def _link_values(link: Link) -> dict[str, Any]:
    return {
        "item_id": link.item_id,
        "event_id": link.event_id,
        "how": link.how,
        "score": link.score,
        "reasons_json": link.reasons,
        "related_json": link.related,
        "linked_at": link.linked_at,
    }


def _change_values(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "event_id": change.event_id,
        "feed_id": change.feed_id,
        "item_id": change.item_id,
        "revision": change.revision,
        "kind": change.kind,
        "key": change.key,
        "from_json": change.old,
        "to_json": change.new,
        "payload_json": change.payload,
        "quotes_json": change.quotes,
        "happened_on": change.happened_on,
        "happened_precision": change.happened_precision,
        "as_of": change.as_of,
        "at": change.at,
        "topics_json": change.topics,
        "origin": change.origin,
    }
