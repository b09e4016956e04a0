"""class Monitor: the composition root and the Python API.

The one place where clocks, chance, the network and the database are made real; everything below gets them as arguments.
"""

import logging
import math
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from alerts.deliver import Deliverer, Drained
from alerts.digest import describe as put_into_words
from alerts.message import Notification
from monitor import build, channels, intake
from monitor.config import Config, load_config
from monitor.feeds.document import Document
from monitor.feeds.fetch import FetchRequest, FetchResult
from monitor.feeds.hosts import HostGate, MoveWatch
from monitor.feeds.network import Network
from monitor.feeds.pace import may_ask, provisional, spoken, with_clock_put_back
from monitor.feeds.parser_pool import ParserPool, parse_bounded
from monitor.feeds.robots import Permissions
from monitor.overdue import tell_overdue
from monitor.pipeline.outcome import outline, unstored
from monitor.pipeline.plan import Planner
from monitor.pipeline.prepare import PreparedEntry, Reader
from monitor.pipeline.read import FeedReader, Order, PollOptions, Reading
from monitor.pipeline.storylines import place_events
from monitor.polling import Lease, Poller, Tell
from monitor.telling import UNANNOUNCED, Telling
from monitor.turn import Turn
from monitor.visiting import Visits
from storage.addresses import named_by
from storage.crash import crash_point
from storage.errors import ConfigError
from storage.model import Change, Feed, FeedState, FetchRecord, Plan
from storage.outbox import BundleSource, Keep
from storage.store import Store, Transaction, instance_lock

log = logging.getLogger("salname")

LEASE_MARGIN_S = 60.0
PATIENCE_S = 30.0  # of a single pass with a locked database or a full disk
MOVING_SHARE = 0.3  # of all feeds within an hour: a portal, not thirty publishers
IMPORT_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One feed's part of a pass; `plan` is what was written, or would be."""

    feed: Feed
    fetch: FetchRecord
    plan: Plan
    page: str | None = None  # the address, where the page of an item was visited
    unstored: Mapping[int, PreparedEntry] = field(default_factory=dict)  # by position; of a plan that is only tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    item_count: int
    known_count: int
    problems: tuple[str, ...]
    ignored: tuple[str, ...] = ()  # keys of lines that are not read


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
        self._moves = MoveWatch()
        self.network = Network(build.fetch_settings(config), clock=lambda: self.clock())  # noqa: PLW0108  tests turn it
        self._parsers = ParserPool(time_limit_s=config.polling.parse_deadline.total_seconds())
        self._permissions = Permissions(self.fetch, clock=lambda: self.clock())  # noqa: PLW0108  tests turn it
        self.parse: Callable[..., Document] = partial(parse_bounded, pool=self._parsers)
        self._turn, self._order = Turn(), Order()
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
        self.network.close()
        self.store.close()

    def configure(self, config: Config) -> None:
        """Adopt a configuration, the first or a changed one; its feeds are written to the database."""
        self.config = config
        self.reader: Reader = build.reader(config)
        self.planner: Planner = build.planner(config, many_moving=self._many_moving)
        self.telling = Telling(
            store=self.store,
            planner=self.planner,
            release=build.release(config),
            fallbacks=build.fallbacks(config),
            clock=lambda: self.clock(),  # noqa: PLW0108  tests turn it
        )
        self.network.adopt(build.fetch_settings(config))
        hashed, spared = self.reader.matching_hash, self.network.is_spared
        clock: Callable[[], datetime] = lambda: self.clock()  # noqa: E731, PLW0108  tests turn it
        self.visits = Visits(store=self.store, matching_hash=hashed, is_spared=spared, clock=clock)
        with self.store.writing() as tx:
            tx.feeds.sync(build.declared_feeds(config), self.clock())
            self._feed_count = tx.feeds.count_active()
        self.visits.forget_unwanted()

    @contextmanager
    def sole(self) -> Iterator[None]:
        """Hold the database for this process; AlreadyRunning names the process that has it."""
        with instance_lock(self.store.path):
            with self.store.writing() as tx:
                tx.feeds.release_all()
            self.follow_clock()
            yield

    def follow_clock(self) -> None:
        """Bring the waits of feeds along that a clock wrote which was put back since."""
        now = self.clock()
        with self.store.writing() as tx:
            for feed in tx.feeds.each():
                if memory := with_clock_put_back(feed.memory, now=now):
                    tx.feeds.set_memory(feed.id, memory)
        self.telling.begin()

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
        `on_polled` is given whole plans; those that are returned are without words, which may be those of a year.
        """
        options = options or PollOptions()
        chosen = self._chosen(names, everything=everything, force=options.force)
        on_start(len(chosen))
        polled: list[Polled] = []

        def tell(one: Polled) -> None:
            polled.append(replace(one, plan=outline(one.plan)))
            on_polled(one)

        poller = self.poller(on_polled=tell, dry_run=dry_run, patience_s=PATIENCE_S)
        try:
            free: Lease = lambda feeds: {feed.id for feed in feeds}  # noqa: E731  said where it is used
            poller.work_off(chosen, options, lease=free if dry_run else self.lease)
            for pages in () if dry_run or names else self.visits.rounds():
                poller.work_off(pages.feeds, options, lease=pages.lease, own=pages.options)
        finally:
            poller.stop()
        poller.expect_well()
        if not dry_run:
            self.telling.baselines()
            self.tell_overdue()
        return polled

    def poller(
        self,
        *,
        on_polled: Callable[[Polled], None],
        dry_run: bool = False,
        on_full_disk: Callable[[], None] = lambda: log.critical("the disk is full; polls wait until there is room"),
        patience_s: float = math.inf,
    ) -> Poller:
        """A running poller whose results are told to `on_polled` after their commit."""
        polling = self.config.polling
        reader = self.feed_reader()

        def write(readings: Sequence[Reading]) -> list[Tell]:
            polled = self.try_out(readings) if dry_run else self.store_readings(readings)
            return [partial(on_polled, one) for one in polled]

        return Poller(
            read=reader.read,
            write=write,
            broken=reader.broken,
            gate=HostGate(connections=polling.host_connections, spacing_s=polling.host_spacing.total_seconds()),
            threads=polling.threads,
            on_full_disk=on_full_disk,
            abort=self.network.abort,
            on_error=lambda error: log.error("polls could not be stored: %s", error),
            patience_s=patience_s,
        )

    def lease(self, feeds: Sequence[Feed]) -> set[int]:
        """Take the feeds for one poll, and write when they are due again if this process dies now."""
        now, pace, polling = self.clock(), self.planner.pace, self.config.polling
        span = polling.fetch_deadline + polling.parse_deadline + timedelta(seconds=LEASE_MARGIN_S)
        free = [feed for feed in feeds if not self.network.is_spared(feed, now)]
        due = {feed.id: provisional(feed.memory, pace, now=now) for feed in free}
        with self.store.writing() as tx:
            taken = set(tx.feeds.lease(list(due), self.run_id, now + span, due, now))
        crash_point("after_lease")
        return taken

    def store_readings(self, readings: Sequence[Reading]) -> list[Polled]:
        """Decide and write a batch of whole polls in one transaction."""
        polled = []
        with self._turn, self.store.writing() as tx:  # never the other way: others wait for the database
            ids = {reading.feed.id for reading in readings}
            feeds = tx.feeds.several(ids)
            for reading in readings:
                offline = reading.offline or self.network.excuses(reading.result)
                at = self._order.of(reading.at)
                current = reading._replace(feed=feeds[reading.feed.id], at=at, offline=offline)
                plan = self.planner.plan(tx, current)
                tx.apply(plan)
                self.telling.first_polls |= plan.memory is not None and UNANNOUNCED in plan.memory.flags
                if self._learn_for_all(tx, current):
                    feeds = tx.feeds.several(ids)
                polled.append(_polled(current, plan))
            self.telling.at_once(tx, [alert for one in polled for alert in one.plan.alerts])
        return polled

    def _learn_for_all(self, tx: Transaction, reading: Reading) -> bool:
        """What one poll says of other feeds: that their host wants to be left alone, that the network is down or back.

        Whether the memory of any was changed.
        """
        result, now, offline = reading.result, reading.at, reading.offline
        memories = self.network.judge(reading.feed, result, tx.feeds, page=reading.page, offline=offline, now=now)
        for feed_id, memory in memories.items():
            tx.feeds.set_memory(feed_id, memory)
        span = self.network.back_after(result, offline=offline, at=now)
        if span is not None:
            self.telling.say(tx, "system.online", "online", f"the network is back after {spoken(span)}")
        return bool(memories)

    def try_out(self, readings: Sequence[Reading]) -> list[Polled]:
        """What `store_readings` would write, without writing it."""
        with self.store.reading() as tx:
            plans = [(reading, self.planner.plan(tx, reading)) for reading in readings]
        return [replace(_polled(*one), unstored=unstored(*one)) for one in plans]

    def tell_overdue(self) -> list[Change]:
        """Tell once of each promised date that passed without a word of it."""
        return tell_overdue(self.store, self.telling.announce, self.clock())

    def deliverer(self, *, stop: threading.Event | None = None) -> Deliverer:
        """Everything that sends, for this configuration; raises ConfigError when a secret is missing."""
        voice = build.voice(self.config)

        def describe(source: BundleSource, now: datetime) -> Notification:
            return put_into_words(source, zone=voice.zone, link_base=voice.link_base, host=voice.host, now=now)

        return Deliverer(
            self.store,
            build.outlets(self.config),
            describe=describe,
            on_trouble=self.telling.trouble,
            digest_at=self.telling.release.digest_at,
            on_doubt=self.config.alerts.on_doubt,
            clock=self.clock,
            stop=stop,
        )

    def check_channels(self, config: Config) -> None:
        """Raise ConfigError with every problem of the channels of `config`, missing secrets among them."""
        build.outlets(config)
        channels.heartbeat(config)

    def deliver(self) -> dict[str, Drained]:
        """Drain the outbox once."""
        deliverer = self.deliverer()
        deliverer.begin()
        try:
            self.telling.due()
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
        problems, ignored, count = list[str](), set[str](), 0
        for line in intake.lines(text):
            if isinstance(line, intake.BadLine):
                problems.append(f"{name}, line {line.number}: {line.problem}")
                continue
            count += 1
            ignored.update(line.ignored)
            batch = batches.setdefault(line.source, [])
            batch.append(line)
            if sum(map(len, batches.values())) >= IMPORT_BATCH:
                self._import(batches)
                on_batch(count)
        self._import(batches)
        on_batch(count)
        place_events(self.store)
        added = self._item_count() - before
        return Imported(item_count=added, known_count=count - added, problems=tuple(problems), ignored=tuple(ignored))

    def housekeeping(self) -> int:
        """Remove what retention allows; the number of items purged."""
        now, kept = self.clock(), self.config.retention
        keep = Keep(bodies=kept.bodies, attempts=kept.attempts, decisions=kept.decisions)
        purged = 0
        while True:
            with self.store.writing() as tx:
                count = tx.items.purge(now - kept.unlinked)
                told_count = tx.outbox.purge(now, keep=keep)
                tx.claims.purge(now)
            purged += count
            if not count and not told_count:
                return purged

    def feed_named(self, name: str) -> Feed:
        """The active feed of this name or address; raises ConfigError with the nearest one."""
        import difflib

        with self.store.reading() as tx:
            feeds = [feed for feed in tx.feeds.all() if feed.active]
        names = {name, named_by(name, (feed.url for feed in feeds))}
        if found := next((feed for feed in feeds if not names.isdisjoint({feed.name, feed.url, str(feed.id)})), None):
            return found
        near = difflib.get_close_matches(name, [feed.name for feed in feeds], n=1, cutoff=0.4)
        hint = f'; did you mean "{near[0]}"?' if near else "; see: salname feeds"
        raise ConfigError(f'there is no feed "{name}"{hint}')

    def _chosen(self, names: Sequence[str], *, everything: bool, force: bool) -> list[Feed]:
        now = self.clock()
        if names:
            named = {feed.id: feed for feed in map(self.feed_named, names)}
            return [feed for feed in named.values() if may_ask(feed.memory, now, force=force)]
        with self.store.reading() as tx:
            if not everything:
                return tx.feeds.due(now, 1_000_000)
            known = [feed for feed in tx.feeds.all() if feed.active and feed.memory.state is not FeedState.GONE]
            return [feed for feed in known if may_ask(feed.memory, now, force=force)]

    def feed_reader(self) -> FeedReader:
        """Reads one feed at a time, by this configuration."""
        return FeedReader(
            reader=self.reader,
            fetch=self.fetch,
            request=partial(build.fetch_request, permissions=self._permissions),
            parse=self.parse,
            ranges=self._ranges,
            clock=self.clock,
            monotonic=time.monotonic,
            jitter=self._rng.random,
            offline=lambda: self.network.offline,
            host_failures=self.network.host_failures,
            turn=self._turn,
        )

    def fetch(self, request: FetchRequest) -> FetchResult:
        """One polite, bounded fetch, over connections that this thread keeps."""
        return self.network.fetch(request)

    def _ranges(self, feed_id: int) -> dict[bytes, int]:
        with self.store.reading() as tx:
            return tx.feeds.range_hashes(feed_id)

    def _many_moving(self, feed: Feed, moving: bool, now: datetime) -> bool:
        """Asked inside the writing transaction: answered from memory."""
        return self._moves.record(feed.id, moving=moving, now=now) > max(self._feed_count * MOVING_SHARE, 1)

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


def _polled(reading: Reading, plan: Plan) -> Polled:
    assert plan.fetch is not None  # noqa: S101  every poll leaves a line in the log
    visit = reading.options.visit
    return Polled(feed=reading.feed, fetch=plan.fetch, plan=plan, page=visit.page.url if visit else None)
