"""Tables of what is said: alerts, deliveries and their attempts, and the state of channels and runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, Index, Integer, LargeBinary, UniqueConstraint, text

from storage.model import DeliveryState, Importance
from storage.tables.columns import Json, Row, column, ident, one_of, when, words

_QUEUED = text("state = 'queued'")
_OPEN = text("state IN ('queued', 'sending', 'in_doubt')")


class AlertRow(Row, table=True):
    """The decision for one change on one route to one channel."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("change_id", "route", "channel"),
        one_of("importance", Importance),
        one_of("decision", ("pending", "suppressed", "held", "bundled")),
        Index(None, "bundle_id"),
        Index(None, "decision", "release_at"),
        Index(None, "group_key", "channel", "decision"),
        Index(None, "created_at"),
    )
    id: str = words(key=True)
    change_id: str = words(to="change.id")
    route: str = words()
    channel: str = words()
    importance: str = words()
    decision: str = words()
    reason: str = words()
    rule: str = words()
    group_key: str = words()
    labels_json: list[Any] = column(Json)
    bundle_id: str | None = words(null=True)
    release_at: datetime | None = when(null=True)
    created_at: datetime = when()


class DeliveryRow(Row, table=True):
    """A bundle to one address on one channel."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("form", ("rich", "plain")),
        one_of("state", DeliveryState),
        Index("ix_delivery_due", "channel", "next_at", "seq", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_delivery_open", "channel", "address", "order_key", "seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "bundle_id"),
        Index(None, "folded_into"),
        Index(None, "state", "done_at"),
    )
    id: str = words(key=True)
    bundle_id: str = words()
    channel: str = words()
    address: str = words()
    group_key: str = words()
    order_key: str = words()
    event_id: str | None = words(to="event.id", null=True)
    seq: int = ident()
    kind: str = words()
    form: str = words()
    state: str = words()
    body: bytes | None = column(LargeBinary, null=True)
    content_type: str | None = words(null=True)
    attempt_count: int = column(Integer)
    counted_count: int = column(Integer)
    doubt_count: int = column(Integer)
    owner: str | None = words(null=True)
    next_at: datetime = when()
    first_try_at: datetime | None = when(null=True)
    expires_at: datetime | None = when(null=True)
    done_at: datetime | None = when(null=True)
    folded_into: str | None = words(null=True)
    reason: str = words()


class AttemptRow(Row, table=True):
    """One try on the network; finished_at NULL = nobody knows how it ended."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "started_at"),)
    delivery_id: str = words(key=True, to="delivery.id")
    n: int = column(Integer, key=True)
    run_id: str = words()
    started_at: datetime = when()
    finished_at: datetime | None = when(null=True)
    phase: str = words()
    outcome: str = words()
    code: int | None = column(Integer, null=True)
    detail: str = words()
    reply: str = words()
    remote_id: str | None = words(null=True)


class SilenceRow(Row, table=True):
    __tablename__ = "silence"
    __table_args__ = (Index(None, "ends_at"),)
    id: str = words(key=True)
    matchers_json: Any = column(Json)
    starts_at: datetime = when()
    ends_at: datetime = when()
    author: str = words()
    comment: str = words()
    created_at: datetime = when()
    expired_at: datetime | None = when(null=True)


class DigestSlotRow(Row, table=True):
    """A digest that went out: once a slot."""

    __tablename__ = "digest_slot"
    scope: str = words(key=True)
    slot_at: datetime = when(key=True)
    bundle_id: str | None = words(null=True)


class ChannelStateRow(Row, table=True):
    __tablename__ = "channel_state"
    __table_args__ = (one_of("breaker", ("closed", "open", "half", "parked")),)
    name: str = words(key=True)
    settings_hash: str = words()
    breaker: str = words()
    since_at: datetime = when()
    failure_count: int = column(Integer)
    parked_reason: str = words()
    fallback: str = words()
    not_before_at: datetime | None = when(null=True)
    probe_at: datetime | None = when(null=True)


class DestinationRow(Row, table=True):
    """The limits of one receiving end, shared by the channels that point at it; the key is a hash, never an address."""

    __tablename__ = "destination"
    key: str = words(key=True)
    tokens: float = column(Float)
    refilled_at: datetime = when()
    not_before_at: datetime | None = when(null=True)


class RunRow(Row, table=True):
    """A process that claims deliveries."""

    __tablename__ = "run"
    id: str = words(key=True)
    host: str = words()
    pid: int = column(Integer)
    started_at: datetime = when()
    heartbeat_at: datetime = when()
    ended_at: datetime | None = when(null=True)
