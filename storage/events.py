"""The events: what happened, which items tell of it, where the linker finds it again, and the changes of the timeline.

Rule: giving an item its event costs what runs at the item's own time, never what the archive holds. Events are found by
the postings of their most telling terms, in an index that ends with the time of their last item.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
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

from storage.model import Change, Event, EventState, Link, Plan, change_id
from storage.tables import (
    CHANGE,
    CHANGE_TOPIC,
    EVENT,
    EVENT_ITEM,
    EVENT_STATE,
    EVENT_TOPIC,
    ITEM,
    META,
)
from storage.tables.columns import instant, micros, unpack

POSTINGS = 60  # of an event
LONGEST = timedelta(days=180)  # an event that ran on for longer after an item's time is not looked for
TERMS_ASKED = 64  # of an item: the heaviest

_SHARES = {"names": 14, "numbers": 6, "dates": 4, "skeletons": 14, "title": 8}  # of the postings; the text has the rest
_IN_ONE = 500  # values in one statement
_STATES_REMEMBERED = 1_024  # unpacked, by their bytes: a state that was written anew is another one

_COUNTED_ITEMS, _VERSION = "counted_items", "events_version"

_COUNT_TERMS = """
INSERT INTO term_count (term, count) VALUES (?, ?)
ON CONFLICT (term) DO UPDATE SET count = term_count.count + excluded.count
"""
_DROP_POSTINGS = "DELETE FROM event_term WHERE event_id = ?"
_ADD_POSTINGS = "INSERT INTO event_term (term, event_id, weight, first_at, last_at) VALUES (?, ?, ?, ?, ?)"
_COUNT_UP = text("""
INSERT INTO meta (key, value) VALUES (:key, CAST(:step AS TEXT))
ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS INTEGER) + :step AS TEXT)
""")
# The terms asked for drive the index on (term, last_at); sums are rounded, for their order is the database's.
_CANDIDATES = f"""
WITH asked(term, weight) AS (VALUES {", ".join(["(?, ?)"] * TERMS_ASKED)})
SELECT found.event_id, ROUND(SUM(found.weight * asked.weight), 9) AS score
FROM asked CROSS JOIN event_term AS found
WHERE found.term = asked.term AND found.last_at >= ? AND found.last_at <= ? AND found.first_at <= ?
GROUP BY found.event_id ORDER BY score DESC, found.event_id LIMIT ?
"""  # noqa: S608  placeholders alone are put in
_TERM_COUNTS = "SELECT term, count FROM term_count WHERE term IN "
_STATES = "SELECT event_id, first_at, last_at, item_count, blob FROM event_state WHERE event_id IN "


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
_NUMBER = select(META.c.value).where(META.c.key == bindparam("key"))
_REPLACE_EVENT, _REPLACE_LINK = _replacing(EVENT, "id"), _replacing(EVENT_ITEM, "item_id")
_REPLACE_STATE = _replacing(EVENT_STATE, "event_id")
_DROP_TOPICS, _ADD_TOPICS = delete(EVENT_TOPIC).where(_in(EVENT_TOPIC.c.event_id)), insert(EVENT_TOPIC)
# A change is immutable: one that is told again is the one that stands there.
_ADD_CHANGE, _ADD_CHANGE_TOPIC = (upsert(table).on_conflict_do_nothing() for table in (CHANGE, CHANGE_TOPIC))
_T = TypeVar("_T")


def index_terms(state: EventState, limit: int = POSTINGS) -> dict[str, float]:
    """The terms by which an event is found ("field:term"), each with its weight: the most frequent of each field.

    How rare a term is changes with every item, so it is left to the search. Among equally frequent terms the longer
    one goes first: it is rarer, as a rule.
    """
    found: dict[str, float] = {}
    for name in (*_SHARES, "text"):
        counts = state.fields.get(name, {})
        norm = math.sqrt(sum(count * count for count in counts.values())) or 1.0
        room = limit - len(found) if name == "text" else min(_SHARES[name], limit - len(found))
        chosen = counts if len(counts) <= room else _most_frequent(counts, room)
        found.update((f"{name}:{term}", counts[term] / norm) for term in chosen)
    return found


def _most_frequent(counts: Mapping[str, int], limit: int) -> list[str]:
    chosen = sorted((-count, -len(term), term) for term, count in counts.items())
    return [term for _, _, term in chosen[:limit]]


class Events:
    """The queries on events, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self) -> int:
        """Grows with every plan that touches an event."""
        return self._number(_VERSION)

    def counted_items(self) -> int:
        """How many items the counts of `term_counts` are out of."""
        return self._number(_COUNTED_ITEMS)

    def term_counts(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many items each of the terms ("field:term") occurred; those never seen are left out."""
        return {
            term: count for some in _chunks(terms) for term, count in self._quick(_TERM_COUNTS + _places(some), some)
        }

    def candidates(self, terms: Mapping[str, float], *, at: datetime, window: timedelta, limit: int) -> list[str]:
        """At most `limit` ids of events that run within `window` of `at` and share terms, those that share most first.

        `terms` maps "field:term" to the weight that sharing it has.
        """
        heaviest = sorted(terms.items(), key=lambda item: (-item[1], item[0]))[:TERMS_ASKED]
        asked: list[str | float | None] = [value for pair in heaviest for value in pair]
        asked += [None] * (2 * TERMS_ASKED - len(asked))  # NULL equals nothing
        times = (micros(at - window), micros(at + window + LONGEST), micros(at + window))
        return [event_id for event_id, _ in self._quick(_CANDIDATES, (*asked, *times, limit))]

    def states(self, ids: Iterable[str]) -> dict[str, EventState]:
        found = (_state_from(row) for some in _chunks(ids) for row in self._quick(_STATES + _places(some), some))
        return {state.event_id: state for state in found}

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
        """Write the events of a plan: links, states with their postings, counts of terms, changes."""
        self._write_events(plan.events)
        self._write(_REPLACE_LINK, [_link_values(link) for link in plan.links])
        self._write_states(plan.event_states)
        self._many(_COUNT_TERMS, sorted(plan.term_counts.items()))
        self._write_changes(plan.changes)
        if plan.counted_items:
            self._connection.execute(_COUNT_UP, {"key": _COUNTED_ITEMS, "step": plan.counted_items})
        if plan.events or plan.event_states or plan.links:
            self._connection.execute(_COUNT_UP, {"key": _VERSION, "step": 1})

    def _number(self, key: str) -> int:
        value = self._connection.execute(_NUMBER, {"key": key}).scalar()
        return 0 if value is None else int(value)

    def _rows(self, statement: Select[Any], values: Iterable[str]) -> Iterator[Row[Any]]:
        for some in _chunks(values):
            yield from self._connection.execute(statement, {"some": some})

    def _write_events(self, events: Sequence[Event]) -> None:
        self._write(_REPLACE_EVENT, [_event_values(event) for event in events])
        for some in _chunks(event.id for event in events):
            self._connection.execute(_DROP_TOPICS, {"some": some})
        topics = [{"topic": topic, "event_id": event.id} for event in events for topic in dict.fromkeys(event.topics)]
        self._write(_ADD_TOPICS, topics)

    def _write_states(self, states: Sequence[EventState]) -> None:
        self._write(_REPLACE_STATE, [_state_values(state) for state in states])
        self._many(_DROP_POSTINGS, [(state.event_id,) for state in states])
        postings = []
        for state in states:
            span = micros(state.first_at), micros(state.last_at)
            postings += [(term, state.event_id, weight, *span) for term, weight in index_terms(state).items()]
        self._many(_ADD_POSTINGS, sorted(postings))

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

    def _quick(self, statement: str, values: Sequence[Any]) -> Iterable[Any]:
        """What is asked for every item, past SQLAlchemy's work on a statement: that is more than the database's own."""
        return self._connection.exec_driver_sql(self._in_dialect(statement), tuple(values))

    def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Hundreds of rows an item of plain values, likewise."""
        if rows:
            self._connection.exec_driver_sql(self._in_dialect(statement), list(rows))

    def _in_dialect(self, statement: str) -> str:
        return statement if self._connection.dialect.paramstyle == "qmark" else statement.replace("?", "%s")


def _places(values: Sequence[object]) -> str:
    return f"({', '.join('?' * len(values))})"


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


def _state_values(state: EventState) -> dict[str, Any]:
    blob = {"fields": state.fields, "recent": state.recent, "langs": state.langs, "outlets": state.outlets}
    return {
        "event_id": state.event_id,
        "first_at": state.first_at,
        "last_at": state.last_at,
        "item_count": state.item_count,
        "blob": blob,
    }


def _state_from(row: Any) -> EventState:
    event_id, first_at, last_at, item_count, packed = row
    blob = _unpacked(packed)
    return EventState(
        event_id=event_id,
        first_at=instant(first_at),
        last_at=instant(last_at),
        item_count=item_count,
        fields=blob["fields"],
        recent=tuple(blob["recent"]),
        langs=tuple(blob["langs"]),
        outlets=tuple(blob["outlets"]),
    )


@lru_cache(maxsize=_STATES_REMEMBERED)
def _unpacked(blob: bytes) -> Mapping[str, Any]:
    """Unpacking twelve candidates an item is most of the cost of linking it, and most were candidates a moment ago."""
    unpacked: Mapping[str, Any] = unpack(blob)
    return unpacked


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
