"""What state a feed is in, and which changes of state a person should hear of: each once.

A note is made on a transition only. "failing" waits for three failures in a row and for min(6 h, depth / 2): monitors
that report each error train their users to ignore them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.feeds.pace import spoken
from storage.model import FeedMemory, FeedState

FAILURES = 3
FAILING_AFTER = timedelta(hours=6)
GONE_AFTER = timedelta(hours=24)
SILENT_AFTER = timedelta(hours=48)

_TOLD = frozenset({FeedState.FAILING, FeedState.REFUSED, FeedState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthNote:
    """One transition: `kind` is that of the change (feed.*, system.*), `key` names what it is about."""

    kind: str
    key: str
    summary: str


def failed(memory: FeedMemory, *, failure: str, error: str, status: int | None, now: datetime) -> FeedMemory:
    """The memory after one more failure: counters and state; `failure` is the fetch's kind of failure."""
    count = memory.failure_count + 1
    since = memory.failing_since_at or now
    memory = memory._replace(failure_count=count, failing_since_at=since, last_error=error, last_status=status)
    if memory.state is FeedState.GONE:
        return memory  # asked again by a person alone; only a good answer brings it back
    if failure == "gone":
        first = memory.gone_at or now
        state = FeedState.GONE if now - first >= GONE_AFTER else memory.state
        return memory._replace(gone_at=first, state=state)
    if failure == "throttled":  # what a person was told of stays true until the feed is well
        return memory if memory.state in _TOLD else memory._replace(state=FeedState.THROTTLED)
    if failure == "refused":
        return memory._replace(state=FeedState.REFUSED if count >= FAILURES else memory.state)
    return memory._replace(state=FeedState.FAILING if _is_failing(memory, now) else memory.state)


def expired(memory: FeedMemory, before: FeedMemory, *, now: datetime) -> FeedMemory:
    """The memory after a document that calls itself the last one: believed when it still says so a day later."""
    first = before.gone_at or now
    state = FeedState.GONE if now - first >= GONE_AFTER else memory.state
    return memory._replace(gone_at=first, state=state)


def recovered(memory: FeedMemory, *, now: datetime, status: int | None) -> FeedMemory:
    """The memory after a good poll; its counters start anew."""
    return memory._replace(
        state=FeedState.OK,
        failure_count=0,
        failing_since_at=None,
        gone_at=None,
        last_error=None,
        last_status=status,
        ok_at=now,
        live_at=memory.live_at or now,
    )


def notes(before: FeedMemory, after: FeedMemory, *, name: str, now: datetime) -> tuple[HealthNote, ...]:
    """What a person should hear of the step from `before` to `after`."""
    return (*_state_notes(before, after, name, now), *_flag_notes(before, after, name))


def _is_failing(memory: FeedMemory, now: datetime) -> bool:
    if memory.failing_since_at is None or memory.failure_count < FAILURES:
        return False
    patience = FAILING_AFTER
    if memory.depth_s is not None:
        patience = min(patience, timedelta(seconds=memory.depth_s / 2))
    return now - memory.failing_since_at >= patience


def _state_notes(before: FeedMemory, after: FeedMemory, name: str, now: datetime) -> Iterator[HealthNote]:
    down = {FeedState.FAILING, FeedState.REFUSED, FeedState.GONE}
    if after.state is before.state:
        return
    if after.state is FeedState.FAILING:
        since = spoken(now - (after.failing_since_at or now))
        yield HealthNote(
            kind="feed.failing", key="failing", summary=f"{name} has failed for {since}: {after.last_error}"
        )
    elif after.state is FeedState.REFUSED:
        yield HealthNote(
            kind="system.feed_refused",
            key="refused",
            summary=(
                f'{name} refuses us ({after.last_error}); try user_agent = "compatible", '
                "or a news search for this outlet instead"
            ),
        )
    elif after.state is FeedState.GONE:
        yield HealthNote(
            kind="system.feed_gone", key="gone", summary=f"{name} is gone for good; it is not polled any more"
        )
    elif after.state is FeedState.OK and before.state in down:
        since = spoken(now - (before.failing_since_at or now))
        missed = "a gap is possible" if after.possible_gap != before.possible_gap else "nothing was missed"
        yield HealthNote(kind="feed.recovered", key="recovered", summary=f"{name} is back after {since}; {missed}")


def _flag_notes(before: FeedMemory, after: FeedMemory, name: str) -> Iterator[HealthNote]:
    fresh = after.flags - before.flags
    if "validators_unreliable" in fresh:
        yield HealthNote(
            kind="system.validators_unreliable",
            key="validators_unreliable",
            summary=f"{name} calls a changed document unchanged; it is fetched whole once a day from now on",
        )
    if "silent" in fresh:
        yield HealthNote(kind="system.feed_silent", key="silent", summary=f"{name} has brought nothing new for long")
    if after.possible_gap is not None and after.possible_gap != before.possible_gap:
        start, end, missing = after.possible_gap
        about = f"about {round(missing)} items" if missing >= 1 else "items"
        yield HealthNote(
            kind="system.possible_gap",
            key=f"possible_gap:{start.isoformat()}",
            summary=f"{name}: {about} between {start:%d %b %H:%M} and {end:%d %b %H:%M} UTC may be missing",
        )
    if after.moved_to != before.moved_to and after.moved_to is None and "moved" in fresh:
        yield HealthNote(kind="system.feed_moved", key="moved", summary=f"{name} has moved; its new address is used")
