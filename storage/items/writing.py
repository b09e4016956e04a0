"""Writing the items of a plan.

Rule: a key never moves to another item, a barred one names nothing again, and no stored version is overwritten but by
the text that it lacked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, or_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.items import known
from storage.model import PLAIN_ARRIVALS, Item, Key, Plan, RevisionClass, TopicMatch, VerdictKind
from storage.rows import (
    ITEM_COLUMNS,
    KEY_COLUMNS,
    REVISION_COLUMNS,
    SIGHTING_COLUMNS,
    VERDICT_COLUMNS,
    Values,
    key_row,
    matches_json,
    revision_row,
    verdict_row,
)
from storage.statements.asking import chunks, execute
from storage.statements.bulk import Bulk, replacing
from storage.tables import (
    HELD,
    ITEM,
    ITEM_KEY,
    ITEM_REVISION,
    ITEM_SEARCH,
    ITEM_SENTENCE,
    ITEM_TOPIC,
    SIGHTING,
    TOMBSTONE,
    VERDICT,
)
from storage.tables.columns import micros

_UNLOGGED = frozenset({VerdictKind.SEEN, VerdictKind.MISSING})


def write(connection: Connection, plan: Plan) -> None:
    _touch_seen(connection, plan)
    _NEW_ITEMS.write(connection, plan.items)
    _update_items(connection, plan.item_updates)
    _write_keys(connection, plan.keys, plan.barred)
    _SIGHTINGS.write(connection, plan.sightings)
    _write_revisions(connection, plan)
    _write_topics(connection, plan)
    _write_sentences(connection, plan)
    _SEARCH.write(connection, [(item_id, each.title, each.text, each.marks) for item_id, each in plan.search.items()])
    unsaid = {(item.id, PLAIN_ARRIVALS.get(item.origin)) for item in plan.items if not item.relevant}
    logged = [each for each in plan.verdicts if each.item_id is not None and each.kind not in _UNLOGGED]
    kept = [each for each in logged if (each.item_id, each.reason) not in unsaid]
    _VERDICTS.write(connection, [verdict_row(each, plan.feed_id, plan.at) for each in kept])
    _place_in_events(connection, plan)
    if plan.held or plan.verdicts or plan.seen_items or plan.sightings:
        # A document was judged; a 304 or a failure confirms nothing.
        _stage(connection, plan)


_SENTENCE_COLUMNS = ("hash", "item_id", "feed_id", "words", "sort_at")

_NEW_ITEMS = Bulk(insert(ITEM), ITEM_COLUMNS)
_KEYS = Bulk(upsert(ITEM_KEY).on_conflict_do_nothing(), (*KEY_COLUMNS, "item_id", "barred"))
_BARRED_KEYS = Bulk(replacing(ITEM_KEY, *KEY_COLUMNS), (*KEY_COLUMNS, "item_id", "barred"))
_SIGHTINGS = Bulk(replacing(SIGHTING, "feed_id", "item_id"), SIGHTING_COLUMNS)
_NEW_REVISIONS = Bulk(insert(ITEM_REVISION), REVISION_COLUMNS)
_FILLED_REVISIONS = Bulk(replacing(ITEM_REVISION, "item_id", "n"), REVISION_COLUMNS)
_TOPICS = Bulk(insert(ITEM_TOPIC), ("topic", "item_id", "sort_at", "matched_json"))
_SENTENCES = Bulk(upsert(ITEM_SENTENCE).on_conflict_do_nothing(), _SENTENCE_COLUMNS, stored=True)
_SEARCH = Bulk(replacing(ITEM_SEARCH, "item_id"), ("item_id", "title", "text", "marks"), stored=True)
_VERDICTS = Bulk(insert(VERDICT), VERDICT_COLUMNS)
_STAGED = Bulk(insert(HELD), ("feed_id", *KEY_COLUMNS, "since_at"))

# Built once: that costs SQLAlchemy four times as much as running a statement.
_SEEN = "UPDATE sighting SET last_document = ?, last_seen_at = ?, missing_count = 0 WHERE feed_id = ? AND item_id IN "
_ITEM_UPDATE = (
    update(ITEM)
    .where(ITEM.c.id == bindparam("item"))
    .values({column.name: bindparam(column.name) for column in ITEM.c if column.name not in {"id", "forgotten_at"}})
)
_MOVED = tuple(  # a corrected date moves an item in the lists of its topics too
    update(table)
    .where(table.c.item_id == bindparam("item"), table.c.sort_at != bindparam("at"))
    .values(sort_at=bindparam("at"))
    for table in (ITEM_TOPIC, ITEM_SENTENCE)
)
_EVENT_OF_ITEM = (
    update(ITEM)
    .where(ITEM.c.id == bindparam("item"), or_(ITEM.c.event_id.is_(None), ITEM.c.event_id != bindparam("event")))
    .values(event_id=bindparam("event"))
)
_BURIED = delete(TOMBSTONE).where(
    TOMBSTONE.c.scope == bindparam("s"), TOMBSTONE.c.kind == bindparam("k"), TOMBSTONE.c.value == bindparam("v")
)
_OF_ITEMS = {
    table: delete(table).where(table.c.item_id.in_(bindparam("ids", expanding=True)))
    for table in (ITEM_TOPIC, ITEM_SENTENCE)
}
_UNSTAGE = "DELETE FROM held WHERE feed_id = ?"


def _write(connection: Connection, statement: Executable, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(statement, rows)


def _touch_seen(connection: Connection, plan: Plan) -> None:
    """Entries known by their bytes: they stood in this document too."""
    for some in chunks(plan.seen_items):
        statement = f"{_SEEN}({', '.join('?' * len(some))})"
        values = (plan.document, micros(plan.at), plan.feed_id, *some)
        execute(connection, statement, values)


def _update_items(connection: Connection, items: Sequence[Item]) -> None:
    _write(
        connection,
        _ITEM_UPDATE,
        [{"item": item.id, **dict(zip(ITEM_COLUMNS[1:], item[1:], strict=True))} for item in items],
    )
    for moved in _MOVED:
        _write(connection, moved, [{"item": item.id, "at": item.sort_at} for item in items])


def _write_keys(connection: Connection, keys: Mapping[Key, int], barred: Collection[Key]) -> None:
    _KEYS.write(connection, [(*key_row(key), item_id, 0) for key, item_id in keys.items()])
    _BARRED_KEYS.write(connection, [(*key_row(key), None, 1) for key in barred])
    # A key that proved to name several items says nothing about the one that was purged under it.
    _write(connection, _BURIED, [{"s": key.scope, "k": key.kind, "v": key.value} for key in barred])


def _write_revisions(connection: Connection, plan: Plan) -> None:
    filled = [each for each in plan.revisions if each.class_ is RevisionClass.FILLED]
    others = [each for each in plan.revisions if each.class_ is not RevisionClass.FILLED]
    _NEW_REVISIONS.write(connection, map(revision_row, others))
    _FILLED_REVISIONS.write(connection, map(revision_row, filled))


def _write_topics(connection: Connection, plan: Plan) -> None:
    _clear(connection, ITEM_TOPIC, plan, plan.topics)
    items = _items(connection, plan, plan.topics)
    rows = []
    for item_id, matches in plan.topics.items():
        by_topic: dict[str, list[TopicMatch]] = defaultdict(list)
        for match in matches:
            by_topic[match.topic].append(match)
        rows += [(topic, item_id, items[item_id].sort_at, matches_json(each)) for topic, each in by_topic.items()]
    _TOPICS.write(connection, rows)


def _write_sentences(connection: Connection, plan: Plan) -> None:
    _clear(connection, ITEM_SENTENCE, plan, plan.analyses)
    items = _items(connection, plan, plan.analyses)
    rows = []
    for item_id, analysis in plan.analyses.items():
        feed_id, sort_at = items[item_id].feed_id, micros(items[item_id].sort_at)
        rows += [(number, item_id, feed_id, count, sort_at) for number, count in analysis.sentences]
    _SENTENCES.write(connection, rows)


def _clear(connection: Connection, table: Table, plan: Plan, ids: Collection[int]) -> None:
    """Take away what an item had before; new ones had nothing."""
    new = {item.id for item in plan.items}
    for some in chunks([item_id for item_id in ids if item_id not in new]):
        connection.execute(_OF_ITEMS[table], {"ids": some})


def _items(connection: Connection, plan: Plan, ids: Collection[int]) -> dict[int, Item]:
    """The items of a plan by number; those that it refers to without changing them are read."""
    given = {item.id: item for item in (*plan.items, *plan.item_updates)}
    return given | known.items(connection, [item_id for item_id in ids if item_id not in given])


def _place_in_events(connection: Connection, plan: Plan) -> None:
    given = {item.id: item.event_id for item in (*plan.items, *plan.item_updates)}
    moved = [link for link in plan.links if given.get(link.item_id) != link.event_id]
    _write(connection, _EVENT_OF_ITEM, [{"item": link.item_id, "event": link.event_id} for link in moved])


def _stage(connection: Connection, plan: Plan) -> None:
    """The quarantine of a feed holds what its last document brought too much of, and nothing older."""
    execute(connection, _UNSTAGE, (plan.feed_id,))
    _STAGED.write(connection, [(plan.feed_id, *key_row(key), since) for key, since in plan.held.items()])
