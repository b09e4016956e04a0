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
from storage.rows import PAGE_COLUMNS, companion_url, key_from, key_row, page_from
from storage.statements.asking import ask, rows, tuples, value
from storage.tables.columns import instant

MISSING_POLLS = 3  # an item that missed as many is given up
TRACKED_DOCUMENTS = 10  # a document may come truncated, and then nobody's absence counts

_KNOWN_KEYS = """\
SELECT k.scope, k.kind, k.value, k.item_id, k.barred, 0 AS buried FROM asked CROSS JOIN item_key k
WHERE k.scope = asked.scope AND k.kind = asked.kind AND k.value = asked.value
UNION ALL
SELECT t.scope, t.kind, t.value, NULL, 0, 1 FROM asked CROSS JOIN tombstone t
WHERE t.scope = asked.scope AND t.kind = asked.kind AND t.value = asked.value"""

_LAST_DOCUMENTS = """\
SELECT s.last_document, s.missing_count, s.withdrawn_at,
    s.item_id, s.guid, s.link, s.title_hash, s.content_hash, i.sort_at, i.published_at, i.date_trusted
FROM sighting s CROSS JOIN item i ON i.id = s.item_id
WHERE s.feed_id = ? AND s.last_document > ?"""
_LAST_ITEM = "SELECT MAX(id) FROM item"
_COMPANION = "SELECT id FROM feed WHERE url = ?"
_PAGES = f"SELECT {', '.join(f'p.{name}' for name in PAGE_COLUMNS)} FROM asked CROSS JOIN page p ON p.item_id = asked.item_id"  # noqa: E501, S608  constants
_HELD = "SELECT scope, kind, value, since_at FROM held WHERE feed_id = ?"


_Shown = tuple[Any, ...]
"""What a feed showed lately: the first three columns of _LAST_DOCUMENTS, then the fields of a Standing in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the entries of a document hold."""

    keys: frozenset[Key]
    content_hashes: frozenset[str]
    text_hashes: frozenset[str]
    title_hashes: frozenset[str]
    sentence_hashes: frozenset[int]
    seen: frozenset[int]  # items that it shows by their bytes alone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Of the keys asked for: the items that answer to them, those that name nothing any more, and the tombstones."""

    items: dict[Key, int]
    barred: frozenset[Key]
    buried: frozenset[Key]


def read(connection: Connection, feed: Feed, asked: Asked, oldest: int) -> Context:
    """`oldest` is the smallest number of an item whose copies are looked for."""
    names = _names(connection, asked.keys)
    shown = _in_last_documents(connection, feed)
    present, tracked = _present(shown, feed), _tracked(shown, feed)
    hits = copies.same_words(connection, asked.content_hashes, asked.text_hashes, oldest)
    moved = {place[0] for shared in asked.content_hashes for place in hits.get(shared, ()) if place[1] == feed.id}
    retitled = copies.same_title(connection, feed.id, asked.title_hashes, oldest)
    asked_for = {*names.items.values(), *moved, *retitled}
    seen = known.sightings(connection, asked_for | (present | tracked) - asked.seen)
    named = asked_for | _alike(seen, feed.id, asked)
    worded = _changed(seen, feed.id, named, asked)
    sentences = copies.sentences(connection, asked.sentence_hashes, oldest)
    twins = copies.twins(connection, sentences.places.union(*hits.values()))
    in_series = copies.series(connection, {(feed.id, title_hash) for title_hash in asked.title_hashes})
    return Context(
        feed=feed,
        next_item_id=(value(connection, _LAST_ITEM, ()) or 0) + 1,
        keys=names.items,
        barred=names.barred,
        tombstones=names.buried,
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


def _names(connection: Connection, asked: Collection[Key]) -> _Names:
    columns = [key_row(key) for key in asked]
    items, barred, buried = dict[Key, int](), set[Key](), set[Key]()
    for row in ask(connection, _KNOWN_KEYS, columns, "scope, kind, value"):
        key = key_from(row)
        if row.buried:
            buried.add(key)
        elif row.barred:
            barred.add(key)
        else:
            items[key] = row.item_id
    return _Names(items=items, barred=frozenset(barred), buried=frozenset(buried))


def _in_last_documents(connection: Connection, feed: Feed) -> list[_Shown]:
    document = feed.memory.document
    return tuples(connection, _LAST_DOCUMENTS, (feed.id, document - TRACKED_DOCUMENTS)) if document else []


def _present(shown: Iterable[_Shown], feed: Feed) -> frozenset[int]:
    """The items of the feed's current document."""
    return frozenset(item_id for last, _, _, item_id, *_ in shown if last == feed.memory.document)


def _tracked(shown: Iterable[_Shown], feed: Feed) -> frozenset[int]:
    """Those whose absence is judged."""
    current = feed.memory.document
    return frozenset(
        item_id
        for last, missing_count, withdrawn_at, item_id, *_ in shown
        if last == current or (missing_count < MISSING_POLLS and withdrawn_at is None)
    )


def _standing(shown: Iterable[_Shown], ids: Collection[int]) -> dict[int, Standing]:
    return {item_id: _standing_of(item_id, *rest) for _, _, _, item_id, *rest in shown if item_id in ids}


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
