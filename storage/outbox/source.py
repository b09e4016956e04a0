"""What a bundle tells: its alerts with the changes, events and items behind them, as one frozen value.

Rule: a renderer reads nothing else; the same source gives the same bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, select
from sqlalchemy import Text as SqlText

from storage.model import Alert, Change, Delivery, Event, Origin
from storage.outbox.nouns import AnyRow, alert_from
from storage.tables import ALERT, CHANGE, DELIVERY, EVENT, EVENT_TOPIC, FEED, ITEM, ITEM_REVISION

_LATEST = 5  # items of an event whose changes name none
_TEXT_LENGTH = 1000


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


def read_source(conn: Connection, delivery: Delivery) -> BundleSource:
    """What the delivery's bundle tells to its address, as the database knows it now."""
    alerts = {alert.change_id: alert for alert in _alerts(conn, delivery.bundle_id)}
    changes = _changes(conn, alerts)
    events = _events(conn, {change.event_id for change in changes if change.event_id})
    known = {event.id for event in events.values()}
    items = _items(conn, changes, known)
    return BundleSource(
        delivery=delivery,
        alerts=tuple(alerts[change.id] for change in changes),
        changes=changes,
        events=events,
        items=items,
        source_counts=_source_counts(conn, known),
        previous=_previous(conn, delivery, events),
        feed_names=_feed_names(conn, {change.feed_id for change in changes if change.feed_id is not None}),
    )


def _alerts(conn: Connection, bundle_id: str) -> list[Alert]:
    return [alert_from(row) for row in conn.execute(select(ALERT).where(ALERT.c.bundle_id == bundle_id))]


def _changes(conn: Connection, ids: Collection[str]) -> tuple[Change, ...]:
    rows = conn.execute(select(CHANGE).where(CHANGE.c.id.in_(ids)).order_by(CHANGE.c.at, CHANGE.c.id))
    return tuple(_change(row) for row in rows)


def _change(row: AnyRow) -> Change:
    given = row._asdict()
    return Change(
        old=given.pop("from_json"),
        new=given.pop("to_json"),
        payload=given.pop("payload_json"),
        quotes=tuple(given.pop("quotes_json")),
        topics=tuple(given.pop("topics_json")),
        origin=Origin(given.pop("origin")),
        **given,
    )


def _events(conn: Connection, ids: Collection[str]) -> dict[str, Event]:
    """Events by the ids asked for; one that was merged is given as the event it went into."""
    found: dict[str, AnyRow] = {}
    wanted = set(ids)
    while wanted:
        rows = conn.execute(select(EVENT).where(EVENT.c.id.in_(wanted))).all()
        found |= {row.id: row for row in rows}
        wanted = {row.merged_into for row in rows if row.merged_into} - found.keys()
    topics = _topics(conn, found)
    return {id_: _event(_resolved(found, id_), topics) for id_ in ids if id_ in found}


def _resolved(found: Mapping[str, AnyRow], event_id: str) -> AnyRow:
    row = found[event_id]
    while row.merged_into in found:
        row = found[row.merged_into]
    return row


def _topics(conn: Connection, events: Collection[str]) -> dict[str, tuple[str, ...]]:
    rows = conn.execute(
        select(EVENT_TOPIC).where(EVENT_TOPIC.c.event_id.in_(events)).order_by(EVENT_TOPIC.c.topic)
    ).all()
    return {event: tuple(row.topic for row in rows if row.event_id == event) for event in events}


def _event(row: AnyRow, topics: Mapping[str, tuple[str, ...]]) -> Event:
    return Event(**row._asdict(), topics=topics[row.id])


def _items(conn: Connection, changes: Sequence[Change], events: Collection[str]) -> tuple[SourceItem, ...]:
    """The items that the changes name; if they name none, the latest of the events."""
    named = {change.item_id for change in changes if change.item_id is not None}
    if not named:
        latest = select(ITEM.c.id).where(ITEM.c.event_id.in_(events)).order_by(ITEM.c.sort_at.desc()).limit(_LATEST)
        named = set(conn.scalars(latest))
    rows = conn.execute(_ITEMS.where(ITEM.c.id.in_(named)).order_by(ITEM.c.first_seen_at, ITEM.c.id))
    return tuple(_item(row) for row in rows)


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
)


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


_OUTLET: ColumnElement[str] = func.coalesce(ITEM.c.source_name, func.cast(ITEM.c.feed_id, SqlText))


def _source_counts(conn: Connection, events: Collection[str]) -> dict[str, int]:
    count = func.count(distinct(_OUTLET)).label("source_count")
    rows = select(ITEM.c.event_id, count).where(ITEM.c.event_id.in_(events)).group_by(ITEM.c.event_id)
    return {row.event_id: row.source_count for row in conn.execute(rows)}


def _previous(conn: Connection, delivery: Delivery, events: Mapping[str, Event]) -> dict[str, Told]:
    """What this address was told before, of each event under any of the names that the changes use."""
    rows = conn.execute(
        select(CHANGE.c.event_id, func.max(CHANGE.c.revision), func.max(DELIVERY.c.done_at))
        .join(ALERT, ALERT.c.change_id == CHANGE.c.id)
        .join(DELIVERY, DELIVERY.c.bundle_id == ALERT.c.bundle_id)
        .where(
            CHANGE.c.event_id.in_(events),
            DELIVERY.c.channel == delivery.channel,
            DELIVERY.c.address == delivery.address,
            DELIVERY.c.state == "delivered",
            DELIVERY.c.id != delivery.id,
        )
        .group_by(CHANGE.c.event_id)
    )
    told: dict[str, Told] = {}
    for event_id, revision, at in rows:
        key = events[event_id].id
        before = told.get(key)
        told[key] = Told(
            revision=max(revision, before.revision if before else 0), at=max(at, before.at if before else at)
        )
    return told


def _feed_names(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    return {row.id: row.name for row in conn.execute(select(FEED.c.id, FEED.c.name).where(FEED.c.id.in_(ids)))}
