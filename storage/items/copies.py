"""Copies: which stored items share words with the entries of a document, and which sentences belong to a page only.

Rule: a hash that half the archive shares yields its newest few items, found from the end of an index; nothing that was
first seen more than a week ago is looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from storage.items import known
from storage.model import Twin
from storage.statements.asking import ask
from storage.tables import ITEM, ITEM_REVISION

WINDOW = timedelta(days=7)
ITEMS_A_HASH = 20
SENTENCE_ITEMS = 200  # items whose sentences are compared with those of one document
FURNITURE_DAYS = 3  # a sentence that a feed shows on as many days belongs to its page
SERIES_LINKS = 3  # a title on as many links of a feed names a series

_FURNITURE_SAMPLE = 2_000  # the newest items that hold a common sentence
_FIRST_OF_WINDOW = 256
_NO_ITEM = 2**62
_DAY = 86_400_000_000  # microseconds

_SAME_CONTENT = f"""\
SELECT asked.hash, s.item_id, s.feed_id FROM asked CROSS JOIN sighting s
WHERE s.content_hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM sighting t WHERE t.content_hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {ITEMS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_SAME_TEXT = _SAME_CONTENT.replace("content_hash", "text_hash")

_SAME_TITLE = f"""\
SELECT asked.hash, s.item_id FROM asked CROSS JOIN sighting s
WHERE s.feed_id = :feed AND s.title_hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM sighting t
    WHERE t.feed_id = :feed AND t.title_hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {ITEMS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_SERIES = f"""\
SELECT asked.feed_id, asked.hash FROM asked WHERE {SERIES_LINKS} <= (SELECT COUNT(*) FROM (
    SELECT DISTINCT COALESCE(s.link, CAST(s.item_id AS TEXT)) FROM sighting s
    WHERE s.feed_id = asked.feed_id AND s.title_hash = asked.hash
    LIMIT {SERIES_LINKS}) AS links)"""  # noqa: S608  # the only value put in is a constant

_SENTENCES = f"""\
SELECT asked.hash, s.item_id, s.feed_id FROM asked CROSS JOIN item_sentence s
WHERE s.hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM item_sentence t WHERE t.hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {ITEMS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_FURNITURE = f"""\
SELECT asked.hash FROM asked WHERE EXISTS (
    SELECT 1 FROM (
        SELECT t.feed_id, t.sort_at FROM item_sentence t WHERE t.hash = asked.hash AND t.item_id >= :oldest
        ORDER BY t.item_id DESC LIMIT {_FURNITURE_SAMPLE}) AS newest
    GROUP BY newest.feed_id HAVING COUNT(DISTINCT newest.sort_at / {_DAY}) >= {FURNITURE_DAYS})"""  # noqa: S608  # constants


# Numbers are given in the order of first sight, save where the clock was set back: hence the least of several.
_FIRST = (
    select(ITEM.c.id)
    .where(ITEM.c.first_seen_at >= bindparam("since"))
    .order_by(ITEM.c.first_seen_at)
    .limit(_FIRST_OF_WINDOW)
)
_OLDEST = select(func.min(_FIRST.subquery().c.id))

Place = tuple[int, int]  # item, feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """The sentences asked for: the items that hold each, newest first, and those that are page furniture."""

    items: Mapping[int, tuple[int, ...]]
    places: frozenset[Place]
    furniture: frozenset[int]


def oldest_in_window(connection: Connection, now: datetime) -> int:
    """The smallest number of an item that was first seen in the last seven days."""
    found: int | None = connection.execute(_OLDEST, {"since": now - WINDOW}).scalar()
    return _NO_ITEM if found is None else found


def same_words(
    connection: Connection, content_hashes: Collection[str], text_hashes: Collection[str], oldest: int
) -> dict[str, list[Place]]:
    """The newest sightings that show the same words, by content_hash and by text_hash."""
    found: dict[str, list[Place]] = defaultdict(list)
    for query, hashes in ((_SAME_CONTENT, content_hashes), (_SAME_TEXT, text_hashes)):
        for row in ask(connection, query, _column(hashes), "hash", oldest=oldest):
            found[row.hash].append((row.item_id, row.feed_id))
    return found


def same_title(connection: Connection, feed_id: int, title_hashes: Collection[str], oldest: int) -> set[int]:
    """The newest items of a feed under one of the titles."""
    rows = ask(connection, _SAME_TITLE, _column(title_hashes), "hash", feed=feed_id, oldest=oldest)
    return {row.item_id for row in rows}


def series(connection: Connection, titles: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of (feed, title_hash) that name a series."""
    rows = ask(connection, _SERIES, sorted(titles), "feed_id, hash")
    return {(row.feed_id, row.hash) for row in rows}


def sentences(connection: Connection, hashes: Collection[int], oldest: int) -> Sentences:
    """Which items hold the sentences; of very many items, those that hold the most of them."""
    furniture = frozenset(row.hash for row in ask(connection, _FURNITURE, _column(hashes), "hash", oldest=oldest))
    own = [each for each in hashes if each not in furniture]
    found: dict[int, list[Place]] = defaultdict(list)
    for row in ask(connection, _SENTENCES, _column(own), "hash", oldest=oldest):
        found[row.hash].append((row.item_id, row.feed_id))
    counted = Counter(place for places in found.values() for place in places)
    kept = frozenset(sorted(counted, key=lambda place: (-counted[place], -place[0]))[:SENTENCE_ITEMS])
    items = {
        each: tuple(sorted((item_id for item_id, _ in kept.intersection(places)), reverse=True))
        for each, places in found.items()
    }
    return Sentences(items={each: ids for each, ids in items.items() if ids}, places=kept, furniture=furniture)


def twins(connection: Connection, places: Collection[Place]) -> dict[Place, Twin]:
    """What a comparison needs of each sighting."""
    ids = {item_id for item_id, _ in places}
    items = known.items(connection, ids)
    seen = known.sightings(connection, ids)
    shown = {(item, feed): seen[item][feed] for item, feed in places if feed in seen[item]}
    counts = _word_counts(connection, ids)
    in_series = series(connection, {(sighting.feed_id, sighting.title_hash) for sighting in shown.values()})
    found = {}
    for (item_id, feed_id), sighting in shown.items():
        title_words, text_words = counts.get((item_id, sighting.content_hash), (0, 0))
        found[item_id, feed_id] = Twin(
            item=items[item_id],
            sighting=sighting,
            title_word_count=title_words,
            text_word_count=text_words,
            series_title=(feed_id, sighting.title_hash) in in_series,
        )
    return found


def _word_counts(connection: Connection, ids: Collection[int]) -> dict[tuple[int, str], tuple[int, int]]:
    r = ITEM_REVISION.c
    rows = known.of(connection, ids, r.item_id, r.item_id, r.content_hash, r.title_word_count, r.text_word_count)
    return {(row.item_id, row.content_hash): (row.title_word_count, row.text_word_count) for row in rows}


def _column(values: Iterable[str] | Iterable[int]) -> list[tuple[str | int]]:
    return [(value,) for value in values]
