"""What a person changes about what is watched: feeds added, removed, paused, found, exchanged, read backwards.

These are rows that any process may write; a running daemon obeys them at its next tick.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.app import Monitor, Polled
from monitor.feeds.discover import Found, Page, discover
from monitor.feeds.document import Document
from monitor.feeds.fetch import Failed, Fetched, FetchRequest
from monitor.feeds.opml import Outline, read_opml, write_opml
from monitor.feeds.schedule import RELEASED
from monitor.items.addresses import canonical_url
from monitor.pipeline.read import PollOptions
from storage.addresses import shown
from storage.errors import ConfigError, FetchError, ParseError
from storage.model import Feed, FeedOptions, FeedState, Origin

BACKFILL_SPACING_S = 5.0  # between two pages of one server


class Watching:
    """The feeds of one monitor."""

    def __init__(self, monitor: Monitor, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._monitor, self._sleep = monitor, sleep

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._monitor.config.timezone)

    def add(self, url: str, *, name: str | None, lang: str | None, topics: tuple[str, ...]) -> tuple[Feed, int]:
        """Watch `url` after one look at it; a permanent redirect is followed now. The feed and its entries.

        Raises ConfigError for a known feed and for an unknown topic, FetchError for what is no feed, with what to try.
        """
        self._expect_topics(topics)
        document, address = self._document(url)
        now = self._monitor.clock()
        with self._monitor.store.writing() as tx:
            known = tx.feeds.by_url(address)
            if known is not None and known.active:
                raise ConfigError(f"{shown(address)} is watched already, as {known.name}")
            options = FeedOptions(lang=lang, topics=topics)
            feed = tx.feeds.add(address, name or _title(document, address), options, "command", now)
        return feed, document.entry_total

    def remove(self, name: str, *, purge: bool) -> tuple[Feed, int]:
        """Watch a feed no more; with `purge` its items lose their words. The feed, and how many."""
        feed = self._monitor.feed_named(name)
        if feed.kind == "config":
            line = self._declared_at(feed.url)
            raise ConfigError(f"{feed.name} is declared in config.toml{line}; remove it there")
        now, purged = self._monitor.clock(), 0
        with self._monitor.store.writing() as tx:
            tx.feeds.deactivate(feed.id)
            if purge:
                ids = [item.id for item in tx.items.replay(feed_id=feed.id) if item.feed_id == feed.id]
                purged = sum(tx.items.forget(item, now) for item in ids)
        return feed, purged

    def pause(self, name: str, *, until: datetime | None) -> Feed:
        """Do not poll a feed until `until`, or until it is resumed; raises ConfigError for what is past."""
        if until is not None and until <= self._monitor.clock():
            past = f"{until.astimezone(self.zone):%Y-%m-%d %H:%M} is past"
            raise ConfigError(f"--until: {past}; name a day or time to come, such as 2030-01-31")
        feed = self._monitor.feed_named(name)
        with self._monitor.store.writing() as tx:
            memory = tx.feeds.get(feed.id).memory._replace(state=FeedState.PAUSED, paused_until_at=until)
            tx.feeds.set_memory(feed.id, memory)
        return feed

    def resume(self, name: str) -> tuple[Feed, bool]:
        """Poll a feed again; whether its next poll is a baseline, because its document has turned over meanwhile."""
        feed = self._monitor.feed_named(name)
        now = self._monitor.clock()
        with self._monitor.store.writing() as tx:
            memory = tx.feeds.get(feed.id).memory
            since = (now - memory.ok_at).total_seconds() if memory.ok_at else None
            turned = since is not None and memory.depth_s is not None and since > memory.depth_s
            state = FeedState.OK if memory.ok_at else FeedState.NEW
            memory = memory._replace(
                state=state,
                paused_until_at=None,
                next_poll_at=None,
                next_poll_why="resumed",
                live_at=None if turned else memory.live_at,
            )
            tx.feeds.set_memory(feed.id, memory)
        return feed, turned

    def release(self, name: str) -> tuple[Feed, bool]:
        """Take as news what is held of a feed that looked renumbered, at its next poll; whether anything is."""
        feed = self._monitor.feed_named(name)
        with self._monitor.store.writing() as tx:
            memory = tx.feeds.get(feed.id).memory
            is_held = "held" in memory.flags
            if is_held:
                flags = memory.flags | {RELEASED}
                memory = memory._replace(flags=flags, next_poll_at=None, next_poll_why="a person released it")
                tx.feeds.set_memory(feed.id, memory)
        return feed, is_held

    def discover(self, url: str) -> list[Found]:
        """The feeds that the page at `url` offers; each was fetched and holds entries."""
        parse = partial(self._monitor.parse, known_ranges=(), first=True)
        return discover(url, self._page, now=self._monitor.clock(), parse=parse)

    def bring(self, body: bytes) -> tuple[list[Feed], int]:
        """Add the feeds of an OPML document; those added, and how many were known. Raises ParseError."""
        found = read_opml(body, canonical=canonical_url)
        now, added = self._monitor.clock(), []
        with self._monitor.store.writing() as tx:
            known = {canonical_url(feed.url) for feed in tx.feeds.all() if feed.active}
            for outline in found.feeds:
                if canonical_url(outline.url) not in known:
                    options = FeedOptions(lang=outline.lang)
                    added.append(tx.feeds.add(outline.url, outline.name, options, "command", now))
        return added, len(found.feeds) - len(added)

    def give(self) -> str:
        """All active feeds as OPML 2.0."""
        with self._monitor.store.reading() as tx:
            feeds = [feed for feed in tx.feeds.all() if feed.active and not feed.options.page]
        outlines = [Outline(url=feed.effective_url, name=feed.name, lang=feed.options.lang) for feed in feeds]
        return write_opml(outlines, now=self._monitor.clock())

    def backfill(self, names: list[str], pages: int) -> list[Polled]:
        """Read at most `pages` older pages of each feed (RFC 5005, JSON Feed next_url); they never alert."""
        polled: list[Polled] = []
        for name in names:
            polled += self._backfill(self._monitor.feed_named(name), pages)
        return polled

    def _backfill(self, feed: Feed, pages: int) -> Iterator[Polled]:
        reader = self._monitor.feed_reader()
        url, seen = feed.effective_url, set[str]()
        for number in range(pages + 1):
            if number:
                self._sleep(BACKFILL_SPACING_S)
            page = replace(feed, effective_url=url)
            reading = reader.read(page, PollOptions(force=True, origin=Origin.BACKFILL))
            document = reading.document
            if document is None:
                return
            if number:
                yield from self._monitor.store_readings([reading._replace(page=True)])
            older = document.prev_archive_url or document.next_url
            seen.add(url)
            if older is None or older in seen:
                return
            url = older

    def _expect_topics(self, topics: tuple[str, ...]) -> None:
        known = [topic.id for topic in self._monitor.config.topics]
        for topic in topics:
            if topic not in known:
                raise ConfigError(f'--topics: there is no topic "{topic}"; there are {", ".join(known)}')

    def _document(self, url: str) -> tuple[Document, str]:
        result = self._monitor.fetch(FetchRequest(url=url, declared_url=url, unconditional=True))
        if isinstance(result, Failed):
            raise FetchError(f"{shown(url)} cannot be watched: {result.detail}")
        if not isinstance(result, Fetched):
            raise FetchError(f"{shown(url)} cannot be watched: the server sent no document")
        try:
            document = self._monitor.parse(
                result.body,
                result.content_type,
                final_url=result.final_url,
                feed_timezone=None,
                now=self._monitor.clock(),
                known_ranges=(),
                first=True,
            )
        except ParseError as error:
            reason = str(error).partition("; ")[0]  # what to try is said with the address
            raise FetchError(f"{shown(url)} is no feed ({reason}); try: salname feeds discover {shown(url)}") from None
        return document, result.permanent_to or url

    def _page(self, url: str) -> Page | None:
        result = self._monitor.fetch(FetchRequest(url=url, declared_url=url, unconditional=True))
        if not isinstance(result, Fetched):
            return None
        return Page(url=result.final_url, body=result.body, content_type=result.content_type, link=result.link)

    def _declared_at(self, url: str) -> str:
        """The words ", line 12" of the configuration, where it can be told."""
        path = self._monitor.config_path
        if path is None:
            return ""
        lines = path.read_text(encoding="utf-8").splitlines()
        return next((f", line {number}" for number, line in enumerate(lines, 1) if f'"{url}"' in line), "")


def _title(document: Document, url: str) -> str:
    from monitor.words import plain_text

    return plain_text(document.title or "", 80) or urlsplit(url).netloc
