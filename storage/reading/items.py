"""Items: lists, and one item with its versions and the reasons of every decision about it."""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from storage.addresses import named_by, shown
from storage.reading.connection import OF_EVENT, Connection, Record, marks, micros, moment, text, value

_COLUMNS = """
    i.id, i.url, i.title, i.lang, i.published_at, i.first_seen_at, i.event_id, i.revision_count, i.copy_of,
    i.withdrawn_at, i.origin, i.forgotten_at, f.url AS feed,
    coalesce(i.source_name, json_extract(f.options_json, '$.outlet'), f.name) AS source
"""

_VERDICTS = (
    "SELECT v.at, v.kind, v.via, v.reason, f.name AS feed FROM verdict v JOIN feed f ON f.id = v.feed_id "
    "WHERE v.item_id = ? ORDER BY v.at, v.id"
)
_ARRIVED = frozenset({"NEW", "SAME_TEXT"})
_ARRIVAL = (  # where it is not stored; an item that has a topic now may have another origin than it came by
    "SELECT i.first_seen_at AS at, 'NEW' AS kind, '' AS via, "
    "CASE WHEN i.origin = 'baseline' AND i.relevant = 0 THEN ? ELSE ? END AS reason, f.name AS feed "
    "FROM item i JOIN feed f ON f.id = i.feed_id WHERE i.id = ? AND i.forgotten_at IS NULL"
)


class ItemReading:
    """Queries on items of some topic."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(
        self,
        *,
        topic: str | None = None,
        feed: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> list[Record]:
        """At most `limit` items, newest first by their trusted date, else by when they were first seen."""
        where, values = ["i.relevant = 1"], Record(limit=limit)
        source, at = "item i", "i.sort_at"
        if topic:
            source, at = "item_topic t JOIN item i ON i.id = t.item_id", "t.sort_at"
            where.append("t.topic = :topic")
            values["topic"] = topic
        if feed:
            where.append("(f.url = :feed OR f.name = :feed)")
            values["feed"] = named_by(feed, self._addresses()) or feed
        if since:
            where.append(f"{at} >= :since")
            values["since"] = micros(since)
        if until:
            where.append(f"{at} < :until")
            values["until"] = micros(until)
        sql = (
            f"SELECT {_COLUMNS} FROM {source} JOIN feed f ON f.id = i.feed_id "  # noqa: S608  fixed words only
            f"WHERE {' AND '.join(where)} ORDER BY {at} DESC, i.id DESC LIMIT :limit"
        )
        return self._with_topics(self._connection.all(sql, values))

    def of_event(self, event: str) -> list[Record]:
        """The items of an event, those of events merged into it too, oldest first."""
        sql = (
            f"SELECT {_COLUMNS} FROM item i JOIN feed f ON f.id = i.feed_id WHERE i.event_id IN "  # noqa: S608  fixed words only
            f"({OF_EVENT}) ORDER BY i.sort_at, i.id"
        )
        return self._with_topics(self._connection.all(sql, {"event": event}))

    def many(self, ids: Collection[int]) -> dict[int, Record]:
        """Items by number; those that were forgotten are left out."""
        sql = (
            f"SELECT {_COLUMNS} FROM item i JOIN feed f ON f.id = i.feed_id "  # noqa: S608  question marks only
            f"WHERE i.id IN ({marks(len(ids))}) AND i.forgotten_at IS NULL"
        )
        return {int(item["id"]): item for item in self._with_topics(self._connection.all(sql, list(ids)))}

    def one(self, item: int) -> Record | None:
        """An item with its versions and why it is what it is."""
        sql = f"SELECT {_COLUMNS} FROM item i JOIN feed f ON f.id = i.feed_id WHERE i.id = ?"  # noqa: S608  fixed words only
        rows = self._connection.all(sql, (item,))
        if not rows:
            return None
        found = self._with_topics(rows)[0]
        found["keys"] = self._keys(item)
        found["versions"] = self._versions(item)
        found["why"] = self._why(item)
        return found

    def has_topic(self, topic: str) -> bool:
        """Whether any stored item matched it, now or under an earlier configuration."""
        return self._connection.one("SELECT 1 FROM item_topic WHERE topic = ? LIMIT 1", (topic,)) is not None

    def topic_counts(self) -> dict[str, Record]:
        """By topic: how many items and events, and when the last item came."""
        items = self._connection.all(
            "SELECT topic, count(*) AS items, max(sort_at) AS last FROM item_topic GROUP BY topic"
        )
        events = {
            row["topic"]: row["events"]
            for row in self._connection.all("SELECT topic, count(*) AS events FROM event_topic GROUP BY topic")
        }
        return {
            row["topic"]: {
                "items": row["items"],
                "events": events.get(row["topic"], 0),
                "last_item_at": moment(row["last"]),
            }
            for row in items
        }

    def _with_topics(self, rows: Iterable[sqlite3.Row]) -> list[Record]:
        found = list(rows)
        topics = self._topics([row["id"] for row in found])
        return [_item(row, topics.get(row["id"], [])) for row in found]

    def _topics(self, ids: list[int]) -> dict[int, list[Record]]:
        matched: dict[int, list[Record]] = {}
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            sql = f"SELECT item_id, topic, matched_json FROM item_topic WHERE item_id IN ({marks(len(some))}) ORDER BY topic"  # noqa: S608, E501  question marks only
            for row in self._connection.all(sql, some):
                matches = value(row["matched_json"]) or []
                words = dict.fromkeys(match.get("words") or match.get("term") for match in matches)
                matched.setdefault(row["item_id"], []).append(
                    {"id": row["topic"], "matched": [word for word in words if word]}
                )
        return matched

    def _keys(self, item: int) -> list[str]:
        rows = self._connection.all("SELECT kind, value FROM item_key WHERE item_id = ? ORDER BY kind, value", (item,))
        return [f"{row['kind']}:{row['value']}" for row in rows]

    def _versions(self, item: int) -> list[Record]:
        rows = self._connection.all(
            "SELECT r.n, r.seen_at, r.class, r.title, r.text, r.marker, r.late, r.reason, r.reverts_to, "
            "coalesce(json_extract(f.options_json, '$.outlet'), f.name) AS source "
            "FROM item_revision r JOIN feed f ON f.id = r.feed_id WHERE r.item_id = ? ORDER BY r.n",
            (item,),
        )
        words = {row["n"]: (row["title"], text(row["text"])) for row in rows}
        versions = []
        for row in rows:
            title, body = words.get(row["reverts_to"], words[row["n"]]) if row["reverts_to"] else words[row["n"]]
            versions.append(
                {
                    "n": row["n"],
                    "seen_at": moment(row["seen_at"]),
                    "title": title,
                    "text": body,
                    "kind": row["class"],
                    "source": row["source"],
                    "marker": row["marker"],
                    "late": bool(row["late"]),
                    "reason": row["reason"],
                }
            )
        return versions

    def _addresses(self) -> list[str]:
        return [row["url"] for row in self._connection.all("SELECT url FROM feed")]

    def _why(self, item: int) -> list[Record]:
        """Decisions in order of time: each verdict with its reason, the topics' words, the link to the event."""
        from storage.model import PLAIN_ARRIVALS, Origin

        verdicts = self._connection.all(_VERDICTS, (item,))
        if not any(row["kind"] in _ARRIVED for row in verdicts):
            said = (PLAIN_ARRIVALS[Origin.BASELINE], PLAIN_ARRIVALS[Origin.LIVE], item)
            verdicts = [*self._connection.all(_ARRIVAL, said), *verdicts]
        why = [
            {
                "at": moment(row["at"]),
                "what": "verdict",
                "decision": row["kind"],
                "via": row["via"] or None,
                "feed": row["feed"],
                "reason": row["reason"],
            }
            for row in verdicts
        ]
        why += self._page(item)
        matched = self._connection.all("SELECT topic, matched_json FROM item_topic WHERE item_id = ?", (item,))
        why += [
            {
                "at": None,
                "what": "topic",
                "decision": row["topic"],
                "via": None,
                "feed": None,
                "reason": _matched_words(value(row["matched_json"]) or []),
            }
            for row in matched
        ]
        link = self._connection.one(
            "SELECT l.*, i.event_id AS stands_in FROM event_item l JOIN item i ON i.id = l.item_id WHERE l.item_id = ?",
            (item,),
        )
        if link is not None:
            reasons = ", ".join(f"{label} {score:.2f}" for label, score in value(link["reasons_json"]) or [])
            if link["how"] == "founded":
                reasons = f"{_HOW['founded']}; the nearest reached {link['score']:.2f}" if reasons else ""
            related = [event for event, _ in value(link["related_json"]) or []]
            why.append(
                {
                    "at": moment(link["linked_at"]),
                    "what": "event",
                    "decision": f"{link['how']} {link['event_id']}",
                    "via": None,
                    "feed": None,
                    "score": link["score"],
                    "related": related,
                    "reason": reasons or _HOW.get(link["how"], ""),
                }
            )
        ruled = self._ruled(item, None if link is None or link["stands_in"] == link["event_id"] else link)
        return why + ruled + self._read(item)

    def _page(self, item: int) -> list[Record]:
        """What the last visit of its page found, where its feed has the pages of its items read."""
        page = self._connection.one(
            "SELECT p.*, f.name FROM page p JOIN feed f ON f.id = p.feed_id WHERE item_id = ?", (item,)
        )
        if page is None:
            return []
        gone = f"its page is gone since {moment(page['gone_at'])}" if page["gone_at"] else None
        reason = gone or page["error"] or ("its page was read" if page["visited_at"] else "its page waits to be read")
        following = f"; next visit {moment(page['due_at'])}" if page["due_at"] else "; it is not visited any more"
        return [
            {
                "at": moment(page["visited_at"]),
                "what": "page",
                "decision": "visited once" if page["visit_count"] == 1 else f"visited {page['visit_count']} times",
                "via": None,
                "feed": page["name"],
                "reason": f"{reason}{following}",
            }
        ]

    def _read(self, item: int) -> list[Record]:
        """What its newest words were read to say: claims with the rule, and the rest with why it was not promoted."""
        claims = self._connection.all(
            "SELECT quote, key, rule, value FROM claim WHERE item_id = ? AND retracted_at IS NULL ORDER BY start",
            (item,),
        )
        found = [_said("claim", f"{row['key']} = {row['value']}", row["rule"]) for row in claims]
        row = self._connection.one("SELECT blob FROM mention WHERE item_id = ? ORDER BY revision DESC LIMIT 1", (item,))
        mentions = value(row["blob"]) or [] if row else []
        return found + [_said("mention", one["text"], f"not promoted: {one['reason']}") for one in mentions]

    def _ruled(self, item: int, link: sqlite3.Row | None) -> list[Record]:
        """A person's rulings about the item, and those that merged the event that the linker chose for it."""
        found = []
        for row in self._connection.all("SELECT * FROM ruling WHERE undone_at IS NULL ORDER BY id"):
            payload = value(row["payload_json"])
            about = item == payload.get("item") or item in (payload.get("items") or [])
            if about or (link is not None and link["event_id"] == payload.get("gone")):
                into = payload.get("into") or payload.get("keep") or payload.get("event")
                found.append(
                    {
                        "at": moment(row["at"]),
                        "what": "ruling",
                        "decision": f"{row['kind']} {into}",
                        "via": None,
                        "feed": None,
                        "reason": f"a person decided so{': ' + row['author'] if row['author'] else ''}",
                    }
                )
        return found


_HOW = {"founded": "no running event is like it", "pinned": "a person put it there"}


def _matched_words(matches: Iterable[Record]) -> str:
    said = [
        f"“{match['words']}” in the {match['where']}" if match.get("words") else f"given by the {match.get('where')}"
        for match in matches
    ]
    return ", ".join(dict.fromkeys(said))


def _item(row: sqlite3.Row, topics: list[Record]) -> Record:
    return {
        "id": str(row["id"]),
        "url": row["url"],
        "title": row["title"],
        "feed": shown(row["feed"]),
        "source": row["source"],
        "language": row["lang"],
        "published_at": moment(row["published_at"]),
        "first_seen_at": moment(row["first_seen_at"]),
        "topics": topics,
        "event": row["event_id"],
        "revisions": row["revision_count"],
        "same_text_as": str(row["copy_of"]) if row["copy_of"] is not None else None,
        "withdrawn": row["withdrawn_at"] is not None,
        "origin": row["origin"],
    }


def _said(what: str, decision: str, reason: str) -> Record:
    return {"at": None, "what": what, "decision": decision, "via": None, "feed": None, "reason": reason}
