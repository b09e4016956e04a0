"""Items by number, with what hangs on them.

Rule: a query names at most a chunk of numbers, each found by an index.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select

from storage.model import Item, Key, KnownItem, Origin, Revision, RevisionClass, Sighting, TextKind
from storage.rows import ITEM_COLUMNS, SIGHTING_COLUMNS, key_from, revision_from
from storage.statements.asking import ask, chunks
from storage.statements.bulk import ByNumber
from storage.tables import ITEM, ITEM_KEY, ITEM_REVISION, ITEM_TOPIC, SIGHTING
from storage.tables.columns import unzip_text

_R = ITEM_REVISION.c
_REVISION_COLUMNS = [
    *(column for column in _R if column.name not in {"class", "text", "title"}),
    _R["class"].label("class_"),
]
_TITLE_AND_TEXT = """\
SELECT r.item_id, r.n, r.title, r.text FROM asked CROSS JOIN item_revision r
WHERE r.item_id = asked.item_id AND r.n = asked.n"""


_ITEMS = ByNumber(ITEM, (*ITEM_COLUMNS, "forgotten_at"), by="id", words={"origin": Origin})
_TOPICS = ByNumber(ITEM_TOPIC, ("topic", "item_id"), by="item_id")
_SIGHTINGS = ByNumber(SIGHTING, SIGHTING_COLUMNS, by="item_id", words={"text_kind": TextKind})


def items(connection: Connection, ids: Collection[int]) -> dict[int, Item]:
    return {item.id: item for item, _ in _items(connection, ids)}


def sightings(connection: Connection, ids: Collection[int]) -> dict[int, dict[int, Sighting]]:
    """By item, then by feed; every item asked for is there."""
    found: dict[int, dict[int, Sighting]] = {item_id: {} for item_id in ids}
    for values in _SIGHTINGS.read(connection, ids):
        sighting = Sighting._make(values)
        found[sighting.item_id][sighting.feed_id] = sighting
    return found


def worded_revisions(connection: Connection, ids: Collection[int]) -> dict[int, list[Revision]]:
    """Every version of the items, oldest first, with its words."""
    rows = list(of(connection, ids, _R.item_id, *_REVISION_COLUMNS))
    words = _words(connection, rows)
    found: dict[int, list[Revision]] = defaultdict(list)
    for row in sorted(rows, key=_place):
        title, text = words[_place(row)]
        found[row.item_id].append(revision_from(row, title=title, text=text))
    return dict(found)


def of(connection: Connection, ids: Collection[int], column: ColumnElement[int], *selected: Any) -> Iterator[Row[Any]]:
    """The rows of a table whose `column` is one of the numbers."""
    statement = _by_number(column, *selected)
    for some in chunks(sorted(ids)):
        yield from connection.execute(statement, {"ids": some}).all()


@lru_cache(maxsize=32)
def _by_number(column: ColumnElement[int], *selected: Any) -> Select[Any]:
    return select(*selected).where(column.in_(bindparam("ids", expanding=True)))


def known_items(
    connection: Connection,
    seen: Mapping[int, Mapping[int, Sighting]],
    feed_id: int,
    *,
    named: Collection[int],
    worded: Collection[int],
) -> dict[int, KnownItem]:
    """The items of `seen` with their sightings and topics; those in `named` with their keys and versions too.

    Versions are those that one feed showed. Of the items in `worded` the last one has its words, the others have hashes
    alone.
    """
    found = list(_items(connection, seen))
    topics = _topics(connection, seen)
    keys = _keys(connection, named)
    versions = _versions(connection, named, feed_id, worded)
    return {
        item.id: KnownItem(
            item=item,
            keys=frozenset(keys[item.id]),
            sightings=seen[item.id],
            revisions=tuple(versions[item.id]),
            topics=tuple(sorted(topics[item.id])),
            forgotten=forgotten,
        )
        for item, forgotten in found
    }


def _items(connection: Connection, ids: Collection[int]) -> Iterator[tuple[Item, bool]]:
    """The items, and whether each was forgotten."""
    for *values, forgotten_at in _ITEMS.read(connection, ids):
        yield Item._make(values), forgotten_at is not None


def _keys(connection: Connection, ids: Collection[int]) -> dict[int, list[Key]]:
    found: dict[int, list[Key]] = defaultdict(list)
    for row in of(connection, ids, ITEM_KEY.c.item_id, ITEM_KEY):
        found[row.item_id].append(key_from(row))
    return found


def _topics(connection: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for topic, item_id in _TOPICS.read(connection, ids):
        found[item_id].append(topic)
    return found


def _versions(
    connection: Connection, ids: Collection[int], feed_id: int, worded: Collection[int]
) -> dict[int, list[Revision]]:
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in of(connection, ids, _R.item_id, *_REVISION_COLUMNS):
        if row.feed_id == feed_id:
            rows[row.item_id].append(row)
    for several in rows.values():
        several.sort(key=_place)
    last = [several[-1] for item_id, several in rows.items() if item_id in worded]
    words = _words(connection, last)
    found: dict[int, list[Revision]] = defaultdict(list)
    for item_id, several in rows.items():
        for row in several:
            title, text = words.get(_place(row), ("", ""))
            found[item_id].append(revision_from(row, title=title, text=text))
    return found


def _words(connection: Connection, rows: Collection[Row[Any]]) -> dict[tuple[int, int], tuple[str, str]]:
    """Title and text of versions; the text of a revert is that of the version it repeats."""
    source = {_place(row): _source(row) for row in rows}
    wanted = list({*source, *source.values()})
    stored = {_place(row): row for row in ask(connection, _TITLE_AND_TEXT, wanted, "item_id, n")}
    return {
        place: (stored[place].title, _unzipped(stored[text_place].text) if text_place in stored else "")
        for place, text_place in source.items()
    }


def _source(row: Row[Any]) -> tuple[int, int]:
    is_revert = row.class_ == RevisionClass.REVERT and row.reverts_to is not None
    return (row.item_id, row.reverts_to) if is_revert else _place(row)


def _place(row: Row[Any]) -> tuple[int, int]:
    return row.item_id, row.n


def _unzipped(blob: bytes | None) -> str:
    return "" if blob is None else unzip_text(blob)
