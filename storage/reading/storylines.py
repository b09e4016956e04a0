"""Storylines: what the program suggests, with a person's rulings laid over it in the order they were made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from storage.reading.connection import Connection, Record, marks, moment, value

_PAGE = 500
_EVENTS_BY = """
SELECT e.id, e.title, e.item_count, e.first_seen_at, e.changed_at, s.storyline_id
FROM event_storyline s CROSS JOIN event e WHERE e.id = s.event_id AND e.merged_into IS NULL AND
"""
_KINDS = ("storyline_name", "storyline_merge", "storyline_split")


@dataclass(slots=True)
class _Overlay:
    """The rulings about storylines that hold."""

    titles: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    events: dict[str, tuple[str, str]] = field(default_factory=dict)  # event -> from, into

    def resolve(self, storyline: str) -> str:
        while target := self.redirects.get(storyline):
            storyline = target
        return storyline

    def place(self, event: str, suggested: str) -> str:
        source, into = self.events.get(event, ("", ""))
        return self.resolve(into if source and self.resolve(suggested) == self.resolve(source) else suggested)

    def take(self, kind: str, payload: Record) -> None:
        match kind:
            case "storyline_name":
                self.titles[self.resolve(payload["storyline"])] = payload["title"]
            case "storyline_merge":
                keep, gone = self.resolve(payload["keep"]), self.resolve(payload["gone"])
                if keep != gone:
                    self.redirects[gone] = keep
            case _:
                for event in payload["events"]:
                    self.events[event] = payload["storyline"], payload["into"]


class StorylineReading:
    """Queries on storylines."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, *, limit: int | None = None, least_events: int = 1) -> list[Record]:
        """Storylines of at least so many events, or with a name, the last changed first.

        Only those that are shown are added up: the newest events name them, whatever the archive holds.
        """
        overlay = self._overlay()
        found: list[Record] = []
        seen: set[str] = set()
        for event, suggested in self._newest_events():
            storyline = overlay.place(event, suggested)
            if storyline not in seen:
                seen.add(storyline)
                one = self._one(storyline, overlay)
                if one["events"] >= least_events or one["named"]:
                    found.append(one)
                    if len(found) == limit:
                        break
        return found

    def members(self) -> dict[str, list[str]]:
        """The events of every storyline."""
        overlay = self._overlay()
        found: dict[str, list[str]] = {}
        sql = "SELECT s.event_id, s.storyline_id FROM event_storyline s JOIN event e ON e.id = s.event_id "
        for row in self._connection.all(f"{sql} WHERE e.merged_into IS NULL ORDER BY s.event_id"):
            found.setdefault(overlay.place(row["event_id"], row["storyline_id"]), []).append(row["event_id"])
        return found

    def of_events(self, ids: list[str]) -> dict[str, str]:
        """The storyline of each event; one that is not placed yet is left out."""
        overlay = self._overlay()
        found = {}
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            sql = f"SELECT event_id, storyline_id FROM event_storyline WHERE event_id IN ({marks(len(some))})"  # noqa: S608  question marks only
            for row in self._connection.all(sql, some):
                found[row["event_id"]] = overlay.place(row["event_id"], row["storyline_id"])
        return found

    def _overlay(self) -> _Overlay:
        overlay = _Overlay()
        sql = f"SELECT kind, payload_json FROM ruling WHERE undone_at IS NULL AND kind IN ({marks(len(_KINDS))}) ORDER BY id"  # noqa: S608, E501  question marks only
        for row in self._connection.all(sql, _KINDS):
            payload: Any = value(row["payload_json"])
            overlay.take(row["kind"], payload)
        return overlay

    def _newest_events(self) -> Iterator[tuple[str, str]]:
        """Events with the storylines suggested for them, the last changed first, in pages."""
        at, last = 2**63 - 1, ""
        while True:
            page = self._connection.all(
                "SELECT e.id, e.changed_at, s.storyline_id FROM event e JOIN event_storyline s ON s.event_id = e.id "
                "WHERE e.changed_at <= ? AND (e.changed_at < ? OR e.id > ?) AND e.merged_into IS NULL "
                "ORDER BY e.changed_at DESC, e.id LIMIT ?",
                (at, at, last, _PAGE),
            )
            yield from ((row["id"], row["storyline_id"]) for row in page)
            if len(page) < _PAGE:
                return
            at, last = page[-1]["changed_at"], page[-1]["id"]

    def _one(self, storyline: str, overlay: _Overlay) -> Record:
        suggested = [storyline, *(gone for gone in overlay.redirects if overlay.resolve(gone) == storyline)]
        moved = [event for event, (_, into) in overlay.events.items() if overlay.resolve(into) == storyline]
        rows = {
            row["id"]: row
            for column, some in (("storyline_id", suggested), ("event_id", moved))
            for row in self._connection.all(f"{_EVENTS_BY} s.{column} IN ({marks(len(some))})", some)
            if overlay.place(row["id"], row["storyline_id"]) == storyline
        }
        largest = max(rows.values(), key=lambda row: (row["item_count"], row["id"]))
        return {
            "id": storyline,
            "title": overlay.titles.get(storyline) or largest["title"],
            "named": storyline in overlay.titles,
            "events": len(rows),
            "items": sum(row["item_count"] for row in rows.values()),
            "first_seen_at": moment(min(row["first_seen_at"] for row in rows.values())),
            "changed_at": moment(max(row["changed_at"] for row in rows.values())),
            "event_list": sorted(rows),
        }
