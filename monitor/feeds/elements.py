"""What feedparser says of a document and of each of its entries, or would say: it is asked about the unusual ones only.

feedparser is met here alone, and always through BytesIO: given bare bytes it first tries to open a file of that name.
It is not told the document's address, because it would resolve guids against it, and a feed that moves would name all
its items anew. Its clean-up of markup is off, for it loses text. Its dictionaries answer for keys that they do not hold
("updated" with `published`, and a warning), so they are asked through `dict.get`.
"""

import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any
from xml.sax.saxutils import escape

import feedparser
import feedparser.api
import feedparser.datetimes

from monitor.feeds.differential import Scan, cut, cut_entries
from monitor.feeds.document import ENTRY_LIMIT
from monitor.feeds.ordinary import Found, read_ordinary
from storage.errors import ParseError

_AT_ONCE = 500  # entries that feedparser gets at once: it holds its document of up to 10 MiB several times over
# What feedparser was seen to let through on damaged or hostile input; it promises nothing.
_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

# With this list empty feedparser takes expat at once: it is the parser whose entries we cut, and the search for
# another one at each document took a third of the time of reading one entry.
getattr(feedparser.api, "PREFERRED_XML_PARSERS", []).clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry: its number in the document, the hash of its bytes, and what feedparser found in it."""

    number: int
    digest: bytes | None
    found: Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The document's channel and those of its entries that are not known; `seen` names the known ones."""

    version: str
    feed: Found
    rows: tuple[Row, ...]
    total: int
    seen: tuple[bytes, ...] = ()
    unreadable: int = 0


def elements(data: bytes, scan: Scan, known: frozenset[bytes], *, drop_last: bool) -> Parsed:
    """Read a document in UTF-8, without its known entries where `scan` says that this makes no difference.

    `drop_last`: half of the last entry is missing. Raises ParseError where feedparser fails outside the entries.
    """
    if scan.separable:
        parsed = _apart(data, scan, [number for number, digest in enumerate(scan.hashes) if digest not in known])
        if parsed is not None:
            return replace(parsed, seen=tuple(digest for digest in scan.hashes if digest in known))
    try:
        parsed = _whole(data, scan, drop_last=drop_last)
    except ParseError:
        parsed = _apart(data, scan, range(len(scan.hashes))) if scan.spans else None
        if parsed is None:
            raise
    return replace(
        parsed,
        rows=tuple(row for row in parsed.rows if row.digest is None or row.digest not in known),
        seen=tuple(row.digest for row in parsed.rows if row.digest in known),
    )


def parsed_date(found: Found, key: str) -> time.struct_time | None:
    """The reading by feedparser of the date `key` of an entry, in UTC."""
    parsed: time.struct_time | None = dict.get(found, f"{key}_parsed")
    if parsed is None and f"{key}_parsed" not in found:  # it has not seen this entry
        parsed = date_in_words(dict.get(found, key, ""))
    return parsed


def date_in_document(text: str) -> time.struct_time | None:
    """How feedparser reads a date in a document that holds nothing else."""
    date = f"<pubDate>{escape(text)}</pubDate>"
    entries = _feedparser(f"<rss><channel><item>{date}</item></channel></rss>".encode())["entries"]
    return dict.get(entries[0], "published_parsed") if entries else None


def date_in_words(text: str) -> time.struct_time | None:
    """The same from the text alone, at a tenth of the cost: a feed may hold thousands of dates that nobody can read."""
    try:
        parsed: time.struct_time | None = _handlers(text)
    except _FAILURES:
        return None
    return parsed


def _apart(data: bytes, scan: Scan, kept: Sequence[int]) -> Parsed | None:
    """The document with the entries `kept` alone; None where feedparser sees other entries than the scan."""
    ordinary = read_ordinary(cut_entries(data, scan, frozenset(kept))) if scan.separable else None
    if ordinary is None or len(ordinary.entries) != len(kept):
        return _unusual(data, scan, kept)
    rows = [
        Row(number=number, digest=scan.hashes[number], found=found)
        for number, found in zip(kept, ordinary.entries, strict=True)
        if found is not None
    ]
    read = Parsed(version=ordinary.version, feed=ordinary.channel or {}, rows=tuple(rows), total=scan.total)
    if ordinary.channel is not None and len(rows) == len(kept):
        return read
    done = {row.number for row in rows}
    rest = _unusual(data, scan, [number for number in kept if number not in done])
    if rest is None:
        return None
    rows = sorted((*rows, *rest.rows), key=lambda row: row.number)
    return replace(rest, rows=tuple(rows), feed=rest.feed if ordinary.channel is None else read.feed)


def _unusual(data: bytes, scan: Scan, kept: Sequence[int]) -> Parsed | None:
    """`_apart` by feedparser alone."""
    parts = [
        part
        for start in range(0, max(1, len(kept)), _AT_ONCE)
        for part in _parts(data, scan, kept[start : start + _AT_ONCE])
    ]
    if any(len(numbers) != len(result["entries"]) for numbers, result in parts):
        return None
    rows = [
        Row(number=number, digest=scan.hashes[number], found=found)
        for numbers, result in parts
        for number, found in zip(numbers, result["entries"], strict=True)
    ]
    _, first = parts[0]
    return Parsed(
        version=first.get("version", ""),
        feed=first["feed"],
        rows=tuple(rows),
        total=scan.total,
        unreadable=len(kept) - len(rows),
    )


def _parts(data: bytes, scan: Scan, kept: Sequence[int]) -> list[tuple[Sequence[int], Any]]:
    """One reading of the entries `kept`; where feedparser fails at one of them, readings of all but that one."""
    try:
        return [(kept, _feedparser(cut(data, scan, frozenset(kept))))]
    except ParseError:
        if not kept:
            raise
    if len(kept) == 1:
        return _parts(data, scan, ())
    half = len(kept) // 2
    return [*_parts(data, scan, kept[:half]), *_parts(data, scan, kept[half:])]


def _whole(data: bytes, scan: Scan, *, drop_last: bool) -> Parsed:
    """The document with all entries that are kept; they have hashes where feedparser sees what the scan saw."""
    if scan.total > ENTRY_LIMIT:
        data = cut(data, scan, range(ENTRY_LIMIT))
    result = _feedparser(data)
    entries = result["entries"]
    hashes = scan.hashes if len(scan.hashes) == len(entries) else ()
    rows = [
        Row(number=number, digest=digest, found=found)
        for number, (found, digest) in enumerate(zip_longest(entries[:ENTRY_LIMIT], hashes))
    ]
    version = result.get("version", "")
    rows = rows[:-1] if drop_last else rows
    return Parsed(
        version=version,
        feed=result["feed"],
        rows=tuple(_newest(rows) if version.startswith("atom") else rows),
        total=max(scan.total, len(entries)),
    )


def _newest(rows: Iterable[Row]) -> list[Row]:
    """Of entries with one atom:id and one link only the one updated last counts (RFC 4287 4.1.1, 4.2.6.1)."""
    best: dict[object, Row] = {}
    for row in rows:
        guid = dict.get(row.found, "id")
        name = (guid, dict.get(row.found, "link")) if guid else row.number
        other = best.get(name)
        if other is None or _updated(row) > _updated(other):
            best[name] = row
    return sorted(best.values(), key=lambda row: row.number)


def _updated(row: Row) -> tuple[int, ...]:
    return tuple(dict.get(row.found, "updated_parsed") or ())


# A name with an underscore may be gone in the next version: then each date costs a document.
_handlers = getattr(feedparser.datetimes, "_parse_date", date_in_document)


def _feedparser(data: bytes) -> Any:
    try:
        return feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _FAILURES as error:
        raise ParseError(f"unreadable: feedparser fails on the document ({type(error).__name__}: {error})") from error
