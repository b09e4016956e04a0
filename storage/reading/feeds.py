"""Feeds and their health, and whether all is well."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from storage.addresses import shown
from storage.reading.connection import Connection, Record, moment, value

_HEALTH = {"new": "baseline", "ok": "ok", "paused": "paused", "gone": "gone"}  # all others are failing


class FeedReading:
    """Queries on feeds that are watched."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def watched(self, *, state: str | None = None) -> list[Record]:
        """The active feeds in the order they were declared, with the items that each brought."""
        rows = self._connection.all(
            "SELECT f.*, (SELECT count(*) FROM sighting s WHERE s.feed_id = f.id) AS items, "
            "(SELECT min(since_at) FROM held h WHERE h.feed_id = f.id) AS held_at FROM feed f "
            "WHERE f.active ORDER BY f.id"
        )
        feeds = [_feed(row) for row in rows]
        return [feed for feed in feeds if state in {None, feed["state"], feed["health"]}]

    def known(self) -> list[tuple[str, str]]:
        """Name and address of each feed that ever brought something, watched or not."""
        return [(row["name"], row["url"]) for row in self._connection.all("SELECT name, url FROM feed ORDER BY id")]

    def summary(self) -> Record:
        """Last poll, what fails, what waits and what is due."""
        feeds = self.watched()
        waiting = self._connection.all("SELECT state, count(*) AS count FROM delivery GROUP BY state")
        counts = {row["state"]: row["count"] for row in waiting}
        oldest = self._connection.one("SELECT min(next_at) AS oldest FROM delivery WHERE state = 'queued'")
        parked = self._connection.all("SELECT name, parked_reason FROM channel_state WHERE breaker = 'parked'")
        return _summary(feeds, counts, moment(oldest["oldest"]) if oldest else None, parked)


def _summary(
    feeds: Sequence[Record], counts: Mapping[str, int], oldest: str | None, parked: Iterable[sqlite3.Row]
) -> Record:
    return {
        "last_poll_at": max(filter(None, (feed["last_poll_at"] for feed in feeds)), default=None),
        "next_poll_at": min(filter(None, (feed["next_poll_at"] for feed in feeds)), default=None),
        "feeds": len(feeds),
        "failing": [
            {"name": feed["name"], "state": feed["state"], "error": feed["error"], "held": feed["held"]}
            for feed in feeds
            if feed["health"] in {"failing", "gone"}
        ],
        "queued": counts.get("queued", 0) + counts.get("sending", 0),
        "in_doubt": counts.get("in_doubt", 0),
        "dead": counts.get("dead", 0),
        "oldest_queued_at": oldest,
        "parked": [{"channel": row["name"], "reason": row["parked_reason"]} for row in parked],
    }


NOTHING: Record = _summary((), {}, None, ())
"""The summary of a database that was never written."""


def _feed(row: sqlite3.Row) -> Record:
    memory = value(row["memory_json"]) or {}
    gap = memory.get("possible_gap")
    held = _held(row["held_at"], memory)
    per_day = 86_400 / memory["gap_s"] if memory.get("gap_s") else None
    return {
        "url": shown(row["url"]),
        "name": row["name"],
        "health": _HEALTH.get(row["state"], "failing"),
        "last_poll_at": moment(row["polled_at"]),
        "next_poll_at": moment(row["next_poll_at"]),
        "last_status": row["last_status"],
        "error": "; ".join(filter(None, (_why_held(held), row["last_error"]))) or None,
        "items": row["items"],
        "etag": row["etag"],
        "possible_gap": _gap(gap),
        "state": row["state"],
        "held": held,
        "ok_at": moment(row["ok_at"]),
        "next_why": memory.get("next_poll_why"),
        "effective_url": shown(row["effective_url"]),
        "kind": row["kind"],
        "failures": row["failure_count"],
        "flags": sorted(memory.get("flags") or []),
        "new_per_day": round(per_day, 1) if per_day is not None else None,
        "depth_hours": round(memory["depth_s"] / 3600, 1) if memory.get("depth_s") else None,
    }


def _held(since: int | None, memory: Mapping[str, Any]) -> Record | None:
    """How many entries wait since when, and whether a person has let them in, so that the next poll tells them."""
    flags = memory.get("flags") or ()
    if since is None or "held" not in flags:
        return None
    return {"entries": memory.get("held_count"), "since": moment(since), "released": "released" in flags}


def _why_held(held: Record | None) -> str:
    if held is None:
        return ""
    since = f"{held['since'][:10]} {held['since'][11:16]} UTC"
    return f"{held['entries']} unknown entries at once are held since {since}: it looks renumbered"


def _gap(gap: object) -> object:
    """[from, to, items that may be missing], with the instants spelled as everywhere."""
    if not isinstance(gap, list | tuple) or len(gap) != 3:
        return None
    start, end, missing = gap
    return {
        "from": moment(start) if isinstance(start, int) else start,
        "to": moment(end) if isinstance(end, int) else end,
        "items": round(float(missing), 1),
    }
