"""The events: what happened, which items tell of it, and the changes of the timeline.

Rule: a change is never rewritten, and an event that was merged into another stands for that other from then on.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Connection,
    func,
    insert,
    select,
    true,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import Event, Plan, change_id
from storage.statements import meta
from storage.statements.asking import execute_each, rows
from storage.statements.bulk import Bulk, ByNumber, columns_of, replacing
from storage.tables import (
    CHANGE,
    CHANGE_TOPIC,
    EVENT,
    EVENT_ITEM,
    EVENT_TOPIC,
    ITEM,
)

_EVENTS = ByNumber(EVENT, columns_of(EVENT), by="id")
_TOPICS_OF = ByNumber(EVENT_TOPIC, columns_of(EVENT_TOPIC), by="event_id")
_CHANGE = "SELECT id FROM change WHERE id = ?"
_DROP_TOPICS = "DELETE FROM event_topic WHERE event_id = ?"
_PUT_EVENTS = Bulk(replacing(EVENT, "id"), columns_of(EVENT))
_PUT_LINKS = Bulk(replacing(EVENT_ITEM, "item_id"), columns_of(EVENT_ITEM))
_ADD_TOPICS = Bulk(insert(EVENT_TOPIC), columns_of(EVENT_TOPIC))
# A change is immutable: one that is told again is the one that stands there.
_ADD_CHANGES, _ADD_CHANGE_TOPICS = (
    Bulk(upsert(table).on_conflict_do_nothing(), columns_of(table)) for table in (CHANGE, CHANGE_TOPIC)
)


class Events:
    """The queries on events, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> str:
        """A name of the state of all events: another one after every plan that touches any, "" before the first."""
        return meta.read(self._connection, meta.EVENTS_VERSION) or ""

    def events(self, ids: Iterable[str]) -> dict[str, Event]:
        """The events by the ids asked for; one that was merged into another stands for that other."""
        asked = set(ids)
        rows = self._stored(asked)
        while missing := {row["merged_into"] for row in rows.values() if row["merged_into"]} - rows.keys():
            rows |= self._stored(missing)
        topics: dict[str, list[str]] = {}
        for topic, event_id in _TOPICS_OF.read(self._connection, rows.keys()):
            topics.setdefault(event_id, []).append(topic)
        found = {one: _signposted(one, rows) for one in asked & rows.keys()}
        return {
            one: Event(**rows[target], topics=tuple(sorted(topics.get(target, ())))) for one, target in found.items()
        }

    def is_told(self, change: str) -> bool:
        """Whether there is a change of this id."""
        return bool(rows(self._connection, _CHANGE, (change,)))

    def transition_count(self, subject: str, kind: str, key: str, old: str, new: str) -> int:
        """How often this change was told before; its ids are numbered, so the first free number says it."""
        count = 0
        while rows(self._connection, _CHANGE, (change_id(subject, kind, key, old, new, count),)):
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
        _PUT_EVENTS.write(self._connection, map(_event_row, plan.events))
        execute_each(self._connection, _DROP_TOPICS, [(event.id,) for event in plan.events])
        topics = [(topic, event.id) for event in plan.events for topic in dict.fromkeys(event.topics)]
        _ADD_TOPICS.write(self._connection, topics)
        _PUT_LINKS.write(self._connection, map(_link_row, plan.links))
        _ADD_CHANGES.write(self._connection, map(_change_row, plan.changes))
        topics_of = [(topic, change.at, change.id) for change in plan.changes for topic in dict.fromkeys(change.topics)]
        _ADD_CHANGE_TOPICS.write(self._connection, topics_of)
        if plan.events or plan.event_states or plan.links:
            meta.put(self._connection, meta.EVENTS_VERSION, plan.linked_as or secrets.token_hex(8))

    def _stored(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        rows = (dict(zip(columns_of(EVENT), row, strict=True)) for row in _EVENTS.read(self._connection, ids))
        return {row["id"]: row for row in rows}


_event_row = attrgetter(*columns_of(EVENT))
_link_row = attrgetter("item_id", "event_id", "how", "score", "reasons", "related", "linked_at")


def _signposted(event_id: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The event that `event_id` was merged into, over however many merges."""
    while target := rows[event_id]["merged_into"]:
        event_id = target
    return event_id


_CHANGE_FIELDS = {
    "from_json": "old",
    "to_json": "new",
    "payload_json": "payload",
    "quotes_json": "quotes",
    "topics_json": "topics",
}
_change_row = attrgetter(*(_CHANGE_FIELDS.get(name, name) for name in columns_of(CHANGE)))
