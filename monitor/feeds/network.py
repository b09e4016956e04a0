"""The network as all feeds share it: a fetcher for each thread, and what one exchange says of the others.

Rule: whether we are offline, and whether a host wants to be left alone, is decided over all feeds and never for one.
"""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.feeds.fetch import Failed, FailureKind, Fetcher, FetchRequest, FetchResult, FetchSettings
from monitor.feeds.hosts import OfflineWatch, SilentHosts, Suspects, host_of, spared
from monitor.feeds.schedule import NETWORK, OF_HOST, excused
from storage.crash import crash_point
from storage.model import Feed, FeedMemory

if TYPE_CHECKING:
    from storage.feeds import Feeds


class Network:
    """Used by the fetch threads, the writer and the tick at the same time; close it after use."""

    def __init__(self, settings: FetchSettings, *, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._local = threading.local()
        self._fetchers: list[Fetcher] = []
        self._watch = OfflineWatch()
        self._silent = SilentHosts()
        self._suspects = Suspects()
        self._offline_since: datetime | None = None
        self._spared: dict[str, datetime] = {}  # host -> until when it is left alone

    def adopt(self, settings: FetchSettings) -> None:
        """Fetch by other settings from now on; the connections made by the old ones are closed."""
        self._settings = settings
        self.close()

    def close(self) -> None:
        while self._fetchers:
            self._fetchers.pop().close()

    def fetch(self, request: FetchRequest) -> FetchResult:
        """One polite, bounded fetch, over connections that this thread keeps."""
        fetcher = getattr(self._local, "fetcher", None)
        if fetcher is None or self._local.settings is not self._settings:
            fetcher = Fetcher(self._settings, clock=self._clock)
            self._local.fetcher, self._local.settings = fetcher, self._settings
            self._fetchers.append(fetcher)
        result: FetchResult = fetcher.fetch(request)
        host, reached, now = host_of(request.url), _is_reached(result), time.monotonic()
        offline = self._watch.record(host, reached=reached, now=now)
        silent = isinstance(result, Failed) and result.kind.value in OF_HOST
        if not (silent and offline):
            self._silent.record(host, reached=not silent, now=now)
        crash_point("after_fetch")
        return result

    def abort(self) -> None:
        """From another thread: end the fetches in hand as time-outs."""
        for fetcher in tuple(self._fetchers):
            fetcher.abort()

    @property
    def offline(self) -> bool:
        return self._watch.offline

    def excuses(self, result: FetchResult) -> bool:
        """Whether it failed because we are offline, as far as is known by now."""
        return self.offline and not _is_reached(result)

    def host_failures(self, url: str) -> int:
        """How often in a row the host of an address was not reached."""
        return self._silent.count(host_of(url))

    def back_after(self, result: FetchResult, *, offline: bool, at: datetime) -> timedelta | None:
        """How long we were offline, told by the first poll that reaches a server again; else None."""
        if offline:
            self._offline_since = self._offline_since or at
        elif self._offline_since is not None and _is_reached(result):
            since, self._offline_since = self._offline_since, None
            return at - since
        return None

    def judge(
        self, feed: Feed, result: FetchResult, feeds: "Feeds", *, page: bool, offline: bool, now: datetime
    ) -> dict[int, FeedMemory]:
        """What the poll of one feed, as it was before, says of others: the memories to store, by their numbers.

        Their host wants to be left alone; or they were blamed for failures that turn out to be ours. A `page` is no
        poll of its feed's. For the writer.
        """
        if isinstance(result, Failed) and result.kind is FailureKind.THROTTLED:
            return self._spare(feeds.each(), host_of(feed.effective_url), now)
        if not _is_reached(result) and offline:
            return self._excuse(feeds, now)
        if page:
            return {}
        if _is_reached(result):
            self._suspects.clear(feed.id)
        else:
            self._suspects.blame(feed, now=time.monotonic())
        return {}

    def is_spared(self, feed: Feed, now: datetime) -> bool:
        """Whether its host began to limit us after this feed was found to be due."""
        return self._spared.get(host_of(feed.effective_url), now) > now

    def _spare(self, feeds: Iterable[Feed], host: str, now: datetime) -> dict[int, FeedMemory]:
        memories = spared(feeds, host, now=now)
        for memory in memories.values():
            self._spared[host] = memory.not_before_at or now
        return memories

    def _excuse(self, feeds: "Feeds", now: datetime) -> dict[int, FeedMemory]:
        before = {feed.id: feed for feed in self._suspects.release(now=time.monotonic())}
        for host in {host_of(feed.effective_url) for feed in before.values()}:
            self._silent.take_back(host)
        blamed = feeds.several(before) if before else {}
        return {one: excused(feed.memory, before[one].memory, now=now) for one, feed in blamed.items()}


def _is_reached(result: FetchResult) -> bool:
    return not (isinstance(result, Failed) and result.kind.value in NETWORK)
