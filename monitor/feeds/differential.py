"""Which bytes of a document are which entry, so that only the entries that are not known need be read.

        scan   one expat pass: where each item or entry stands, and a hash of its bytes
        cut    the document without some of them, for feedparser

Reading a cut document must give, for each entry that is left, exactly what reading the whole gives. feedparser carries
state from one entry to the next, so a document is `separable` only where none of that state can differ; every other
document is read whole. Each reason stands below at its test. What stands inside a name of an author, a category or a
thumbnail is never read: feedparser would take a link or a guid in there for the entry's own.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from xml.parsers import expat

from monitor.feeds.document import ENTRY_LIMIT, RANGE_HASH_SIZE
from storage.errors import ParseError

_CUT_OFF = frozenset(
    {
        "no element found",
        "unclosed token",
        "unclosed CDATA section",
        "partial character",
    }
)
_NAMESPACES = (  # what feedparser takes for no namespace at all
    "",
    "http://www.w3.org/2005/Atom ",
    "http://purl.org/rss/1.0/ ",
    "http://my.netscape.com/rdf/simple/0.9/ ",
    "http://purl.org/atom/ns# ",
    "http://backend.userland.com/rss ",
    "http://backend.userland.com/rss2 ",
    "http://blogs.law.harvard.edu/tech/rss ",
)
_ENTRIES = frozenset(namespace + name for namespace in _NAMESPACES for name in ("item", "entry"))
_TOMBSTONE = "http://purl.org/atompub/tombstones/1.0 deleted-entry"  # RFC 6721
_UNSETTLING = frozenset({"content", "encoded", "body", "fullitem", "summary", "description"})
# What nobody here asks a channel for. Some of it unsettles, and to read it all took a tenth of the time of a feed with
# one new entry.
_NOISE = _UNSETTLING.union(
    ("author", "category", "cloud", "copyright", "docs", "explicit", "generator", "icon", "id", "image", "keywords"),
    ("lastBuildDate", "logo", "managingEditor", "modified", "owner", "pubDate", "published", "rating", "rights"),
    ("subtitle", "tagline", "textInput", "textinput", "updated", "webMaster"),
)
# Nor an entry: of what it usually has, these are two elements of five, and feedparser takes as long for each.
_NOISE_INSIDE = frozenset(
    {
        *(
            f"{namespace}{name}"
            for namespace in _NAMESPACES
            for name in ("author", "category", "comments", "contributor")
        ),
        "http://purl.org/dc/elements/1.1/ creator",
        "http://purl.org/rss/1.0/modules/slash/ comments",
        "http://search.yahoo.com/mrss/ thumbnail",
        "http://wellformedweb.org/CommentAPI/ commentRss",
    }
)
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
_ENTITY_LIMIT = 32  # characters of one entity: a document of 10 MiB may grow tenfold by it, not more


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one expat pass finds in a UTF-8 document.

    `spans` are the byte ranges of the entries in order, `hashes` 8 bytes of blake2b over each and over the start tags
    around it (which carry namespaces, xml:base and xml:lang). Both are empty in a document with an `error`. Of more
    than ENTRY_LIMIT entries the rest is one last span, without a hash. `noise` are the elements of the channel that are
    of no use.
    """

    spans: tuple[tuple[int, int], ...] = ()
    noise: tuple[tuple[int, int], ...] = ()
    hashes: tuple[bytes, ...] = ()
    total: int = 0  # entries
    separable: bool = False
    deleted_guids: frozenset[str] = frozenset()
    error: str | None = None  # one line: where and why it is not well-formed
    cut_off: bool = False  # the error is its end


def scan(data: bytes) -> Scan:
    """Find the entries of a document in UTF-8 without XML declaration; ParseError where its DTD is an attack."""
    walk = _Walk(data)
    try:
        walk.run()
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        return Scan(
            error=f"line {error.lineno}, column {error.offset + 1}: {reason}",
            cut_off=reason in _CUT_OFF,
            deleted_guids=frozenset(walk.deleted),
        )
    spans = () if walk.odd else tuple(walk.spans)
    return Scan(
        spans=spans,
        noise=tuple(walk.noise),
        hashes=_hashes(data, spans[:ENTRY_LIMIT], walk.around),
        total=walk.total if spans else 0,
        separable=bool(spans) and not walk.unsettled and _is_separable(data, spans, atom=walk.atom),
        deleted_guids=frozenset(walk.deleted),
    )


def cut(data: bytes, found: Scan, keep: Collection[int]) -> bytes:
    """The document without its noise and without the entries whose numbers are not in `keep`."""
    left = cut_entries(data, found, keep)
    return _without(left, _noise_inside(left)) if keep else left


def cut_entries(data: bytes, found: Scan, keep: Collection[int]) -> bytes:
    """The same with the noise inside of entries."""
    dropped = (span for number, span in enumerate(found.spans) if number not in keep)
    return _without(data, sorted([*found.noise, *dropped]))


def _without(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    pieces, end = [], 0
    for start, stop in spans:
        pieces.append(data[end:start])
        end = stop
    pieces.append(data[end:])
    return b"".join(pieces)


def _noise_inside(data: bytes) -> list[tuple[int, int]]:
    """The children of entries that are of no use, in a well-formed document."""
    found: list[tuple[int, int]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    depth, begun = -1, -1  # of elements open in an entry, -1 outside; where the noise begins

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, begun
        if depth < 0:
            depth = 0 if name in _ENTRIES else -1
            return
        if depth == 0 and name in _NOISE_INSIDE and not any(">" in value for value in attributes.values()):
            begun = parser.CurrentByteIndex
            tag_end = data.find(b">", begun)
            if data[tag_end - 1] == ord("/"):  # expat tells the end of an empty element at the end of its tag
                found.append((begun, tag_end + 1))
                begun = -1
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth, begun
        if depth < 0:
            return
        depth -= 1
        if depth == 0 and begun >= 0:
            found.append((begun, data.find(b">", parser.CurrentByteIndex) + 1))
            begun = -1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    parser.StartElementHandler = parser.EndElementHandler = None
    return found


class _Walk:
    """The handlers of one pass. Inside an entry only ends are heard, and all but its own cost next to nothing."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.spans: list[tuple[int, int]] = []
        self.noise: list[tuple[int, int]] = []
        self.total = 0
        self.around: list[bytes] = []  # start tags that are open around the first entry
        self.deleted: list[str] = []
        self.atom = False
        self.odd = False  # entries overlap or are empty: their bytes are not told apart
        self.unsettled = False  # an element outside the entries that changes how feedparser reads them
        self._open: list[int] = []
        self._start = 0
        self._noise = -1  # where the noise begins that is going on
        self._parser = expat.ParserCreate(namespace_separator=" ")

    def run(self) -> None:
        parser = self._parser
        parser.StartElementHandler, parser.EndElementHandler = self.outside, self.end_outside
        parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = self.doctype, _refuse_hostile
        try:
            parser.Parse(self.data, True)
        finally:  # the parser holds us and we hold it: a body of megabytes would wait for the garbage collector
            parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None

    def outside(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if name in _ENTRIES:
            if not self.spans:
                self.around = [self.data[i : self.data.find(b">", i)] for i in self._open]
                self.atom = name.endswith("entry")
            end = self._tag_end(at, attributes)
            self.odd = self.odd or self._noise >= 0 or end < 0 or self._is_empty(end)
            self._start = at
            self._parser.StartElementHandler, self._parser.EndElementHandler = None, self.end_inside
            return
        self._open.append(at)
        if self._noise >= 0:
            return
        local = name.rpartition(" ")[2]
        if local in _NOISE and 1 < len(self._open) <= 3 and (end := self._tag_end(at, attributes)) >= 0:
            if self._is_empty(end):
                self.noise.append((at, end + 1))
            else:
                self._noise = at
        elif name == _TOMBSTONE:
            self.deleted.append(attributes.get("ref", "").strip())
        elif local in _UNSETTLING or (local == "title" and self.spans):
            # Content outside the entries leaves feedparser in a state that only the end of the next entry clears;
            # whether it takes a title behind the entries depends on the depth of theirs.
            self.unsettled = True

    def end_inside(self, name: str) -> None:
        if name in _ENTRIES:
            self.total += 1
            if self.total > ENTRY_LIMIT + 1:
                self._start = self.spans.pop()[0]
            self.spans.append((self._start, self.data.find(b">", self._parser.CurrentByteIndex) + 1))
            self._parser.StartElementHandler, self._parser.EndElementHandler = self.outside, self.end_outside

    def end_outside(self, name: str) -> None:
        if name in _ENTRIES:
            self.odd = True
            return
        start = self._open.pop()
        if start == self._noise:
            self.noise.append((start, self.data.find(b">", self._parser.CurrentByteIndex) + 1))
            self._noise = -1

    def _tag_end(self, at: int, attributes: dict[str, str]) -> int:
        """Where the ">" of a start tag is; -1 where an attribute holds another."""
        return -1 if any(">" in value for value in attributes.values()) else self.data.find(b">", at)

    def _is_empty(self, tag_end: int) -> bool:
        """Of an empty element expat tells the end of its tag as the place of its end, so that is no help."""
        return self.data[tag_end - 1] == ord("/")

    def doctype(self, *_: object) -> None:
        self.unsettled = True  # feedparser takes it off, and with it the meaning of entities


def _refuse_hostile(
    name: str,
    is_parameter: bool,
    value: str | None,
    _base: str | None,
    system: str | None,
    public: str | None,
    _: object,
) -> None:
    if is_parameter or system or public or value is None or len(value) > _ENTITY_LIMIT or re.search("&(?!#)", value):
        raise ParseError(f"hostile_xml: the document declares the entity {name[:40]!r} in a way only attacks need")


def _hashes(data: bytes, spans: Sequence[tuple[int, int]], around: Sequence[bytes]) -> tuple[bytes, ...]:
    context = blake2b(b">".join(around), digest_size=RANGE_HASH_SIZE)
    hashes = []
    for start, stop in spans:
        one = context.copy()
        one.update(data[start:stop])
        hashes.append(one.digest())
    return tuple(hashes)


def _is_separable(data: bytes, spans: Sequence[tuple[int, int]], *, atom: bool) -> bool:
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


def _repeats_an_id(data: bytes, spans: Sequence[tuple[int, int]]) -> bool:
    """Of two entries with one atom:id only the newest counts (RFC 4287 4.1.1): both must be read to tell."""
    found = (_ATOM_ID.search(data, start, stop) for start, stop in spans)
    ids = Counter(match[1].strip() if match else b"" for match in found)
    return max(ids.values()) > 1
