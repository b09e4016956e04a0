"""Writing the items of a plan.

Rule: a key never moves to another item, a barred one names nothing again, and no stored version is overwritten but by
the text that it lacked.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, or_, update
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.items import known
from storage.items.asking import chunks
from storage.items.bulk import insert_rows
from storage.model import Item, Key, Plan, RevisionClass, VerdictKind
from storage.rows import (
    Values,
    analysis_values,
    item_values,
    key_values,
    matches_json,
    revision_values,
    sighting_values,
    verdict_values,
)
from storage.tables import (
    HELD,
    ITEM,
    ITEM_ANALYSIS,
    ITEM_KEY,
    ITEM_REVISION,
    ITEM_SENTENCE,
    ITEM_TOPIC,
    SIGHTING,
    TOMBSTONE,
    VERDICT,
)

_UNLOGGED = frozenset({VerdictKind.SEEN, VerdictKind.MISSING})


def write(connection: Connection, plan: Plan) -> None:
    _touch_seen(connection, plan)
    insert_rows(connection, _NEW_ITEM, [item_values(item) for item in plan.items])
    _update_items(connection, plan.item_updates)
    _write_keys(connection, plan.keys, plan.barred)
    insert_rows(connection, _SIGHTING, [sighting_values(sighting) for sighting in plan.sightings])
    _write_revisions(connection, plan)
    _write_topics(connection, plan)
    _write_analyses(connection, plan)
    logged = [each for each in plan.verdicts if each.item_id is not None and each.kind not in _UNLOGGED]
    insert_rows(connection, _VERDICT, [verdict_values(each, plan.feed_id, plan.at) for each in logged])
    _place_in_events(connection, plan)
    if plan.document or plan.held:
        _stage(connection, plan)


def _upsert(table: Table, *key: str) -> Insert:
    """Insert, or replace everything but the key."""
    statement = upsert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in {*key, "id"}}
    return statement.on_conflict_do_update(index_elements=list(key), set_=rest)


_NEW_ITEM = insert(ITEM)
_KEY = upsert(ITEM_KEY).on_conflict_do_nothing()
_BARRED_KEY = _upsert(ITEM_KEY, "scope", "kind", "value")
_SIGHTING = _upsert(SIGHTING, "feed_id", "item_id")
_NEW_REVISION = insert(ITEM_REVISION)
_FILLED_REVISION = _upsert(ITEM_REVISION, "item_id", "n")
_ANALYSIS = _upsert(ITEM_ANALYSIS, "item_id")
_SENTENCE = upsert(ITEM_SENTENCE).on_conflict_do_nothing()
_TOPIC = insert(ITEM_TOPIC)
_VERDICT = insert(VERDICT)
_HELD = insert(HELD)

_SEEN = update(SIGHTING).where(
    SIGHTING.c.feed_id == bindparam("feed"), SIGHTING.c.range_hash.in_(bindparam("ranges", expanding=True))
)
_ITEM_UPDATE = (
    update(ITEM)
    .where(ITEM.c.id == bindparam("item"))
    .values({column.name: bindparam(column.name) for column in ITEM.c if column.name not in {"id", "forgotten_at"}})
)
_EVENT_OF_ITEM = (
    update(ITEM)
    .where(ITEM.c.id == bindparam("item"), or_(ITEM.c.event_id.is_(None), ITEM.c.event_id != bindparam("event")))
    .values(event_id=bindparam("event"))
)


def _write(connection: Connection, statement: Executable, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(statement, rows)


def _touch_seen(connection: Connection, plan: Plan) -> None:
    """Entries known by their bytes: they stood in this document too."""
    statement = _SEEN.values(last_document=plan.document, last_seen_at=plan.at, missing_count=0)
    for some in chunks(plan.seen_ranges):
        connection.execute(statement, {"feed": plan.feed_id, "ranges": some})


def _update_items(connection: Connection, items: Sequence[Item]) -> None:
    _write(connection, _ITEM_UPDATE, [{"item": item.id, **_without_id(item)} for item in items])
    for table in (ITEM_TOPIC, ITEM_SENTENCE):  # a corrected date moves an item in the lists of its topics too
        moved = update(table).where(table.c.item_id == bindparam("item"), table.c.sort_at != bindparam("at"))
        places = [{"item": item.id, "at": item.sort_at} for item in items]
        _write(connection, moved.values(sort_at=bindparam("at")), places)


def _without_id(item: Item) -> Values:
    values = item_values(item)
    del values["id"]
    return values


def _write_keys(connection: Connection, keys: Mapping[Key, int], barred: Collection[Key]) -> None:
    insert_rows(
        connection, _KEY, [{**key_values(key), "item_id": item_id, "barred": False} for key, item_id in keys.items()]
    )
    insert_rows(connection, _BARRED_KEY, [{**key_values(key), "item_id": None, "barred": True} for key in barred])
    # A key that proved to name several items says nothing about the one that was purged under it.
    t = TOMBSTONE.c
    matching = (t.scope == bindparam("s"), t.kind == bindparam("k"), t.value == bindparam("v"))
    _write(
        connection,
        delete(TOMBSTONE).where(*matching),
        [{"s": key.scope, "k": key.kind, "v": key.value} for key in barred],
    )


def _write_revisions(connection: Connection, plan: Plan) -> None:
    filled = [each for each in plan.revisions if each.class_ is RevisionClass.FILLED]
    others = [each for each in plan.revisions if each.class_ is not RevisionClass.FILLED]
    insert_rows(connection, _NEW_REVISION, [revision_values(each) for each in others])
    insert_rows(connection, _FILLED_REVISION, [revision_values(each) for each in filled])


def _write_topics(connection: Connection, plan: Plan) -> None:
    _clear(connection, ITEM_TOPIC, plan.topics)
    items = _items(connection, plan, plan.topics)
    rows = []
    for item_id, matches in plan.topics.items():
        for topic in dict.fromkeys(match.topic for match in matches):
            matched = matches_json([match for match in matches if match.topic == topic])
            place = {"topic": topic, "item_id": item_id, "sort_at": items[item_id].sort_at}
            rows.append({**place, "matched_json": matched})
    insert_rows(connection, _TOPIC, rows)


def _write_analyses(connection: Connection, plan: Plan) -> None:
    insert_rows(connection, _ANALYSIS, [analysis_values(item_id, each) for item_id, each in plan.analyses.items()])
    _clear(connection, ITEM_SENTENCE, plan.analyses)
    items = _items(connection, plan, plan.analyses)
    rows = [
        {
            "hash": number,
            "item_id": item_id,
            "feed_id": items[item_id].feed_id,
            "words": count,
            "sort_at": items[item_id].sort_at,
        }
        for item_id, analysis in plan.analyses.items()
        for number, count in analysis.sentences
    ]
    insert_rows(connection, _SENTENCE, rows)


def _clear(connection: Connection, table: Table, ids: Mapping[int, Any]) -> None:
    statement = delete(table).where(table.c.item_id.in_(bindparam("ids", expanding=True)))
    for some in chunks(list(ids)):
        connection.execute(statement, {"ids": some})


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
    connection.execute(delete(HELD).where(HELD.c.feed_id == plan.feed_id))
    rows = [{"feed_id": plan.feed_id, **key_values(key), "since_at": since} for key, since in plan.held.items()]
    insert_rows(connection, _HELD, rows)
