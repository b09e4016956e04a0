"""The timeline: changes in order of time, found by index among millions."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from storage.reading.connection import OF_EVENT, Connection, Record, micros, moment, value

COLUMNS = """
    c.id, c.at, c.kind, c.event_id, c.item_id, c.feed_id, c.from_json, c.to_json, c.payload_json, c.quotes_json,
    c.happened_on, c.topics_json, e.title AS event_title, e.merged_into, i.url AS item_url,
    coalesce(i.source_name, json_extract(f.options_json, '$.outlet'), f.name) AS source
"""
JOINS = """
    LEFT JOIN event e ON e.id = c.event_id
    LEFT JOIN item i ON i.id = c.item_id
    LEFT JOIN feed f ON f.id = coalesce(i.feed_id, c.feed_id)
"""
# What Salname says of itself is no news of the world, and neither is what it said before.
OF_WORLD = "c.kind NOT LIKE 'feed.%' AND c.kind NOT LIKE 'system.%' AND c.kind <> 'promise.reminder'"


class TimelineReading:
    """Queries on changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def changes(
        self,
        *,
        topic: str | None = None,
        event: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        newest: bool = True,
        world_only: bool = True,
    ) -> list[Record]:
        """At most `limit` changes with since <= at < until, in order of time.

        With `newest` the last ones of the span, else the first. `world_only` leaves out feed.*, system.* and reminders.
        """
        order = "DESC" if newest else "ASC"
        where, values = _bounds("t.at" if topic else "c.at", since, until)
        values["limit"] = limit
        if world_only:
            where.append(OF_WORLD)
        if event:
            where.append(f"c.event_id IN ({OF_EVENT})")
            values["event"] = event
        if topic:
            where.append("t.topic = :topic")
            values["topic"] = topic
            source = "change_topic t JOIN change c ON c.id = t.change_id"
            ordered = f"t.at {order}, c.rowid {order}"
        else:
            source, ordered = "change c", f"c.at {order}, c.rowid {order}"
        sql = (
            f"SELECT {COLUMNS} FROM {source} {JOINS} WHERE {' AND '.join(where) or '1'} ORDER BY {ordered} LIMIT :limit"  # noqa: S608  fixed words only
        )
        rows = self._connection.all(sql, values)
        return [change_of(row) for row in (reversed(rows) if newest else rows)]

    def why(self, change: str) -> Record | None:
        """A change with its verdict and the ids of the claims that it was made of."""
        row = self._connection.one(f"SELECT {COLUMNS} FROM change c {JOINS} WHERE c.id = ?", (change,))  # noqa: S608  fixed words only
        if row is None:
            return None
        payload = value(row["payload_json"]) or {}
        return {**change_of(row), "verdict": payload.get("verdict"), "claims": payload.get("claims") or []}

    def after(self, seen: int, *, topic: str | None = None, event: str | None = None) -> tuple[list[Record], int]:
        """Changes committed after row `seen`, in the order of their commit, and the last row there is."""
        last = self.last_row()
        if last <= seen:
            return [], last
        sql = f"SELECT {COLUMNS} FROM change c {JOINS} WHERE c.rowid > ? AND c.rowid <= ? ORDER BY c.rowid"  # noqa: S608  fixed words only
        found = [change_of(row) for row in self._connection.all(sql, (seen, last))]
        wanted = [one for one in found if _wanted(one, topic, event)]
        return wanted, last

    def last_row(self) -> int:
        row = self._connection.one("SELECT max(rowid) AS last FROM change")
        return int(row["last"] or 0) if row else 0


def _bounds(column: str, since: datetime | None, until: datetime | None) -> tuple[list[str], Record]:
    where: list[str] = []
    values: Record = {}
    if since is not None:
        where.append(f"{column} >= :since")
        values["since"] = micros(since)
    if until is not None:
        where.append(f"{column} < :until")
        values["until"] = micros(until)
    return where, values


def _wanted(one: Record, topic: str | None, event: str | None) -> bool:
    if one["kind"].startswith(("feed.", "system.")) or one["kind"] == "promise.reminder":
        return False
    return (topic is None or topic in one["topics"]) and (event is None or event == one["event"])


def change_of(row: sqlite3.Row) -> Record:
    payload = value(row["payload_json"]) or {}
    listed = payload.get("items")
    items = listed if isinstance(listed, list) else []
    lead = next((item for item in items if item.get("id") == row["item_id"]), items[0] if items else {})
    quotes = value(row["quotes_json"]) or []
    old, new = value(row["from_json"]), value(row["to_json"])
    return {
        "id": row["id"],
        "at": moment(row["at"]),
        "happened_on": row["happened_on"],
        "kind": row["kind"],
        "event": row["merged_into"] or row["event_id"],
        "event_title": row["event_title"],
        "topics": value(row["topics_json"]) or [],
        "item": str(row["item_id"]) if row["item_id"] is not None else None,
        "url": row["item_url"] or lead.get("url"),
        "source": lead.get("source") or row["source"],
        "sources": _sources(items) or ([row["source"]] if row["source"] else []),
        "summary": payload.get("summary"),
        "old": _side(old),
        "new": _side(new),
        "said": [_said(old), _said(new)],
        "quote": (quotes[-1] or None) if quotes else None,  # the words of what is, which stand last
        "class": payload.get("class"),
        "diff": payload.get("diff"),
    }


def _sources(items: Iterable[Record]) -> list[str]:
    return list(dict.fromkeys(item["source"] for item in items if item.get("source")))


def _said(side: object) -> Record | None:
    """Whose words a side of a fact rests on."""
    if not isinstance(side, dict) or not side.get("source"):
        return None
    return {key: side.get(key) or None for key in ("quote", "source", "url", "as_of")}


def _side(side: object) -> object:
    """A value as a reader wants it: hashes are for the program."""
    return side.get("value") if isinstance(side, dict) and "value" in side else side
