"""Promises as chains: what was promised first, each date it slipped to, and what became of the last one."""

import sqlite3
from collections.abc import Iterable, Sequence

from storage.reading.connection import Connection, Record, marks, moment

_CHAINS = """
    SELECT p.*, c.subject, c.facet, c.quote, c.source, c.url, c.item_id, c.as_of, c.modality, c.bound,
           m.id AS event, m.title AS event_title, m.changed_at, k.kind AS kept_kind, k.lo AS kept_lo, k.hi AS kept_hi
    FROM promise p JOIN claim c ON c.id = p.claim_id LEFT JOIN claim k ON k.id = p.closed_by
    LEFT JOIN event e ON e.id = p.event_id LEFT JOIN event m ON m.id = coalesce(e.merged_into, e.id)
"""


class ChainReading:
    """Queries on promises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, *, topics: Sequence[str] = (), event: str | None = None) -> list[Record]:
        """Every chain of these topics (of none: of all), by its last day; `links` holds its promises, oldest first."""
        where, values = ["1"], list[str]()
        if topics:
            listed = marks(len(topics))
            where.append(f"p.event_id IN (SELECT event_id FROM event_topic WHERE topic IN ({listed}))")  # noqa: S608  question marks only
            values += topics
        if event:
            where.append("m.id = ?")
            values.append(event)
        sql = f"{_CHAINS} WHERE {' AND '.join(where)} ORDER BY p.key, p.slip_no, p.hi, p.id"
        by_key: dict[str, list[sqlite3.Row]] = {}
        for row in self._connection.all(sql, values):
            by_key.setdefault(row["key"], []).append(row)
        found = [chain for key, rows in by_key.items() for chain in _chains(key, rows)]
        topics_of = self._topics({chain["event"] for chain in found if chain["event"]})
        for chain in found:
            chain["topics"] = topics_of.get(chain["event"], [])
        return sorted(found, key=lambda chain: (chain["due_latest"], chain["id"]))

    def dated(self, *, topics: Sequence[str] = (), event: str | None = None) -> list[Record]:
        """Events of these topics (of none: of all) that have a day, each with how often it was `moved`."""
        where, values = ["e.starts_on IS NOT NULL", "e.merged_into IS NULL"], list[str]()
        if topics:
            where.append(f"e.id IN (SELECT event_id FROM event_topic WHERE topic IN ({marks(len(topics))}))")  # noqa: S608  question marks only
            values += topics
        if event:
            where.append("e.id = ?")
            values.append(event)
        sql = (
            "SELECT e.*, (SELECT count(*) FROM change c WHERE c.event_id = e.id AND c.kind = 'date.slipped') AS moved, "  # noqa: S608  fixed words only
            "(SELECT i.url FROM item i WHERE i.event_id = e.id AND i.url IS NOT NULL ORDER BY i.sort_at, i.id LIMIT 1) "
            f"AS url FROM event e WHERE {' AND '.join(where)} ORDER BY e.starts_on, e.id"
        )
        rows = self._connection.all(sql, values)
        topics_of = self._topics(row["id"] for row in rows)
        return [
            {
                "id": row["id"],
                "title": row["title"],
                "topics": topics_of[row["id"]],
                "status": row["status"],
                "starts_on": row["starts_on"],
                "ends_on": row["ends_on"],
                "changed_at": moment(row["changed_at"]),
                "moved": row["moved"],
                "url": row["url"],
            }
            for row in rows
        ]

    def _topics(self, events: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for event in sorted(events):
            rows = self._connection.all("SELECT topic FROM event_topic WHERE event_id = ? ORDER BY topic", (event,))
            found[event] = [row["topic"] for row in rows]
        return found


def _chains(key: str, rows: Sequence[sqlite3.Row]) -> list[Record]:
    """The rows of one key as chains; a chain's name is the key and its number, which no later slip changes."""
    followers = {row["prev_id"]: row for row in rows if row["prev_id"]}
    known = {row["id"] for row in rows}
    chains = []
    for number, root in enumerate(row for row in rows if row["prev_id"] not in known):
        links = [root]
        while (after := followers.get(links[-1]["id"])) is not None and after not in links:
            links.append(after)
        chains.append(_chain(f"{key}#{number}" if number else key, links))
    return chains


def _chain(name: str, links: Sequence[sqlite3.Row]) -> Record:
    head = links[-1]
    kept = _kept(head) if head["state"] == "kept" else (None, None)
    return {
        "id": name,
        "event": head["event"],
        "event_title": head["event_title"],
        "changed_at": moment(head["changed_at"]),
        "subject": head["subject"],
        "measure": head["key"].split("|")[1],  # a day to which something was put off does not say what it is of
        "facet": head["facet"],
        "due_earliest": head["lo"],
        "due_latest": head["hi"],
        "precision": head["precision"],
        "bound": head["bound"],
        "state": head["state"],
        "kept_earliest": kept[0],
        "kept_latest": kept[1],
        "note": head["note"] or None,
        "slips": head["slip_no"],
        "total_days": head["total_days"],
        "quote": head["quote"] or None,
        "source": head["source"] or None,
        "url": head["url"],
        "item": str(head["item_id"]),
        "as_of": head["as_of"],
        "links": [
            {
                "due_earliest": row["lo"],
                "due_latest": row["hi"],
                "precision": row["precision"],
                "bound": row["bound"],
                "as_of": row["as_of"],
                "source": row["source"] or None,
            }
            for row in links
        ],
    }


def _kept(head: sqlite3.Row) -> tuple[str | None, str | None]:
    """The first and the last day on which it can have been kept; none where only its own day is known.

    A report that tells of no day, and comes in the time that was promised or its grace, leaves it where it was.
    """
    if head["note"].startswith("kept:"):  # by what came of it
        return None, None
    if head["kept_kind"] == "date":
        return (head["kept_lo"] or head["kept_hi"], head["kept_hi"]) if head["kept_hi"] else (None, None)
    since = head["state_since"]
    if since is None or (head["lo"] is not None and head["lo"] <= since <= head["hi"]):
        return None, None
    return (None, None) if head["note"] == "kept on time" and since > head["hi"] else (since, since)
