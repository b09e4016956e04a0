"""Events: lists, and one event with its items and changes."""

import sqlite3
from collections.abc import Collection
from datetime import datetime

from storage.reading.connection import OF_EVENT, Connection, Record, marks, micros, moment, value
from storage.reading.items import ItemReading
from storage.reading.storylines import StorylineReading
from storage.reading.timeline import TimelineReading

_CHANGES = 1_000  # of one event


class EventReading:
    """Queries on running events; an event that was merged answers as the one it was merged into."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(
        self,
        *,
        topic: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
    ) -> list[Record]:
        """At most `limit` events, the last changed first."""
        where, values = ["e.merged_into IS NULL"], Record(limit=limit)
        if topic:
            where.append("e.id IN (SELECT event_id FROM event_topic WHERE topic = :topic)")
            values["topic"] = topic
        if status:
            where.append("e.status = :status")
            values["status"] = status
        if since:
            where.append("e.changed_at >= :since")
            values["since"] = micros(since)
        sql = f"SELECT e.* FROM event e WHERE {' AND '.join(where)} ORDER BY e.changed_at DESC, e.id LIMIT :limit"  # noqa: S608  fixed words only
        rows = self._connection.all(sql, values)
        return self._with_counts(rows)

    def many(self, ids: Collection[str]) -> dict[str, Record]:
        """Events by id, each with what it holds."""
        sql = f"SELECT * FROM event WHERE id IN ({marks(len(ids))})"  # noqa: S608  question marks only
        return {event["id"]: event for event in self._with_counts(self._connection.all(sql, sorted(ids)))}

    def one(self, event: str) -> Record | None:
        """An event with all its items and changes."""
        row = self._connection.one("SELECT coalesce(merged_into, id) AS id FROM event WHERE id = ?", (event,))
        if row is None:
            return None
        found = self._with_counts(self._connection.all("SELECT * FROM event WHERE id = ?", (row["id"],)))[0]
        found["item_list"] = ItemReading(self._connection).of_event(found["id"])
        found["changes"] = TimelineReading(self._connection).changes(event=found["id"], limit=_CHANGES)
        found["claims"] = []
        found["why"] = self._why(found["id"])
        return found

    def exists(self, event: str) -> bool:
        return self._connection.one("SELECT 1 AS yes FROM event WHERE id = ?", (event,)) is not None

    def claims_anything(self, event: str) -> bool:
        """Whether its items speak of any figure, date or state: what they say is read by `ClaimReading`."""
        sql = f"SELECT 1 AS yes FROM claim WHERE event_id IN ({OF_EVENT}) LIMIT 1"  # noqa: S608  fixed words only
        return self._connection.one(sql, {"event": event}) is not None

    def ids_like(self, prefix: str) -> list[str]:
        """Ids that begin like `prefix`, at most five."""
        rows = self._connection.all("SELECT id FROM event WHERE id LIKE ? LIMIT 5", (f"{prefix[:3]}%",))
        return [row["id"] for row in rows]

    def _with_counts(self, rows: list[sqlite3.Row]) -> list[Record]:
        ids = [row["id"] for row in rows]
        topics: dict[str, list[str]] = {}
        counts: dict[str, sqlite3.Row] = {}
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            sql = f"SELECT event_id, topic FROM event_topic WHERE event_id IN ({marks(len(some))}) ORDER BY topic"  # noqa: S608  question marks only
            for row in self._connection.all(sql, some):
                topics.setdefault(row["event_id"], []).append(row["topic"])
            counted = (
                "SELECT i.event_id, count(*) AS items, "  # noqa: S608  question marks only
                "json_group_array(DISTINCT CASE WHEN o.id IS NULL THEN "
                "coalesce(i.source_name, json_extract(f.options_json, '$.outlet'), f.name) END) AS sources, "
                "json_group_array(DISTINCT i.lang) AS langs FROM item i JOIN feed f ON f.id = i.feed_id "
                # An outlet that only carries what another one of the event wrote is no source of its own.
                "LEFT JOIN item o ON o.id = i.copy_of AND o.event_id = i.event_id "
                f"WHERE i.event_id IN ({marks(len(some))}) GROUP BY i.event_id"
            )
            counts |= {row["event_id"]: row for row in self._connection.all(counted, some)}
        storylines = StorylineReading(self._connection).of_events(ids)
        return [
            _event(row, topics.get(row["id"], []), counts.get(row["id"])) | {"storyline": storylines.get(row["id"])}
            for row in rows
        ]

    def _why(self, event: str) -> list[Record]:
        rows = self._connection.all(
            "SELECT i.id AS item_id, coalesce(l.how, 'pinned') AS how, coalesce(l.score, 1.0) AS score, "
            "l.reasons_json, "
            "coalesce(l.linked_at, i.first_seen_at) AS linked_at, i.title, l.event_id AS decided FROM item i "
            "LEFT JOIN event_item l ON l.item_id = i.id WHERE i.event_id = ? ORDER BY 5, 1",
            (event,),
        )
        return [
            {
                "item": str(row["item_id"]),
                "title": row["title"],
                "how": row["how"],
                "score": row["score"],
                "reasons": value(row["reasons_json"]) or [],
                "at": moment(row["linked_at"]),
                "decided": row["decided"] if row["decided"] != event else None,
            }
            for row in rows
        ]


def _event(row: sqlite3.Row, topics: list[str], counted: sqlite3.Row | None) -> Record:
    sources = sorted(filter(None, value(counted["sources"]))) if counted else []
    langs = sorted(filter(None, value(counted["langs"]))) if counted else []
    return {
        "id": row["id"],
        "title": row["title"],
        "topics": topics,
        "status": row["status"],
        "starts_on": row["starts_on"],
        "ends_on": row["ends_on"],
        "first_seen_at": moment(row["first_seen_at"]),
        "changed_at": moment(row["changed_at"]),
        "items": counted["items"] if counted else 0,
        "sources": sources,
        "languages": langs,
        "revision": row["revision"],
    }
