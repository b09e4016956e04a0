"""Rows of the outbox as nouns and back; columns and fields have the same names.

Rule: a row never leaves `storage`.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row

from storage.model import Alert, Attempt, Delivery, DeliveryState, Importance


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF = "half"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What a channel went through; `settings_hash` tells when its settings changed, which live in the configuration."""

    name: str
    settings_hash: str = ""
    breaker: BreakerState = BreakerState.CLOSED
    since_at: datetime
    failure_count: int = 0
    parked_reason: str = ""
    not_before_at: datetime | None = None  # the destination asked to wait; shown, not obeyed: see Destination
    probe_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The limits of one receiving end, shared by all channels that point at it."""

    key: str
    tokens: float
    refilled_at: datetime
    not_before_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process that claims deliveries; its id is the lease."""

    id: str
    host: str
    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What a channel has before it and behind it."""

    channel: str
    queued_count: int
    in_doubt_count: int
    dead_count: int
    oldest_at: datetime | None  # since when the oldest open delivery waits
    delivered_at: datetime | None  # the last good answer


AnyRow = Row[tuple[object, ...]]


def alert_from(row: AnyRow) -> Alert:
    given = row._asdict()
    return Alert(**given | {"importance": Importance(given["importance"])})


def delivery_from(row: AnyRow) -> Delivery:
    given = row._asdict()
    return Delivery(**given | {"state": DeliveryState(given["state"])})


def attempt_from(row: AnyRow) -> Attempt:
    return Attempt(**row._asdict())


def channel_state_from(row: AnyRow) -> ChannelState:
    given = row._asdict()
    return ChannelState(**given | {"breaker": BreakerState(given["breaker"])})


def destination_from(row: AnyRow) -> Destination:
    return Destination(**row._asdict())


def values_of(noun: Alert | Delivery | Attempt | ChannelState | Destination | Run) -> dict[str, object]:
    """The noun's fields by column, shallow: a body is not copied."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}
