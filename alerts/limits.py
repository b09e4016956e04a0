"""How often a destination is asked, and when a failing channel is left alone.

Rule: both are transitions of values that storage keeps, so a restart forgets no limit; a clock that jumps back strands
nothing, one that jumps forward gains at most one burst.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.retry import OutcomeKind

FAILURE_LIMIT = 5  # in a row
PROBE_FIRST = timedelta(seconds=30)
PROBE_LAST = timedelta(minutes=15)
PROBE_PARKED = timedelta(hours=24)
_GRAIN = 1e-5  # instants are whole microseconds: a wait that is over may look a hair short


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What may be sent to a destination at once; refilled with time, never above the burst."""

    tokens: float
    refilled_at: datetime


def refilled(bucket: Bucket, now: datetime, *, rate: float, burst: float = 1.0) -> Bucket:
    """The bucket as it stands at `now`; `rate` in tokens per second."""
    passed_s = max(0.0, (now - bucket.refilled_at).total_seconds())
    return Bucket(tokens=min(burst, bucket.tokens + passed_s * rate), refilled_at=now)


def take(bucket: Bucket, now: datetime, *, rate: float, burst: float = 1.0) -> tuple[Bucket, float]:
    """One token, and 0.0; or the bucket without one, and the seconds until there is one."""
    full = refilled(bucket, now, rate=rate, burst=burst)
    if full.tokens >= 1.0 - _GRAIN:
        return replace(full, tokens=max(0.0, full.tokens - 1.0)), 0.0
    return full, (1.0 - full.tokens) / rate


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF = "half"  # one delivery may try
    PARKED = "parked"  # until a person mends it; the queue is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Whether a channel sends; `failure_count` runs on through failed probes and so sets the wait for the next."""

    state: BreakerState = BreakerState.CLOSED
    since_at: datetime
    failure_count: int = 0
    probe_at: datetime | None = None  # when an open or parked channel tries again
    reason: str = ""  # of parking


def may_try(breaker: Breaker, now: datetime) -> bool:
    """Whether a delivery may be claimed: an open or parked channel waits for its probe."""
    if breaker.state in {BreakerState.CLOSED, BreakerState.HALF}:
        return True
    # A probe that lies further ahead than any wait was set by a clock that has since jumped back.
    return breaker.probe_at is None or not now < breaker.probe_at <= now + PROBE_PARKED


def trying(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker of a channel that is about to try: what was open or parked is half open, for this one try."""
    if breaker.state in {BreakerState.OPEN, BreakerState.PARKED}:
        return replace(breaker, state=BreakerState.HALF, since_at=now, probe_at=None)
    return breaker


def tried(breaker: Breaker, outcome: OutcomeKind, now: datetime, reason: str = "") -> Breaker:
    """The breaker after a try.

    A refused message or recipient, and a request to slow down, are answers of a channel that works. A silence after the
    whole message counts as a failure: every further try at a mute receiver would make one more possible copy.
    """
    match outcome:
        case OutcomeKind.CHANNEL_PERMANENT:
            return parked(breaker, now, reason)
        case OutcomeKind.TEMPORARY | OutcomeKind.IN_DOUBT:
            return _failed(breaker, now)
        case (
            OutcomeKind.OK | OutcomeKind.RATE_LIMITED | OutcomeKind.MESSAGE_PERMANENT | OutcomeKind.RECIPIENT_PERMANENT
        ):
            return _closed(breaker, now)


def parked(breaker: Breaker, now: datetime, reason: str) -> Breaker:
    """The channel keeps its queue and probes once a day."""
    since_at = breaker.since_at if breaker.state is BreakerState.PARKED else now
    return replace(breaker, state=BreakerState.PARKED, since_at=since_at, probe_at=now + PROBE_PARKED, reason=reason)


def _failed(breaker: Breaker, now: datetime) -> Breaker:
    count = breaker.failure_count + 1
    probing = breaker.state is BreakerState.HALF
    if count < FAILURE_LIMIT and not probing:
        return replace(breaker, failure_count=count)
    waits = max(0, count - FAILURE_LIMIT)
    wait = min(PROBE_LAST, PROBE_FIRST * 2 ** min(waits, 8))
    return replace(breaker, state=BreakerState.OPEN, since_at=now, failure_count=count, probe_at=now + wait)


def _closed(breaker: Breaker, now: datetime) -> Breaker:
    if breaker.state is BreakerState.CLOSED:
        return replace(breaker, failure_count=0)
    return Breaker(since_at=now)
