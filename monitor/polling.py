"""Many polls at once: fetch threads, one writer, bounded queues between them.

        due feeds -> [host gate] -> T fetch threads -> queue -> one writer, whole polls in one transaction

A fetch thread never writes and never waits for a host; the writer is alone, so a poll never meets "database is
locked". Both queues are bounded: a first poll of ten thousand feeds must not hold ten thousand documents in memory.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from monitor.feeds.hosts import HostGate, host_of
from monitor.pipeline.read import PollOptions, Reading
from storage.errors import DiskFull, Error, Locked
from storage.model import Feed

log = logging.getLogger("salname.polling")

BATCH_ENTRIES = 500
BATCH_S = 0.25
RETRY_S = 1.0

Read = Callable[[Feed, PollOptions], Reading]
Write = Callable[[Sequence[Reading]], None]
Broken = Callable[[Feed, PollOptions, BaseException], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """One fetch that ended, well or with an exception."""

    feed: Feed
    options: PollOptions
    future: "Future[Reading]"


@dataclass(slots=True, kw_only=True)
class Poller:
    """Runs polls until told to stop; `offer` never blocks.

    `read` fetches and parses in a fetch thread, `write` stores a batch in the writer thread, `broken` turns an
    exception of `read` into a reading that counts as a failure. `on_full_disk` is called when a commit finds no space.
    """

    read: Read
    write: Write
    broken: Broken
    gate: HostGate
    threads: int = 8
    on_full_disk: Callable[[], None] = lambda: None
    on_error: Callable[[BaseException], None] = lambda _: None
    abort: Callable[[], None] | None = None  # ends the fetches in hand
    _pool: ThreadPoolExecutor = field(init=False)
    _places: threading.BoundedSemaphore = field(init=False)
    _done: "queue.Queue[_Done | None]" = field(init=False)
    _writer: threading.Thread = field(init=False)
    _stopping: threading.Event = field(init=False)
    _idle: threading.Condition = field(init=False)
    _running: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="fetch")
        self._places = threading.BoundedSemaphore(self.threads * 2)
        self._done = queue.Queue(maxsize=self.threads * 4)
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._running = set()
        self._writer = threading.Thread(target=self._write_loop, name="writer")
        self._writer.start()

    def accepts(self, feeds: Iterable[Feed]) -> list[Feed]:
        """The feeds for which there is a place now, at their host and in the queue; each must then be submitted."""
        accepted = []
        for feed in feeds:
            if self._stopping.is_set() or feed.id in self._running:
                continue
            if not self._places.acquire(blocking=False):
                break
            if not self.gate.try_start(host_of(feed.effective_url), now=time.monotonic()):
                self._places.release()
                continue
            with self._idle:
                self._running.add(feed.id)
            accepted.append(feed)
        return accepted

    def submit(self, feed: Feed, options: PollOptions) -> None:
        """Start the poll of an accepted feed."""
        future = self._pool.submit(self.read, feed, options)
        future.add_done_callback(lambda ended: self._fetched(feed, options, ended))

    def refuse(self, feed: Feed) -> None:
        """Give an accepted feed's place back: another poller leased it first."""
        self.gate.finish(host_of(feed.effective_url))
        self._places.release()
        self._forget(feed)

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def wait(self, timeout_s: float) -> None:
        """Return when a poll has ended, or after `timeout_s`."""
        with self._idle:
            if self._running:
                self._idle.wait(timeout_s)

    def stop(self, timeout_s: float | None = None) -> bool:
        """Finish the polls in hand, write them, and end; whether all of it ended within `timeout_s`.

        Fetches that have not begun are dropped, and so are those that take longer: their leases end by themselves, and
        they are polled again.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._idle:
            self._idle.wait_for(lambda: not self._running, timeout=timeout_s)
        self._done.put(None)
        self._writer.join(None if until is None else max(until - time.monotonic(), 0.5))
        if self.abort is not None and self._running:
            self.abort()
        return not self._running

    def _fetched(self, feed: Feed, options: PollOptions, future: "Future[Reading]") -> None:
        self.gate.finish(host_of(feed.effective_url))
        if future.cancelled():
            self._places.release()
            self._forget(feed)
            return
        self._done.put(_Done(feed=feed, options=options, future=future))
        self._places.release()

    def _forget(self, feed: Feed) -> None:
        with self._idle:
            self._running.discard(feed.id)
            self._idle.notify_all()

    def _write_loop(self) -> None:
        while True:
            first = self._done.get()
            if first is None:
                return
            batch, ended = self._gather(first)
            self._store([self._outcome(done) for done in batch])
            for done in batch:
                self._forget(done.feed)
            if ended:
                return

    def _gather(self, first: _Done) -> tuple[list[_Done], bool]:
        """Whole polls, up to 500 entries or a quarter of a second."""
        batch, until = [first], time.monotonic() + BATCH_S
        entries = self._size(first)
        while entries < BATCH_ENTRIES:
            try:
                done = self._done.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                return batch, False
            if done is None:
                return batch, True
            batch.append(done)
            entries += self._size(done)
        return batch, False

    def _size(self, done: _Done) -> int:
        return 0 if done.future.exception() else len(done.future.result().entries)

    def _outcome(self, done: _Done) -> Reading:
        error = done.future.exception()
        return done.future.result() if error is None else self._broken(done.feed, done.options, error)

    def _broken(self, feed: Feed, options: PollOptions, error: BaseException) -> Reading:
        if not isinstance(error, Error):
            log.error("reading a feed failed unexpectedly", extra={"feed": feed.name}, exc_info=error)
        return self.broken(feed, options, error)

    def _store(self, readings: Sequence[Reading]) -> None:
        """Write a batch; a poll that cannot be written does not take the others with it."""
        while True:
            try:
                self.write(readings)
            except Locked as error:
                self.on_error(error)
            except DiskFull as error:
                self.on_error(error)
                self.on_full_disk()
            except Error as error:
                self._store_apart(readings, error)
                return
            else:
                return
            if self._stopping.wait(RETRY_S):
                log.warning(
                    "polls were not stored; they are repeated at the next start", extra={"count": len(readings)}
                )
                return

    def _store_apart(self, readings: Sequence[Reading], error: Error) -> None:
        if len(readings) == 1:
            self.on_error(error)
            return
        for reading in readings:
            self._store([reading])
