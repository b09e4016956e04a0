"""What a poll teaches about a feed: the memory before it and what happened give the memory after it.

Pure: `now` and `jitter` are arguments. The result is written in the transaction of the poll's items, because a
validator that is saved before the items it stands for loses them in a crash.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from monitor.feeds.health import SILENT_AFTER, HealthNote, expired, failed, notes, recovered
from monitor.feeds.pace import OFFLINE_RETRY, Due, Pace, due_after_failure, due_after_success
from storage.model import FeedMemory, FeedState, JsonValue

UNCONDITIONAL_EVERY = timedelta(days=7)
UNCONDITIONAL_UNRELIABLE = timedelta(hours=24)
MOVE_AFTER, MOVE_POLLS = timedelta(days=7), 5
NETWORK = frozenset({"dns", "connect", "timeout", "tls"})  # failures that may be ours
OF_HOST = frozenset({"dns", "connect"})  # failures that say nothing of one feed
BASELINE_DOCUMENTS = 3  # a baseline of cut documents ends after this many: some feeds never send a whole one
_OFFLINE = "we seem to be offline"
_DATED_NOW = 50
_DATED_WELL = 10  # documents
RELEASED = "released"  # a person says that what is held is news
_OF_DOCUMENT = frozenset(
    {"bozo", "truncated", "calendar", "held", "expired", RELEASED}
)  # each document earns them anew
_DEPTHS, _COUNTS, _GAPS = 20, 100, 100  # samples kept


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTraits:
    """What one document says of its feed."""

    entry_count: int
    new_count: int
    shares_items: bool  # with the last good document
    oldest_at: datetime | None  # trusted dates only
    ttl_s: float | None = None
    update_period_s: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()
    held: bool = False  # what it brings waits until another document confirms it
    dated_now: tuple[int, ...] = ()  # known items whose date is the moment of the fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFacts:
    """What happened at one poll; `document` is None where there was no new body."""

    kind: Literal["fetched", "unchanged", "not_modified", "failed"]
    status: int | None = None
    failure: str = ""
    error: str = ""
    retry_after_s: float | None = None
    fresh_s: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    final_url: str | None = None
    permanent_to: str | None = None
    body_hash: str | None = None
    matching_hash: str | None = None
    unconditional: bool = False
    keep_validators: bool = False  # a truncated document: ask for it again
    document: DocumentTraits | None = None
    offline: bool = False
    host_failures: int = 0  # how often in a row the host was not reached, by whichever of its feeds
    many_moving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    memory: FeedMemory
    effective_url: str | None  # a new address to fetch from; None = as before
    notes: tuple[HealthNote, ...]


def excused(memory: FeedMemory, before: FeedMemory, *, now: datetime) -> FeedMemory:
    """The memory once the failure that was counted after `before` turns out to be ours: nothing is counted."""
    return memory._replace(
        state=before.state if memory.state is FeedState.FAILING else memory.state,
        failure_count=before.failure_count,
        failing_since_at=before.failing_since_at,
        last_error=before.last_error,
        last_status=before.last_status,
        next_poll_at=max(now + OFFLINE_RETRY, memory.not_before_at or now),
        next_poll_why=_OFFLINE,
    )


def is_unconditional(memory: FeedMemory, *, matching_hash: str, now: datetime) -> bool:
    """Whether this poll must not send validators: topics changed, something is held, or the test of honesty is due."""
    if memory.matching_hash != matching_hash or memory.unconditional_at is None or "held" in memory.flags:
        return True  # what is held is confirmed by seeing it again
    every = UNCONDITIONAL_UNRELIABLE if "validators_unreliable" in memory.flags else UNCONDITIONAL_EVERY
    return now - memory.unconditional_at >= every


def learn(
    memory: FeedMemory,
    facts: PollFacts,
    pace: Pace,
    *,
    name: str,
    url: str,
    effective_url: str,
    now: datetime,
    jitter: float,
) -> Learned:
    """The feed's memory after one poll, with what a person should hear of it."""
    if memory.state is FeedState.PAUSED:
        awake = memory._replace(state=FeedState.OK if memory.ok_at else FeedState.NEW, paused_until_at=None)
        learned = learn(awake, facts, pace, name=name, url=url, effective_url=effective_url, now=now, jitter=jitter)
        return learned if _is_over(memory, now) else _still_paused(learned, memory)
    if facts.kind == "failed":
        return _learn_failure(memory, facts, pace, name=name, effective_url=effective_url, now=now, jitter=jitter)
    first = memory.ok_at is None
    after = _with_validators(memory, facts, now)
    after = _with_document(after, facts, now) if facts.document is not None else after
    after = _with_silence(after, now)
    after, target = _with_move(after, facts, url=effective_url, now=now)
    after = recovered(after, now=now, status=facts.status)
    if memory.live_at is None and facts.keep_validators and after.document < BASELINE_DOCUMENTS:
        after = after._replace(live_at=None)  # the rest of a document that was cut is no news either
    if "expired" in after.flags:
        after = expired(after, memory, now=now)
    due = due_after_success(after, pace, now=now, jitter=jitter, url=url, first=first)
    after = after._replace(polled_at=now, next_poll_at=due.at, next_poll_why=due.why)
    return Learned(memory=after, effective_url=target, notes=notes(memory, after, name=name, now=now))


def _is_over(memory: FeedMemory, now: datetime) -> bool:
    return memory.paused_until_at is not None and memory.paused_until_at <= now


def _still_paused(learned: Learned, memory: FeedMemory) -> Learned:
    """A person paused the feed while its poll was under way."""
    paused = learned.memory._replace(state=FeedState.PAUSED, paused_until_at=memory.paused_until_at)
    return replace(learned, memory=paused)


def _learn_failure(
    memory: FeedMemory, facts: PollFacts, pace: Pace, *, name: str, effective_url: str, now: datetime, jitter: float
) -> Learned:
    if facts.offline and facts.failure in NETWORK:
        after = memory._replace(polled_at=now, next_poll_at=now + OFFLINE_RETRY, next_poll_why=_OFFLINE)
        return Learned(memory=after, effective_url=None, notes=())
    after = failed(memory, failure=facts.failure, error=facts.error, status=facts.status, now=now)
    if facts.failure in OF_HOST and facts.host_failures > after.failure_count:
        after = after._replace(failure_count=facts.host_failures)
    target = None
    if facts.failure in {"gone", "not_found"} and memory.moved_to and memory.moved_to != effective_url:
        target = memory.moved_to  # the old address ended after it had pointed elsewhere
        after = after._replace(moved_to=None, moved_at=None, moved_count=0, flags=after.flags | {"moved"})
    retry_after = timedelta(seconds=facts.retry_after_s) if facts.retry_after_s is not None else None
    due = due_after_failure(
        after, pace, now=now, jitter=jitter, limited=facts.failure == "throttled", retry_after=retry_after
    )
    if facts.fresh_s is not None and now + timedelta(seconds=facts.fresh_s) > due.at:
        due = Due(at=now + timedelta(seconds=facts.fresh_s), why="its server calls the answer fresh until then")
    after = after._replace(
        polled_at=now,
        next_poll_at=due.at,
        next_poll_why=due.why,
        not_before_at=due.at if facts.failure == "throttled" else memory.not_before_at,
    )
    return Learned(memory=after, effective_url=target, notes=notes(memory, after, name=name, now=now))


def _with_validators(memory: FeedMemory, facts: PollFacts, now: datetime) -> FeedMemory:
    """Validators are renewed by every answer, changed body or not; else a feed never returns to 304."""
    lied = facts.unconditional and _lied(memory, facts)
    has_body = facts.kind != "not_modified"
    etag, last_modified = facts.etag, facts.last_modified
    if facts.keep_validators:
        etag, last_modified = memory.etag, memory.last_modified
    elif not has_body:  # RFC 9110 15.4.5: a 304 may carry newer ones
        etag, last_modified = etag or memory.etag, last_modified or memory.last_modified
    is_new = has_body and not facts.keep_validators
    return memory._replace(
        fresh_until_at=now + timedelta(seconds=facts.fresh_s) if facts.fresh_s else None,
        not_before_at=None,
        flags=memory.flags | {"validators_unreliable"} if lied else memory.flags,
        unconditional_at=now if facts.unconditional else memory.unconditional_at,
        matching_hash=facts.matching_hash if has_body and facts.matching_hash is not None else memory.matching_hash,
        etag=etag,
        last_modified=last_modified,
        validators_url=facts.final_url if is_new else memory.validators_url,
        body_hash=(facts.body_hash if is_new else None) or memory.body_hash,
    )


def _lied(memory: FeedMemory, facts: PollFacts) -> bool:
    """Whether the same validator now stands for another body."""
    if facts.body_hash is None or memory.body_hash is None or facts.body_hash == memory.body_hash:
        return False
    if memory.etag is not None:
        return facts.etag == memory.etag
    return memory.last_modified is not None and facts.last_modified == memory.last_modified


def _with_document(memory: FeedMemory, facts: PollFacts, now: datetime) -> FeedMemory:
    traits = facts.document
    if traits is None:
        return memory
    samples = dict(memory.samples)
    depth_s = _depth(samples, traits, now)
    gap_s = _gap(memory, samples, traits, now)
    new_p95 = _new_p95(memory, samples, traits)
    if traits.update_period_s is not None:
        samples["update_period_s"] = traits.update_period_s
    if traits.new_count or "new_item_at" not in samples:
        samples["new_item_at"] = now.isoformat()
    kept = memory.flags - {*_OF_DOCUMENT, "date_untrusted", *(["silent"] if traits.new_count else [])}
    after = memory._replace(
        document=memory.document + 1,
        document_at=now,
        depth_s=depth_s if depth_s is not None else memory.depth_s,
        gap_s=gap_s,
        new_p95=new_p95,
        lower_bound_s=traits.ttl_s,
        skip_hours=traits.skip_hours,
        skip_days=traits.skip_days,
        flags=kept | traits.flags | _date_flags(memory, samples, traits),
        samples=samples,
    )
    return after._replace(possible_gap=_possible_gap(memory, after, traits, now), flags=_with_risk(after, now))


def _date_flags(memory: FeedMemory, samples: dict[str, JsonValue], traits: DocumentTraits) -> frozenset[str]:
    """`date_untrusted` once an old item carries the moment of the fetch as its date in two documents.

    Ten documents in a row that show old items, and none of them dated so, clear the feed.
    """
    before, samples["dated_now"] = set(_numbers(memory.samples, "dated_now")), list(traits.dated_now[:_DATED_NOW])
    told = "date_untrusted" in memory.flags
    if before.intersection(traits.dated_now):
        samples.pop("dated_well", None)
        return frozenset({"date_untrusted"})
    if not told:
        return frozenset()
    count = next(iter(_numbers(samples, "dated_well")), 0.0)
    samples["dated_well"] = [0.0 if traits.dated_now else count + traits.shares_items]
    return frozenset() if samples["dated_well"] == [float(_DATED_WELL)] else frozenset({"date_untrusted"})


def _with_risk(memory: FeedMemory, now: datetime) -> frozenset[str]:
    fresh = (memory.fresh_until_at - now).total_seconds() if memory.fresh_until_at else 0.0
    bound = max(memory.lower_bound_s or 0.0, fresh)
    risky = memory.depth_s is not None and bound > memory.depth_s / 2
    return memory.flags | {"gap_risk"} if risky else memory.flags - {"gap_risk"}


def _depth(samples: dict[str, JsonValue], traits: DocumentTraits, now: datetime) -> float | None:
    depths = _numbers(samples, "depths")
    if traits.oldest_at is not None and traits.oldest_at < now:
        depths = [*depths, (now - traits.oldest_at).total_seconds()][-_DEPTHS:]
        samples["depths"] = depths
    return statistics.median(depths) if depths else None


def _gap(memory: FeedMemory, samples: dict[str, JsonValue], traits: DocumentTraits, now: datetime) -> float | None:
    """Seconds between new items, as a moving average; the first document tells by its depth."""
    if memory.ok_at is None or memory.document == 0:
        if traits.oldest_at is None or traits.entry_count < 2 or traits.oldest_at >= now:
            return None
        return (now - traits.oldest_at).total_seconds() / traits.entry_count
    since = _moment(samples.get("new_item_at")) or memory.document_at or memory.ok_at
    elapsed = max((now - since).total_seconds(), 1.0)
    if traits.new_count == 0:
        return max(memory.gap_s, elapsed) if memory.gap_s is not None and elapsed > memory.gap_s else memory.gap_s
    sample = elapsed / traits.new_count
    samples["gaps"] = [*_numbers(samples, "gaps"), elapsed][-_GAPS:]
    return sample if memory.gap_s is None else 0.8 * memory.gap_s + 0.2 * sample


def _new_p95(memory: FeedMemory, samples: dict[str, JsonValue], traits: DocumentTraits) -> float | None:
    if memory.live_at is None:
        return memory.new_p95
    counts = [*_numbers(samples, "new_counts"), float(traits.new_count)][-_COUNTS:]
    samples["new_counts"] = counts
    return sorted(counts)[math.ceil(0.95 * len(counts)) - 1]


def _possible_gap(
    memory: FeedMemory, after: FeedMemory, traits: DocumentTraits, now: datetime
) -> tuple[datetime, datetime, float] | None:
    """The time in which items may have come and gone unseen: a document without a known item, or after too long."""
    if memory.ok_at is None or memory.live_at is None or traits.entry_count == 0 or traits.held:
        return memory.possible_gap
    late = after.depth_s is not None and (now - memory.ok_at).total_seconds() > after.depth_s
    if traits.shares_items and not late:
        return memory.possible_gap
    if traits.shares_items and traits.new_count < traits.entry_count:
        return memory.possible_gap  # late, yet the known items are still there: nothing scrolled out
    elapsed = (now - memory.ok_at).total_seconds()
    expected = elapsed / memory.gap_s if memory.gap_s else 0.0
    return (memory.ok_at, now, max(expected - traits.new_count, 0.0))


def _with_silence(memory: FeedMemory, now: datetime) -> FeedMemory:
    since = _moment(memory.samples.get("new_item_at"))
    if since is None or "page" in memory.flags:  # a page may say the same for years
        return memory
    silent = now - since > SILENT_AFTER and now - since > 2 * _gap_p99(memory)
    if silent == ("silent" in memory.flags):
        return memory
    return memory._replace(flags=memory.flags ^ {"silent"})


def _gap_p99(memory: FeedMemory) -> timedelta:
    gaps = sorted(_numbers(memory.samples, "gaps"))
    return timedelta(seconds=gaps[math.ceil(0.99 * len(gaps)) - 1]) if gaps else timedelta()


def _with_move(memory: FeedMemory, facts: PollFacts, *, url: str, now: datetime) -> tuple[FeedMemory, str | None]:
    """A permanent redirect is followed at once and believed late: portals of hotels and of hijackers redirect too."""
    target = facts.permanent_to
    if target is None or target == url:
        if memory.moved_to is None and memory.moved_at is None and not memory.moved_count:
            return memory, None
        return memory._replace(moved_to=None, moved_at=None, moved_count=0), None
    same = memory.moved_to == target
    moved_at = memory.moved_at if same and memory.moved_at else now
    count = memory.moved_count + 1 if same else 1
    enough = now - moved_at >= MOVE_AFTER and count >= MOVE_POLLS
    known = facts.document is None or facts.document.shares_items
    if facts.many_moving or not (_is_upgrade(url, target) or (enough and known)):
        return memory._replace(moved_to=target, moved_at=moved_at, moved_count=count), None
    memory = memory._replace(moved_to=None, moved_at=None, moved_count=0, flags=memory.flags | {"moved"})
    return memory, target


def _is_upgrade(old: str, new: str) -> bool:
    """Http to https on the same host and path."""
    before, after = urlsplit(old), urlsplit(new)
    return (before.scheme, after.scheme) == ("http", "https") and (before.hostname, before.path, before.query) == (
        after.hostname,
        after.path,
        after.query,
    )


def _numbers(samples: Mapping[str, JsonValue], name: str) -> list[float]:
    found = samples.get(name)
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [float(value) for value in found if isinstance(value, int | float)]


def _moment(value: JsonValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
