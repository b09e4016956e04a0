"""What the viewer sees of the database: rows behind a lens, pages of events and items, counts.

Rule: what is drawn at once is read on the viewer's own connection in milliseconds; what counts or searches opens
another one, in whatever thread it is called.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alerts.visible import clean
from monitor.viewer.knowing import MOST_MARKED, Found, diffs, event_as_known, link_of, searched
from monitor.viewer.screen.page import PageLine, Pen, change_page, diff_page, event_page, facts_page, why_page
from monitor.viewer.screen.sidebar import Entry
from storage.errors import ConfigError
from storage.reading import Reader, Record, opened
from storage.reading.paging import Lens, Place

LOOKED_AT = 200  # the last changed storylines, among them all those of one event
STORIES = 20  # storylines that are shown, the last changed ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the sidebar and the scroll bar show, counted beside the viewer's own thread."""

    entries: Sequence[Entry]
    size: int
    newer: int
    unread: int  # of what the timeline shows


class Sight:
    """One open database, the topics of its configuration, and when it was last looked at."""

    def __init__(self, path: Path, reader: Reader, topics: Mapping[str, str]) -> None:
        self._path = path
        self._reader = reader
        self._topics = topics
        self.pending: dict[str, bool] = {}  # marks that are being written
        self._version = reader.pages.data_version()
        self._last_row = reader.pages.last_row()

    def rows(
        self, lens: Lens, *, older: bool, after: Place | None = None, inclusive: bool = False, limit: int = 100
    ) -> list[Record]:
        rows = self._reader.pages.page(lens, older=older, after=after, inclusive=inclusive, limit=limit)
        for row in rows if self.pending else ():
            row["is_read"] = self.pending.get(row["id"], row["is_read"])
        return rows

    def next_unread(self, lens: Lens, *, older: bool, after: Place | None) -> Place | None:
        return self._reader.pages.unread(lens, older=older, after=after)

    def entries(self) -> list[Entry]:
        """Everything, and the topics of the configuration; storylines come when they are counted."""
        topics = [Entry(kind="topic", id=topic, title=name) for topic, name in self._topics.items()]
        made = [Entry(kind="all", title="Everything")]
        if topics:
            made += [Entry(kind="heading", title="Topics"), *topics]
        return made

    def has_changed(self) -> int | None:
        """How many changes another process has committed since the last look; None: it committed nothing at all."""
        version = self._reader.pages.data_version()
        if version == self._version:
            return None
        self._version = version
        count = self._reader.pages.count_after(self._last_row)
        self._last_row = self._reader.pages.last_row()
        return count

    def event_lines(self, change: Record, mode: str, pen: Pen, *, until: datetime | None) -> list[PageLine]:
        """The page of the event that a change belongs to, or of its facts, as it was known then."""
        seen = event_as_known(self._reader, change["event"], until, zone=pen.zone) if change["event"] else None
        if seen is None:
            return list(change_page(change, pen))
        return list(facts_page(seen, pen) if mode == "facts" else event_page(seen, change, pen))

    def item_lines(self, item: str, mode: str, pen: Pen) -> list[PageLine] | None:
        """The word diff of an item, or why it is what it is; None when it is gone."""
        found = self._reader.items.one(int(item))
        if found is None:
            return None
        return list(why_page(found, pen) if mode == "why" else diff_page(found, diffs(found["versions"]), pen))

    def link(self, change: Record, item: str | None) -> str | None:
        """The address to open for a line: that of its item, else that of the change."""
        found = self._reader.items.one(int(item)) if item and item != change["item"] else None
        return link_of(found or change)

    def counted(self, lens: Lens, place: Place | None) -> Counts:
        with opened(self._path) as reader:
            entries = [*self.entries(), *_stories(reader)]
            counted = [
                one if one.kind == "heading" else replace(one, unread=reader.pages.unread_count(_lens_of(one)))
                for one in entries
            ]
            newer = reader.pages.newer_than(lens, place) if place else 0
            told = next((one.unread for one in counted if one.kind != "heading" and _lens_of(one) == lens), None)
            unread = reader.pages.unread_count(lens) if told is None else told
            return Counts(entries=counted, size=reader.pages.size(lens), newer=newer, unread=unread)

    def unread_ids(self, lens: Lens) -> list[str]:
        with opened(self._path) as reader:
            return reader.pages.unread_ids(lens, limit=MOST_MARKED)

    def found(self, words: str, day: Callable[[str], datetime]) -> Found | None:
        """What a search finds; None while what is typed cannot be read."""
        with opened(self._path) as reader:
            try:
                return searched(reader, words, day)
            except ConfigError:
                return None


def _stories(reader: Reader) -> list[Entry]:
    """Running storylines of more than one event, or with a name; how many are looked at is bounded."""
    found = [one for one in reader.storylines.newest(limit=LOOKED_AT) if one["events"] > 1 or one["named"]][:STORIES]
    made = [
        Entry(kind="story", id=one["id"], title=clean(one["title"]), events=reader.pages.with_merged(one["event_list"]))
        for one in found
    ]
    return [Entry(kind="heading", title="Storylines"), *made] if made else []


def _lens_of(entry: Entry) -> Lens:
    return Lens(topic=entry.id if entry.kind == "topic" else None, events=entry.events)
