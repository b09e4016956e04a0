"""Items as the linker met them: read again from the version that it read, whatever they say today.

Rule: an item that is linked anew is linked by the words, the time and the name that it had when it came.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.events.link import Incoming
from monitor.events.terms import analyse
from monitor.events.timeline import ItemFacts
from storage.model import Analysis, Feed, Item, Key, KeyKind, Revision, event_id


class ItemQueries(Protocol):
    """What is asked of the stored items; see storage/items."""

    def many(self, ids: Collection[int]) -> Mapping[int, Item]: ...
    def versions(self, ids: Collection[int]) -> Mapping[int, Sequence[Revision]]: ...


class FeedQueries(Protocol):
    def several(self, ids: Collection[int]) -> Mapping[int, Feed]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """An item that is linked anew: when it was linked first, and under which name it would found an event."""

    item_id: int
    linked_at: datetime
    topics: tuple[str, ...]
    founds: str | None = None


@dataclass(slots=True, kw_only=True)
class Replay:
    """Reads items of one transaction again; `aliases` are those of the configuration."""

    items: ItemQueries
    feeds: FeedQueries
    aliases: Mapping[str, str]
    _feeds: dict[int, Feed] = field(default_factory=dict)

    def incoming(self, met: Sequence[Met]) -> dict[int, Incoming]:
        """Each item as it came in; one whose words were removed is left out."""
        ids = [one.item_id for one in met]
        items, versions = self.items.many(ids), self.items.versions(ids)
        self._know({item.feed_id for item in items.values()})
        found = {}
        for one in met:
            item, words = items.get(one.item_id), _linked_version(versions.get(one.item_id, ()), one.linked_at)
            if item is not None and words is not None:
                found[item.id] = self._incoming(item, self._analysis(item, words), one)
        return found

    def _analysis(self, item: Item, words: Revision) -> Analysis:
        return analyse(words.content.title, words.content.text, lang=item.lang, aliases=self.aliases)

    def _incoming(self, item: Item, analysis: Analysis, met: Met) -> Incoming:
        return Incoming(
            item_id=item.id,
            new_event_id=met.founds or event_id(Key(item.feed_id, KeyKind.HASH, f"item {item.id}")),
            analysis=analysis,
            sort_at=item.sort_at,
            dated=item.date_trusted,
            outlet="" if item.copy_of is not None else self.outlet(item),
            lang=item.lang,
            topics=met.topics,
        )

    def outlet(self, item: Item) -> str:
        """Who speaks in the item."""
        self._know({item.feed_id})
        feed = self._feeds[item.feed_id]
        return item.source_name or feed.options.outlet or feed.name

    def facts(self, item: Item, topics: Sequence[str]) -> ItemFacts:
        """What a line of the timeline may say of the item."""
        return ItemFacts(
            id=item.id,
            title=item.title,
            url=item.url,
            source=self.outlet(item),
            published_on=item.published_on,
            published_at=item.published_at,
            first_seen_at=item.first_seen_at,
            lang=item.lang,
            content_hash="",
            topics=tuple(topics),
            copy_of=item.copy_of,
        )

    def _know(self, ids: Collection[int]) -> None:
        if missing := set(ids) - self._feeds.keys():
            self._feeds.update(self.feeds.several(missing))


def _linked_version(versions: Sequence[Revision], at: datetime) -> Revision | None:
    """The last version with words that was there when the item was linked, else the first."""
    worded = [one for one in versions if one.content.title or one.content.text]
    seen = [one for one in worded if one.seen_at <= at]
    return seen[-1] if seen else (worded[0] if worded else None)
