"""Items from JSON Lines: backfills that an archive or another program hands over. They never alert.

One object a line: `{"id", "url", "title", "text", "published", "language", "source", "topics"}`; `title` and one of
`url` and `id` are required, `published` is ISO 8601 or null. A line that cannot be used is reported by its number, and
keys that mean nothing here are named once a file: a misspelled one would lose its text in silence.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from monitor.feeds.document import Document
from monitor.feeds.fetch import Fetched
from monitor.pipeline.prepare import PreparedEntry, Reader, dates_of
from monitor.pipeline.read import PollOptions, Reading
from storage.errors import ParseError
from storage.model import Entry, Feed, Origin, TextKind, TopicMatch

UNNAMED = "import"  # the source of lines that name none
# `event` is the label that `evaluate` reads, so that one file serves both.
KEYS = ("id", "url", "title", "text", "published", "language", "source", "topics", "event")
_KEYS_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item as handed over; `topics` are given instead of matched ones."""

    number: int
    source: str
    entry: Entry
    topics: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    number: int
    problem: str


def lines(text: Iterable[str]) -> Iterator[Line | BadLine]:
    """Each line of a file, read or refused with the reason; blank lines are passed over."""
    for number, line in enumerate(text, 1):
        if line.strip():
            try:
                yield _line(number, line)
            except ParseError as error:
                yield BadLine(number=number, problem=str(error))


def unknown_keys(found: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of a line that are not read."""
    return tuple(key for key in found if key not in KEYS)


def ignored(name: str, keys: Iterable[str]) -> str:
    """One line on the keys of a file that were not read."""
    found = sorted(keys)
    said = ", ".join(key[:40] for key in found[:_KEYS_TOLD])
    more = f" and {len(found) - _KEYS_TOLD} more" if len(found) > _KEYS_TOLD else ""
    return f"{name}: ignored what is no key of a line: {said}{more}; the keys are {' '.join(KEYS)}"


def reading(feed: Feed, batch: Iterable[Line], reader: Reader, *, at: datetime) -> Reading:
    """A batch of lines of one source, as if it were a page of older entries."""
    found = tuple(batch)
    numbered = [line.entry._replace(position=place) for place, line in enumerate(found)]
    document = Document(version="import", entries=tuple(numbered), entry_total=len(numbered))
    read = reader.read(feed, document)
    entries = [_with_topics(one, line.topics, reader) for one, line in zip(read, found, strict=True)]
    dates = {
        one.position: dates_of(one, zone=feed.options.timezone, seen_at=at, untrusted_feed=False) for one in numbered
    }
    stated = [reader.with_statements(one, dates[one.prepared.entry.position].published_on) for one in entries]
    return Reading(
        feed=feed,
        options=PollOptions(origin=Origin.IMPORT),
        at=at,
        jitter=0.5,
        result=Fetched(
            body=b"",
            status=200,
            content_type=None,
            etag=None,
            last_modified=None,
            fresh_s=None,
            final_url=feed.url,
            permanent_to=None,
            redirect_statuses=(),
            partial=True,
        ),
        document=document,
        entries={one.prepared.entry.position: one for one in stated},
        dates=dates,
        page=True,
    )


def _with_topics(entry: PreparedEntry, topics: tuple[str, ...], reader: Reader) -> PreparedEntry:
    if not topics:
        return entry
    given = tuple(TopicMatch(topic=topic, group="given", term="", words="", where="feed", offset=0) for topic in topics)
    return reader.with_topics(entry, given)


def _line(number: int, line: str) -> Line:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ParseError("not a JSON object") from None
    if not isinstance(found, Mapping):
        raise ParseError("not a JSON object")
    title, url, identity = _text(found, "title"), _text(found, "url"), _text(found, "id")
    if not title:
        raise ParseError("title is required")
    if not (url or identity):
        raise ParseError("one of url and id is required")
    if url and not _is_web(url):
        raise ParseError("url is no http or https address")
    text = _text(found, "text") or ""
    published = _text(found, "published")
    return Line(
        number=number,
        source=_text(found, "source") or UNNAMED,
        entry=Entry(
            position=0,
            guid=identity,
            link=url,
            title=title,
            body=text,
            text_kind=TextKind.CONTENT if text else TextKind.NONE,
            published_raw=published,
            published_at=_moment(published) if published else None,
            lang=_text(found, "language"),
        ),
        topics=_names(found.get("topics")),
        ignored=unknown_keys(found),
    )


def _text(found: Mapping[str, object], key: str) -> str | None:
    value = found.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ParseError(f"{key} must be text")
    return value.strip() or None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # an offset may lead out of the calendar
        raise ParseError("published is no ISO 8601 time") from None


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:  # a bracket without its twin
        return False


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ParseError("topics must be a list of topic ids")
    return tuple(value)
