"""What a bundle tells: its alerts with the changes, events and items behind them, as one frozen value.

Rule: a renderer reads nothing else; the same source gives the same bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    distinct,
    func,
    literal_column,
    select,
    union_all,
)

from storage.model import DIGEST, Alert, Change, Delivery, DeliveryState, Event
from storage.outbox.nouns import AnyRow, alert_from, change_from
from storage.outbox.standing import Standing, read_standing
from storage.statements.asking import chunks
from storage.tables import ALERT, CHANGE, DELIVERY, EVENT, EVENT_TOPIC, FEED, ITEM, ITEM_REVISION

T = TypeVar("T")

_LATEST = 5  # items of an event whose changes name none
_TEXT_LENGTH = 1000
_ASKED = 10_000  # ids in one statement; SQLite takes 32,766


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """An item as a message names it."""

    id: int
    event_id: str | None
    title: str
    url: str | None
    source: str  # the outlet: as an aggregator names it, else as declared of the feed, else the feed's name
    lang: str | None
    published_at: datetime | None  # None: no trusted date
    published_on: date | None
    first_seen_at: datetime
    content_hash: str
    text: str  # the first words of its newest text, at most 1,000 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last message about an event that reached this address on this channel."""

    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSource:
    """Everything that a message is made of.

    `alerts` and `changes` run in order of time, one alert a change; `events` answers to the ids in the changes, merged
    ones resolved; `items` holds those that the changes name, else the latest of the event, in order of first sight.
    """

    delivery: Delivery
    alerts: tuple[Alert, ...]
    changes: tuple[Change, ...]
    events: Mapping[str, Event]
    items: tuple[SourceItem, ...]
    source_counts: Mapping[str, int]  # event -> outlets that tell of it
    previous: Mapping[str, Told]  # by event; absent: this address has not heard of it
    feed_names: Mapping[int, str]  # of the feeds in the changes
    folded_count: int = 0  # earlier deliveries that this one tells too
    overflow_count: int = 0  # alerts that wait for a digest because the channel has said all that it may in an hour
    overflow_at: datetime | None = None  # when that digest comes
    standing: Standing | None = None  # of a digest


def _among(column: ColumnElement[T]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


# Every message asks these, so they are built once.
_FOLDED = select(DELIVERY.c.bundle_id).where(DELIVERY.c.folded_into == bindparam("of_delivery"))
# What a message says beside its changes: how many it took over, and what overflows.
_ASIDE = select(
    select(func.count()).where(DELIVERY.c.folded_into == bindparam("of_delivery")).scalar_subquery().label("folded"),
    func.count(ALERT.c.id).label("overflowing"),
    func.min(ALERT.c.release_at).label("overflow_at"),
).where(
    ALERT.c.decision == literal_column("'held'"), ALERT.c.reason == "rate", ALERT.c.channel == bindparam("of_channel")
)
_ALERTS = select(ALERT).where(ALERT.c.bundle_id.in_(union_all(select(bindparam("of_bundle", type_=Text())), _FOLDED)))
_CHANGES = select(CHANGE).where(_among(CHANGE.c.id)).order_by(CHANGE.c.at, CHANGE.c.id)
_EVENTS = select(EVENT).where(_among(EVENT.c.id))
_TOPICS = select(EVENT_TOPIC).where(_among(EVENT_TOPIC.c.event_id)).order_by(EVENT_TOPIC.c.topic)
_LATEST_IDS = select(ITEM.c.id).where(_among(ITEM.c.event_id)).order_by(ITEM.c.sort_at.desc()).limit(_LATEST)
_FEEDS = select(FEED.c.id, FEED.c.name).where(_among(FEED.c.id))

_NEWEST = ITEM_REVISION.alias("newest")
_WORDS = ITEM_REVISION.alias("words")  # those of the newest revision: a revert points at the one that it repeats
_NEWEST_N = (
    select(func.max(ITEM_REVISION.c.n)).where(ITEM_REVISION.c.item_id == ITEM.c.id).correlate(ITEM).scalar_subquery()
)
_ITEMS = (
    select(ITEM, FEED.c.name, FEED.c.options_json, _NEWEST.c.content_hash, _WORDS.c.text)
    .join(FEED, FEED.c.id == ITEM.c.feed_id)
    .outerjoin(_NEWEST, and_(_NEWEST.c.item_id == ITEM.c.id, _NEWEST.c.n == _NEWEST_N))
    .outerjoin(
        _WORDS, and_(_WORDS.c.item_id == ITEM.c.id, _WORDS.c.n == func.coalesce(_NEWEST.c.reverts_to, _NEWEST.c.n))
    )
    .where(_among(ITEM.c.id))
    .order_by(ITEM.c.first_seen_at, ITEM.c.id)
)
_OUTLET = func.coalesce(ITEM.c.source_name, cast(ITEM.c.feed_id, Text))
_ORIGINAL = ITEM.alias("original")
# An outlet that only carries what another one of the event wrote is no source of its own.
_SOURCE_COUNTS = (
    select(ITEM.c.event_id, func.count(distinct(_OUTLET)).label("source_count"))
    .outerjoin(_ORIGINAL, and_(_ORIGINAL.c.id == ITEM.c.copy_of, _ORIGINAL.c.event_id == ITEM.c.event_id))
    .where(_among(ITEM.c.event_id), _ORIGINAL.c.id.is_(None))
    .group_by(ITEM.c.event_id)
)
_PREVIOUS = (
    select(
        CHANGE.c.event_id,
        func.max(CHANGE.c.revision).label("revision"),
        func.max(DELIVERY.c.done_at).label("at"),
    )
    .join(ALERT, ALERT.c.change_id == CHANGE.c.id)
    .join(DELIVERY, DELIVERY.c.bundle_id == ALERT.c.bundle_id)
    .where(
        _among(CHANGE.c.event_id),
        DELIVERY.c.channel == bindparam("of_channel"),
        DELIVERY.c.address == bindparam("of_address"),
        DELIVERY.c.state == str(DeliveryState.DELIVERED),
        DELIVERY.c.id != bindparam("of_id"),
    )
    .group_by(CHANGE.c.event_id)
)


def read_source(conn: Connection, delivery: Delivery) -> BundleSource:
    """What the delivery's bundle tells to its address, as the database knows it now."""
    given = {"of_bundle": delivery.bundle_id, "of_delivery": delivery.id}
    alerts = {row.change_id: alert_from(row) for row in conn.execute(_ALERTS, given)}
    changes = tuple(sorted(map(change_from, _rows(conn, _CHANGES, alerts)), key=lambda change: (change.at, change.id)))
    is_digest = delivery.kind == DIGEST
    aside = conn.execute(_ASIDE, {"of_channel": delivery.channel, "of_delivery": delivery.id}).one()
    events = _events(conn, {change.event_id for change in changes if change.event_id})
    known = {event.id for event in events.values()}
    feeds = {change.feed_id for change in changes if change.feed_id is not None}
    return BundleSource(
        delivery=delivery,
        alerts=tuple(alerts[change.id] for change in changes),
        changes=changes,
        events=events,
        items=_items(conn, changes, known),
        source_counts={row.event_id: row.source_count for row in _rows(conn, _SOURCE_COUNTS, known)},
        previous={} if is_digest else _previous(conn, delivery, events),
        folded_count=aside.folded,
        overflow_count=aside.overflowing,
        overflow_at=aside.overflow_at,
        feed_names={row.id: row.name for row in _rows(conn, _FEEDS, feeds)},
        standing=read_standing(conn, delivery) if is_digest else None,
    )


def _rows(conn: Connection, statement: Select[Any], ids: Collection[str | int]) -> Sequence[AnyRow]:
    """Rows by id, a statement's worth at a time: a digest after a flood asks for tens of thousands."""
    return [row for part in chunks(list(ids), _ASKED) for row in conn.execute(statement, {"ids": part})]


def _events(conn: Connection, ids: Collection[str]) -> dict[str, Event]:
    """Events by the ids asked for; one that was merged is given as the event it went into."""
    found: dict[str, AnyRow] = {}
    wanted = set(ids)
    while wanted:
        rows = _rows(conn, _EVENTS, wanted)
        found |= {row.id: row for row in rows}
        wanted = {row.merged_into for row in rows if row.merged_into} - found.keys()
    topics = _rows(conn, _TOPICS, found.keys())
    return {id_: _event(_resolved(found, id_), topics) for id_ in ids if id_ in found}


def _resolved(found: Mapping[str, AnyRow], event_id: str) -> AnyRow:
    row = found[event_id]
    while row.merged_into in found:
        row = found[row.merged_into]
    return row


def _event(row: AnyRow, topics: Sequence[AnyRow]) -> Event:
    return Event(**row._asdict(), topics=tuple(topic.topic for topic in topics if topic.event_id == row.id))


def _items(conn: Connection, changes: Sequence[Change], events: Collection[str]) -> tuple[SourceItem, ...]:
    """The items that the changes name; if they name none, the latest of the events."""
    named = {change.item_id for change in changes if change.item_id is not None}
    ids = named or {row.id for row in _rows(conn, _LATEST_IDS, events)}
    return tuple(_item(row) for row in _rows(conn, _ITEMS, ids))


def _item(row: AnyRow) -> SourceItem:
    return SourceItem(
        id=row.id,
        event_id=row.event_id,
        title=row.title,
        url=row.url,
        source=row.source_name or row.options_json.get("outlet") or row.name,
        lang=row.lang,
        published_at=row.published_at if row.date_trusted else None,
        published_on=row.published_on if row.date_trusted else None,
        first_seen_at=row.first_seen_at,
        content_hash=row.content_hash or "",
        text=(row.text or "")[:_TEXT_LENGTH],
    )


def _previous(conn: Connection, delivery: Delivery, events: Mapping[str, Event]) -> dict[str, Told]:
    """What this address was told before, of each event under any of the names that the changes use."""
    given = {
        "ids": list(events),
        "of_channel": delivery.channel,
        "of_address": delivery.address,
        "of_id": delivery.id,
    }
    told: dict[str, Told] = {}
    for row in conn.execute(_PREVIOUS, given) if events else ():
        id_ = events[row.event_id].id
        before = told.get(id_, Told(revision=0, at=row.at))
        told[id_] = Told(revision=max(before.revision, row.revision), at=max(before.at, row.at))
    return told
