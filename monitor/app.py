"""class Monitor: the composition root and the Python API.

The one place where clocks, chance, the network and the database are made real; everything below gets them as arguments.
"""

import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from alerts.deliver import Deliverer, Drained, Trouble
from alerts.message import Notification
from alerts.message import build as build_message
from alerts.rules import Bundled, Facts, summary_change
from monitor import build, intake
from monitor.config import Config, load_config
from monitor.events.timeline import noted
from monitor.feeds.document import Document
from monitor.feeds.fetch import Failed, Fetcher, FetchRequest, FetchResult
from monitor.feeds.hosts import HostGate, MoveWatch, OfflineWatch, host_of
from monitor.feeds.pace import provisional
from monitor.feeds.parser_pool import ParserPool, parse_bounded
from monitor.feeds.schedule import NETWORK
from monitor.pipeline.plan import Planner
from monitor.pipeline.prepare import Reader
from monitor.pipeline.read import FeedReader, PollOptions, Reading
from monitor.polling import Poller
from storage.crash import crash_point
from storage.errors import ConfigError
from storage.model import Change, Feed, FeedState, FetchRecord, Plan
from storage.outbox import BundleSource
from storage.store import Store, instance_lock

log = logging.getLogger("salname")

LEASE_MARGIN_S = 60.0
MOVING_SHARE = 0.3  # of all feeds within an hour: a portal, not thirty publishers
IMPORT_BATCH = 500
_UNANNOUNCED = "unannounced"  # flag of a feed whose first poll was not told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One feed's part of a pass; `plan` is what was written, or would be."""

    feed: Feed
    fetch: FetchRecord
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    item_count: int
    known_count: int
    problems: tuple[str, ...]


class Monitor:
    """A configuration and a database, ready to poll, deliver and import; close it after use."""

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
        config_path: Path | None = None,
    ) -> None:
        self.config, self.store, self.config_path = config, store, config_path
        self.clock = clock
        self._rng = rng or random.Random()  # noqa: S311  spreads polls, keeps no secret
        self._offline = OfflineWatch()
        self._moves = MoveWatch()
        self._parsers = ParserPool(time_limit_s=config.polling.parse_deadline.total_seconds())
        self.parse: Callable[..., Document] = partial(parse_bounded, pool=self._parsers)
        self._local = threading.local()
        self._fetchers: list[Fetcher] = []
        self._first_polls = True  # there may be some that were not told of
        self.run_id = uuid.uuid4().hex
        self.configure(config)

    @classmethod
    def open(cls, config: Config | Path, database_url: str, *, create: bool = True) -> Self:
        """Load the configuration if need be, open the database, and bring the declared feeds into it."""
        path = config if isinstance(config, Path) else None
        loaded = load_config(config) if isinstance(config, Path) else config
        return cls(loaded, Store.open(database_url, create=create), config_path=path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._parsers.close()
        for fetcher in self._fetchers:
            fetcher.close()
        self.store.close()

    def configure(self, config: Config) -> None:
        """Adopt a configuration, the first or a changed one; its feeds are written to the database."""
        self.config = config
        self.reader: Reader = build.reader(config)
        self.planner: Planner = build.planner(config, many_moving=self._many_moving)
        self._fetch_settings = build.fetch_settings(config)
        with self.store.writing() as tx:
            tx.feeds.sync(build.declared_feeds(config), self.clock())
            self._feed_count = sum(feed.active for feed in tx.feeds.all())

    @contextmanager
    def sole(self) -> Iterator[None]:
        """Hold the database for this process; AlreadyRunning names the process that has it."""
        with instance_lock(self.store.path):
            with self.store.writing() as tx:
                tx.feeds.release_all()
            yield

    def poll(
        self,
        names: Sequence[str] = (),
        *,
        everything: bool = False,
        dry_run: bool = False,
        options: PollOptions | None = None,
        on_polled: Callable[[Polled], None] = lambda _: None,
        on_start: Callable[[int], None] = lambda _: None,
    ) -> list[Polled]:
        """One pass over what is due, or over the named feeds, or over all of them.

        A named feed skips our own interval, never its server's wishes, a pause or the spacing of its host.
        """
        options = options or PollOptions()
        chosen = self._chosen(names, everything=everything, force=options.force)
        on_start(len(chosen))
        polled: list[Polled] = []

        def tell(one: Polled) -> None:
            polled.append(one)
            on_polled(one)

        poller = self.poller(on_polled=tell, dry_run=dry_run)
        try:
            self._pass(poller, chosen, options, leased=not dry_run)
        finally:
            poller.stop()
        if not dry_run:
            self.announce_baselines()
        return polled

    def poller(
        self,
        *,
        on_polled: Callable[[Polled], None],
        dry_run: bool = False,
        on_full_disk: Callable[[], None] = lambda: log.critical("the disk is full; polls wait until there is room"),
    ) -> Poller:
        """A running poller whose results are told to `on_polled` after their commit."""
        polling = self.config.polling
        reader = self.feed_reader()

        def write(readings: Sequence[Reading]) -> None:
            for one in self.try_out(readings) if dry_run else self.store_readings(readings):
                on_polled(one)

        return Poller(
            read=reader.read,
            write=write,
            broken=reader.broken,
            gate=HostGate(connections=polling.host_connections, spacing_s=polling.host_spacing.total_seconds()),
            threads=polling.threads,
            on_full_disk=on_full_disk,
            abort=self._abort_fetches,
            on_error=lambda error: log.error("polls could not be stored: %s", error),
        )

    def lease(self, feeds: Sequence[Feed]) -> set[int]:
        """Take the feeds for one poll, and write when they are due again if this process dies now."""
        now, pace, polling = self.clock(), self.planner.pace, self.config.polling
        span = polling.fetch_deadline + polling.parse_deadline + timedelta(seconds=LEASE_MARGIN_S)
        due = {feed.id: provisional(feed.memory, pace, now=now) for feed in feeds}
        with self.store.writing() as tx:
            taken = set(tx.feeds.lease([feed.id for feed in feeds], self.run_id, now + span, due, now))
        crash_point("after_lease")
        return taken

    def store_readings(self, readings: Sequence[Reading]) -> list[Polled]:
        """Decide and write a batch of whole polls in one transaction."""
        polled = []
        with self.store.writing() as tx:
            for reading in readings:
                current = replace(reading, feed=tx.feeds.get(reading.feed.id))
                plan = self.planner.plan(tx, current)
                tx.apply(plan)
                self._first_polls |= plan.memory is not None and _UNANNOUNCED in plan.memory.flags
                polled.append(_polled(current, plan))
        return polled

    def try_out(self, readings: Sequence[Reading]) -> list[Polled]:
        """What `store_readings` would write, without writing it."""
        with self.store.reading() as tx:
            return [_polled(reading, self.planner.plan(tx, reading)) for reading in readings]

    def announce_baselines(self) -> Change | None:
        """One line about all feeds whose first poll has not been told of yet."""
        if not self._first_polls:  # asked in every idle second: ten thousand feeds are not read for it
            return None
        now = self.clock()
        with self.store.writing() as tx:
            waiting = [feed for feed in tx.feeds.all() if _UNANNOUNCED in feed.memory.flags]
            if not waiting:
                self._first_polls = False  # under the lock that `store_readings` takes too
                return None
            ids = [feed.id for feed in waiting]
            change = summary_change(len(ids), *tx.events.counts_of_feeds(ids), at=now)
            said = self.planner.announce([change], {change.id: Facts()}, now=now)
            tx.apply(_said(change, said, now))
            for feed in waiting:
                tx.feeds.set_memory(feed.id, replace(feed.memory, flags=feed.memory.flags - {_UNANNOUNCED}))
        return change

    def deliverer(self, *, stop: threading.Event | None = None) -> Deliverer:
        """Everything that sends, for this configuration; raises ConfigError when a secret is missing."""
        voice = build.voice(self.config)

        def describe(source: BundleSource, now: datetime) -> Notification:
            return build_message(source, zone=voice.zone, link_base=voice.link_base, host=voice.host, now=now)

        return Deliverer(
            self.store,
            build.outlets(self.config),
            describe=describe,
            on_trouble=self._trouble,
            on_doubt=self.config.alerts.on_doubt,
            clock=self.clock,
            stop=stop,
        )

    def check_channels(self, config: Config) -> None:
        """Raise ConfigError with every problem of the channels of `config`, missing secrets among them."""
        build.channels(config)

    def deliver(self) -> dict[str, Drained]:
        """Drain the outbox once."""
        deliverer = self.deliverer()
        deliverer.begin()
        try:
            return deliverer.drain_once()
        finally:
            deliverer.stop(60.0)
            deliverer.end()

    def import_lines(
        self, text: Iterable[str], *, name: str, on_batch: Callable[[int], None] = lambda _: None
    ) -> Imported:
        """Backfill items from JSON Lines; `name` is that of the file, for the problems."""
        before = self._item_count()
        batches: dict[str, list[intake.Line]] = {}
        problems: list[str] = []
        count = 0
        for line in intake.lines(text):
            if isinstance(line, intake.BadLine):
                problems.append(f"{name}, line {line.number}: {line.problem}")
                continue
            count += 1
            batch = batches.setdefault(line.source, [])
            batch.append(line)
            if sum(map(len, batches.values())) >= IMPORT_BATCH:
                self._import(batches)
                on_batch(count)
        self._import(batches)
        on_batch(count)
        added = self._item_count() - before
        return Imported(item_count=added, known_count=count - added, problems=tuple(problems))

    def housekeeping(self) -> int:
        """Remove what retention allows; the number of items purged."""
        now, kept = self.clock(), self.config.retention
        purged = 0
        while True:
            with self.store.writing() as tx:
                count = tx.items.purge(now - kept.unlinked)
                tx.outbox.purge(now)
            purged += count
            if not count:
                return purged

    def feed_named(self, name: str) -> Feed:
        """The active feed of this name or address; raises ConfigError with the nearest one."""
        import difflib

        with self.store.reading() as tx:
            feeds = [feed for feed in tx.feeds.all() if feed.active]
        for feed in feeds:
            if name in {feed.name, feed.url, str(feed.id)}:
                return feed
        near = difflib.get_close_matches(name, [feed.name for feed in feeds], n=1, cutoff=0.4)
        hint = f'; did you mean "{near[0]}"?' if near else "; see: salname feeds"
        raise ConfigError(f'there is no feed "{name}"{hint}')

    def _chosen(self, names: Sequence[str], *, everything: bool, force: bool) -> list[Feed]:
        now = self.clock()
        if names:
            return [feed for name in names if _may_ask(feed := self.feed_named(name), now, force=force)]
        with self.store.reading() as tx:
            if not everything:
                return tx.feeds.due(now, 1_000_000)
            return [feed for feed in tx.feeds.all() if feed.active and _may_ask(feed, now, force=force)]

    def _pass(self, poller: Poller, chosen: Sequence[Feed], options: PollOptions, *, leased: bool) -> None:
        pending = list(chosen)
        while pending or poller.busy:
            accepted = poller.accepts(pending)
            taken = self.lease(accepted) if accepted and leased else {feed.id for feed in accepted}
            for feed in accepted:
                if feed.id in taken:
                    poller.submit(feed, options)
                else:
                    poller.refuse(feed)
            gone = {feed.id for feed in accepted}
            pending = [feed for feed in pending if feed.id not in gone]
            if not accepted:
                poller.wait(0.05) if poller.busy else time.sleep(0.02)

    def feed_reader(self) -> FeedReader:
        """Reads one feed at a time, by this configuration."""
        return FeedReader(
            reader=self.reader,
            fetch=self.fetch,
            request=build.fetch_request,
            parse=self.parse,
            ranges=self._ranges,
            clock=self.clock,
            monotonic=time.monotonic,
            jitter=self._rng.random,
            offline=lambda: self._offline.offline,
        )

    def fetch(self, request: FetchRequest) -> FetchResult:
        """One polite, bounded fetch, over connections that this thread keeps."""
        fetcher = getattr(self._local, "fetcher", None)
        if fetcher is None or self._local.settings is not self._fetch_settings:
            fetcher = Fetcher(self._fetch_settings, clock=self.clock)
            self._local.fetcher, self._local.settings = fetcher, self._fetch_settings
            self._fetchers.append(fetcher)
        result: FetchResult = fetcher.fetch(request)
        reached = not (isinstance(result, Failed) and result.kind.value in NETWORK)
        self._offline.record(host_of(request.url), reached=reached, now=time.monotonic())
        crash_point("after_fetch")
        return result

    def _abort_fetches(self) -> None:
        for fetcher in self._fetchers:
            fetcher.abort()

    def _ranges(self, feed_id: int) -> dict[bytes, int]:
        with self.store.reading() as tx:
            return tx.feeds.range_hashes(feed_id)

    def _many_moving(self, feed: Feed, moving: bool, now: datetime) -> bool:
        """Asked inside the writing transaction: answered from memory."""
        return self._moves.record(feed.id, moving=moving, now=now) > max(self._feed_count * MOVING_SHARE, 1)

    def _trouble(self, kind: Trouble, channel: str, text: str) -> None:
        """Tell a person through another channel, and the log in any case."""
        log.warning(text, extra={"trouble": kind.value, "channel": channel})
        if kind is Trouble.STORAGE:
            return
        now = self.clock()
        with self.store.writing() as tx:
            nth = tx.events.transition_count("system", f"system.channel_{kind.value}", channel, "", "")
            change = noted(
                f"system.channel_{kind.value}", feed_id=None, key=channel, summary=text, at=now, nth=nth, payload={}
            )
            planner = replace(self.planner, targets={k: v for k, v in self.planner.targets.items() if k != channel})
            said = planner.announce([change], {change.id: Facts()}, now=now)
            tx.apply(
                Plan(feed_id=0, at=now, memory=None, changes=[change], alerts=said.alerts, deliveries=said.deliveries)
            )

    def _import(self, batches: dict[str, list[intake.Line]]) -> None:
        now = self.clock()
        for source, batch in batches.items():
            with self.store.writing() as tx:
                url = f"import:{source}"
                feed = tx.feeds.by_url(url) or tx.feeds.add(url, source, build.NO_OPTIONS, "import", now)
                plan = self.planner.plan(tx, intake.reading(feed, batch, self.reader, at=now))
                tx.apply(plan)
        batches.clear()

    def _item_count(self) -> int:
        with self.store.reading() as tx:
            return tx.items.count()


def _may_ask(feed: Feed, now: datetime, *, force: bool) -> bool:
    memory = feed.memory
    if memory.state is FeedState.PAUSED and (memory.paused_until_at is None or memory.paused_until_at > now):
        return False
    if memory.not_before_at is not None and memory.not_before_at > now:
        return False
    return force or memory.fresh_until_at is None or memory.fresh_until_at <= now


def _said(change: Change, said: Bundled, now: datetime) -> Plan:
    """A change that no feed brought, with what is told of it."""
    return Plan(feed_id=0, at=now, memory=None, changes=[change], alerts=said.alerts, deliveries=said.deliveries)


def _polled(reading: Reading, plan: Plan) -> Polled:
    assert plan.fetch is not None  # noqa: S101  every poll leaves a line in the log
    return Polled(feed=reading.feed, fetch=plan.fetch, plan=plan)
