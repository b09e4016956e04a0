"""The demo's archive as feed documents: what an invented outlet serves in a poll round.

The rule it protects: a document follows from the archive and the number of the round alone, never from a clock, so the
same round gives the same bytes everywhere.
"""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Literal, TypeAlias, assert_never
from xml.sax.saxutils import escape, quoteattr

FeedFormat: TypeAlias = Literal["rss", "atom", "json"]
GuidHabit: TypeAlias = Literal["own", "shared", "none"]  # shared: one guid for all items
DateHabit: TypeAlias = Literal["rfc822", "short-zone", "local"]  # +0400; +04; 22.10.2025 11:20


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveEdit:
    """What changes in an entry from `round` on; None keeps what was."""

    round: int
    title: str | None = None
    text: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveEntry:
    """One article of an outlet, shown from the round `first` to the round `until` (None: to the end)."""

    id: str
    guid: str
    link: str
    title: str
    text: str
    published: datetime | None = None
    first: int = 1
    until: int | None = None
    edits: tuple[ArchiveEdit, ...] = ()

    def is_shown(self, number: int) -> bool:
        return self.first <= number and (self.until is None or number <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFeed:
    """One invented outlet with its habits; `site` is its address without a slash at the end."""

    id: str
    name: str
    site: str
    path: str
    format: FeedFormat
    encoding: str
    lang: str
    timezone: str
    entries: tuple[ArchiveEntry, ...]
    official: bool = False
    guids: GuidHabit = "own"
    guids_until: int | None = None  # the last round in which it has guids
    dates: DateHabit = "rfc822"
    texts: bool = True  # False: headlines alone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """An entry as it stands in one document."""

    guid: str | None
    link: str
    title: str
    text: str | None
    published: datetime | None
    edited: datetime | None


def render(feed: ArchiveFeed, number: int, round_times: Mapping[int, datetime]) -> tuple[bytes, str]:
    """The document of `feed` in round `number`, newest entry first, and its content type."""
    shown = [_shown(feed, entry, number, round_times) for entry in feed.entries if entry.is_shown(number)]
    start = min(round_times.values())
    shown.sort(key=lambda entry: entry.published or start, reverse=True)
    match feed.format:
        case "rss":
            return _rss(feed, shown).encode(feed.encoding, "xmlcharrefreplace"), "application/rss+xml"
        case "atom":
            return _atom(feed, shown, start).encode(feed.encoding, "xmlcharrefreplace"), "application/atom+xml"
        case "json":
            return _json(feed, shown).encode(), "application/feed+json"
        case unknown:
            assert_never(unknown)


def _shown(feed: ArchiveFeed, entry: ArchiveEntry, number: int, round_times: Mapping[int, datetime]) -> _Shown:
    current, edited = entry, None
    for edit in entry.edits:
        if edit.round <= number:
            edited = round_times[edit.round]
            current = replace(
                current,
                title=edit.title or current.title,
                text=edit.text or current.text,
                link=edit.link or current.link,
            )
    return _Shown(
        guid=_guid(feed, entry, number),
        link=feed.site + current.link,
        title=current.title,
        text=current.text if feed.texts else None,
        published=entry.published,
        edited=edited,
    )


def _guid(feed: ArchiveFeed, entry: ArchiveEntry, number: int) -> str | None:
    if feed.guids_until is not None and number > feed.guids_until:
        return None
    match feed.guids:
        case "own":
            return entry.guid
        case "shared":
            return feed.id
        case "none":
            return None
        case unknown:
            assert_never(unknown)


def _rss(feed: ArchiveFeed, shown: list[_Shown]) -> str:
    items = "".join(_rss_item(feed, entry) for entry in shown)
    return (
        f'<?xml version="1.0" encoding="{feed.encoding}"?>\n<rss version="2.0">\n<channel>\n'
        f"{_element('title', feed.name)}{_element('link', feed.site)}{_element('description', feed.name)}"
        f"{_element('language', feed.lang)}{items}</channel>\n</rss>\n"
    )


def _rss_item(feed: ArchiveFeed, entry: _Shown) -> str:
    parts = [_element("title", entry.title), _element("link", entry.link)]
    if entry.guid is not None:
        parts.append(f'<guid isPermaLink="false">{escape(entry.guid)}</guid>\n')
    if entry.text is not None:
        parts.append(_element("description", _paragraph(entry.text)))
    if entry.published is not None:
        parts.append(_element("pubDate", _rss_date(entry.published, feed.dates)))
    return f"<item>\n{''.join(parts)}</item>\n"


def _rss_date(published: datetime, habit: DateHabit) -> str:
    match habit:
        case "rfc822":
            return format_datetime(published)
        case "short-zone":
            return format_datetime(published).removesuffix("00")
        case "local":
            return f"{published:%d.%m.%Y %H:%M}"
        case unknown:
            assert_never(unknown)


def _atom(feed: ArchiveFeed, shown: list[_Shown], start: datetime) -> str:
    updated = max((_updated(entry, start) for entry in shown), default=start)
    entries = "".join(_atom_entry(entry, start) for entry in shown)
    return (
        f'<?xml version="1.0" encoding="{feed.encoding}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.lang}">\n'
        f"{_element('title', feed.name)}{_element('id', feed.site + feed.path)}"
        f'<link rel="self" href={quoteattr(feed.site + feed.path)}/>\n<link href={quoteattr(feed.site)}/>\n'
        f"{_element('updated', updated.isoformat())}<author>{_element('name', feed.name)}</author>\n"
        f"{entries}</feed>\n"
    )


def _atom_entry(entry: _Shown, start: datetime) -> str:
    published = _element("published", entry.published.isoformat()) if entry.published else ""
    content = f'<content type="html">{escape(_paragraph(entry.text))}</content>\n' if entry.text else ""
    return (
        f"<entry>\n{_element('title', entry.title)}{_element('id', entry.guid or entry.link)}"
        f"<link href={quoteattr(entry.link)}/>\n{published}"
        f"{_element('updated', _updated(entry, start).isoformat())}{content}</entry>\n"
    )


def _updated(entry: _Shown, start: datetime) -> datetime:
    return entry.edited or entry.published or start


def _json(feed: ArchiveFeed, shown: list[_Shown]) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.name,
        "home_page_url": feed.site,
        "feed_url": feed.site + feed.path,
        "language": feed.lang,
        "items": [_json_item(entry) for entry in shown],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(entry: _Shown) -> dict[str, str]:
    fields = {
        "id": entry.guid,
        "url": entry.link,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": _iso(entry.published),
        "date_modified": _iso(entry.edited),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>\n"


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text, quote=False)}</p>"
