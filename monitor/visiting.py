"""The web pages of items, asked for beside the feeds: whose turn it is, as jobs for the same poller.

A visit is a poll of the source under which a feed keeps the pages of its items; so it goes through the same host gate,
threads, guards and writer as every feed, one page of a feed at a time.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.pipeline.read import PollOptions, Visit
from monitor.pipeline.visiting import next_visit
from storage.model import ArticlePage, Feed, FeedMemory, FeedState
from storage.store import Store, Transaction

PASS_S = 120.0  # that one pass spends on pages; the rest waits for the next one
_RESTING = frozenset({FeedState.PAUSED, FeedState.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """At most one page of each feed; `options` say which, by the number of its source.

    `lease` takes pages, and writes when they are due again if this process dies now.
    """

    feeds: Sequence[Feed]
    options: Mapping[int, PollOptions]
    lease: Callable[[Sequence[Feed]], Collection[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """`is_spared` tells of a source whether its host wants to be left alone now."""

    store: Store
    matching_hash: Callable[[Feed], str]
    is_spared: Callable[[Feed, datetime], bool]
    clock: Callable[[], datetime]

    def due(self) -> Round:
        """The pages that may be asked for now."""
        now = self.clock()
        with self.store.reading() as tx:
            pages = tx.pages.due(now)
            found = [job for page in pages if (job := self._job(tx, page, now))]
        feeds = [feed for feed, _ in found if not self.is_spared(feed, now)]
        options = {feed.id: options for feed, options in found}
        return Round(feeds=feeds, options=options, lease=lambda taken: self._lease(taken, options))

    def rounds(self, seconds: float = PASS_S) -> Iterator[Round]:
        """One round after another until no page is due, for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and (pages := self.due()).feeds:
            yield pages

    def forget_unwanted(self) -> None:
        """Ask no more for the pages of feeds that do not want it any longer."""
        with self.store.reading() as tx:
            asking = tx.feeds.several(tx.pages.feeds()).values()
        unwanted = [feed.id for feed in asking if not (feed.active and feed.options.fetch_page)]
        if unwanted:
            with self.store.writing() as tx:
                tx.pages.drop(unwanted)

    def _lease(self, feeds: Sequence[Feed], options: Mapping[int, PollOptions]) -> set[int]:
        now = self.clock()
        visits = {feed.id: visit for feed in feeds if (visit := options[feed.id].visit)}
        with self.store.writing() as tx:
            for source_id, visit in visits.items():
                tx.pages.take(visit.page, source_id, next_visit(visit.page.since_at, now))
        return set(visits)

    def _job(self, tx: Transaction, page: ArticlePage, now: datetime) -> tuple[Feed, PollOptions] | None:
        feed = tx.feeds.get(page.feed_id)
        source, item = tx.feeds.companion(feed), tx.items.get(page.item_id)
        if source is None or item is None or feed.memory.state in _RESTING:
            return None
        topics = tuple(dict.fromkeys(match.topic for match in tx.items.topics(item.id)))
        options = replace(source.options, lang=item.lang, topics=topics)
        source = replace(
            source, url=feed.url, effective_url=page.url, options=options
        )  # secrets are for its host alone
        memory = FeedMemory(
            etag=page.etag,
            last_modified=page.last_modified,
            validators_url=page.validators_url,
            body_hash=page.body_hash,
            matching_hash=self.matching_hash(source),
            unconditional_at=now,
        )
        visit = Visit(page=page, published_at=item.published_at if item.date_trusted else None)
        return replace(source, memory=memory), PollOptions(visit=visit)
