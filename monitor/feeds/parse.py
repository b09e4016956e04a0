"""Bytes of a feed to entries: RSS 0.90-2.0, Atom 0.3-1.0 and CDF as feedparser has them, JSON Feed by our own reader.

        body -> charset -> a feed at all? -> scan, hostile? -> cut what is known -> expat or feedparser -> entries

Nothing that a server sends makes this fail with anything but a ParseError, and what is odd but readable is read, with a
note. Only time is not bounded here: see `parser_pool`.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from monitor.feeds.charset import UNLAWFUL, decode
from monitor.feeds.differential import Scan, cut, scan
from monitor.feeds.document import ENTRY_LIMIT, Document
from monitor.feeds.elements import elements
from monitor.feeds.entry import Outlook, channel, entry
from monitor.feeds.jsonfeed import read_json
from storage.errors import ParseError

__all__ = ["Document", "Source", "parse", "prepare", "read"]

_FEED_LIKE = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed|channel|item|entry)\b", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:item|entry)\b", re.IGNORECASE)
_JSON_LIKE = re.compile(r"\s*\{")
_HTML_LIKE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\s*>\s*\Z", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_LOOSE_LIMIT = 4 * 1_048_576  # characters of a malformed document: that is slow and takes much memory
_MANY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document decoded and looked over, before the costly part."""

    data: bytes  # UTF-8 without BOM and XML declaration
    is_json: bool = False
    scan: Scan = field(default_factory=Scan)
    notes: tuple[str, ...] = ()

    @property
    def may_be_slow(self) -> bool:
        """Whether reading it may take long for its size: malformed, or strange."""
        return not self.is_json and (self.scan.error is not None or _is_strange(self.data))

    @property
    def truncated(self) -> bool:
        """It ends too early: expat met its end, or met another fault first and the root is never closed."""
        return self.scan.error is not None and (self.scan.cut_off or not _CLOSED.search(self.data))


def parse(
    body: bytes,
    content_type: str | None,
    *,
    final_url: str,
    feed_timezone: str | None,
    now: datetime,
    known_ranges: Collection[bytes] = (),
) -> Document:
    """The document that `final_url` answered with; entries whose `range_hash` is known are named, not read.

    Raises ParseError; its message begins with the kind of failure: empty, not_a_feed, hostile_xml, truncated or
    unreadable.
    """
    source = prepare(body, content_type, known_ranges)
    return read(source, final_url=final_url, feed_timezone=feed_timezone, now=now, known_ranges=known_ranges)


def prepare(body: bytes, content_type: str | None, known_ranges: Collection[bytes] = ()) -> Source:
    """Decode and scan, in time linear in the size of `body`; `known_ranges` are hashes of entries that it may hold."""
    decoded = decode(body, content_type)
    notes = [decoded.note] if decoded.note else []
    text = decoded.text
    if not text or text.isspace():
        raise ParseError("empty: the server sent a document without content")
    if _JSON_LIKE.match(text):
        return Source(data=text.encode("utf-8", "replace"), is_json=True, notes=tuple(notes))
    _refuse_other_documents(text)
    data = text.encode()
    scanned = scan(data, known_ranges)
    if scanned.error:
        lawful = _without_unlawful(text)
        if lawful != text:
            notes.append("characters that XML forbids were taken out")
            data = lawful.encode()
            scanned = scan(data)
        beginning = _beginning(lawful) if scanned.error else lawful
        if beginning != lawful:
            notes.append("too large to be read loosely, only its beginning was")
            data = beginning.encode()
    return Source(data=data, scan=scanned, notes=tuple(notes))


def read(
    source: Source,
    *,
    final_url: str,
    feed_timezone: str | None,
    now: datetime,
    known_ranges: Collection[bytes] = (),
) -> Document:
    """The costly part of `parse`."""
    outlook = Outlook.of(final_url, feed_timezone, now)
    known = frozenset(known_ranges)
    if source.is_json:
        document = read_json(source.data.decode(), link=outlook.link, date=outlook.date, known_ranges=known)
        notes = [*source.notes, *([document.complaint] if document.complaint else [])]
        return replace(document, bozo=bool(notes), complaint="; ".join(notes) or None)
    return _document(source, outlook, known)


def _document(source: Source, outlook: Outlook, known: frozenset[bytes]) -> Document:
    found = source.scan
    parsed = elements(source.data, found, known, drop_last=source.truncated)
    if not parsed.version and not parsed.total:
        raise ParseError("not_a_feed: the document names no version of RSS or Atom and holds no entry")
    if source.truncated and not parsed.rows:
        raise ParseError(f"truncated: the document ends before its first entry is complete ({found.error})")
    notes = [*source.notes]
    if found.error:
        notes.append(found.error)
    if parsed.unreadable:
        notes.append(f"entries that could not be read: {parsed.unreadable}")
    document = channel(parsed.feed, parsed.version, cut(source.data, found, ()), outlook)
    atom = parsed.version.startswith("atom")
    return replace(
        document,
        entries=tuple(
            entry(row.found, position=row.number, range_hash=row.digest, atom=atom, lang=document.lang, outlook=outlook)
            for row in parsed.rows
        ),
        entry_total=parsed.total,
        seen_ranges=parsed.seen,
        truncated=source.truncated,
        bozo=bool(notes),
        complaint="; ".join(notes) or None,
        deleted_guids=found.deleted_guids,
    )


def _refuse_other_documents(text: str) -> None:
    if _FEED_LIKE.search(text):
        return
    what = "an HTML page" if _HTML_LIKE.search(text) else "neither RSS, Atom nor JSON Feed"
    raise ParseError(f"not_a_feed: the document is {what}; `salname feeds discover` looks for the feed of a page")


def _without_unlawful(text: str) -> str:
    """Without the characters, and references to characters, that make any XML parser give up."""
    return _REFERENCE.sub(_lawful_reference, UNLAWFUL.sub("", text))


def _lawful_reference(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    code = int(digits, base) if len(digits) <= 8 else -1
    return match[0] if 0 <= code <= 0x10FFFF and not UNLAWFUL.match(chr(code)) else ""


def _beginning(text: str) -> str:
    """As much of a malformed document as can be read loosely without a care."""
    beyond = next(islice(_ENTRY.finditer(text), ENTRY_LIMIT, None), None)
    return text[: min(beyond.start() if beyond else len(text), _LOOSE_LIMIT)]


def _is_strange(data: bytes) -> bool:
    """Whether it holds what feedparser needs quadratic time for: an endless word, or thousands of one thing.

    Measured in 250 KB: one word of an author's name more than 20 s, attributes of one element 15 s, declared prefixes
    5 s, categories 3 s. Each word of 1,023 bytes fills one aligned block of 512, and each 8 KB of one tag a block of 4.
    """
    if any(data.count(name) > _MANY for name in (b"<category", b"xmlns:")):
        return True
    find = data.find
    for at in range(0, len(data) - 511, 512):
        end = at + 512
        if find(b" ", at, end) < 0 and find(b"<", at, end) < 0 and find(b"\n", at, end) < 0 and data[at:end].isascii():
            return True
    for at in range(0, len(data) - 4_095, 4_096):
        if find(b"<", at, at + 4_096) < 0 and data.count(b"=", at, at + 4_096) > 64:
            return True
    return False
