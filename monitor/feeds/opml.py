"""Reads and writes lists of feeds in OPML 2.0, the format that feed readers exchange.

A document type is refused: no reader writes one, and entities would come with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from monitor.feeds.charset import UNLAWFUL, decode
from monitor.feeds.document import SHORT_LIMIT, primary_language
from storage.addresses import shown
from storage.errors import ParseError

SIZE_LIMIT = 5 * 1_048_576  # bytes
URL_LIMIT = 2_048
_ADDRESSES = ("xmlUrl", "xmlurl", "xmlURL")
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list; `folder` names the outlines around it, "News/Harbours"."""

    url: str
    name: str
    site_url: str | None = None
    lang: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The feeds of a list, each once, and a line for each outline that was passed over."""

    feeds: tuple[Outline, ...] = ()
    skipped: tuple[str, ...] = ()


def read_opml(body: bytes, *, canonical: Callable[[str], str | None]) -> Reading:
    """The feeds in an OPML document, duplicates by `canonical` address left out.

    Raises ParseError where it is larger than 5 MiB, no OPML, not well-formed or carries a document type.
    """
    if len(body) > SIZE_LIMIT:
        raise ParseError(f"the list of feeds has {len(body)} bytes, more than the {SIZE_LIMIT} that are read")
    walk = _Walk(canonical)
    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(decode(body, None).text.encode(), True)
    except expat.ExpatError as error:
        raise ParseError(
            f"the list of feeds is not well-formed XML: line {error.lineno}: {expat.ErrorString(error.code)}"
        ) from error
    if not walk.is_opml:
        raise ParseError("the list of feeds is no OPML: its root element is not <opml>")
    return Reading(feeds=tuple(walk.feeds.values()), skipped=tuple(walk.skipped))


def write_opml(feeds: Iterable[Outline], *, now: datetime, title: str = "Salname") -> str:
    """An OPML 2.0 document; feeds of one folder stand together, in the order they came."""
    folders: dict[str | None, list[Outline]] = {}
    for feed in feeds:
        folders.setdefault(feed.folder, []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        f"    <title>{escape(_lawful(title))}</title>",
        f"    <dateCreated>{format_datetime(now)}</dateCreated>",
        "  </head>",
        "  <body>",
    ]
    for folder, members in folders.items():
        inside = "      " if folder else "    "
        outlines = [inside + _outline(member) for member in members]
        if folder:
            name = _attribute(folder)
            outlines = [f"    <outline text={name} title={name}>", *outlines, "    </outline>"]
        lines += outlines
    return "\n".join([*lines, "  </body>", "</opml>", ""])


class _Walk:
    """The handlers of one pass over a list: which outlines are open, and the feeds so far by canonical address."""

    def __init__(self, canonical: Callable[[str], str | None]) -> None:
        self.feeds: dict[str, Outline] = {}
        self.skipped: list[str] = []
        self.is_opml = False
        self._canonical = canonical
        self._seen_root = False
        self._open: list[str] = []  # the names of the folders around, "" for a feed

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if not self._seen_root:
            self._seen_root = True
            self.is_opml = element in {"opml", "OPML"}
        if element != "outline":
            return
        name = (attributes.get("title") or attributes.get("text") or "").strip()[:SHORT_LIMIT]
        address = next((attributes[key].strip() for key in _ADDRESSES if attributes.get(key)), None)
        if address is not None:
            self._take(address, name, attributes)
        elif attributes.get("type") == "rss":
            self.skipped.append(f"{name or 'an outline without a name'}: no xmlUrl")
        self._open.append(name if address is None else "")

    def end(self, element: str) -> None:
        if element == "outline":
            self._open.pop()

    def _take(self, address: str, name: str, attributes: dict[str, str]) -> None:
        canonical = self._canonical(address)
        if canonical is None or not address.startswith(_WEB) or len(address) > URL_LIMIT:
            self.skipped.append(f"{name or 'an outline without a name'}: no http(s) address: {shown(address)[:80]!r}")
        elif canonical in self.feeds:
            self.skipped.append(f"{name or shown(address)}: stands in the list already")
        else:
            site = attributes.get("htmlUrl", "").strip()
            self.feeds[canonical] = Outline(
                url=address,
                name=name or shown(address),
                site_url=site if site.startswith(_WEB) else None,
                lang=primary_language(attributes.get("language", "")),
                folder="/".join(folder for folder in self._open if folder) or None,
            )


def _refuse(*_: object) -> None:
    raise ParseError("the list of feeds carries a document type (<!DOCTYPE>), which no feed reader writes")


def _outline(feed: Outline) -> str:
    name = _attribute(feed.name)
    more = [
        f" {key}={_attribute(value)}" for key, value in (("htmlUrl", feed.site_url), ("language", feed.lang)) if value
    ]
    return f'<outline type="rss" text={name} title={name} xmlUrl={_attribute(feed.url)}{"".join(more)}/>'


def _attribute(text: str) -> str:
    return quoteattr(_lawful(text))


def _lawful(text: str) -> str:
    return UNLAWFUL.sub("", text)
