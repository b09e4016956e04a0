"""One feed, fetched and read: everything about a poll that is found out before the database is locked."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from monitor.feeds.document import Document
from monitor.feeds.fetch import Failed, FailureKind, Fetched, FetchRequest, FetchResult
from monitor.feeds.schedule import is_unconditional
from monitor.pipeline.prepare import Dates, PreparedEntry, Reader, dates_of
from monitor.turn import Turn
from storage.errors import Error, ParseError
from storage.model import ArticlePage, Feed, Origin, page_name

FROZEN = timedelta(hours=72)  # after so long the words of an item's page are compared no more
_SIDE_BY_SIDE = timedelta(minutes=5)  # a fetch and its reading take less
_NONE: Mapping[Any, Any] = MappingProxyType({})
_FRONT = frozenset({"", "/", "/index.html", "/index.php"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The page of a known item is asked for, and no feed; `published_at` is the item's, where it is believed."""

    page: ArticlePage
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOptions:
    """What a person asked of this poll beyond the feed's own rhythm."""

    force: bool = False  # unconditionally, whatever the server calls fresh
    origin: Origin = Origin.LIVE  # of new items once the baseline is over
    alert_since: timedelta | None = None  # of a baseline: what was published within this span is news
    release_held: bool = False
    visit: Visit | None = None


class Reading(NamedTuple):
    """The result of a fetch, in words; `document` is None where there was nothing new to read."""

    feed: Feed
    at: datetime
    jitter: float
    result: FetchResult
    options: PollOptions = PollOptions()
    duration_s: float = 0.0
    unconditional: bool = False
    body_hash: str | None = None
    byte_count: int = 0
    document: Document | None = None
    entries: Mapping[int, PreparedEntry] = _NONE  # by position
    dates: Mapping[int, Dates] = _NONE
    seen: Mapping[bytes, int] = _NONE  # byte ranges that are known -> item
    matching_hash: str = ""
    offline: bool = False
    host_failures: int = 0  # how often in a row its host was not reached
    page: bool = False  # older entries, or an import: what is absent proves nothing, and the feed learns nothing


class Order:
    """The times of polls in the order in which they are decided.

    Polls run side by side, and one that began sooner may end later: it is told behind what was told before it, else an
    event would be reported of before it exists.
    """

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)

    def of(self, began: datetime) -> datetime:
        """The time of a poll that began then and is decided now; a clock that was put back is followed."""
        self._last = began if self._last - began > _SIDE_BY_SIDE else max(self._last, began)
        return self._last


Parse = Callable[..., Document]
Ranges = Callable[[int], Mapping[bytes, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReader:
    """Reads one feed at a time; everything that touches the world comes in as a function."""

    reader: Reader
    fetch: Callable[[FetchRequest], FetchResult]
    request: Callable[[Feed, bool], FetchRequest]  # (feed, unconditional)
    parse: Parse
    ranges: Ranges
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    offline: Callable[[], bool] = lambda: False
    host_failures: Callable[[str], int] = lambda _: 0  # by address
    turn: Turn = field(default_factory=Turn)

    def read(self, feed: Feed, options: PollOptions) -> Reading:
        """Fetch `feed` and read what is new; a failure of the feed's is part of the result, never raised."""
        at, started = self.clock(), self.monotonic()
        matching = self.reader.matching_hash(feed)
        unconditional = options.force or is_unconditional(feed.memory, matching_hash=matching, now=at)
        result = self.fetch(self.request(feed, unconditional))
        reading = Reading(
            feed=feed,
            options=options,
            at=at,
            jitter=self.jitter(),
            unconditional=unconditional,
            result=result,
            matching_hash=matching,
            offline=self.offline(),
            host_failures=self.host_failures(feed.effective_url),
            page=options.visit is not None,
        )
        with self.turn:
            reading = self._read_body(reading)
        return reading._replace(duration_s=self.monotonic() - started)

    def broken(self, feed: Feed, options: PollOptions, error: BaseException) -> Reading:
        """A reading that counts as a failure of the feed."""
        detail = str(error) if isinstance(error, Error) else f"internal error: {type(error).__name__}"
        return Reading(
            feed=feed,
            options=options,
            at=self.clock(),
            jitter=self.jitter(),
            result=Failed(kind=FailureKind.INTERNAL, detail=detail),
            matching_hash=self.reader.matching_hash(feed),
            page=options.visit is not None,
        )

    def _read_body(self, reading: Reading) -> Reading:
        if not isinstance(reading.result, Fetched):
            return reading
        fetched, memory = reading.result, reading.feed.memory
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        rematch = memory.matching_hash != reading.matching_hash
        reading = reading._replace(body_hash=digest, byte_count=len(fetched.body))
        held = "held" in memory.flags
        if digest == memory.body_hash and not (rematch or held or reading.options.force):
            return reading
        visit = reading.options.visit
        if visit is not None and reading.at - visit.page.since_at > FROZEN:
            return reading
        if visit is not None and _leads_home(visit.page.url, fetched.final_url):
            detail = "the page leads to the front page of its site now"
            return reading._replace(result=Failed(kind=FailureKind.NOT_A_FEED, detail=detail))
        seen = {} if rematch or held or not memory.document else self.ranges(reading.feed.id)
        try:
            document = self.parse(
                fetched.body,
                fetched.content_type,
                final_url=self._address(reading, fetched),
                feed_timezone=reading.feed.options.timezone,
                now=reading.at,
                known_ranges=seen.keys(),
                first=not memory.document,
                page=self._page_title(reading),
                turn=self.turn,
            )
        except ParseError as error:
            return reading._replace(result=Failed(kind=FailureKind.NOT_A_FEED, detail=str(error)), document=None)
        return self._with_entries(reading, _of_item(document, visit) if visit else document, seen)

    def _address(self, reading: Reading, fetched: Fetched) -> str:
        """What links are relative to; a page is called by the address that a person or a feed gave it."""
        if reading.options.visit is not None:
            return reading.options.visit.page.url
        return reading.feed.url if reading.feed.options.page else fetched.final_url

    def _page_title(self, reading: Reading) -> str | None:
        """What a page's entry is called: as it was first; its own title is often its outlet's. None for a feed."""
        if reading.options.visit is not None:
            return reading.options.visit.page.title
        return reading.feed.name if reading.feed.options.page else None

    def _with_entries(self, reading: Reading, document: Document, seen: Mapping[bytes, int]) -> Reading:
        entries = self.reader.read(reading.feed, document)
        untrusted = "date_untrusted" in reading.feed.memory.flags
        dates = {
            one.prepared.entry.position: dates_of(
                one.prepared.entry,
                zone=reading.feed.options.timezone,
                seen_at=reading.at,
                untrusted_feed=untrusted,
            )
            for one in entries
        }
        return reading._replace(
            document=document,
            entries={
                one.prepared.entry.position: self.reader.with_statements(
                    one, dates[one.prepared.entry.position].published_on
                )
                for one in entries
            },
            dates=dates,
            seen={known: seen[known] for known in document.seen_ranges if known in seen},
        )


def _of_item(document: Document, visit: Visit) -> Document:
    """The page's entry as another report of its item."""
    named = (
        one._replace(guid=page_name(visit.page.item_id), published_at=visit.published_at) for one in document.entries
    )
    return replace(document, entries=tuple(named))


def _leads_home(url: str, final_url: str) -> bool:
    """Whether an article's address answers with the front page, as many sites do for what they removed."""
    return urlsplit(final_url).path in _FRONT and urlsplit(url).path not in _FRONT
