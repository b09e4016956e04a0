"""Why something was told or not: every decision that is stored about a change, and what became of its messages.

Rule: nothing is decided again here; what the rows do not say is not known.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from storage.reading.connection import OF_EVENT, Connection, Record, marks, micros, moment, value

_CHANGES = 1_000  # of one event or item

_CHANGE = """
    SELECT c.id, c.at, c.kind, c.event_id, c.origin, c.payload_json, c.topics_json,
        e.merged_into, e.title AS event_title
    FROM change c LEFT JOIN event e ON e.id = c.event_id
"""
_ITEM = "SELECT id, title, relevant, event_id FROM item WHERE id = ?"
# Changes of an item's event that name it among others: those that one poll brought together.
_NAMING = """
    SELECT n.id FROM item i JOIN change n ON n.event_id = i.event_id, json_each(n.payload_json, '$.items') one
    WHERE i.id = :asked AND json_extract(one.value, '$.id') = i.id
"""


class DecisionReading:
    """Queries on decisions, and on silences."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def about(self, asked: str) -> list[Record]:
        """The changes that `asked` names, oldest first, each with its decisions.

        A change, an alert, a bundle or a delivery by its id, an event, or an item by its number; none if there is no
        such thing.
        """
        return [self._with_decisions(row) for row in self._changes(asked)]

    def silence_about(self, asked: str) -> Record | None:
        """Of an item that no change names: the item, and why there is none; None if there is no such item."""
        row = self._connection.one(_ITEM, (asked,)) if asked.isdecimal() else None
        if row is None:
            return None
        reason = "joined" if row["event_id"] else "unlinked" if row["relevant"] else "no_topic"
        return {"id": row["id"], "title": row["title"], "event": row["event_id"], "reason": reason}

    def ids_like(self, asked: str) -> list[str]:
        """The latest ids of changes and events that begin like `asked`, at most five of each."""
        begin = f"{asked[:4]}%"
        rows = self._connection.all("SELECT id FROM change WHERE id LIKE ? ORDER BY rowid DESC LIMIT 5", (begin,))
        rows += self._connection.all("SELECT id FROM event WHERE id LIKE ? LIMIT 5", (begin,))
        return [row["id"] for row in rows]

    def silences(self, *, now: datetime, everything: bool = False) -> list[Record]:
        """Those in force or to come, the latest to begin first; with `everything` those that are over, too."""
        at = micros(now)
        rows = self._connection.all("SELECT * FROM silence ORDER BY starts_at DESC, id")
        return [one for one in (_silence(row, at) for row in rows) if everything or one["state"] != "over"]

    def _changes(self, asked: str) -> list[sqlite3.Row]:
        match asked[:2]:
            case "c_":
                where = "c.id = :asked"
            case "a_":
                where = "c.id IN (SELECT change_id FROM alert WHERE id = :asked)"
            case "b_":
                where = "c.id IN (SELECT change_id FROM alert WHERE bundle_id = :asked)"
            case "d_":
                where = (
                    "c.id IN (SELECT a.change_id FROM alert a JOIN delivery d ON d.bundle_id = a.bundle_id "
                    "WHERE d.id = :asked)"
                )
            case _ if asked.isdecimal():
                where = f"c.item_id = :asked OR c.id IN ({_NAMING})"
            case _:
                where = f"c.event_id IN ({OF_EVENT})"
        sql = f"{_CHANGE} WHERE {where} ORDER BY c.at DESC, c.rowid DESC LIMIT {_CHANGES}"
        return self._connection.all(sql, {"asked": asked, "event": asked.upper()})[::-1]  # ascii protocol word

    def _with_decisions(self, row: sqlite3.Row) -> Record:
        payload = value(row["payload_json"]) or {}
        alerts = self._connection.all(
            "SELECT * FROM alert WHERE change_id = ? ORDER BY created_at, rowid", (row["id"],)
        )
        told = self._deliveries({alert["bundle_id"] for alert in alerts if alert["bundle_id"]})
        return {
            "id": row["id"],
            "at": moment(row["at"]),
            "kind": row["kind"],
            "event": row["merged_into"] or row["event_id"],
            "event_title": row["event_title"],
            "summary": payload.get("summary"),
            "topics": value(row["topics_json"]) or [],
            "origin": row["origin"],
            "decisions": [_decision(alert, told.get(alert["bundle_id"], [])) for alert in alerts],
        }

    def _deliveries(self, bundles: Iterable[str]) -> dict[str, list[Record]]:
        """By bundle: its deliveries, each with the last try."""
        ids = list(bundles)
        sql = f"SELECT * FROM delivery WHERE bundle_id IN ({marks(len(ids))}) ORDER BY rowid"  # noqa: S608  question marks only
        found: dict[str, list[Record]] = {}
        for row in self._connection.all(sql, ids) if ids else ():
            found.setdefault(row["bundle_id"], []).append(
                {
                    "id": row["id"],
                    "address": row["address"],
                    "kind": row["kind"],
                    "state": row["state"],
                    "attempts": row["attempt_count"],
                    "next_at": moment(row["next_at"]) if row["state"] in {"queued", "sending"} else None,
                    "done_at": moment(row["done_at"]),
                    "reason": row["reason"] or None,
                }
            )
        return found


def _decision(row: sqlite3.Row, deliveries: list[Record]) -> Record:
    return {
        "alert": row["id"],
        "route": row["route"] or None,
        "channel": row["channel"] or None,
        "importance": row["importance"],
        "rule": row["rule"] or None,
        "decision": row["decision"],
        "reason": row["reason"] or None,
        "until": moment(row["release_at"]) if row["decision"] in {"pending", "held"} else None,
        "at": moment(row["created_at"]),
        "deliveries": deliveries,
    }


def _silence(row: sqlite3.Row, now: int) -> Record:
    over = row["expired_at"] is not None or row["ends_at"] <= now
    return {
        "id": row["id"],
        "matchers": [{"key": key, "pattern": pattern} for key, pattern in value(row["matchers_json"]) or []],
        "state": "over" if over else "in force" if row["starts_at"] <= now else "to come",
        "starts_at": moment(row["starts_at"]),
        "ends_at": moment(row["ends_at"]),
        "expired_at": moment(row["expired_at"]),
        "author": row["author"],
        "comment": row["comment"] or None,
        "created_at": moment(row["created_at"]),
    }
