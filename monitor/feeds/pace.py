"""When a feed is asked again: its own rhythm, within what its server wants.

    want = min(clamp(gap / 2, floor, ceiling), depth / 4)
    due  = start + max(want, floor, ttl, freshness, Retry-After) x jitter

`gap` is the moving average of the time between new items, `depth` how far back a document reaches: a quarter of it
leaves three more chances before an item has scrolled out.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from storage.model import FeedMemory, FeedState

DAY = timedelta(days=1)
RETRY_AFTER_CAP = timedelta(days=7)
LIMITED = timedelta(minutes=15)  # first wait after a 429 or 503 that names none
OFFLINE_RETRY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The bounds of the configuration."""

    floor: timedelta = timedelta(minutes=15)
    ceiling: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    at: datetime
    why: str


class Reason(StrEnum):
    """Why a feed is left alone though a person wants it asked."""

    WAIT = "wait"  # its server asks to
    FRESH = "fresh"  # its server says that what it sent still holds
    PAUSED = "paused"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    reason: Reason
    until: datetime | None = None  # None = until a person does something about it


def interval(memory: FeedMemory, pace: Pace) -> tuple[timedelta, str]:
    """How often the feed's own rhythm asks for a poll, without regard to its server's wishes."""
    seed = memory.samples.get("update_period_s")
    gap = memory.gap_s if memory.gap_s is not None else (float(seed) if isinstance(seed, int | float) else None)
    if gap is None:
        want, why = pace.floor, "nothing is known of its rhythm yet"
    else:
        want = min(max(timedelta(seconds=gap / 2), pace.floor), pace.ceiling)
        what = "changed" if "page" in memory.flags else "a new item"
        why = f"{what} every {spoken(timedelta(seconds=gap))}"
    if memory.depth_s is not None and timedelta(seconds=memory.depth_s / 4) < want:
        want, why = (
            timedelta(seconds=memory.depth_s / 4),
            f"its document reaches back {spoken(timedelta(seconds=memory.depth_s))}",
        )
    return max(want, pace.floor), why


def provisional(memory: FeedMemory, pace: Pace, *, now: datetime) -> datetime:
    """When the feed is due again if this poll never ends: stored before the fetch; a crash loop cannot hammer."""
    want, _ = interval(memory, pace)
    if memory.failure_count:
        want = min(want * 2 ** min(memory.failure_count, 10), DAY)
    return now + want


def due_after_success(memory: FeedMemory, pace: Pace, *, now: datetime, jitter: float, url: str, first: bool) -> Due:
    """`jitter` is uniform in [0, 1); the first interval of a feed takes its phase from its address instead."""
    want, why = interval(memory, pace)
    wait, dominated = want, False
    for bound, reason in _server_bounds(memory, now):
        if bound > wait:
            wait, why, dominated = bound, reason, True
    spread = phase(url) if first else jitter
    factor = 1.0 + 0.1 * spread if dominated else 0.9 + 0.2 * spread
    due = max(now + wait * factor, now + pace.floor * 0.9)
    return _skipped(memory, Due(at=due, why=why))


def due_after_failure(
    memory: FeedMemory, pace: Pace, *, now: datetime, jitter: float, limited: bool, retry_after: timedelta | None
) -> Due:
    """Back off by doubling up to a day; a server that limits us says itself how long, or gets its own ladder."""
    if limited and retry_after is not None:
        wait = max(min(retry_after, RETRY_AFTER_CAP), pace.floor)
        return Due(at=now + wait * (1.0 + 0.1 * jitter), why=f"its server asks to wait {spoken(wait)}")
    base = max(LIMITED, pace.floor) if limited else interval(memory, pace)[0]
    power = max(memory.failure_count - 1, 0) if limited else memory.failure_count
    wait = min(base * 2 ** min(power, 12), DAY)
    failed = "once" if memory.failure_count == 1 else f"{memory.failure_count} times in a row"
    return Due(at=now + wait * (0.9 + 0.2 * jitter), why=f"failed {failed}")


def may_ask(memory: FeedMemory, now: datetime, *, force: bool) -> bool:
    """Whether a person may have the feed asked now; `force` overrules freshness, never a pause or Retry-After."""
    return resting(memory, now, force=force) is None


def resting(memory: FeedMemory, now: datetime, *, force: bool) -> Rest | None:
    """Why the feed is not asked now though a person wants it, and until when; None if it may be."""
    if memory.state is FeedState.PAUSED and (memory.paused_until_at is None or memory.paused_until_at > now):
        return Rest(reason=Reason.PAUSED, until=memory.paused_until_at)
    if memory.not_before_at is not None and memory.not_before_at > now:
        return Rest(reason=Reason.WAIT, until=memory.not_before_at)
    if not force and memory.fresh_until_at is not None and memory.fresh_until_at > now:
        return Rest(reason=Reason.FRESH, until=memory.fresh_until_at)
    return None


def with_clock_put_back(memory: FeedMemory, *, now: datetime) -> FeedMemory | None:
    """The same waits from `now` on, if the last poll lies in the future; None if it does not.

    A clock that ran ahead and was put back would otherwise leave every feed alone until its old time comes again.
    """
    if memory.polled_at is None or memory.polled_at <= now:
        return None
    ahead = memory.polled_at - now
    return memory._replace(
        polled_at=now,
        next_poll_at=memory.next_poll_at and memory.next_poll_at - ahead,
        not_before_at=memory.not_before_at and memory.not_before_at - ahead,
        fresh_until_at=memory.fresh_until_at and memory.fresh_until_at - ahead,
    )


def phase(url: str) -> float:
    """A number in [0, 1) that is always the same for one address, so that feeds spread over their interval."""
    return int.from_bytes(hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=4).digest()) / 2**32


def spoken(span: timedelta) -> str:
    """A duration in the unit that people use: "12 min", "9 h 10 min", "3 days"."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    if minutes >= 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes} min" if minutes else f"{int(span.total_seconds())} s"


def _server_bounds(memory: FeedMemory, now: datetime) -> list[tuple[timedelta, str]]:
    bounds = []
    if memory.fresh_until_at is not None and memory.fresh_until_at > now:
        bounds.append((min(memory.fresh_until_at - now, DAY), "its server calls the document fresh until then"))
    if memory.lower_bound_s is not None:
        ttl = timedelta(seconds=memory.lower_bound_s)
        if memory.depth_s is not None:
            ttl = min(ttl, timedelta(seconds=memory.depth_s / 2))
        bounds.append((min(ttl, DAY), "the document's ttl"))
    if memory.not_before_at is not None and memory.not_before_at > now:
        bounds.append((memory.not_before_at - now, "its server asks to wait"))
    return bounds


def _skipped(memory: FeedMemory, due: Due) -> Due:
    """Move a due time out of the hours (GMT) and days that the feed names; by a day at most (RSS 2.0)."""
    latest, at = due.at + DAY, due.at.astimezone(UTC)
    while at < latest and (at.hour in memory.skip_hours or at.weekday() in memory.skip_days):
        at = (at + timedelta(hours=1)).replace(minute=at.minute)
    return due if at == due.at else Due(at=min(at, latest), why="the document names hours to skip")
