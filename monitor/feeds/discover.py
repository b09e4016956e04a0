"""Finds the feeds of a site from the address of one of its pages.

        the address itself, else Link header and <link rel=alternate> of the page, else the usual paths

A candidate counts only if it parses and holds an entry. Pages are hostile: they are scanned by searching for "<link",
in linear time, never parsed.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

from monitor.feeds.charset import decode
from monitor.feeds.document import Document
from monitor.feeds.parse import parse
from monitor.words import plain_text
from storage.errors import FeedError

PATHS = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.rss", "/feeds/index.rss", "/feed.json")
CANDIDATE_LIMIT = 12  # of one page; the usual paths come on top
_PAGE_LIMIT = 1_048_576  # characters of a page that are searched
_TYPES = re.compile(r"application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json|xml|json)|text/xml", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_LINK_TAG = re.compile(r"<(link|base)\s([^<>]{1,2048})>", re.IGNORECASE)
_LINK_VALUE = re.compile(r"<([^<>]{1,2048})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]*))*)")
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]*))")
_ALTERNATE = re.compile(r"(?:^|\s)alternate(?:\s|$)", re.IGNORECASE)

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

Where = Literal["address", "header", "page", "path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a fetch brought; `url` is the final address, `link` the Link headers joined by commas."""

    url: str
    body: bytes
    content_type: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that parses and holds entries."""

    url: str
    title: str
    version: str
    entry_count: int
    where: Where


def discover(
    url: str, fetch: Callable[[str], Page | None], *, now: datetime, parse: Callable[..., Document] = parse
) -> list[Found]:
    """The feeds of the page at `url`, best first; `fetch` answers None for what cannot be had.

    The usual paths are tried only where nothing else named a feed. `parse` may be one that is bounded in time.
    """

    def read(page: Page | None) -> Document | None:
        if page is None:
            return None
        try:
            document = parse(page.body, page.content_type, final_url=page.url, feed_timezone=None, now=now)
        except FeedError:
            return None
        return document if document.entries else None

    page = fetch(url)
    document = read(page)
    if page is not None and document is not None:
        return [_found(page.url, document, "address")]
    for named in (candidates(page) if page else (), _usual(page.url if page else url)):
        found: dict[str, Found] = {}
        for address, where in named:
            page = fetch(address)
            document = read(page)
            if page is not None and document is not None:
                found.setdefault(page.url, _found(page.url, document, where))
        if found:
            return list(found.values())
    return []


def candidates(page: Page) -> tuple[tuple[str, Where], ...]:
    """The addresses that the page itself names as its feeds, each once, in the order of their authority."""
    named: dict[str, Where] = {}
    for href in _from_header(page.link or ""):
        _name(named, page.url, href, "header")
    base = page.url
    for tag, attributes in _tags(decode(page.body, page.content_type).text[:_PAGE_LIMIT]):
        href = attributes.get("href", "")
        if tag == "base":
            base = urljoin(page.url, href) if base == page.url else base  # the first counts (HTML 4.2.3)
        elif _ALTERNATE.search(attributes.get("rel", "")) and _TYPES.match(attributes.get("type", "").strip()):
            _name(named, base, href, "page")
    return tuple(named.items())[:CANDIDATE_LIMIT]


def _name(named: dict[str, Where], base: str, href: str, where: Where) -> None:
    try:
        url = urljoin(base, href.strip())
        is_web = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return
    if is_web and href.strip() and url.isprintable():
        named.setdefault(url, where)


def _from_header(header: str) -> Iterator[str]:
    """The targets of a Link header that are alternates of a feed's type (RFC 8288 3)."""
    for target, parameters in _LINK_VALUE.findall(header):
        found = {name: quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        if _ALTERNATE.search(found.get("rel", "")) and _TYPES.match(found.get("type", "")):
            yield target


def _tags(page: str) -> Iterator[tuple[Literal["link", "base"], dict[str, str]]]:
    """The link and base elements with their attributes; where one holds a name twice the first counts."""
    for match in _LINK_TAG.finditer(page):
        attributes: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(match[2]):
            attributes.setdefault(name.translate(_LOWER), html.unescape(double or single or bare))
        yield ("base" if match[1] in {"base", "BASE"} else "link"), attributes


def _usual(url: str) -> tuple[tuple[str, Where], ...]:
    """The places where most sites keep their feed."""
    return tuple((urljoin(url, path), "path") for path in PATHS)


def _found(url: str, document: Document, where: Where) -> Found:
    title = plain_text(document.title or "", 200)
    return Found(
        url=url,
        title=title or urlsplit(url).netloc,
        version=document.version,
        entry_count=document.entry_total,
        where=where,
    )
