"""What a poll must know of the past: the items its document speaks of, those that stood in it lately, and their copies.

Rule: the cost follows the document. A hash that half the archive shares yields its newest few items, found from the end
of an index; nothing older than a week is looked at for copies.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from storage.items import known
from storage.items.asking import ask
from storage.model import Context, Feed, Item, Key, KeyKind, KnownItem, Sighting, Twin
from storage.rows import key_from
from storage.tables import HELD, ITEM, SIGHTING
from storage.tables.columns import micros

WINDOW = timedelta(days=7)  # copies appear within it
TWINS_A_HASH = 20
SENTENCE_ITEMS = 200  # items whose sentences are compared with those of one document
FURNITURE_ITEMS = 3  # a sentence in as many items of a feed on different days belongs to the page, not to the text
SERIES_LINKS = 3  # a title on as many links of a feed names a series
MISSING_POLLS = 3  # an item that missed as many is given up
TRACKED_DOCUMENTS = 10  # a document may come truncated, and then nobody's absence counts

_DAY = 86_400_000_000  # microseconds
_FURNITURE_SAMPLE = 2_000  # the newest items that hold a common sentence

_KNOWN_KEYS = """\
SELECT k.scope, k.kind, k.value, k.item_id, k.barred FROM asked CROSS JOIN item_key k
WHERE k.scope = asked.scope AND k.kind = asked.kind AND k.value = asked.value"""

_TOMBSTONES = """\
SELECT t.scope, t.kind, t.value FROM asked CROSS JOIN tombstone t
WHERE t.scope = asked.scope AND t.kind = asked.kind AND t.value = asked.value"""

_SAME_CONTENT = f"""\
SELECT asked.hash, s.item_id, s.feed_id FROM asked CROSS JOIN sighting s
WHERE s.content_hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM sighting t WHERE t.content_hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {TWINS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_SAME_TEXT = _SAME_CONTENT.replace("content_hash", "text_hash")

_SAME_TITLE = f"""\
SELECT asked.hash, s.item_id FROM asked CROSS JOIN sighting s
WHERE s.feed_id = :feed AND s.title_hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM sighting t
    WHERE t.feed_id = :feed AND t.title_hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {TWINS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_SERIES = f"""\
SELECT asked.feed_id, asked.hash FROM asked WHERE {SERIES_LINKS} <= (SELECT COUNT(*) FROM (
    SELECT DISTINCT s.link FROM sighting s WHERE s.feed_id = asked.feed_id AND s.title_hash = asked.hash
    LIMIT {SERIES_LINKS}) AS links)"""  # noqa: S608  # the only value put in is a constant

_SENTENCES = f"""\
SELECT asked.hash, s.item_id, s.feed_id, s.sort_at FROM asked CROSS JOIN item_sentence s
WHERE s.hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM item_sentence t WHERE t.hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {TWINS_A_HASH})"""  # noqa: S608  # the only value put in is a constant

_COMMON_SENTENCES = f"""\
SELECT asked.hash, s.item_id, s.feed_id, s.sort_at FROM asked CROSS JOIN item_sentence s
WHERE s.hash = asked.hash AND s.item_id IN (
    SELECT t.item_id FROM item_sentence t WHERE t.hash = asked.hash AND t.item_id >= :oldest
    ORDER BY t.item_id DESC LIMIT {_FURNITURE_SAMPLE})"""  # noqa: S608  # the only value put in is a constant
