"""An outbox with something in it: `tell(store, "0ITU", 2)` writes what a poll would for revision 2 of an event."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import insert as insert_new

from storage.model import (
    Alert,
    Attempt,
    Delivery,
    DeliveryState,
    Importance,
    alert_id,
    bundle_id,
    change_id,
    delivery_id,
)
from storage.outbox import DeliveryEvent, Outbox, Settlement
from storage.store import Store, WriteTx
from storage.tables import CHANGE, EVENT, EVENT_TOPIC

NOW = datetime(2025, 12, 1, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_NEW = insert_new(EVENT)
_PUT_EVENT = _NEW.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _NEW.excluded[name] for name in ("revision", "item_count", "merged_into")},
)
_PUT_TOPIC = insert_new(EVENT_TOPIC).on_conflict_do_nothing()


def an_outbox(folder: Path, *, busy_timeout_s: float = 10.0) -> Store:
    return Store.open(f"sqlite:///{folder / 'salname.db'}", busy_timeout_s=busy_timeout_s)


def tell(
    store: Store,
    event: str = "0ITU",
    revision: int = 1,
    *,
    channel: str = "hook",
    addresses: Sequence[str] = ("desk",),
    at: datetime = NOW,
    item_id: int | None = None,
) -> Delivery:
    """One revision of an event with its change, its alert and a delivery for each address; the first delivery."""
    with store.writing() as tx:
        return tell_in(tx, event, revision, channel=channel, addresses=addresses, at=at, item_id=item_id)[0]


def tell_in(
    tx: WriteTx,
    event: str,
    revision: int,
    *,
    channel: str = "hook",
    addresses: Sequence[str] = ("desk",),
    at: datetime = NOW,
    item_id: int | None = None,
    seq: int | None = None,
) -> list[Delivery]:
    an_event(tx, event, revision=revision, at=at)
    alert = an_alert(a_change(tx, event, revision, at=at, item_id=item_id), channel, event, at=at)
    deliveries = [a_delivery(alert, address, event, seq or revision, at=at) for address in addresses]
    tx.outbox.enqueue([alert], deliveries)
    return deliveries


def an_event(
    tx: WriteTx,
    *events: str,
    revision: int = 1,
    revisions: Sequence[int] = (),
    at: datetime = NOW,
    merged_into: str | None = None,
) -> None:
    """Events at one revision, or each at its own of `revisions`."""
    rows = [
        {
            "id": event,
            "title": f"Story {event}",
            "status": None,
            "starts_on": None,
            "ends_on": None,
            "first_at": at,
            "last_at": at,
            "first_seen_at": at,
            "changed_at": at,
            "revision": reached,
            "item_count": reached,
            "merged_into": merged_into,
        }
        for event, reached in zip(events, revisions or [revision] * len(events), strict=True)
    ]
    if rows:
        tx._connection.execute(_PUT_EVENT, rows)
        tx._connection.execute(_PUT_TOPIC, [{"topic": "itu", "event_id": event} for event in events])


def a_change(tx: WriteTx, event: str, revision: int, *, at: datetime = NOW, item_id: int | None = None) -> str:
    id_ = change_id(event, "event.updated", "items", str(revision - 1), str(revision), 0)
    row = {
        "id": id_,
        "event_id": event,
        "feed_id": None,
        "item_id": item_id,
        "revision": revision,
        "kind": "event.updated",
        "key": "items",
        "from_json": revision - 1,
        "to_json": revision,
        "payload_json": {"summary": f"{revision} sources tell of it"},
        "quotes_json": ["as it was said"],
        "happened_on": None,
        "happened_precision": "day",
        "as_of": None,
        "at": at,
        "topics_json": ["itu"],
        "origin": "live",
    }
    tx._connection.execute(insert_new(CHANGE).values(row).on_conflict_do_nothing())
    return id_


def an_alert(change: str, channel: str, group: str, *, at: datetime = NOW, route: str = "all") -> Alert:
    id_ = alert_id(change, route, channel)
    return Alert(
        id=id_,
        change_id=change,
        route=route,
        channel=channel,
        importance=Importance.NORMAL,
        decision="bundled",
        reason="",
        rule="plain",
        group_key=group,
        bundle_id=bundle_id(channel, group, [id_]),
        created_at=at,
    )


def a_delivery(alert: Alert, address: str, event: str, seq: int, *, at: datetime = NOW) -> Delivery:
    bundle = alert.bundle_id or ""
    return Delivery(
        id=delivery_id(bundle, address),
        bundle_id=bundle,
        channel=alert.channel,
        address=address,
        group_key=event,
        order_key=event,
        event_id=event,
        seq=seq,
        kind="event.updated",
        next_at=at,
    )


def a_settlement(
    *events: DeliveryEvent,
    next_at: datetime = NOW,
    counted_count: int = 0,
    doubt_count: int = 0,
    reason: str = "",
    detail: str = "",
) -> Settlement:
    """How a try ended, by the events that follow `sending`; OK if none is named."""
    ended = events or (DeliveryEvent.OK,)
    return Settlement(
        events=ended,
        outcome=str(ended[0]),
        next_at=next_at,
        expires_at=None,
        counted_count=counted_count,
        doubt_count=doubt_count,
        reason=reason,
        detail=detail,
        phase="reply",
        code=200,
        reply="ok",
        remote_id="queue-1",
    )


def claim(
    store: Store, delivery: Delivery, *, run: str = "this-run", at: datetime = NOW, body: bytes = b"{}"
) -> Attempt | None:
    with store.writing() as tx:
        return tx.outbox.claim(delivery, run_id=run, now=at, body=body, content_type="application/json")


def settle(
    store: Store, attempt: Attempt | None, settlement: Settlement, *, run: str = "this-run", at: datetime = NOW
) -> bool:
    assert attempt is not None
    with store.writing() as tx:
        return tx.outbox.settle(attempt.delivery_id, attempt.n, run_id=run, now=at, settlement=settlement)


def send(
    store: Store, delivery: Delivery, *events: DeliveryEvent, at: datetime = NOW, doubt_count: int = 0
) -> Delivery:
    """Claim and settle in one breath; the delivery as it stands then."""
    attempt = claim(store, read(store, delivery.id), at=at)
    assert settle(store, attempt, a_settlement(*events, next_at=at, doubt_count=doubt_count), at=at)
    return read(store, delivery.id)


def read(store: Store, delivery_id: str) -> Delivery:
    with store.reading() as tx:
        found = tx.outbox.delivery(delivery_id)
    assert found is not None
    return found


def attempts(store: Store, delivery: Delivery) -> list[Attempt]:
    with store.reading() as tx:
        return tx.outbox.attempts(delivery.id)


def due(store: Store, *, channel: str = "hook", at: datetime = NOW) -> str | None:
    """The id of the delivery that may go."""
    with store.reading() as tx:
        found = first_due(tx.outbox, channel, at)
    return found.id if found else None


def first_due(outbox: Outbox, channel: str, at: datetime) -> Delivery | None:
    heads = outbox.heads(channel)
    return heads[0] if heads and heads[0].next_at <= at else None


def states(store: Store) -> dict[str, DeliveryState]:
    with store.reading() as tx:
        return {delivery.id: delivery.state for delivery in tx.outbox.deliveries(limit=100_000)}


def plan_of(store: Store, statement: Select[Any]) -> str:
    with store.reading() as tx:
        text = str(statement.compile(tx._connection, compile_kwargs={"literal_binds": True}))
        return " / ".join(row.detail for row in tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
