"""An outbox with something in it: events, changes, alerts and deliveries, and a receiver that remembers.

`told(store, ...)` writes what the pipeline would have written for one revision of an event.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.dialects.sqlite import insert as insert_new

from alerts.channels import Body, Form, SendContext
from alerts.message import Notification
from alerts.retry import Outcome, OutcomeKind
from storage.model import Alert, Attempt, Delivery, Importance, alert_id, bundle_id, change_id, delivery_id
from storage.outbox import DeliveryEvent, Run, Settlement
from storage.store import Store, WriteTx
from storage.tables import CHANGE, EVENT, EVENT_TOPIC

NOW = datetime(2025, 12, 1, 6, tzinfo=UTC)


def open_store(folder: Path, name: str = "salname.db") -> Store:
    return Store.open(f"sqlite:///{folder / name}")


def an_event(tx: WriteTx, event: str, *, revision: int = 1, at: datetime = NOW, title: str = "ITU membership") -> None:
    row = {
        "id": event,
        "title": title,
        "status": None,
        "starts_on": None,
        "ends_on": None,
        "first_at": at,
        "last_at": at,
        "first_seen_at": at,
        "changed_at": at,
        "revision": revision,
        "item_count": revision,
        "merged_into": None,
    }
    known = insert_new(EVENT).values(row)
    tx._connection.execute(known.on_conflict_do_update(index_elements=["id"], set_={"revision": revision}))
    topic = insert_new(EVENT_TOPIC).values(topic="itu", event_id=event)
    tx._connection.execute(topic.on_conflict_do_nothing())


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
        "quotes_json": [],
        "happened_on": None,
        "happened_precision": "day",
        "as_of": None,
        "at": at,
        "topics_json": ["itu"],
        "origin": "live",
    }
    tx._connection.execute(insert(CHANGE).values(row))
    return id_


def an_alert(change: str, channel: str, *, at: datetime = NOW, route: str = "all", group: str = "") -> Alert:
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


def tell(
    store: Store,
    event: str = "0ITU",
    revision: int = 1,
    *,
    channel: str = "hook",
    addresses: Sequence[str] = ("desk",),
    at: datetime = NOW,
    item_id: int | None = None,
) -> list[Delivery]:
    """One revision of an event, its change, alert and a delivery for each address, in one transaction."""
    with store.writing() as tx:
        an_event(tx, event, revision=revision, at=at)
        change = a_change(tx, event, revision, at=at, item_id=item_id)
        alert = an_alert(change, channel, at=at, group=event)
        deliveries = [a_delivery(alert, address, event, revision, at=at) for address in addresses]
        tx.outbox.enqueue([alert], deliveries)
    return deliveries
