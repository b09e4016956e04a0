"""Letting go: what nobody needs any more is purged, what somebody asks to be forgotten is wiped.

Rule: a name outlives its item. Whatever is removed leaves tombstones of all its keys, for a forgotten identity would
come back as news; a barred key leaves none, for it names others too.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import JsonValue
from storage.statements import meta
from storage.tables import (
    CHANGE,
    CLAIM,
    EVENT,
    EVENT_ITEM,
    EVENT_STATE,
    FEED,
    ITEM,
    ITEM_KEY,
    ITEM_REVISION,
    ITEM_SEARCH,
    ITEM_SENTENCE,
    ITEM_TERM,
    ITEM_TOPIC,
    LINKED_ITEM,
    MENTION,
    PAGE,
    PROMISE,
    SIGHTING,
    TOMBSTONE,
    VERDICT,
)
from storage.tables.search_index import WIPE

_I = ITEM.c
_DETAILS = (
    ITEM_KEY,
    SIGHTING,
    ITEM_REVISION,
    ITEM_TOPIC,
    LINKED_ITEM,
    ITEM_TERM,
    ITEM_SENTENCE,
    ITEM_SEARCH,
    VERDICT,
    CLAIM,
    MENTION,
    PAGE,
)
_FORGOTTEN = "(forgotten)"


def purge(connection: Connection, before: datetime, limit: int) -> int:
    ids = list(
        connection.execute(select(_I.id).where(_purgeable(before)).order_by(_I.first_seen_at).limit(limit)).scalars()
    )
    if ids:
        _remove_details(connection, ids)
        connection.execute(delete(ITEM).where(_I.id.in_(ids)))
        _give_back_room(connection)
    return len(ids)


def forget(connection: Connection, item_id: int, now: datetime) -> bool:
    title = connection.execute(select(_I.title).where(_I.id == item_id)).scalar()
    if title is None:
        return False
    _overwrite_freed(connection, wanted=True)
    _remove_details(connection, [item_id])
    _wipe_search_index(connection)
    gone = {"title": "", "url": None, "published_raw": None, "source_name": None, "revision_count": 0}
    connection.execute(update(ITEM).where(_I.id == item_id).values(**gone, relevant=False, forgotten_at=now))
    _blank_changes(connection, item_id)
    _rename_events(connection, item_id, title)
    _unlearn(connection, item_id)
    _overwrite_freed(connection, wanted=False)
    return True


def _purgeable(before: datetime) -> ColumnElement[bool]:
    """Old, in no event, told of nowhere, no copy's original, and out of every feed's sight."""
    s, copy = SIGHTING.c, ITEM.alias("copy")
    in_sight = exists(
        select(literal(1))
        .select_from(SIGHTING.join(FEED, FEED.c.id == s.feed_id))
        .where(s.item_id == _I.id, or_(s.last_seen_at >= before, s.last_document == FEED.c.document))
    )
    newest = select(func.max(_I.id)).scalar_subquery()  # its number must not be given again
    return and_(
        _I.event_id.is_(None),
        _I.first_seen_at < before,
        _I.id < newest,
        _I.forgotten_at.is_(None),
        ~in_sight,
        ~exists(select(literal(1)).where(EVENT_ITEM.c.item_id == _I.id)),
        ~exists(select(literal(1)).where(CHANGE.c.item_id == _I.id)),
        ~exists(select(literal(1)).where(copy.c.copy_of == _I.id)),
    )


def _remove_details(connection: Connection, ids: Sequence[int]) -> None:
    k = ITEM_KEY.c
    named = select(k.scope, k.kind, k.value).where(k.item_id.in_(ids))
    connection.execute(upsert(TOMBSTONE).from_select(["scope", "kind", "value"], named).on_conflict_do_nothing())
    claimed = select(CLAIM.c.id).where(CLAIM.c.item_id.in_(ids))
    connection.execute(delete(PROMISE).where(PROMISE.c.claim_id.in_(claimed)))
    for table in _DETAILS:
        connection.execute(delete(table).where(table.c.item_id.in_(ids)))


def _wipe_search_index(connection: Connection) -> None:
    """A word that was deleted from the index stays in it, struck out, until its segment is merged."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(WIPE).close()


def _blank_changes(connection: Connection, item_id: int) -> None:
    """A line of the timeline keeps its place, kind and day; its words were the item's."""
    blank: dict[str, JsonValue] = {
        "from_json": None,
        "to_json": None,
        "payload_json": {"summary": _FORGOTTEN},
        "quotes_json": [],
    }
    connection.execute(update(CHANGE).where(CHANGE.c.item_id == item_id).values(blank))


def _rename_events(connection: Connection, item_id: int, title: str) -> None:
    """An event that is called by the item's title is called by that of another member."""
    forgotten = ITEM.alias("forgotten")
    member = select(forgotten.c.event_id).where(forgotten.c.id == item_id).scalar_subquery()
    other = (
        select(_I.title)
        .where(_I.event_id == EVENT.c.id, _I.id != item_id, _I.forgotten_at.is_(None))
        .order_by(_I.sort_at, _I.id)
        .limit(1)
        .correlate(EVENT)
        .scalar_subquery()
    )
    renamed = update(EVENT).where(EVENT.c.id == member, EVENT.c.title == title)
    connection.execute(renamed.values(title=func.coalesce(other, _FORGOTTEN)))


def _unlearn(connection: Connection, item_id: int) -> None:
    """The linker adds its events up anew, without the item."""
    event = select(_I.event_id).where(_I.id == item_id).scalar_subquery()
    connection.execute(delete(EVENT_STATE).where(EVENT_STATE.c.event_id == event))
    meta.put(connection, meta.EVENTS_VERSION, None)


def _give_back_room(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        free = cursor.execute("PRAGMA freelist_count").fetchone()[0]
        for _ in range(free):  # the driver takes one step of a statement without columns, and each step frees one page
            cursor.execute("PRAGMA incremental_vacuum(1)")
        cursor.close()


def _overwrite_freed(connection: Connection, *, wanted: bool) -> None:
    """What is wiped must not stay readable in the free pages of the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA secure_delete={'ON' if wanted else 'OFF'}").close()
