"""What a fetched document says, found out before the database is locked.

        bytes -> parse -> topics -> words and hashes -> keys -> analysis

Everything here is pure and may run in any thread: the writing transaction later only looks up, decides and writes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from monitor.events.reading import Extractor
from monitor.events.searching import searchable
from monitor.events.statements import NOTHING, Statements
from monitor.events.terms import analyse
from monitor.feeds.document import Document
from monitor.items.content import content_of, entry_keys, with_facts
from monitor.items.identity import Prepared
from monitor.items.relevance import Matcher
from monitor.language import detect_language
from storage.model import Analysis, Entry, Feed, SearchText, TopicMatch

FUTURE = timedelta(hours=24)  # an item dated further ahead claims its date, and is not trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How entries are read: the topics, and the aliases that mean the same thing to the linker."""

    matcher: Matcher
    aliases: Mapping[str, str]  # folded alias -> group of terms
    extractor: Extractor = field(default_factory=Extractor)

    def matching_hash(self, feed: Feed) -> str:
        """Changes whenever another configuration could match this feed's entries differently."""
        chosen = "\x00".join(("assume", *feed.options.assume, "topics", *feed.options.topics))
        return f"{self.matcher.hash}:{hashlib.blake2b(chosen.encode(), digest_size=4).hexdigest()}"

    def read(self, feed: Feed, document: Document) -> "tuple[PreparedEntry, ...]":
        return tuple(self._entry(feed, document, entry) for entry in document.entries)

    def with_topics(self, entry: "PreparedEntry", topics: tuple[TopicMatch, ...]) -> "PreparedEntry":
        """The entry as if exactly `topics` had matched."""
        return self._matched(entry.prepared, topics)

    def with_statements(self, entry: "PreparedEntry", published: date | None) -> "PreparedEntry":
        """The entry with what it claims; `published` is its day, None where no date is believed."""
        if not entry.prepared.relevant:
            return entry
        words = entry.prepared.content
        said = self.extractor.read(words.title, words.text, entry.prepared.lang, published)
        return entry._replace(statements=said)

    def _entry(self, feed: Feed, document: Document, entry: Entry) -> "PreparedEntry":
        words = content_of(entry)
        topics = self.matcher.match(words.title, words.text, assume=feed.options.assume, only=feed.options.topics)
        prepared = Prepared(
            entry=entry,
            content=words,
            keys=entry_keys(feed.id, entry, words, feed_url=feed.url, site_url=document.site_url),
            lang=feed.options.lang or entry.lang or document.lang,
            relevant=False,
        )
        if feed.options.page:
            return self._matched(prepared, _of_page(topics, feed.options.topics), always=True)
        return self._matched(prepared, topics)

    def _matched(self, prepared: Prepared, topics: tuple[TopicMatch, ...], *, always: bool = False) -> "PreparedEntry":
        """Only an entry that matters is looked at closely."""
        if not topics and not always:
            forgotten = prepared._replace(relevant=False) if prepared.relevant else prepared
            return PreparedEntry(prepared=forgotten, topics=(), analysis=None)
        words = with_facts(prepared.content)
        lang = prepared.lang or detect_language(f"{words.title} {words.text}")
        analysis = analyse(words.title, words.text, lang=lang, aliases=self.aliases)
        relevant = prepared._replace(content=words, lang=lang, relevant=True, sentences=analysis.sentences)
        search = searchable(words.title, words.text, lang=lang)
        return PreparedEntry(prepared=relevant, topics=topics, analysis=analysis, search=search)


def _of_page(matched: tuple[TopicMatch, ...], declared: Sequence[str]) -> tuple[TopicMatch, ...]:
    """A page that a person watches is of the topics that were declared for it, whatever its words say today."""
    found = {match.topic for match in matched}
    given = (topic for topic in declared if topic not in found)
    return (
        *matched,
        *(TopicMatch(topic=topic, group="given", term="", words="", where="feed", offset=0) for topic in given),
    )


class PreparedEntry(NamedTuple):
    """An entry with all that its words say; `analysis` is None when it matches no topic."""

    prepared: Prepared
    topics: tuple[TopicMatch, ...]
    analysis: Analysis | None
    search: SearchText | None = None
    statements: Statements = NOTHING


class Dates(NamedTuple):
    """When an entry was published, as far as its feed can be believed."""

    published_at: datetime | None
    published_on: date | None  # the day in the feed's zone
    trusted: bool
    sort_at: datetime


def dates_of(entry: Entry, *, zone: str | None, seen_at: datetime, untrusted_feed: bool) -> Dates:
    """The dates of an entry first seen at `seen_at`; a date more than a day ahead orders nothing."""
    published = entry.published_at
    trusted = published is not None and not untrusted_feed and published <= seen_at + FUTURE
    sort_at = min(published, seen_at) if published is not None and trusted else seen_at
    day = published.astimezone(ZoneInfo(zone)).date() if published is not None and zone else None
    if day is None and published is not None:
        day = published.date()
    return Dates(published_at=published, published_on=day if trusted else None, trusted=trusted, sort_at=sort_at)
