"""Rows of the outbox as nouns and back; columns and fields have the same names.

Rule: a row never leaves `storage`.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from storage.model import Alert, Attempt, Change, Delivery, DeliveryState, Importance, Origin, Silence
from storage.statements.bulk import columns_of
from storage.tables import ALERT


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
    fallback: str = ""  # who takes its messages over when it is taken out of the configuration
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
    """What a channel has before it."""

    channel: str
    count: int
    oldest_at: datetime  # since when the oldest waits


AnyRow = Row[tuple[object, ...]]


def alert_from(row: AnyRow) -> Alert:
    return alert_of(row._asdict())


def alert_of(given: dict[str, Any]) -> Alert:
    """The alert of a row's values by column."""
    labels = tuple(given.pop("labels_json"))
    return Alert(**given | {"importance": Importance(given["importance"]), "labels": labels})


def change_from(row: AnyRow) -> Change:
    return change_of(row._asdict())


def change_of(given: dict[str, Any]) -> Change:
    """The change of a row's values by column."""
    return Change(
        old=given.pop("from_json"),
        new=given.pop("to_json"),
        payload=given.pop("payload_json"),
        quotes=tuple(given.pop("quotes_json")),
        topics=tuple(given.pop("topics_json")),
        origin=Origin(given.pop("origin")),
        **given,
    )


def delivery_from(row: AnyRow) -> Delivery:
    given = row._asdict()
    return Delivery(**given | {"state": DeliveryState(given["state"])})


def attempt_from(row: AnyRow) -> Attempt:
    return Attempt(**row._asdict())


def channel_state_from(row: AnyRow) -> ChannelState:
    return channel_state_of(row._asdict())


def channel_state_of(given: dict[str, Any]) -> ChannelState:
    return ChannelState(**given | {"breaker": BreakerState(given["breaker"])})


def destination_from(row: AnyRow) -> Destination:
    return Destination(**row._asdict())


# The values in the order of the columns.
alert_row = attrgetter(*("labels" if name == "labels_json" else name for name in columns_of(ALERT)))


def alert_values(alert: Alert) -> dict[str, object]:
    values = values_of(alert)
    del values["labels"]
    return values | {"labels_json": list(alert.labels)}


def silence_from(row: AnyRow) -> Silence:
    given = row._asdict()
    matchers = tuple((key, pattern) for key, pattern in given.pop("matchers_json"))
    return Silence(**given | {"matchers": matchers})


def silence_values(silence: Silence) -> dict[str, object]:
    values = values_of(silence)
    del values["matchers"]
    return values | {"matchers_json": [list(pair) for pair in silence.matchers]}


def values_of(noun: Alert | Delivery | Attempt | ChannelState | Destination | Run | Silence) -> dict[str, object]:
    """The noun's fields by column, shallow: a body is not copied."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}
