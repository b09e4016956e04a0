"""When something is told: group windows, quiet hours, and the local times of digests.

Rule: a wait is an instant, computed once from the wall clock of its zone; in a spring gap 02:30 is 03:30, in the
doubled hour of autumn it is the first one. Pure: `now` is an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from storage.model import Importance

AT_ONCE = timedelta(0)
HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
_EVERY_DAY = frozenset(range(7))
RANK: Mapping[Importance, int] = MappingProxyType({importance: rank for rank, importance in enumerate(Importance)})

# How long a message waits for more of the same, where its route does not say.
WAITS: Mapping[Importance, timedelta] = MappingProxyType(
    {
        Importance.LOW: timedelta(minutes=10),
        Importance.NORMAL: timedelta(minutes=10),
        Importance.HIGH: timedelta(seconds=60),
        Importance.CRITICAL: AT_ONCE,
    }
)
INTERVAL = timedelta(minutes=10)  # between two messages of a group, where its route does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which nothing is told; those that run past midnight belong to the day on which they begin."""

    name: str
    begins: time
    ends: time
    zone: ZoneInfo
    days: frozenset[int] = _EVERY_DAY  # 0 = Monday
    breakthrough: Importance = Importance.CRITICAL  # this and anything above is told all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a route tells; without more said, at once."""

    wait: timedelta | None = AT_ONCE  # None: by importance, see WAITS
    interval: timedelta = AT_ONCE
    quiet: Quiet | None = None
    digest: tuple[time, ...] = ()  # of what is of low importance
    all_in_digest: bool = False  # nothing but what is critical is told between digests
    zone: ZoneInfo = _UTC


def wait_of(timing: Timing, importance: Importance) -> timedelta:
    """How long an alert waits for others of its group."""
    if importance is Importance.CRITICAL:
        return AT_ONCE
    return WAITS[importance] if timing.wait is None else timing.wait


def next_slot(slots: Sequence[time], zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time of day among `slots` that comes after `after`; None if there are none."""
    day = after.astimezone(zone).date()
    found = [_instant(day + offset * _DAY, slot, zone) for offset in (-1, 0, 1, 2) for slot in slots]
    return min((at for at in found if at > after), default=None)


def last_slot(slots: Sequence[time], zone: ZoneInfo, until: datetime) -> datetime | None:
    """The latest time of day among `slots` that is not after `until`; None if there are none."""
    day = until.astimezone(zone).date()
    found = [_instant(day - offset * _DAY, slot, zone) for offset in (-1, 0, 1, 2) for slot in slots]
    return max((at for at in found if at <= until), default=None)


def quiet_until(quiet: Quiet, at: datetime) -> datetime | None:
    """When the quiet hours end that `at` lies in; None outside of them."""
    day = at.astimezone(quiet.zone).date()
    ends = []
    for begun in (day - _DAY, day):
        if begun.weekday() in quiet.days:
            over = begun if quiet.begins < quiet.ends else begun + _DAY
            begin, end = _instant(begun, quiet.begins, quiet.zone), _instant(over, quiet.ends, quiet.zone)
            if begin <= at < end:
                ends.append(end)
    return max(ends, default=None)


def held_until(timing: Timing, importance: Importance, at: datetime) -> datetime | None:
    """When the quiet hours end that hold back an alert of this importance at `at`; None: nothing does."""
    if timing.quiet is None or RANK[importance] >= RANK[timing.quiet.breakthrough]:
        return None
    return quiet_until(timing.quiet, at)


def digest_at(timing: Timing, importance: Importance, now: datetime) -> datetime:
    """When what overflows is told: with the next digest, or where there is none at the next full hour."""
    slot = next_slot(timing.digest, timing.zone, now)
    at = slot or now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    return held_until(timing, importance, at) or at


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
