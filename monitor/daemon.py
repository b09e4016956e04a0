"""The daemon: ticks, threads, signals; one instance a database.

        tick, each second   due feeds -> leases -> poller
        sender threads      claim, send, settle, woken by each commit
        each hour           retention
        each minute         the ballast, one line about new feeds, a look at the backlog
        each five minutes   the heartbeat
        each day            promised dates that passed

SIGTERM and SIGINT finish the polls and the sends in hand and end with 0 within ten seconds, whatever a reload is
waiting for at that moment; SIGHUP reads the configuration again. Ready, reloading and stopping are told to systemd
(sd_notify) where it asks.
"""

import gc
import logging
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from alerts.deliver import Deliverer
from monitor import channels
from monitor.app import Monitor, Polled
from monitor.config import load_config
from monitor.pipeline.read import PollOptions
from monitor.pipeline.storylines import place_events
from monitor.polling import Poller
from monitor.viewer.export.keeping import ConfiguredExport
from storage.errors import DiskFull, Error
from storage.room import has_room

log = logging.getLogger("salname.daemon")

RELOAD_S = 90.0  # longer than any message may take
STOP_S = 8.0  # of the ten seconds that a stop may take
STEP_S = 0.1  # of a wait that a signal may cut short
EXPORT_S = 1.0  # between two looks whether the exported file is up to date; each costs microseconds
FULL_DISK_PATIENCE_S = 60.0
TICK_FEEDS = 500  # due feeds looked at in one step of a tick
TICK_PAGES = 20  # steps, while there are free places
TICK_S = 0.8  # of a tick, in which places that fall free are given to the next
STALLED_S = 120.0  # without a tick: a daemon that lives but does nothing does not say that it lives
CLOCK_S = 60.0  # a clock that lost more than this was put back by someone


class Daemon:
    """Runs a monitor until a signal ends it; `config_path` is read again at SIGHUP."""

    def __init__(self, monitor: Monitor, config_path: Path) -> None:
        self._monitor, self._config_path = monitor, config_path
        self._stop = threading.Event()
        self._reload = threading.Event()
        self._ends_at_s = math.inf  # of the monotonic clock: nothing is waited for beyond it
        self._exports = ConfiguredExport(monitor.store.path)
        self._wake = threading.Event()
        self._poller: Poller | None = None
        self._deliverer: Deliverer | None = None
        self._senders_stop = threading.Event()
        self._disk_full_since: float | None = None
        self._clock_ahead_s: float | None = None  # of the monotonic clock
        self._ticked_s = time.monotonic()
        self.failed: BaseException | None = None

    def run(self) -> None:
        """Return when a signal asked for it; raises DiskFull when there was no room for a minute."""
        self._catch_signals()
        spare_collector()
        self._monitor.store.ensure_ballast()
        self._start_senders()
        self._start_poller()
        scheduler = self._scheduler()
        scheduler.start()
        notify("READY=1\nSTATUS=polling")
        log.info("ready", extra={"pid": os.getpid(), "database": str(self._monitor.store.path)})
        try:
            self._wait()
        finally:
            self._end(scheduler)
        if self.failed is not None:
            raise self.failed

    def stop(self) -> None:
        """Bring the end of all waiting near, of a reload's too; the first call counts."""
        self._ends_at_s = min(self._ends_at_s, time.monotonic() + STOP_S)
        self._stop.set()
        self._wake.set()

    def _wait(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(1.0)
            self._wake.clear()
            if self._reload.is_set() and not self._stop.is_set():
                self._reload.clear()
                self._read_config_again()
            if self._poller is not None and self._poller.broke_down:
                log.critical("the thread that stores polls ended by itself; please report this", extra={"exit": 1})
                self.failed = Error("the thread that stores polls ended by itself: see the log above; nothing is lost")
                return
            if self._deliverer is not None and self._deliverer.ended_threads():
                log.critical("a sender ended by itself; please report this", extra={"exit": 1})
                self.failed = Error("a sender thread ended by itself: see the log above; the outbox is kept")
                return

    def _end(self, scheduler: BackgroundScheduler) -> None:
        notify("STOPPING=1")
        log.info("stopping: the polls and messages in hand are finished")
        started = time.monotonic()
        self._ends_at_s = min(self._ends_at_s, started + STOP_S)
        scheduler.shutdown(wait=False)
        self._senders_stop.set()
        self._finish_polls()
        if self._deliverer is not None:
            if self._await(self._deliverer.stop, STOP_S):
                with suppress(Error):
                    self._deliverer.end()
            else:
                log.warning("a message was still being sent; the next start marks it as in doubt")
        self._exports.close()
        log.info("stopped", extra={"seconds": round(time.monotonic() - started, 1)})

    def _finish_polls(self) -> None:
        if self._poller is not None:
            self._await(self._poller.finish, STOP_S)
            self._poller.stop(0.0)

    def _await(self, ended: Callable[[float], bool], seconds: float) -> bool:
        """Whether it ended within `seconds`, and before all waiting ends; asked for a moment at a time."""
        until = time.monotonic() + seconds
        while not ended(STEP_S):
            if time.monotonic() >= min(until, self._ends_at_s):
                return False
        return True

    def _catch_signals(self) -> None:
        def on_stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def on_reload(_number: int, _frame: FrameType | None) -> None:
            self._reload.set()
            self._wake.set()

        signal.signal(signal.SIGTERM, on_stop)
        signal.signal(signal.SIGINT, on_stop)
        signal.signal(signal.SIGHUP, on_reload)

    def _start_senders(self) -> None:
        self._senders_stop = threading.Event()
        self._monitor.telling.begin()
        self._deliverer = self._monitor.deliverer(stop=self._senders_stop)
        for delivery in self._deliverer.begin():
            log.warning("nobody knows whether this message arrived", extra={"delivery": delivery.id})
        self._deliverer.start()

    def _start_poller(self) -> None:
        self._poller = self._monitor.poller(on_polled=self._polled, on_full_disk=self._on_full_disk)

    def _scheduler(self) -> BackgroundScheduler:
        """Few jobs, none of them a feed's: a job a feed costs sixteen times as much."""
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        scheduler.add_job(self._guarded(self._tick), "interval", seconds=1, id="tick")
        scheduler.add_job(self._guarded(self._export), "interval", seconds=EXPORT_S, id="export")
        scheduler.add_job(self._guarded(self._each_minute), "interval", seconds=60, id="minute")
        scheduler.add_job(
            self._guarded(self._beat), "interval", minutes=5, id="heartbeat", next_run_time=datetime.now(UTC)
        )
        scheduler.add_job(self._guarded(self._each_hour), "interval", hours=1, id="retention")
        scheduler.add_job(self._guarded(self._each_day), "cron", hour=6, minute=10, id="overdue")
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        return scheduler

    def _guarded(self, job: Callable[[], None]) -> Callable[[], None]:
        """The outermost loop: nothing that goes wrong in one tick may end the next."""

        def run() -> None:
            try:
                job()
            except DiskFull as error:
                log.critical(str(error))
                self._on_full_disk()
            except Error as error:
                log.error(str(error))  # noqa: TRY400  one line says it all; a traceback is for what was not foreseen
            except Exception:
                log.exception("unexpected failure in %s; please report this", job.__name__)

        return run

    def _tick(self) -> None:
        poller = self._poller
        if poller is None or self._stop.is_set():
            return
        self._relieve_disk()
        self._watch_clock()
        if self._monitor.telling.due() and self._deliverer is not None:
            self._deliverer.wake()
        until, waiting = time.monotonic() + TICK_S, 0
        for _ in range(TICK_PAGES):  # hundreds of feeds of one host must not keep the others waiting behind them
            with self._monitor.store.reading() as tx:
                due = tx.feeds.due(self._monitor.clock(), TICK_FEEDS, skip=waiting)
            waiting += poller.start_until(until, due, PollOptions(), lease=self._monitor.lease)
            if len(due) < TICK_FEEDS or not poller.has_room:
                break
        pages = self._monitor.visits.due()
        poller.start(pages.feeds, PollOptions(), lease=pages.lease, own=pages.options)
        if not due and not poller.busy:
            self._announce()
        self._ticked_s = time.monotonic()

    def _announce(self) -> None:
        change = self._monitor.telling.baselines()
        if change is not None and self._deliverer is not None:
            log.info("first look done", extra={"found": str(change.new)})
            self._deliverer.wake()

    def _export(self) -> None:
        if (written := self._exports.keep(self._monitor.config)) is not None:
            log.info("export written", extra={"file": str(written)})

    def _each_minute(self) -> None:
        if self._disk_full_since is None:
            self._monitor.store.ensure_ballast()
        self._announce()
        self._monitor.telling.backlog()
        place_events(self._monitor.store)

    def _beat(self) -> None:
        """Say that the daemon lives, as long as its ticks come to their end."""
        late_s = time.monotonic() - self._ticked_s
        heartbeat = channels.heartbeat(self._monitor.config)
        if heartbeat is None or late_s > STALLED_S:
            return
        problem = heartbeat.beat()
        heartbeat.close()
        if problem:
            log.warning("the heartbeat was not heard", extra={"error": problem})

    def _each_day(self) -> None:
        told = self._monitor.tell_overdue()
        if told:
            log.info("promised dates passed", extra={"promises": len(told)})
            if self._deliverer is not None:
                self._deliverer.wake()

    def _each_hour(self) -> None:
        purged = self._monitor.housekeeping()
        if purged:
            log.info("old items removed", extra={"items": purged})

    def _polled(self, one: Polled) -> None:
        self._disk_full_since = None
        fetch = one.fetch
        log.log(
            logging.WARNING if fetch.outcome == "failed" and one.page is None else logging.INFO,
            "visited" if one.page else "polled",
            extra={
                "feed": one.feed.name,
                **({"page": one.page} if one.page else {}),
                "outcome": fetch.outcome,
                "status": fetch.http_status,
                "new": fetch.new_count,
                "revised": fetch.revised_count,
                "seconds": round(fetch.duration_s, 2),
                **({"error": fetch.error} if fetch.error else {}),
            },
        )
        if one.plan.alerts and self._deliverer is not None:
            self._deliverer.wake()

    def _on_full_disk(self) -> None:
        """Give up the ballast so that what is in flight can be settled; if there is still no room, end with 75."""
        now = time.monotonic()
        if self._disk_full_since is None:
            self._disk_full_since = now
            self._monitor.store.drop_ballast()
            log.critical("the disk is full; polling waits, what is in flight is settled: free some room")
        elif now - self._disk_full_since > FULL_DISK_PATIENCE_S:
            self.failed = DiskFull(
                "the disk has been full for a minute; stopped, nothing is lost: free room and start again"
            )
            self.stop()

    def _relieve_disk(self) -> None:
        """Take the ballast back once others left room: its own must stay free for what is in flight."""
        if self._disk_full_since is None or not has_room(self._monitor.store.path):
            return
        if self._monitor.store.ensure_ballast():
            log.info("there is room again")
            self._disk_full_since = None

    def _watch_clock(self) -> None:
        ahead_s = self._monitor.clock().timestamp() - time.monotonic()
        if self._clock_ahead_s is not None and self._clock_ahead_s - ahead_s > CLOCK_S:
            log.warning("the clock was put back; the feeds keep their waits")
            self._monitor.follow_clock()
        self._clock_ahead_s = ahead_s

    def _read_config_again(self) -> None:
        notify("RELOADING=1")
        try:
            config = load_config(self._config_path)
            self._monitor.check_channels(config)
        except Error as error:
            log.error("the configuration was not changed: %s", error)  # noqa: TRY400  it names file and key
            notify("READY=1")
            return
        self._senders_stop.set()
        if self._deliverer is not None and not self._await(self._deliverer.stop, RELOAD_S):
            if not self._stop.is_set():
                # A second run beside a message that is still being sent would take it for one of unknown fate.
                self.failed = Error(
                    "a message did not end in time for the new configuration: start again, nothing is lost"
                )
                self.stop()
            return
        self._finish_polls()  # last: while a message is waited for, feeds are polled
        if self._stop.is_set():
            return
        if self._deliverer is not None:
            self._deliverer.end()
        self._monitor.configure(config)
        self._start_senders()
        self._start_poller()
        log.info("the configuration was read again", extra={"feeds": len(config.feeds)})
        notify("READY=1")


def spare_collector() -> None:
    """Look for garbage among what is made from now on, and less often.

    Next to nothing here refers to itself, and what does is in no hurry. Looking through all modules and running events
    in the midst of it took a tenth of the time of a first poll.
    """
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


def notify(message: str) -> None:
    """Tell systemd (sd_notify(3)); nothing happens where nobody asked."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if message.startswith("RELOADING=1"):
        message += f"\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(message.encode())
