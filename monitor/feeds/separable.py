"""Whether a document may be read in parts: whether any of its entries changes how feedparser reads another.

feedparser carries state from one entry to the next. Each way in which that may differ has its test here; where none
hits, the entries that are left of a document without some of its entries are read as in the whole.
"""

import re
from collections import Counter
from collections.abc import Sequence
from xml.parsers import expat

Span = tuple[int, int]  # of bytes

# Prefixes that generators declare on each entry instead of on the root, and what they stand for everywhere.
_USUAL = frozenset(
    {
        (b"atom", b"http://www.w3.org/2005/Atom"),
        (b"content", b"http://purl.org/rss/1.0/modules/content/"),
        (b"dc", b"http://purl.org/dc/elements/1.1/"),
        (b"dcterms", b"http://purl.org/dc/terms/"),
        (b"georss", b"http://www.georss.org/georss"),
        (b"itunes", b"http://www.itunes.com/dtds/podcast-1.0.dtd"),
        (b"media", b"http://search.yahoo.com/mrss/"),
        (b"slash", b"http://purl.org/rss/1.0/modules/slash/"),
        (b"thr", b"http://purl.org/syndication/thread/1.0"),
        (b"wfw", b"http://wellformedweb.org/CommentAPI/"),
        (b"xhtml", b"http://www.w3.org/1999/xhtml"),
    }
)
DECLARATION = re.compile(rb"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']*)")
_BASE = re.compile(rb"\bbase\s*=")
_ATOM_ID = re.compile(rb"<id\b[^<>]*>\s*([^<]*)")
_LANGUAGE = re.compile(rb"\blang\s*=")


def is_separable(data: bytes, spans: Sequence[Span], *, atom: bool) -> bool:
    """Whether the entries at `spans` may be read apart; of the rest of the document nothing is asked here."""
    first, last = spans[0][0], spans[-1][1]
    return not (
        _rebases(data, first, last)
        or _declares_oddly(data, first, last)
        or _leaks_language(data, first, last)
        or (atom and _repeats_an_id(data, spans))
    )


def _rebases(data: bytes, first: int, last: int) -> bool:
    """An entry's xml:base stays in force behind it where the root has none."""
    return data.find(b"base", first, last) >= 0 and _BASE.search(data, first, last) is not None


def _declares_oddly(data: bytes, first: int, last: int) -> bool:
    """A prefix declared in an entry stays declared behind it: harmless only if it means the same everywhere."""
    if data.find(b"xmlns:", first, last) < 0:
        return False
    outer = {(match[1], match[2]) for match in DECLARATION.finditer(data, 0, first)}
    inner = {(match[1], match[2]) for match in DECLARATION.finditer(data, first, last) if match[1]} - outer
    return not inner <= _USUAL or not {prefix for prefix, _ in inner}.isdisjoint(prefix for prefix, _ in outer)


def _leaks_language(data: bytes, first: int, last: int) -> bool:
    """A div that stands as an element in escaped content unbalances feedparser's stack of languages.

    Both strings are common inside CDATA, where they mean nothing: so a second pass looks at elements alone.
    """
    if data.find(b"<div", first, last) < 0 or not _LANGUAGE.search(data, first, last):
        return False
    has_div = has_lang = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal has_div, has_lang
        if first <= parser.CurrentByteIndex < last:
            has_div = has_div or name.endswith("div")
            has_lang = has_lang or any(key.endswith("lang") for key in attributes)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.Parse(data, True)
    parser.StartElementHandler = None
    return has_div and has_lang


def _repeats_an_id(data: bytes, spans: Sequence[Span]) -> bool:
    """Of two entries with one atom:id only the newest counts (RFC 4287 4.1.1): both must be read to tell."""
    found = (_ATOM_ID.search(data, start, stop) for start, stop in spans)
    ids = Counter(match[1].strip() if match else b"" for match in found)
    return max(ids.values()) > 1
