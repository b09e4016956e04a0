"""One entry and one channel, from feedparser's dictionaries to the nouns.

Nothing is trusted to have its type, its size or its meaning: addresses are made absolute and safe to show, texts are
cut, and a value of the wrong kind is none.
"""

import html
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.feeds.document import (
    BODY_LIMIT,
    GUID_LIMIT,
    SHORT_LIMIT,
    TITLE_LIMIT,
    Document,
    primary_language,
)
from monitor.feeds.elements import parsed_date
from monitor.feeds.ordinary import Found
from monitor.feeds.published import Published, published
from storage.model import Entry, TextKind

URL_LIMIT = 2_048
_HTTP = ("http://", "https://")
_HOURS = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>")
_DAYS = re.compile(rb"<day>\s*(\w+)\s*</day>")
_WEEK = (b"Monday", b"Tuesday", b"Wednesday", b"Thursday", b"Friday", b"Saturday", b"Sunday")
_TTL = re.compile(r"\d{1,6}")
_PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}
_DATES = ("published", "created", "updated")  # what counts as the date of publication, the best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where and when a document is read from: what its links and dates are relative to."""

    url: str
    zone: tzinfo
    now: datetime

    @classmethod
    def of(cls, url: str, timezone: str | None, now: datetime) -> "Outlook":
        try:
            zone: tzinfo = ZoneInfo(timezone) if timezone else UTC
        except (ZoneInfoNotFoundError, ValueError):  # the configuration was checked: a zone that was since taken away
            zone = UTC
        return cls(url=url, zone=zone, now=now)

    def link(self, href: str) -> str | None:
        """The absolute address, None for what is not http(s) or cannot be shown safely."""
        href = href.strip()
        if not href:
            return None
        if not href.startswith(_HTTP) or "[" in href:
            try:
                href = urljoin(self.url, href)
                if urlsplit(href).scheme not in {"http", "https"}:
                    return None
            except ValueError:
                return None
        host = href.partition("//")[2][:1]
        if len(href) > URL_LIMIT or not href.isprintable() or host in {"", "/", "?", "#"}:
            return None
        return href.replace(" ", "%20")

    def date(
        self, raw: str, parsed: Callable[[], time.struct_time | None] = lambda: None
    ) -> tuple[datetime, bool] | None:
        """The instant, and whether its zone was said; `parsed` gives feedparser's reading."""
        found: Published | None = published(raw, zone=self.zone, now=self.now, fallback=parsed) if raw else None
        return (found.at, found.tz_known) if found else None


def entry(
    found: Found,
    *,
    position: int,
    range_hash: bytes | None,
    atom: bool,
    lang: str | None,
    outlook: Outlook,
) -> Entry:
    """The entry that feedparser `found` in a document in `lang`; in `atom` alone plain text is declared as such."""
    body, kind = _body(found, atom=atom)
    raw, at = _published(found, outlook)
    updated_raw = _text(found, "updated")
    updated = at if updated_raw == raw else outlook.date(updated_raw, partial(parsed_date, found, "updated"))
    guid = _text(found, "id")
    own_lang = _language(found)
    source_name, source_url = _source(found, outlook)
    return Entry(
        position=position,
        guid=guid if 0 < len(guid) <= GUID_LIMIT else None,
        link=_link(found, outlook),
        title=_markup(_text(found, "title"), dict.get(found, "title_detail"), atom=atom)[:TITLE_LIMIT],
        body=body[:BODY_LIMIT],
        text_kind=kind,
        published_raw=raw[:SHORT_LIMIT] or None,
        published_at=at[0] if at else None,
        tz_known=at[1] if at else True,
        updated_at=updated[0] if updated else None,
        lang=None if own_lang == lang else own_lang,
        source_name=source_name,
        source_url=source_url,
        range_hash=range_hash,
    )


def channel(feed: Found, version: str, data: bytes, outlook: Outlook) -> Document:
    """The document without its entries; `data`, its bytes, is asked for lists that feedparser does not keep."""
    links = list(_links(feed))
    return Document(
        version=version,
        entries=(),
        entry_total=0,
        title=_text(feed, "title")[:TITLE_LIMIT] or None,
        lang=primary_language(_text(feed, "language")),
        site_url=_link(feed, outlook),
        ttl_s=_ttl(_text(feed, "ttl")),
        update_period_s=_update_period(feed),
        skip_hours=_skip_hours(data),
        skip_days=_skip_days(data),
        next_url=_related(links, "next", outlook),
        prev_archive_url=_related(links, "prev-archive", outlook),
    )


def _text(found: Found, key: str) -> str:
    """A value that is text, else nothing: an unknown element with attributes stands as a dictionary."""
    value = dict.get(found, key)
    return value.strip() if isinstance(value, str) else ""


def _body(found: Found, *, atom: bool) -> tuple[str, TextKind]:
    """The first content, else the summary.

    In RSS feedparser files a second description (media:description, the caption of a picture) as content, so there
    the summary wins where it is longer.
    """
    content = next((one for one in dict.get(found, "content") or () if _text(one, "value")), None)
    summary = _text(found, "summary")
    if content is not None:
        text = _text(content, "value")
        if atom or len(text) >= len(summary):
            return _markup(text, content, atom=atom), TextKind.CONTENT
    if summary:
        return _markup(summary, dict.get(found, "summary_detail"), atom=atom), TextKind.SUMMARY
    return "", TextKind.NONE


def _markup(text: str, detail: object, *, atom: bool) -> str:
    """Atom says whether a text is plain (RFC 4287 3.1.1): then it is escaped, as all text here is markup."""
    if atom and isinstance(detail, dict) and dict.get(detail, "type") == "text/plain":
        return html.escape(text, quote=False)
    return text


def _published(found: Found, outlook: Outlook) -> tuple[str, tuple[datetime, bool] | None]:
    for key in _DATES:
        raw = _text(found, key)
        if raw:
            return raw, outlook.date(raw, partial(parsed_date, found, key))
    return "", None


def _language(found: Found) -> str | None:
    """dc:language, else the xml:lang in force at the title or at the text."""
    details = (dict.get(found, "title_detail"), dict.get(found, "summary_detail"), *(dict.get(found, "content") or ()))
    tags = (_text(found, "language"), *(_text(detail, "language") for detail in details if isinstance(detail, dict)))
    return next((lang for tag in tags if tag and (lang := primary_language(tag))), None)


def _source(found: Found, outlook: Outlook) -> tuple[str | None, str | None]:
    """The outlet that an aggregator names: `<source url>` of RSS, atom:source."""
    source = dict.get(found, "source")
    if not isinstance(source, dict):
        return None, None
    url = outlook.link(_text(source, "href")) or _link(source, outlook)
    return _text(source, "title")[:SHORT_LIMIT] or None, url


def _link(found: Found, outlook: Outlook) -> str | None:
    """The first address that stands for the entry (or channel) itself.

    Without a link element feedparser offers the guid, which need not be an address and is never relative to one.
    """
    links = list(_links(found))
    alternate = _related(links, "alternate", outlook)
    if alternate:
        return alternate
    href = _text(found, "link")
    if not links and not href.startswith(_HTTP):
        return None
    return outlook.link(href)


def _links(found: Found) -> Iterator[tuple[str, str]]:
    """(rel, href) of each link element that has an address."""
    for link in dict.get(found, "links") or ():
        if isinstance(link, dict) and (href := _text(link, "href")):
            yield _text(link, "rel"), href


def _related(links: Iterable[tuple[str, str]], rel: str, outlook: Outlook) -> str | None:
    return next((url for found, href in links if found == rel and (url := outlook.link(href))), None)


def _ttl(minutes: str) -> float | None:
    """Seconds that the channel asks to be left alone (RSS 2.0: ttl, in minutes)."""
    return int(minutes) * 60.0 if _TTL.fullmatch(minutes) and int(minutes) else None


def _update_period(feed: Found) -> float | None:
    """Seconds between updates as the syndication module of RSS 1.0 has it."""
    period = _PERIODS.get(_text(feed, "sy_updateperiod"))
    frequency = _text(feed, "sy_updatefrequency")
    return period / max(1, int(frequency) if _TTL.fullmatch(frequency) else 1) if period else None


def _skip_hours(data: bytes) -> tuple[int, ...]:
    """Hours of GMT without news; both 0-23 and 1-24 are in use, and 24 is 0."""
    hours = {int(hour) % 24 for hour in _HOURS.findall(_element(data, b"skipHours")) if int(hour) <= 24}
    return tuple(sorted(hours))


def _skip_days(data: bytes) -> tuple[int, ...]:
    days = {_WEEK.index(day) for day in _DAYS.findall(_element(data, b"skipDays")) if day in _WEEK}
    return tuple(sorted(days))


def _element(data: bytes, name: bytes) -> bytes:
    """The first element of that name; feedparser keeps the last of equal children only."""
    start = data.find(b"<" + name)
    return data[start : data.find(b"</" + name, start)] if start >= 0 else b""
