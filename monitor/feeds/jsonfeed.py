"""Reads JSON Feed 1.0 and 1.1 (jsonfeed.org), which feedparser does not know.

Publishers get the types wrong: an item that is no object is passed over, a value of the wrong type counts as absent.
Only a document that is no JSON Feed at all is refused.
"""

import html
import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import TypeAlias

from monitor.feeds.document import (
    BODY_LIMIT,
    ENTRY_LIMIT,
    GUID_LIMIT,
    RANGE_HASH_SIZE,
    SHORT_LIMIT,
    TITLE_LIMIT,
    Document,
    primary_language,
)
from storage.errors import ParseError
from storage.model import Entry, TextKind

_VERSION = "https://jsonfeed.org/version/1"

_Json: TypeAlias = "str | int | float | bool | list[_Json] | dict[str, _Json] | None"
Dates: TypeAlias = Callable[[str], tuple[datetime, bool] | None]
Links: TypeAlias = Callable[[str], str | None]


def read_json(text: str, *, link: Links, date: Dates, known_ranges: Collection[bytes] = ()) -> Document:
    """The document in `text`; `link` makes an address absolute, `date` reads a date (instant, zone known)."""
    try:
        return _document(json.loads(text), link, date, frozenset(known_ranges))
    except RecursionError:
        raise ParseError("not_a_feed: the document begins like a JSON Feed and is nested too deeply") from None
    except ValueError as error:
        raise ParseError(f"not_a_feed: the document begins like a JSON Feed and is no JSON: {error}") from None


def _document(feed: _Json, link: Links, date: Dates, known: frozenset[bytes]) -> Document:
    if not isinstance(feed, dict) or not _text(feed, "version").startswith(_VERSION):
        raise ParseError("not_a_feed: the document is JSON without the version of a JSON Feed")
    items = feed.get("items")
    total = len(items) if isinstance(items, list) else 0
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    entries, seen = [], []
    for position, item in enumerate(found[:ENTRY_LIMIT]):
        digest = _digest(item)
        if digest in known:
            seen.append(digest)
        else:
            entries.append(_entry(item, position, digest, link, date))
    return Document(
        version="json",
        entries=tuple(entries),
        entry_total=len(found),
        seen_ranges=tuple(seen),
        title=_text(feed, "title")[:TITLE_LIMIT] or None,
        lang=primary_language(_text(feed, "language")),
        site_url=link(_text(feed, "home_page_url")),
        bozo=total > len(found),
        complaint=f"items that are no objects: {total - len(found)}" if total > len(found) else None,
        expired=feed.get("expired") is True,
        next_url=link(_text(feed, "next_url")),
    )


def _entry(item: Mapping[str, _Json], position: int, digest: bytes, link: Links, date: Dates) -> Entry:
    body, kind = _body(item)
    raw = _text(item, "date_published") or _text(item, "date_modified")
    published, updated = date(raw), date(_text(item, "date_modified"))
    return Entry(
        position=position,
        guid=_guid(item.get("id")),
        link=link(_text(item, "url")) or link(_text(item, "external_url")),
        title=html.escape(_text(item, "title"), quote=False)[:TITLE_LIMIT],
        body=body[:BODY_LIMIT],
        text_kind=kind,
        published_raw=raw[:SHORT_LIMIT] or None,
        published_at=published[0] if published else None,
        tz_known=published[1] if published else True,
        updated_at=updated[0] if updated else None,
        lang=primary_language(_text(item, "language")),
        range_hash=digest,
    )


def _body(item: Mapping[str, _Json]) -> tuple[str, TextKind]:
    """Markup: plain text, as `content_text` and `summary` are, is escaped."""
    if text := _text(item, "content_text"):
        return html.escape(text, quote=False), TextKind.CONTENT
    if markup := _text(item, "content_html"):
        return markup, TextKind.CONTENT
    if text := _text(item, "summary"):
        return html.escape(text, quote=False), TextKind.SUMMARY
    return "", TextKind.NONE


def _guid(value: _Json) -> str | None:
    """Numbers are common, though the format says string; a boolean names nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    guid = _sound(str(value)).strip()
    return guid if 0 < len(guid) <= GUID_LIMIT else None


def _text(values: Mapping[str, _Json], key: str) -> str:
    value = values.get(key)
    return _sound(value).strip() if isinstance(value, str) else ""


def _sound(text: str) -> str:
    r"""JSON may escape half a surrogate pair (\ud800), which no database and no terminal takes."""
    return text.encode("utf-8", "replace").decode()


def _digest(item: Mapping[str, _Json]) -> bytes:
    """Eight bytes over the item however its keys are ordered; takes the place of the byte range."""
    canonical = json.dumps(item, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=RANGE_HASH_SIZE).digest()
