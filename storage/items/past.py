"""What a poll must know of the past: the items its document speaks of, those that stood in it lately, and their copies.

Rule: the cost follows the document, never the archive.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from storage.items import copies, known
from storage.model import ArticlePage, Context, Feed, Key, Sighting, Standing, Twin
from storage.rows import PAGE_COLUMNS, companion_url, key_from, page_from
from storage.statements.asking import ask, rows, value
from storage.tables.columns import instant

MISSING_POLLS = 3  # an item that missed as many is given up
TRACKED_DOCUMENTS = 10  # a document may come truncated, and then nobody's absence counts

_KNOWN_KEYS = """\
SELECT k.scope, k.kind, k.value, k.item_id, k.barred FROM asked CROSS JOIN item_key k
WHERE k.scope = asked.scope AND k.kind = asked.kind AND k.value = asked.value"""

_TOMBSTONES = """\
SELECT t.scope, t.kind, t.value FROM asked CROSS JOIN tombstone t
WHERE t.scope = asked.scope AND t.kind = asked.kind AND t.value = asked.value"""

_LAST_DOCUMENTS = """\
SELECT s.item_id, s.guid, s.link, s.title_hash, s.content_hash, i.sort_at, i.published_at, i.date_trusted,
    s.last_document, s.missing_count, s.withdrawn_at
FROM sighting s CROSS JOIN item i ON i.id = s.item_id
WHERE s.feed_id = ? AND s.last_document > ?"""
_LAST_ITEM = "SELECT MAX(id) FROM item"
_COMPANION = "SELECT id FROM feed WHERE url = ?"
_PAGES = f"SELECT {', '.join(f'p.{name}' for name in PAGE_COLUMNS)} FROM asked CROSS JOIN page p ON p.item_id = asked.item_id"  # noqa: E501, S608  constants
_HELD = "SELECT scope, kind, value, since_at FROM held WHERE feed_id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the entries of a document hold."""

    keys: frozenset[Key]
    content_hashes: frozenset[str]
    text_hashes: frozenset[str]
    title_hashes: frozenset[str]
    sentence_hashes: frozenset[int]
    seen: frozenset[int]  # items that it shows by their bytes alone


def read(connection: Connection, feed: Feed, asked: Asked, oldest: int) -> Context:
    """`oldest` is the smallest number of an item whose copies are looked for."""
    keys, barred = _keys(connection, asked.keys)
    shown = _in_last_documents(connection, feed)
    present, tracked = _present(shown, feed), _tracked(shown, feed)
    hits = copies.same_words(connection, asked.content_hashes, asked.text_hashes, oldest)
    moved = {place[0] for shared in asked.content_hashes for place in hits.get(shared, ()) if place[1] == feed.id}
    retitled = copies.same_title(connection, feed.id, asked.title_hashes, oldest)
    asked_for = {*keys.values(), *moved, *retitled}
    seen = known.sightings(connection, asked_for | (present | tracked) - asked.seen)
    named = asked_for | _alike(seen, feed.id, asked)
    worded = _changed(seen, feed.id, named, asked)
    sentences = copies.sentences(connection, asked.sentence_hashes, oldest)
    twins = copies.twins(connection, sentences.places.union(*hits.values()))
    in_series = copies.series(connection, {(feed.id, title_hash) for title_hash in asked.title_hashes})
    return Context(
        feed=feed,
        next_item_id=(value(connection, _LAST_ITEM, ()) or 0) + 1,
        keys=keys,
        barred=barred,
        tombstones=_tombstones(connection, asked.keys),
        items=known.known_items(connection, seen, feed.id, named=named, worded=worded),
        standing=_standing(shown, asked.seen - seen.keys()),
        present=present,
        tracked=tracked,
        twins=_twins(hits, twins, feed.id),
        sentences=sentences.items,
        sentence_items={item_id: twins[item_id, feed_id] for item_id, feed_id in sentences.places},
        furniture=sentences.furniture,
        series_titles=frozenset(title_hash for _, title_hash in in_series),
        held=_held(connection, feed.id),
        companion_id=_companion(connection, feed),
        pages=_pages(connection, feed, tracked),
    )


def _keys(connection: Connection, asked: Collection[Key]) -> tuple[dict[Key, int], frozenset[Key]]:
    """The items that answer to the keys, and the keys that name nothing any more."""
    rows = ask(connection, _KNOWN_KEYS, _columns(asked), "scope, kind, value")
    barred = frozenset(key_from(row) for row in rows if row.barred)
    return {key_from(row): row.item_id for row in rows if not row.barred}, barred


def _tombstones(connection: Connection, asked: Collection[Key]) -> frozenset[Key]:
    return frozenset(key_from(row) for row in ask(connection, _TOMBSTONES, _columns(asked), "scope, kind, value"))


def _columns(keys: Collection[Key]) -> list[tuple[int, str, str]]:
    return [(key.scope, key.kind, key.value) for key in keys]


def _in_last_documents(connection: Connection, feed: Feed) -> list[Any]:
    """What the feed showed lately: a row for each item."""
    document = feed.memory.document
    return rows(connection, _LAST_DOCUMENTS, (feed.id, document - TRACKED_DOCUMENTS)) if document else []


def _present(shown: Iterable[Any], feed: Feed) -> frozenset[int]:
    """The items of the feed's current document."""
    return frozenset(row.item_id for row in shown if row.last_document == feed.memory.document)


def _tracked(shown: Iterable[Any], feed: Feed) -> frozenset[int]:
    """Those whose absence is judged."""
    return frozenset(
        row.item_id
        for row in shown
        if row.last_document == feed.memory.document or (row.missing_count < MISSING_POLLS and row.withdrawn_at is None)
    )


def _standing(shown: Iterable[Any], ids: Collection[int]) -> dict[int, Standing]:
    """Of the rows of `_LAST_DOCUMENTS`, which begin with the fields of a Standing in their order, those of `ids`."""
    return {row[0]: _standing_of(*row[:8]) for row in shown if row[0] in ids}


def _standing_of(  # noqa: PLR0917  by place: a document has twenty of these
    item_id: int,
    guid: str | None,
    link: str | None,
    title_hash: str,
    content_hash: str,
    sort_at: int,
    published_at: int | None,
    date_trusted: int,
) -> Standing:
    published = None if published_at is None else instant(published_at)
    return Standing(item_id, guid, link, title_hash, content_hash, instant(sort_at), published, bool(date_trusted))


def _alike(seen: Mapping[int, Mapping[int, Sighting]], feed_id: int, asked: Asked) -> set[int]:
    """The items of the last documents that share a title or all words with an entry, under whatever key."""
    return {
        item_id
        for item_id, shown in seen.items()
        if feed_id in shown
        and (shown[feed_id].content_hash in asked.content_hashes or shown[feed_id].title_hash in asked.title_hashes)
    }


def _changed(
    seen: Mapping[int, Mapping[int, Sighting]], feed_id: int, named: Collection[int], asked: Asked
) -> set[int]:
    """The items that the document names and shows in other words: their last words are needed for comparison."""
    return {
        item_id
        for item_id in named
        if feed_id in seen[item_id] and seen[item_id][feed_id].content_hash not in asked.content_hashes
    }


def _twins(
    hits: Mapping[str, Collection[copies.Place]], twins: Mapping[copies.Place, Twin], feed_id: int
) -> dict[str, tuple[Twin, ...]]:
    """Copies by hash, newest first: relevant items, and any of the feed itself, which may have moved."""
    found = {
        shared: tuple(
            twins[place]
            for place in sorted(set(places), reverse=True)
            if twins[place].item.relevant or twins[place].item.feed_id == feed_id
        )
        for shared, places in hits.items()
    }
    return {shared: several for shared, several in found.items() if several}


def _companion(connection: Connection, feed: Feed) -> int | None:
    if not feed.options.fetch_page:
        return None
    found: int | None = value(connection, _COMPANION, (companion_url(feed.url),))
    return found


def _pages(connection: Connection, feed: Feed, tracked: Collection[int]) -> dict[int, ArticlePage]:
    if not feed.options.fetch_page:
        return {}
    rows = ask(connection, _PAGES, [(item_id,) for item_id in sorted(tracked)], "item_id")
    return {row.item_id: page_from(row) for row in rows}


def _held(connection: Connection, feed_id: int) -> dict[Key, datetime]:
    return {key_from(row): instant(row.since_at) for row in rows(connection, _HELD, (feed_id,))}
