"""Deliveries and channels: what waits and why, what was sent, what failed for good."""

import sqlite3
from datetime import datetime

from storage.reading.connection import Connection, Record, micros, moment, value

_STATES = {
    "due": ("queued", "sending"),
    "dead": ("dead",),
    "in-doubt": ("in_doubt",),
    "delivered": ("delivered",),
    "cancelled": ("cancelled",),
}

# What is sent first of the same things to the same address holds back what follows it.
_DELIVERY = """
    SELECT d.*, e.title AS event_title, (
        SELECT f.id FROM delivery f
        WHERE f.state IN ('queued', 'sending', 'in_doubt') AND f.channel = d.channel AND f.address = d.address
            AND f.order_key = d.order_key AND (f.seq < d.seq OR (f.seq = d.seq AND f.id < d.id))
        ORDER BY f.seq, f.id LIMIT 1
    ) AS blocker
    FROM delivery d LEFT JOIN event e ON e.id = d.event_id
"""


class AlertReading:
    """Queries on the outbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deliveries(
        self, *, now: datetime, state: str | None = None, channel: str | None = None, limit: int = 100
    ) -> list[Record]:
        """At most `limit` deliveries, the latest first; `state` is one of due, dead, in-doubt, delivered, cancelled."""
        where, values = ["1"], Record(limit=limit)
        if state:
            names = _STATES[state]
            where.append(f"d.state IN ({', '.join(f':s{n}' for n in range(len(names)))})")
            values |= {f"s{n}": name for n, name in enumerate(names)}
        if channel:
            where.append("d.channel = :channel")
            values["channel"] = channel
        sql = f"{_DELIVERY} WHERE {' AND '.join(where)} ORDER BY d.rowid DESC LIMIT :limit"
        states = self._channel_states()
        return [
            _delivery(row) | {"why": _why(row, states.get(row["channel"]), micros(now))}
            for row in self._connection.all(sql, values)
        ]

    def delivery(self, delivery: str, *, now: datetime) -> Record | None:
        """One delivery with the changes it tells and every attempt."""
        row = self._connection.one(f"{_DELIVERY} WHERE d.id = ?", (delivery,))
        if row is None:
            return None
        found = _delivery(row) | {"why": _why(row, self._channel_states().get(row["channel"]), micros(now))}
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

    def undelivered(self, *, channel: str | None = None, limit: int = 100) -> list[Record]:
        """Decisions that have told nobody so far, the latest first, each with its reason."""
        rows = self._connection.all(
            "SELECT a.*, c.kind, c.payload_json FROM alert a JOIN change c ON c.id = a.change_id "
            "WHERE a.decision IN ('suppressed', 'held', 'pending') AND :channel IN ('', a.channel) "
            "ORDER BY a.created_at DESC, a.rowid DESC LIMIT :limit",
            {"channel": channel or "", "limit": limit},
        )
        return [_alert(row) for row in rows]

    def health(self, *, now: datetime) -> Record:
        """What waits, since when, and which channels are parked or fail."""
        counts = self._connection.all("SELECT state, count(*) AS count FROM delivery GROUP BY state")
        held = self._connection.all(
            "SELECT decision, count(*) AS count FROM alert WHERE decision IN ('pending', 'held') GROUP BY decision"
        )
        # What waits for the hour that it was told to wait for is no backlog.
        oldest = self._connection.one(
            "SELECT min(coalesce(first_try_at, next_at)) AS at FROM delivery "
            "WHERE state IN ('queued', 'sending') AND coalesce(first_try_at, next_at) <= ?",
            (micros(now),),
        )
        stopped = self._connection.all(
            "SELECT name, breaker, parked_reason, probe_at FROM channel_state "
            "WHERE breaker IN ('parked', 'open') ORDER BY name"
        )
        by_state = {row["state"]: row["count"] for row in counts} | {row["decision"]: row["count"] for row in held}
        oldest_at = oldest["at"] if oldest else None
        return {
            "queued": by_state.get("queued", 0) + by_state.get("sending", 0),
            "in_doubt": by_state.get("in_doubt", 0),
            "dead": by_state.get("dead", 0),
            "pending": by_state.get("pending", 0),
            "held": by_state.get("held", 0),
            "oldest_at": moment(oldest_at),
            "oldest_s": max(0, (micros(now) - oldest_at) // 1_000_000) if oldest_at is not None else None,
            "stopped": [
                {
                    "channel": row["name"],
                    "state": row["breaker"],
                    "reason": row["parked_reason"] or None,
                    "probe_at": moment(row["probe_at"]),
                }
                for row in stopped
            ],
        }

    def channels(self) -> dict[str, Record]:
        """By channel: its state and what it has before and behind it."""
        states = self._channel_states()
        # What is over for good is the greater part of the table, and not read for this.
        counts = self._connection.all(
            "SELECT channel, state, count(*) AS count, min(next_at) AS oldest FROM delivery "
            "WHERE state IN ('queued', 'sending', 'in_doubt', 'dead') GROUP BY channel, state"
        )
        found: dict[str, Record] = {
            name: {
                "state": row["breaker"],
                "since_at": moment(row["since_at"]),
                "reason": row["parked_reason"] or None,
                "probe_at": moment(row["probe_at"]),
                "not_before_at": moment(row["not_before_at"]),
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
        for name, one in found.items():
            last = self._connection.one(
                "SELECT done_at FROM delivery WHERE state = 'delivered' AND channel = ? ORDER BY done_at DESC LIMIT 1",
                (name,),
            )
            one["last_ok_at"] = moment(last["done_at"]) if last else None
        return found

    def _channel_states(self) -> dict[str, sqlite3.Row]:
        return {row["name"]: row for row in self._connection.all("SELECT * FROM channel_state")}

    def _alerts(self, bundle: str) -> list[sqlite3.Row]:
        return self._connection.all(
            "SELECT a.*, c.kind, c.payload_json FROM alert a JOIN change c ON c.id = a.change_id "
            "WHERE a.bundle_id = ? ORDER BY c.at, c.id",
            (bundle,),
        )

    def _attempts(self, delivery: str) -> list[sqlite3.Row]:
        return self._connection.all("SELECT * FROM attempt WHERE delivery_id = ? ORDER BY n", (delivery,))


def _why(row: sqlite3.Row, channel: sqlite3.Row | None, now: int) -> str:
    """Why a delivery is where it is, in one line."""
    match row["state"]:
        case "queued":
            return _queued_why(row, channel, now)
        case "sending":
            return "is being sent"
        case "in_doubt":
            return f"may have arrived: salname alerts resolve {row['id']} --delivered, or --resend"
        case state:
            return str(row["reason"] or state)


def _queued_why(row: sqlite3.Row, channel: sqlite3.Row | None, now: int) -> str:
    breaker = channel["breaker"] if channel is not None else ""
    if channel is not None and breaker == "parked":
        return f"channel {row['channel']} is parked: {channel['parked_reason']}"
    if channel is not None and breaker == "open":
        return f"channel {row['channel']} fails, it is probed at {moment(channel['probe_at'])}"
    if row["blocker"]:
        return f"comes after {row['blocker']}"
    if row["next_at"] > now:
        return f"is tried again at {moment(row['next_at'])}: {row['reason']}".removesuffix(": ")
    if channel is not None and (channel["not_before_at"] or 0) > now:
        return f"the destination asked to wait until {moment(channel['not_before_at'])}"
    return "is due"


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
        "until": moment(row["release_at"]) if row["decision"] in {"pending", "held"} else None,
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
