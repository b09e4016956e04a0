"""Deliveries and channels: what waits and why, what was sent, what failed for good."""

import sqlite3

from storage.reading.connection import Connection, Record, moment, value

_STATES = {
    "due": ("queued", "sending"),
    "dead": ("dead",),
    "in-doubt": ("in_doubt",),
    "delivered": ("delivered",),
    "cancelled": ("cancelled",),
}


class AlertReading:
    """Queries on the outbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deliveries(self, *, state: str | None = None, channel: str | None = None, limit: int = 100) -> list[Record]:
        """At most `limit` deliveries, the latest first; `state` is one of due, dead, in-doubt, delivered, cancelled."""
        where, values = ["1"], Record(limit=limit)
        if state:
            names = _STATES[state]
            where.append(f"d.state IN ({', '.join(f':s{n}' for n in range(len(names)))})")
            values |= {f"s{n}": name for n, name in enumerate(names)}
        if channel:
            where.append("d.channel = :channel")
            values["channel"] = channel
        sql = (
            "SELECT d.*, e.title AS event_title FROM delivery d LEFT JOIN event e ON e.id = d.event_id "  # noqa: S608  fixed words only
            f"WHERE {' AND '.join(where)} ORDER BY d.rowid DESC LIMIT :limit"
        )
        return [_delivery(row) for row in self._connection.all(sql, values)]

    def delivery(self, delivery: str) -> Record | None:
        """One delivery with the changes it tells and every attempt."""
        row = self._connection.one(
            "SELECT d.*, e.title AS event_title FROM delivery d LEFT JOIN event e ON e.id = d.event_id WHERE d.id = ?",
            (delivery,),
        )
        if row is None:
            return None
        found = _delivery(row)
        found["content_type"] = row["content_type"]
        found["body"] = bytes(row["body"]).decode("utf-8", "replace") if row["body"] else None
        found["changes"] = [_alert(one) for one in self._alerts(row["bundle_id"])]
        found["attempts"] = [_attempt(one) for one in self._attempts(delivery)]
        return found

    def ids_like(self, delivery: str) -> list[str]:
        """The latest ids of deliveries that begin like `delivery`, at most five."""
        rows = self._connection.all(
            "SELECT id FROM delivery WHERE id LIKE ? ORDER BY rowid DESC LIMIT 5", (f"{delivery[:4]}%",)
        )
        return [row["id"] for row in rows]

    def undelivered(self, *, limit: int = 100) -> list[Record]:
        """Decisions that told nobody, the latest first, each with its reason."""
        rows = self._connection.all(
            "SELECT a.*, c.kind, c.payload_json FROM alert a JOIN change c ON c.id = a.change_id "
            "WHERE a.decision IN ('suppressed', 'held') ORDER BY a.created_at DESC LIMIT ?",
            (limit,),
        )
        return [_alert(row) for row in rows]

    def channels(self) -> dict[str, Record]:
        """By channel: its state and what it has before and behind it."""
        states = {row["name"]: row for row in self._connection.all("SELECT * FROM channel_state")}
        counts = self._connection.all(
            "SELECT channel, state, count(*) AS count, min(next_at) AS oldest, max(done_at) AS last FROM delivery "
            "GROUP BY channel, state"
        )
        found: dict[str, Record] = {
            name: {
                "state": row["breaker"],
                "since_at": moment(row["since_at"]),
                "reason": row["parked_reason"] or None,
                "probe_at": moment(row["probe_at"]),
            }
            for name, row in states.items()
        }
        for row in counts:
            one = found.setdefault(row["channel"], {"state": "closed", "since_at": None, "reason": None})
            if row["state"] in {"queued", "sending"}:
                one["queued"] = one.get("queued", 0) + row["count"]
                one["oldest_at"] = min(filter(None, (one.get("oldest_at"), moment(row["oldest"]))))
            else:
                one[row["state"]] = row["count"]
            if row["state"] == "delivered":
                one["last_ok_at"] = moment(row["last"])
        return found

    def _alerts(self, bundle: str) -> list[sqlite3.Row]:
        return self._connection.all(
            "SELECT a.*, c.kind, c.payload_json FROM alert a JOIN change c ON c.id = a.change_id "
            "WHERE a.bundle_id = ? ORDER BY c.at, c.id",
            (bundle,),
        )

    def _attempts(self, delivery: str) -> list[sqlite3.Row]:
        return self._connection.all("SELECT * FROM attempt WHERE delivery_id = ? ORDER BY n", (delivery,))


def _delivery(row: sqlite3.Row) -> Record:
    return {
        "id": row["id"],
        "channel": row["channel"],
        "address": row["address"],
        "kind": row["kind"],
        "event": row["event_id"],
        "event_title": row["event_title"],
        "state": row["state"],
        "form": row["form"],
        "attempts": row["attempt_count"],
        "in_doubt": row["doubt_count"],
        "next_at": moment(row["next_at"]) if row["state"] in {"queued", "sending"} else None,
        "first_try_at": moment(row["first_try_at"]),
        "expires_at": moment(row["expires_at"]),
        "done_at": moment(row["done_at"]),
        "reason": row["reason"] or None,
    }


def _alert(row: sqlite3.Row) -> Record:
    payload = value(row["payload_json"]) or {}
    return {
        "id": row["id"],
        "change": row["change_id"],
        "kind": row["kind"],
        "summary": payload.get("summary"),
        "route": row["route"] or None,
        "channel": row["channel"] or None,
        "importance": row["importance"],
        "decision": row["decision"],
        "reason": row["reason"] or None,
        "rule": row["rule"] or None,
        "at": moment(row["created_at"]),
    }


def _attempt(row: sqlite3.Row) -> Record:
    return {
        "n": row["n"],
        "started_at": moment(row["started_at"]),
        "finished_at": moment(row["finished_at"]),
        "phase": row["phase"] or None,
        "outcome": row["outcome"] or None,
        "code": row["code"],
        "detail": row["detail"] or None,
        "reply": row["reply"] or None,
        "remote_id": row["remote_id"],
    }
