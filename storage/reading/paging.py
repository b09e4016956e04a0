"""The timeline a page at a time, for a viewer that fetches rows as they are seen.

Rule: a page costs the same wherever it lies and however long the timeline is: it begins behind a known row and is found
by index, never by counting rows. What does count rows says so; it is for a thread of its own.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storage.reading.connection import Connection, Record, micros
from storage.reading.timeline import COLUMNS, JOINS, OF_WORLD, change_of

MOST_UNREAD = 1_000  # counted of one topic; a reader needs no larger figure

# A mark on the change itself wins; else what is older than the reader's own line, or was there before it, is read.
_READ = """
    coalesce(
        (SELECT m.is_read FROM read_mark m WHERE m.change_id = c.id),
        c.origin <> 'live' OR c.at <= coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'read_until'), 0)
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Which part of the timeline is looked at; None: all of it."""

    topic: str | None = None
    events: tuple[str, ...] | None = None  # of a storyline, or found by a search
    until: datetime | None = None  # what was known before this instant
    unread: bool = False  # only what nobody has read,
    kept: str = ""  # and this change, which somebody is reading


class Place(NamedTuple):
    """Where a change stands on the timeline: its instant in microseconds, and its row: the order of commits."""

    at: int
    row: int


class PageReading:
    """Queries on changes; each record has the keys of the timeline's contract and `place`, `row_at`, `is_read`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, lens: Lens, *, older: bool, after: Place | None = None, inclusive: bool = False, limit: int = 100
    ) -> list[Record]:
        """At most `limit` changes from a place on into the past, or into the present; None: from the end that is there.

        `inclusive`: the change that stands at the place comes first.
        """
        source, where, values, at = _source(lens)
        order = "DESC" if older else "ASC"
        if after is not None:
            sign = ("<" if older else ">") + ("=" if inclusive else "")
            where.append(f"({at}, c.rowid) {sign} (:at, :row)")
            values |= {"at": after.at, "row": after.row}
        values["limit"] = limit
        sql = (
            f"SELECT {COLUMNS}, c.at AS row_at, c.rowid AS row, {_READ} AS is_read FROM {source} {JOINS} "  # noqa: S608  fixed words only
            f"WHERE {' AND '.join(where)} ORDER BY {at} {order}, c.rowid {order} LIMIT :limit"
        )
        return [_paged(row) for row in self._connection.all(sql, values)]

    def unread(self, lens: Lens, *, older: bool, after: Place | None = None) -> Place | None:
        """The next unread change from a place on; it passes over rows that are read, at most over the whole lens."""
        source, where, values, at = _source(lens)
        order, sign = ("DESC", "<") if older else ("ASC", ">")
        if after is not None:
            where.append(f"({at}, c.rowid) {sign} (:at, :row)")
            values |= {"at": after.at, "row": after.row}
        sql = (
            f"SELECT c.at, c.rowid AS row FROM {source} WHERE {' AND '.join(where)} AND NOT {_READ} "  # noqa: S608  fixed words only
            f"ORDER BY {at} {order}, c.rowid {order} LIMIT 1"
        )
        row = self._connection.one(sql, values)
        return Place(row["at"], row["row"]) if row else None

    def is_read(self, change: str) -> bool:
        row = self._connection.one(f"SELECT {_READ} AS is_read FROM change c WHERE c.id = ?", (change,))  # noqa: S608  fixed words only
        return row is not None and bool(row["is_read"])

    def unread_count(self, lens: Lens, *, limit: int = MOST_UNREAD) -> int:
        """How many changes of the lens nobody has read; counting ends at `limit`."""
        source, where, values, _ = _source(lens)
        sql = f"SELECT count(*) AS count FROM (SELECT 1 FROM {source} WHERE {' AND '.join(where)} AND NOT {_READ} LIMIT :limit)"  # noqa: S608, E501  fixed words only
        row = self._connection.one(sql, values | {"limit": limit})
        return int(row["count"]) if row else 0

    def unread_ids(self, lens: Lens, *, limit: int = MOST_UNREAD) -> list[str]:
        """The newest unread changes of the lens, at most `limit`."""
        source, where, values, at = _source(lens)
        sql = (
            f"SELECT c.id FROM {source} WHERE {' AND '.join(where)} AND NOT {_READ} "  # noqa: S608  fixed words only
            f"ORDER BY {at} DESC LIMIT :limit"
        )
        return [row["id"] for row in self._connection.all(sql, values | {"limit": limit})]

    def size(self, lens: Lens) -> int:
        """How many changes the lens shows, near enough to draw a scroll bar: counts an index."""
        return self._count(lens, None)

    def newer_than(self, lens: Lens, place: Place) -> int:
        """How many stand before a place when the newest come first, near enough to draw a scroll bar."""
        return self._count(lens, place)

    def nth(self, lens: Lens, number: int) -> Place | None:
        """The place that so many newer changes stand before: steps over an index."""
        source, where, values, at = _source(lens, with_kinds=False)
        sql = (
            f"SELECT {at} AS at FROM {source} WHERE {' AND '.join(where)} "  # noqa: S608  fixed words only
            f"ORDER BY {at} DESC LIMIT 1 OFFSET :number"
        )
        row = self._connection.one(sql, values | {"number": number})
        return Place(row["at"], (1 << 62)) if row else None

    def with_merged(self, events: Iterable[str]) -> tuple[str, ...]:
        """The events, and those that were merged into them: changes keep the name of the event they were told of."""
        ids = list(dict.fromkeys(events))
        sql = "SELECT e.id FROM json_each(?) s CROSS JOIN event e ON e.merged_into = s.value"
        return (*ids, *(row["id"] for row in self._connection.all(sql, (json.dumps(ids),))))

    def data_version(self) -> int:
        """A number that differs when another connection has committed something."""
        row = self._connection.one("PRAGMA data_version")
        return int(row[0]) if row else 0

    def last_row(self) -> int:
        row = self._connection.one("SELECT max(rowid) AS last FROM change")
        return int(row["last"] or 0) if row else 0

    def count_after(self, row: int) -> int:
        """How many changes of the world were committed after a row."""
        sql = f"SELECT count(*) AS count FROM change c WHERE c.rowid > ? AND {OF_WORLD}"  # noqa: S608  fixed words only
        found = self._connection.one(sql, (row,))
        return int(found["count"]) if found else 0

    def _count(self, lens: Lens, place: Place | None) -> int:
        source, where, values, at = _source(lens, with_kinds=False)
        if place is not None:
            where.append(f"{at} > :at")
            values["at"] = place.at
        sql = f"SELECT count(*) AS count FROM {source} WHERE {' AND '.join(where)}"  # noqa: S608  fixed words only
        row = self._connection.one(sql, values)
        return int(row["count"]) if row else 0


def _source(lens: Lens, *, with_kinds: bool = True) -> tuple[str, list[str], Record, str]:
    """What to select from, the conditions with their values, and the column of time.

    CROSS JOIN keeps SQLite from walking the whole timeline for a few events.
    """
    where, values = ([OF_WORLD] if with_kinds else []), Record()
    source, at = "change c", "c.at"
    if lens.events is not None:
        source = "json_each(:events) s CROSS JOIN change c ON c.event_id = s.value"
        values["events"] = json.dumps(lens.events)
        if lens.topic is not None:
            where.append("EXISTS (SELECT 1 FROM change_topic t WHERE t.change_id = c.id AND t.topic = :topic)")
    elif lens.topic is not None:
        source, at = "change_topic t", "t.at"
        source += " CROSS JOIN change c ON c.id = t.change_id" if with_kinds or lens.unread else ""
        where.append("t.topic = :topic")
    if lens.unread:
        where.append(f"(NOT {_READ} OR c.id = :kept)")
        values["kept"] = lens.kept
    if lens.topic is not None:
        values["topic"] = lens.topic
    if lens.until is not None:
        where.append(f"{at} < :until")
        values["until"] = micros(lens.until)
    return source, where or ["1"], values, at


def _paged(row: sqlite3.Row) -> Record:
    change = change_of(row)
    change["place"] = Place(row["row_at"], row["row"])
    change["is_read"] = bool(row["is_read"])
    return change
