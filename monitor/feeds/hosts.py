"""Politeness and suspicion across feeds: how often one host is asked, and whether it is we who are offline."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from storage.model import Feed, FeedMemory

_HOUR = timedelta(hours=1)
_LIMITS = frozenset({429, 503})


def host_of(url: str) -> str:
    """The host whose patience is counted: name and port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # no address at all: the fetch refuses it with a reason
        return ""
    return f"{parts.hostname or ''}:{port or ''}"


@dataclass(slots=True, kw_only=True)
class HostGate:
    """Lets at most `connections` fetches of one host run, `spacing_s` between their starts; never waits itself.

    Times are seconds of a monotonic clock. Safe to use from several threads.
    """

    connections: int = 2
    spacing_s: float = 5.0
    _running: dict[str, int] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def try_start(self, host: str, *, now: float) -> bool:
        """Take a place at `host`, if one is free now."""
        with self._lock:
            if self.wait(host, now=now) > 0 or self._running.get(host, 0) >= self.connections:
                return False
            self._running[host] = self._running.get(host, 0) + 1
            self._started[host] = now
            return True

    def finish(self, host: str) -> None:
        with self._lock:
            left = self._running.get(host, 0) - 1
            if left > 0:
                self._running[host] = left
            else:
                self._running.pop(host, None)

    def wait(self, host: str, *, now: float) -> float:
        """Seconds until the spacing allows another start; 0 when it does."""
        last = self._started.get(host)
        return 0.0 if last is None else max(last + self.spacing_s - now, 0.0)


def spared(feeds: Iterable[Feed], host: str, *, now: datetime) -> dict[int, FeedMemory]:
    """What the feeds of a host must remember once two of its addresses told us to slow down: the whole host waits.

    A 429 or 503 speaks for one address (RFC 6585 4); two of them speak for the server. The next polls move behind the
    longer wait of the two, and a feed that waits longer already keeps its time.
    """
    there = [feed for feed in feeds if feed.active and host_of(feed.effective_url) == host]
    limits = {
        feed.effective_url: feed.memory.not_before_at
        for feed in there
        if feed.memory.last_status in _LIMITS and feed.memory.not_before_at and feed.memory.not_before_at > now
    }
    if len(limits) < 2:
        return {}
    until = max(limits.values())
    return {
        feed.id: feed.memory._replace(
            not_before_at=until,
            next_poll_at=max(feed.memory.next_poll_at or now, until),
            next_poll_why="its host asks two of its feeds to wait",
        )
        for feed in there
        if feed.memory.not_before_at is None or feed.memory.not_before_at < until
    }


@dataclass(slots=True, kw_only=True)
class OfflineWatch:
    """Whether the network, not the feeds, is down: more than half of at least `hosts` hosts failed within a minute."""

    hosts: int = 4
    window_s: float = 60.0
    _latest: dict[str, tuple[float, bool]] = field(default_factory=dict)  # each host's last exchange, oldest first
    _failing: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    offline: bool = False

    def record(self, host: str, *, reached: bool, now: float) -> bool:
        """Note one exchange; True while we seem to be offline. Its cost does not grow with what was noted before."""
        with self._lock:
            self._forget(host)
            self._latest[host] = now, reached
            self._failing += not reached
            while self._latest[oldest := next(iter(self._latest))][0] < now - self.window_s:
                self._forget(oldest)
            self.offline = len(self._latest) >= self.hosts and self._failing * 2 > len(self._latest)
            return self.offline

    def _forget(self, host: str) -> None:
        _, reached = self._latest.pop(host, (0.0, True))
        self._failing -= not reached


@dataclass(slots=True, kw_only=True)
class Suspects:
    """Feeds that failed by the network within the last minute and were blamed for it; of one thread.

    They are the evidence by which we find that we are offline, and no more to blame than those that fail afterwards.
    """

    window_s: float = 60.0
    _blamed: dict[int, tuple[float, Feed]] = field(default_factory=dict)  # as they were before, oldest first

    def blame(self, feed: Feed, *, now: float) -> None:
        """`feed` as it was before its failure was counted."""
        self._blamed[feed.id] = now, self._blamed.pop(feed.id, (now, feed))[1]
        while self._blamed[oldest := next(iter(self._blamed))][0] < now - self.window_s:
            del self._blamed[oldest]

    def clear(self, feed_id: int) -> None:
        self._blamed.pop(feed_id, None)

    def release(self, *, now: float) -> list[Feed]:
        """All of them, as they were before; they are suspects no longer."""
        blamed, self._blamed = self._blamed, {}
        return [feed for at, feed in blamed.values() if at >= now - self.window_s]


@dataclass(slots=True, kw_only=True)
class SilentHosts:
    """How often in a row each host was not reached: names and connections are the host's, not one feed's.

    Failures within `round_s` are one: thirty feeds of a host that is down failed once, not thirty times.
    """

    round_s: float = 600.0
    _counts: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, host: str, *, reached: bool, now: float) -> None:
        with self._lock:
            if reached:
                self._counts.pop(host, None)
                return
            count, counted_at = self._counts.get(host, (0, -self.round_s))
            if now - counted_at >= self.round_s:
                self._counts[host] = (count + 1, now)

    def take_back(self, host: str) -> None:
        """The last failure was not the host's."""
        with self._lock:
            count, _ = self._counts.pop(host, (0, 0.0))
            if count > 1:
                self._counts[host] = (count - 1, -self.round_s)

    def count(self, host: str) -> int:
        return self._counts.get(host, (0, 0.0))[0]


@dataclass(slots=True)
class MoveWatch:
    """Which feeds were redirected for good within the last hour: many at once are a portal, not their publishers."""

    _seen: dict[int, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, feed_id: int, *, moving: bool, now: datetime) -> int:
        """Note one poll; how many feeds moved within the hour before `now`."""
        with self._lock:
            if moving:
                self._seen[feed_id] = now
            else:
                self._seen.pop(feed_id, None)
            if self._seen:
                self._seen = {feed: at for feed, at in self._seen.items() if now - at <= _HOUR}
            return len(self._seen)
