"""What a bundle tells: its alerts with the changes, events and items behind them, as one frozen value.

Rule: a renderer reads nothing else; the same source gives the same bytes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)

from storage.model import DIGEST, Alert, Change, Delivery, DeliveryState, Event
from storage.outbox.nouns import AnyRow, alert_from, change_from, change_of
from storage.outbox.standing import Standing, read_standing
from storage.statements.asking import chunks
from storage.tables import ALERT, CHANGE, DELIVERY, EVENT, EVENT_TOPIC, FEED, ITEM, ITEM_REVISION

T = TypeVar("T")

_REPORTED = frozenset({"event.created", "event.updated"})
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
    is_copy: bool = False  # it carries what another outlet wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The last message about an event that reached this address on this channel."""

    revision: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSource:
    """Everything that a message is made of.

    `alerts` and `changes` run in order of time, one alert a change; `absorbed` are the reports of a new event that are
    told with it and not by themselves; `events` answers to the ids in the changes, merged ones resolved; `items` holds
    those that all these changes name, else the latest of the event, in order of first sight.
    """

    delivery: Delivery
    alerts: tuple[Alert, ...]
    changes: tuple[Change, ...]
    events: Mapping[str, Event]
    items: tuple[SourceItem, ...]
    source_counts: Mapping[str, int]  # event -> outlets that tell of it; of a digest none
    new_source_counts: Mapping[str, int]  # event -> those of them that these changes brought
    previous: Mapping[str, Told]  # by event; absent: this address has not heard of it
    feed_names: Mapping[int, str]  # of the feeds in the changes
    absorbed: tuple[Change, ...] = ()
    folded_count: int = 0  # earlier deliveries that this one tells too
    overflow_count: int = 0  # alerts that wait for a digest because the channel has said all that it may in an hour
    overflow_at: datetime | None = None  # when that digest comes
    standing: Standing | None = None  # of a digest


def _among(column: ColumnElement[T]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


# Every message asks these, so they are built once.
_FOLDED = select(DELIVERY.c.folded_into, DELIVERY.c.bundle_id).where(_among(DELIVERY.c.folded_into))
# What a channel has said all that it may for an hour keeps back.
_OVERFLOW = (
    select(ALERT.c.channel, func.count().label("overflowing"), func.min(ALERT.c.release_at).label("overflow_at"))
    .where(ALERT.c.decision == literal_column("'held'"), ALERT.c.reason == "rate", _among(ALERT.c.channel))
    .group_by(ALERT.c.channel)
)
_ALERTS = select(ALERT).where(_among(ALERT.c.bundle_id))
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
_ORIGINAL = ITEM.alias("original")
# The outlets of an event, each with its first item there. One that only carries what another one of the event wrote is
# no source of its own.
_OUTLETS = (
    select(
        ITEM.c.event_id, ITEM.c.source_name, FEED.c.name, FEED.c.options_json, func.min(ITEM.c.id).label("first_item")
    )
    .join(FEED, FEED.c.id == ITEM.c.feed_id)
    .outerjoin(_ORIGINAL, and_(_ORIGINAL.c.id == ITEM.c.copy_of, _ORIGINAL.c.event_id == ITEM.c.event_id))
    .where(_among(ITEM.c.event_id), _ORIGINAL.c.id.is_(None))
    .group_by(ITEM.c.event_id, ITEM.c.source_name, FEED.c.id)
)
# Reports that a new event carries with it: their alerts name the one that made them needless.
_ABSORBED = (
    select(CHANGE, ALERT.c.reason)
    .join(ALERT, ALERT.c.change_id == CHANGE.c.id)
    .where(
        _among(CHANGE.c.event_id),
        CHANGE.c.kind == literal_column("'event.updated'"),
        # Not to be looked up by: an event has few changes, and many alerts were ever suppressed.
        func.coalesce(ALERT.c.decision, "") == "suppressed",
        ALERT.c.reason.startswith("inhibited("),
    )
    .order_by(CHANGE.c.at, CHANGE.c.id)
)
_PREVIOUS = (
    select(
        CHANGE.c.event_id,
        DELIVERY.c.channel,
        DELIVERY.c.address,
        func.max(CHANGE.c.revision).label("revision"),
        func.max(DELIVERY.c.done_at).label("at"),
    )
    .join(ALERT, ALERT.c.change_id == CHANGE.c.id)
    .join(DELIVERY, DELIVERY.c.bundle_id == ALERT.c.bundle_id)
    .where(
        _among(CHANGE.c.event_id),
        DELIVERY.c.channel.in_(bindparam("of_channels", expanding=True)),
        # Not to be looked up by: of all that were ever delivered, few are about these events.
        func.coalesce(DELIVERY.c.state, "") == str(DeliveryState.DELIVERED),
        DELIVERY.c.id.not_in(bindparam("of_deliveries", expanding=True)),
    )
    .group_by(CHANGE.c.event_id, DELIVERY.c.channel, DELIVERY.c.address)
)


def read_sources(conn: Connection, deliveries: Sequence[Delivery]) -> dict[str, BundleSource]:
    """By delivery: what its bundle tells to its address, as the database knows it now."""
    stock = _Stock(conn, deliveries)
    return {delivery.id: stock.source(delivery) for delivery in deliveries}


class _Stock:
    """What the messages of some deliveries are made of, read together: ten look-ups, however many there are."""

    def __init__(self, conn: Connection, deliveries: Sequence[Delivery]) -> None:
        self._conn = conn
        self._folded = _grouped(_rows(conn, _FOLDED, [delivery.id for delivery in deliveries]), "folded_into")
        bundles = {bundle for delivery in deliveries for bundle in self._bundles(delivery)}
        self._alerts = _grouped(_rows(conn, _ALERTS, bundles), "bundle_id")
        told = {row.change_id for rows in self._alerts.values() for row in rows}
        every = {row.id: change_from(row) for row in _rows(conn, _CHANGES, told)}
        self._changes = {one.id: self._in_order(one, every) for one in deliveries}
        self._events = _events(conn, {change.event_id for change in every.values() if change.event_id})
        messages = [one for one in deliveries if one.kind != DIGEST]
        self._absorbed = self._read_absorbed(deliveries)
        self._items = self._read_items(deliveries)
        self._outlets = self._read_outlets(messages)
        self._previous = self._read_previous(messages)
        self._overflow = {row.channel: row for row in _rows(conn, _OVERFLOW, {one.channel for one in deliveries})}
        feeds = {change.feed_id for change in every.values() if change.feed_id is not None}
        self._feed_names = {row.id: row.name for row in _rows(conn, _FEEDS, feeds)}

    def source(self, delivery: Delivery) -> BundleSource:
        alerts = self._told(delivery)
        changes = self._changes[delivery.id]
        events = self._events_of(changes)
        absorbed = self._absorbed_by(delivery)
        outlets = {event.id: self._outlets.get(event.id, {}) for event in events.values()}
        brought = set[int]().union(*map(reports_of, (*changes, *absorbed)))
        overflow = self._overflow.get(delivery.channel)
        return BundleSource(
            delivery=delivery,
            alerts=tuple(alert_from(alerts[change.id]) for change in changes),
            changes=changes,
            events=events,
            items=self._items[delivery.id],
            source_counts={id_: len(names) for id_, names in outlets.items() if names},
            new_source_counts={id_: len(brought & set(names.values())) for id_, names in outlets.items() if names},
            previous=self._previous_of(delivery, events),
            folded_count=len(self._folded[delivery.id]),
            overflow_count=overflow.overflowing if overflow else 0,
            overflow_at=overflow.overflow_at if overflow else None,
            feed_names={id_: self._feed_names[id_] for change in changes if (id_ := change.feed_id) is not None},
            absorbed=absorbed,
            standing=read_standing(self._conn, delivery) if delivery.kind == DIGEST else None,
        )

    def _bundles(self, delivery: Delivery) -> set[str]:
        """Its own and those of the deliveries that it tells too."""
        return {delivery.bundle_id, *(row.bundle_id for row in self._folded[delivery.id])}

    def _told(self, delivery: Delivery) -> dict[str, AnyRow]:
        """By change: its alert."""
        return {row.change_id: row for bundle in self._bundles(delivery) for row in self._alerts[bundle]}

    def _in_order(self, delivery: Delivery, every: Mapping[str, Change]) -> tuple[Change, ...]:
        changes = [every[id_] for id_ in self._told(delivery)]
        return tuple(sorted(changes, key=lambda change: (change.at, change.id)))

    def _events_of(self, changes: Sequence[Change]) -> dict[str, Event]:
        return {id_: self._events[id_] for change in changes if (id_ := change.event_id) in self._events and id_}

    def _read_items(self, deliveries: Sequence[Delivery]) -> dict[str, tuple[SourceItem, ...]]:
        """By delivery: the items that its changes name; if they name none, the latest of its events.

        A line of a digest links one item, so of the reports that a poll brought no more are read for it.
        """
        wanted: dict[str, set[int]] = {}
        for delivery in deliveries:
            changes = self._changes[delivery.id]
            named = {change.item_id for change in changes if change.item_id is not None}
            if delivery.kind != DIGEST:
                named = named.union(*map(reports_of, (*changes, *self._absorbed_by(delivery))))
            known = {event.id for event in self._events_of(changes).values()}
            wanted[delivery.id] = named or {row.id for row in _rows(self._conn, _LATEST_IDS, known)}
        every = set[int]().union(*wanted.values())
        items = [_item(row) for row in _rows(self._conn, _ITEMS, every)]
        return {id_: tuple(item for item in items if item.id in ids) for id_, ids in wanted.items()}

    def _read_absorbed(self, deliveries: Sequence[Delivery]) -> dict[str, tuple[Change, ...]]:
        """By alert of a new event: the reports that are told with it."""
        created = [
            (change.event_id, self._told(one)[change.id].id)
            for one in deliveries
            for change in self._changes[one.id]
            if change.kind == "event.created" and change.event_id
        ]
        reasons = {f"inhibited({alert})": alert for _, alert in created}
        found: defaultdict[str, list[Change]] = defaultdict(list)
        for row in _rows(self._conn, _ABSORBED, {event for event, _ in created}):
            given = row._asdict()
            if alert := reasons.get(given.pop("reason")):
                found[alert].append(change_of(given))
        return {alert: tuple(changes) for alert, changes in found.items()}

    def _absorbed_by(self, delivery: Delivery) -> tuple[Change, ...]:
        told = self._told(delivery).values()
        return tuple(change for row in told for change in self._absorbed.get(row.id, ()))

    def _read_outlets(self, deliveries: Sequence[Delivery]) -> dict[str, dict[str, int]]:
        """By event: its outlets, each with its first item there."""
        known = {event.id for one in deliveries for event in self._events_of(self._changes[one.id]).values()}
        found: dict[str, dict[str, int]] = {}
        for row in _rows(self._conn, _OUTLETS, known):
            outlets, name = found.setdefault(row.event_id, {}), _outlet(row)
            outlets[name] = min(row.first_item, outlets.get(name, row.first_item))
        return found

    def _read_previous(self, deliveries: Sequence[Delivery]) -> defaultdict[tuple[str, str], list[AnyRow]]:
        """By channel and address: what was told there before of the events, under any of their names."""
        asked = {change.event_id for one in deliveries for change in self._changes[one.id] if change.event_id}
        given = {"of_channels": [one.channel for one in deliveries], "of_deliveries": [one.id for one in deliveries]}
        found: defaultdict[tuple[str, str], list[AnyRow]] = defaultdict(list)
        for row in _rows(self._conn, _PREVIOUS, asked & self._events.keys(), given):
            found[row.channel, row.address].append(row)
        return found

    def _previous_of(self, delivery: Delivery, events: Mapping[str, Event]) -> dict[str, Told]:
        told: dict[str, Told] = {}
        for row in self._previous[delivery.channel, delivery.address] if delivery.kind != DIGEST else ():
            if row.event_id in events:
                id_ = events[row.event_id].id
                before = told.get(id_, Told(revision=0, at=row.at))
                told[id_] = Told(revision=max(before.revision, row.revision), at=max(before.at, row.at))
        return told


def reports_of(change: Change) -> frozenset[int]:
    """Ids of the reports that a change brought to its event, as many as it lists."""
    listed = change.payload.get("items")
    if change.kind not in _REPORTED or not isinstance(listed, list):
        return frozenset()
    ids = (item.get("id") for item in listed if isinstance(item, Mapping))
    return frozenset(id_ for id_ in ids if isinstance(id_, int))


def _grouped(rows: Iterable[AnyRow], by: str) -> defaultdict[str, list[AnyRow]]:
    groups: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by)].append(row)
    return groups


def _rows(
    conn: Connection,
    statement: Select[Any],
    ids: Collection[str | int],
    given: Mapping[str, object] = MappingProxyType({}),
) -> Sequence[AnyRow]:
    """Rows by id, a statement's worth at a time: a digest after a flood asks for tens of thousands."""
    parts = chunks(list(ids), _ASKED)
    return [row for part in parts for row in conn.execute(statement, {"ids": part, **given})]


def _events(conn: Connection, ids: Collection[str]) -> dict[str, Event]:
    """Events by the ids asked for; one that was merged is given as the event it went into."""
    found: dict[str, AnyRow] = {}
    wanted = set(ids)
    while wanted:
        rows = _rows(conn, _EVENTS, wanted)
        found |= {row.id: row for row in rows}
        wanted = {row.merged_into for row in rows if row.merged_into} - found.keys()
    topics = _grouped(_rows(conn, _TOPICS, found.keys()), "event_id")
    return {id_: _event(_resolved(found, id_), topics) for id_ in ids if id_ in found}


def _resolved(found: Mapping[str, AnyRow], event_id: str) -> AnyRow:
    row = found[event_id]
    while row.merged_into in found:
        row = found[row.merged_into]
    return row


def _event(row: AnyRow, topics: Mapping[str, Sequence[AnyRow]]) -> Event:
    return Event(**row._asdict(), topics=tuple(topic.topic for topic in topics.get(row.id, ())))


def _item(row: AnyRow) -> SourceItem:
    return SourceItem(
        id=row.id,
        event_id=row.event_id,
        title=row.title,
        url=row.url,
        source=_outlet(row),
        lang=row.lang,
        published_at=row.published_at if row.date_trusted else None,
        published_on=row.published_on if row.date_trusted else None,
        first_seen_at=row.first_seen_at,
        content_hash=row.content_hash or "",
        text=(row.text or "")[:_TEXT_LENGTH],
        is_copy=row.copy_of is not None,
    )


def _outlet(row: AnyRow) -> str:
    return str(row.source_name or row.options_json.get("outlet") or row.name)
