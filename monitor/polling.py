"""Many polls at once: fetch threads, one writer, bounded queues between them.

        due feeds -> [host gate] -> T fetch threads -> queue -> one writer, whole polls in one transaction

A fetch thread never writes and never waits for a host; the writer is alone, so a poll never meets "database is
locked". Both queues are bounded: a first poll of ten thousand feeds must not hold ten thousand documents in memory.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from monitor.feeds.hosts import HostGate, host_of
from monitor.pipeline.read import PollOptions, Reading
from monitor.tray import Tray
from storage.errors import DiskFull, Error, Locked
from storage.model import Feed

log = logging.getLogger("salname.polling")

BATCH_ENTRIES = 500
BATCH_S = 0.25
RETRY_S = 1.0
LOOK_UP_S = 1.0  # how often a thread that waits for another looks whether that one is still there

Read = Callable[[Feed, PollOptions], Reading]
Lease = Callable[[Sequence[Feed]], Collection[int]]  # the ids of those that were taken
Tell = Callable[[], None]
Write = Callable[[Sequence[Reading]], Sequence[Tell]]
_NONE: Mapping[int, PollOptions] = {}
Broken = Callable[[Feed, PollOptions, BaseException], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """One fetch that ended, well or with an exception."""

    feed: Feed
    options: PollOptions
    future: "Future[Reading]"

    @property
    def entry_count(self) -> int:
        return 0 if self.future.exception() else len(self.future.result().entries)


@dataclass(slots=True, kw_only=True)
class Poller:
    """Runs polls until told to stop; `offer` never blocks.

    `read` fetches and parses in a fetch thread; `write` stores a batch in the writer thread and returns what then tells
    of it; `broken` turns an exception of either into a reading that counts as a failure. `on_full_disk` is called when
    a commit finds no space. A batch is tried again for `patience_s` where the database is locked or the disk full; then
    it is dropped, its items are found again by the next poll, and `failed` says why.
    """

    read: Read
    write: Write
    broken: Broken
    gate: HostGate
    threads: int = 8
    on_full_disk: Callable[[], None] = lambda: None
    on_error: Callable[[BaseException], None] = lambda _: None
    abort: Callable[[], None] | None = None  # ends the fetches in hand
    patience_s: float = math.inf
    failed: BaseException | None = field(init=False, default=None)
    _pool: ThreadPoolExecutor = field(init=False)
    _hand: ThreadPoolExecutor = field(init=False)  # one thread: whatever goes wrong in it comes back in a future
    _done: Tray[_Done] = field(init=False)
    _writer: threading.Thread = field(init=False)
    _writing: threading.Event = field(init=False)  # the writer is there
    _stopping: threading.Event = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _ended: threading.Condition = field(init=False)  # another poll is fetched
    _room: threading.Condition = field(init=False)  # half of the places are free
    _idle: threading.Condition = field(init=False)  # no poll is left, or nobody writes any more
    _running: dict[int, str] = field(init=False)  # feeds whose poll is not written yet, and their hosts
    _fetching: int = field(init=False, default=0)  # polls that are not fetched yet

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="fetch")
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="writing")
        self._done = Tray(self.threads * 4, weight=BATCH_ENTRIES)
        self._writing, self._stopping = threading.Event(), threading.Event()
        # One lock, and a condition for each thing that is waited for: a thread is waked only for its own.
        self._ended, self._room, self._idle = (threading.Condition(self._lock) for _ in range(3))
        self._running = {}
        self._writing.set()
        self._writer = threading.Thread(target=self._write_until_told, name="writer")
        self._writer.start()

    def work_off(
        self, feeds: Iterable[Feed], options: PollOptions, *, lease: Lease, own: Mapping[int, PollOptions] = _NONE
    ) -> None:
        """Poll `feeds`, each when there is a place for it, and return when all are stored; raises what kept them.

        `own` are the options of single feeds, by their number.
        """
        pending = list(feeds)
        while pending or self.busy:
            self.expect_well()
            if not pending:
                self._wait_until_idle(LOOK_UP_S)
                continue
            gone = {feed.id for feed in self.start(pending, options, lease=lease, own=own)}
            pending = [feed for feed in pending if feed.id not in gone]
            if not gone:
                self.wait(0.05) if self.busy else time.sleep(0.02)
            elif pending:
                self.wait_for_room(0.05)
        self.expect_well()

    def expect_well(self) -> None:
        """Raise what keeps polls from being stored: the reason of the batch that was dropped, or the writer's end."""
        if self.failed is not None:
            raise self.failed
        if self.broke_down:
            raise Error("the thread that stores polls ended by itself: see the log above, and please report it")

    def start_until(self, until_s: float, feeds: Sequence[Feed], options: PollOptions, *, lease: Lease) -> int:
        """Poll what finds a place before `until_s` of the monotonic clock; how many feeds did not."""
        waiting = list(feeds)
        while waiting and self.wait_for_room(until_s - time.monotonic()):
            gone = {feed.id for feed in self.start(waiting, options, lease=lease)}
            waiting = [feed for feed in waiting if feed.id not in gone]
            if self.has_room or not gone:  # the rest waits for its hosts, or nothing is taken any more
                break
        return len(waiting)

    def start(
        self, feeds: Iterable[Feed], options: PollOptions, *, lease: Lease, own: Mapping[int, PollOptions] = _NONE
    ) -> list[Feed]:
        """Poll those of `feeds` for which there is a place now and that could be leased; all that had a place."""
        accepted = self.accepts(feeds)
        taken: Collection[int] = ()
        try:
            if accepted:
                taken = lease(accepted)
        finally:  # a place that is neither used nor given back is lost for good
            for feed in accepted:
                if feed.id in taken:
                    self.submit(feed, own.get(feed.id, options))
                else:
                    self.refuse(feed)
        return accepted

    def accepts(self, feeds: Iterable[Feed]) -> list[Feed]:
        """The feeds for which there is a place now, at their host and in the queue; each must then be submitted."""
        accepted: list[Feed] = []
        now, closed = time.monotonic(), set[str]()  # hosts that take no other now
        for feed in feeds:
            if not self.has_room:
                break
            if feed.id in self._running or (host := host_of(feed.effective_url)) in closed:
                continue
            if not self.gate.try_start(host, now=now):
                closed.add(host)
                continue
            with self._lock:
                self._fetching += 1
                self._running[feed.id] = host
            accepted.append(feed)
        return accepted

    def submit(self, feed: Feed, options: PollOptions) -> None:
        """Start the poll of an accepted feed; its place is given back when the poller has been stopped meanwhile."""
        try:
            future = self._pool.submit(self.read, feed, options)
        except RuntimeError:  # the pool takes nothing after its shutdown
            self.refuse(feed)
            return
        future.add_done_callback(lambda ended: self._fetched(feed, options, ended))

    def refuse(self, feed: Feed) -> None:
        """Give an accepted feed's place back: it could not be leased."""
        self.gate.finish(self._running[feed.id])
        self._leave()
        self._forget([feed])

    @property
    def busy(self) -> bool:
        return bool(self._running)

    @property
    def has_room(self) -> bool:
        """Whether another feed would find a place now."""
        return self._fetching < self.threads * 2 and not self._stopping.is_set()

    @property
    def broke_down(self) -> bool:
        """Whether the writer ended although nobody stopped it: nothing that is fetched is stored any more."""
        return not self._writing.is_set() and not self._stopping.is_set()

    def wait(self, timeout_s: float) -> None:
        """Return when another poll is fetched, or after `timeout_s`."""
        with self._lock:
            if self._fetching:
                self._ended.wait(timeout_s)

    def wait_for_room(self, timeout_s: float) -> bool:
        """Return when half of the places are free, or after `timeout_s`; whether they are.

        Feeds are leased many at a time: each lease is a commit, and one a feed would cost as much as the fetch.
        """
        with self._lock:
            return self._room.wait_for(lambda: self._fetching <= self.threads, timeout_s)

    def finish(self, timeout_s: float | None = None) -> bool:
        """Begin no more polls; whether within `timeout_s` none is left to wait for. May be asked again."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._wait_until_idle(timeout_s)
        return not (self._running and self._writing.is_set())

    def stop(self, timeout_s: float | None = None) -> bool:
        """Finish the polls in hand, write them, and end; whether all of it ended within `timeout_s`.

        Fetches that have not begun are dropped, and so are those that take longer: their leases end by themselves, and
        they are polled again.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        self.finish(timeout_s)
        self._done.close()
        self._writer.join(None if until is None else max(until - time.monotonic(), 0.5))
        if self.abort is not None and self._running:
            self.abort()
        return not self._running

    def _wait_until_idle(self, timeout_s: float | None) -> None:
        with self._lock:
            self._idle.wait_for(lambda: not (self._running and self._writing.is_set()), timeout_s)

    def _fetched(self, feed: Feed, options: PollOptions, future: "Future[Reading]") -> None:
        if future.cancelled():
            self.refuse(feed)
            return
        self.gate.finish(self._running[feed.id])
        self._hand_over(_Done(feed=feed, options=options, future=future))
        self._leave()

    def _hand_over(self, done: _Done) -> None:
        """Wait for room on the tray, as long as there is a writer; the lease of what is dropped ends by itself."""
        while self._writing.is_set() and not self._done.put(done, LOOK_UP_S, weight=done.entry_count):
            pass

    def _leave(self) -> None:
        """A place is free for another feed."""
        with self._lock:
            self._fetching -= 1
            self._ended.notify_all()
            if self._fetching <= self.threads:
                self._room.notify_all()

    def _forget(self, feeds: Iterable[Feed]) -> None:
        with self._lock:
            for feed in feeds:
                self._running.pop(feed.id, None)
            if not self._running:
                self._idle.notify_all()

    def _write_until_told(self) -> None:
        try:
            self._write_loop()
        finally:
            self._hand.shutdown(wait=False)
            self._writing.clear()
            with self._lock:
                self._idle.notify_all()

    def _write_loop(self) -> None:
        while batch := self._next_batch():
            self._store([self._outcome(done) for done in batch])
            self._forget(done.feed for done in batch)

    def _next_batch(self) -> list[_Done]:
        """Whole polls, up to 500 entries or what comes in a quarter of a second; nothing when no more will come."""
        batch = self._done.take(LOOK_UP_S)
        while not batch and not self._done.is_closed:
            batch = self._done.take(LOOK_UP_S)
        until = time.monotonic() + BATCH_S
        while batch and sum(done.entry_count for done in batch) < BATCH_ENTRIES:
            left_s = until - time.monotonic()
            if left_s <= 0 or self._done.is_closed:
                break
            batch += self._done.gather(left_s)
        return batch

    def _outcome(self, done: _Done) -> Reading:
        error = done.future.exception()
        return done.future.result() if error is None else self._broken(done.feed, done.options, error)

    def _broken(self, feed: Feed, options: PollOptions, error: BaseException) -> Reading:
        if not isinstance(error, Error):
            log.error(
                "reading a feed failed unexpectedly; please report this", extra={"feed": feed.name}, exc_info=error
            )
        return self.broken(feed, options, error)

    def _store(self, readings: Sequence[Reading]) -> None:
        """Write a batch; a poll that cannot be written does not take the others with it."""
        until = time.monotonic() + self.patience_s
        while (error := self._write(readings)) is not None:
            match error:
                case DiskFull():
                    self.on_error(error)
                    self.on_full_disk()
                case Locked():
                    self.on_error(error)
                case _:
                    self._store_apart(readings, error)
                    return
            if self._stopping.wait(RETRY_S) or time.monotonic() >= until:
                self.failed = error
                log.warning("polls were not stored; their feeds are asked again", extra={"count": len(readings)})
                return

    def _store_apart(self, readings: Sequence[Reading], error: BaseException) -> None:
        if len(readings) > 1:
            for reading in readings:
                self._store([reading])
            return
        (reading,) = readings
        if isinstance(error, Error):
            self.on_error(error)
        else:
            log.error(
                "storing a poll failed unexpectedly; please report this",
                extra={"feed": reading.feed.name},
                exc_info=error,
            )
        failure = self._write([self.broken(reading.feed, reading.options, error)])
        if failure is not None:  # nothing is left to write: the feed's lease ends by itself
            log.error(
                "the failure of a poll could not be stored", extra={"feed": reading.feed.name, "why": str(failure)}
            )

    def _write(self, readings: Sequence[Reading]) -> BaseException | None:
        """Store `readings` in one transaction and tell of them; why they were not stored."""
        written = self._hand.submit(self.write, readings)
        error = written.exception()
        if error is not None:
            return error
        tells = iter(written.result())
        while (untold := self._hand.submit(_tell_all, tells).exception()) is not None:
            log.error("a poll was stored, and telling of it failed; please report this", exc_info=untold)
        return None


def _tell_all(tells: Iterator[Tell]) -> None:
    for tell in tells:
        tell()
