"""The terms on which a channel is used, and what its sender reports.

Rule: plain values; nothing here reads a clock, a row or the network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from alerts.channels import Channel
from alerts.message import Notification
from storage.model import DeliveryState
from storage.outbox import BundleSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A channel by its name in the configuration; `settings_hash` differs when anything of its settings does."""

    name: str
    channel: Channel
    settings_hash: str
    rate_per_s: float | None = 1.0  # None: as fast as it goes
    burst: float = 1.0
    max_per_hour: int | None = None  # messages handed over in any hour
    deadline_s: float = 20.0  # of one try, from the first packet to the last
    horizon: timedelta | None = None  # how long a delivery is tried; None: as usual for the kind
    fallback: str = ""  # the channel whose digest tells what this one could not


class Trouble(StrEnum):
    """What a person should hear of, by another way than the channel that it is about."""

    PARKED = "parked"
    FAILING = "failing"
    RECOVERED = "recovered"
    DEAD = "dead"
    IN_DOUBT = "in_doubt"
    STORAGE = "storage"
    GONE = "gone"  # taken out of the configuration with messages in its queue
    BACKLOG = "backlog"  # messages have waited for long


Describe: TypeAlias = Callable[[BundleSource, datetime], Notification]  # raises DeliveryError
DigestAt: TypeAlias = Callable[[str, datetime], datetime]  # when a channel's next digest is made
OnTrouble: TypeAlias = Callable[[Trouble, str, str], None]  # kind, channel, one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What became of the tries of one pass, by the state they led to; `pause_s` until there may be more to do."""

    counts: Mapping[DeliveryState, int] = field(default_factory=dict)
    pause_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing may be claimed for `seconds`; `is_rate`: only the pace of sending stands in the way."""

    seconds: float
    is_rate: bool = False
