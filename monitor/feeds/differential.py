"""Which bytes of a document are which entry, so that only the entries that are not known need be read.

        scan   one expat pass: where each item or entry stands, and a hash of its bytes; what is known is passed over
        cut    the document without some of them, for feedparser

Reading a cut document must give, for each entry that is left, exactly what reading the whole gives. feedparser carries
state from one entry to the next, so only `separable` documents are cut; every other one is read whole. What stands
inside a name of an author, a category or a thumbnail is never read: feedparser would take a link or a guid in there for
the entry's own.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from xml.parsers import expat

from monitor.feeds.document import ENTRY_LIMIT, RANGE_HASH_SIZE
from monitor.feeds.separable import Span, is_separable
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
_START_TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_ENTRY_TAG = re.compile(rb"<(item|entry)[\s>]")
_ENTITY_LIMIT = 32  # characters of one entity: a document of 10 MiB may grow tenfold by it, not more


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one expat pass finds in a UTF-8 document.

    `spans` are the byte ranges of the entries in order, `hashes` 8 bytes of blake2b over each and over the start tags
    around it (which carry namespaces, xml:base and xml:lang) and the DTD. Both are empty in a document with an `error`.
    Of more than ENTRY_LIMIT entries the rest is one last span, without a hash. `noise` are the elements of the channel
    that are of no use.
    """

    spans: tuple[Span, ...] = ()
    noise: tuple[Span, ...] = ()
    hashes: tuple[bytes, ...] = ()
    total: int = 0  # entries
    separable: bool = False
    deleted_guids: frozenset[str] = frozenset()
    error: str | None = None  # one line: where and why it is not well-formed
    cut_off: bool = False  # the error is its end


def scan(data: bytes, known: Collection[bytes] = ()) -> Scan:
    """Find the entries of a document in UTF-8 without XML declaration; ParseError where its DTD is an attack.

    `known` are hashes of entries that stood in an earlier document: they change nothing but the time it takes.
    """
    return (_scan_rest(data, known) if known else None) or _scan_all(data)


def _scan_all(data: bytes) -> Scan:
    walk = _Walk()
    try:
        with walk.listening():
            walk.hear(data)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        return Scan(
            error=f"line {error.lineno}, column {error.offset + 1}: {reason}",
            cut_off=reason in _CUT_OFF,
            deleted_guids=frozenset(walk.deleted),
        )
    spans = () if walk.odd else tuple(walk.spans)
    hashes = _hashes(data, spans[:ENTRY_LIMIT], walk.around)
    return _found(data, walk, spans, hashes, tuple(walk.noise))


def _found(
    data: bytes, walk: "_Walk", spans: tuple[Span, ...], hashes: tuple[bytes, ...], noise: tuple[Span, ...]
) -> Scan:
    return Scan(
        spans=spans,
        noise=noise,
        hashes=hashes,
        total=max(walk.total, len(spans)) if spans else 0,
        separable=bool(spans) and not walk.unsettled and is_separable(data, spans, atom=walk.atom),
        deleted_guids=frozenset(walk.deleted),
    )


def _scan_rest(data: bytes, known: Collection[bytes]) -> Scan | None:
    """What `_scan_all` finds, without a walk through the known entries; None where that is not sure.

    Entries are looked for as text, and expat reads the document without the known ones. One is taken out only where
    nothing but space is between it and the entry before it; the first stays. So if expat meets the entries that are
    left just where they were seen, each that was taken out stood between two entries, and not in a comment or in CDATA.
    """
    spans = _apparent(data)
    if not spans or len(spans) > ENTRY_LIMIT:
        return None
    walk, end = _Walk(), spans[0][1]
    try:
        with walk.listening():
            walk.hear(data[:end], whole=False)
            if len(walk.spans) != 1:
                return None
            hashes = _hashes(data, spans, walk.around)
            cuts = [
                span
                for before, span, digest in zip(spans, spans[1:], hashes[1:], strict=False)
                if digest in known and not data[before[1] : span[0]].strip()
            ]
            walk.hear(_without(data, cuts)[end:])
    except expat.ExpatError:
        return None
    moved = _Moved(cuts)
    if walk.odd or list(map(moved.back, walk.spans)) != [span for span in spans if span not in moved.cuts]:
        return None
    return _found(data, walk, spans, hashes, tuple(map(moved.back, walk.noise)))


def _apparent(data: bytes) -> tuple[Span, ...]:
    """What looks like an entry from its first to its last byte, all of one name."""
    first = _ENTRY_TAG.search(data)
    if first is None:
        return ()
    opening, closing = first[0][:-1], b"</" + first[1] + b">"
    spans, at = list[Span](), first.start()
    while at >= 0:
        end = data.find(closing, at)
        if end < 0:
            return ()
        spans.append((at, end + len(closing)))
        at = data.find(opening, end)
    return tuple(spans)


class _Moved:
    """Where things stand in a document, told from where they stand in it without some of its spans."""

    def __init__(self, cuts: Sequence[Span]) -> None:
        self.cuts = frozenset(cuts)
        self._places, self._shifts, shift = list[int](), [0], 0  # of the shorter document; bytes taken out before each
        for start, stop in cuts:
            self._places.append(start - shift)
            shift += stop - start
            self._shifts.append(shift)

    def back(self, span: Span) -> Span:
        """A span of the shorter document that holds no cut."""
        shift = self._shifts[bisect_right(self._places, span[0])]
        return span[0] + shift, span[1] + shift


def cut(data: bytes, found: Scan, keep: Collection[int]) -> bytes:
    """The document without its noise and without the entries whose numbers are not in `keep`."""
    left = cut_entries(data, found, keep)
    return _without(left, _noise_inside(left)) if keep else left


def cut_entries(data: bytes, found: Scan, keep: Collection[int]) -> bytes:
    """The same with the noise inside of entries."""
    dropped = (span for number, span in enumerate(found.spans) if number not in keep)
    return _without(data, sorted([*found.noise, *dropped]))


def _without(data: bytes, spans: Iterable[Span]) -> bytes:
    pieces, end = [], 0
    for start, stop in spans:
        pieces.append(data[end:start])
        end = stop
    pieces.append(data[end:])
    return b"".join(pieces)


def _noise_inside(data: bytes) -> list[Span]:
    """The children of entries that are of no use, in a well-formed document."""
    found: list[Span] = []
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

    def __init__(self) -> None:
        self.data = b""  # all that was heard
        self.spans: list[Span] = []
        self.noise: list[Span] = []
        self.total = 0
        self.around: list[bytes] = []  # start tags that are open around the first entry, a DTD before them
        self.deleted: list[str] = []
        self.atom = False
        self.odd = False  # entries overlap, are empty or stand in several places: their bytes are not told apart
        self.unsettled = False  # an element outside the entries that changes how feedparser reads them
        self._is_declared = False  # there is a DTD, and what entries say depends on it
        self._open: list[int] = []
        self._home: list[int] = []  # what was open around the first entry
        self._start = 0
        self._noise = -1  # where the noise begins that is going on
        self._parser = expat.ParserCreate(namespace_separator=" ")

    @contextmanager
    def listening(self) -> Iterator[None]:
        parser = self._parser
        parser.StartElementHandler, parser.EndElementHandler = self.outside, self.end_outside
        parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = self.doctype, _refuse_hostile
        try:
            yield
        finally:  # the parser holds us and we hold it: a body of megabytes would wait for the garbage collector
            parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None

    def hear(self, data: bytes, *, whole: bool = True) -> None:
        """Walk on through `data`; `whole`: the document ends with it."""
        self.data += data
        self._parser.Parse(data, whole)

    def outside(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if name in _ENTRIES:
            if not self.spans:
                self._home = self._open.copy()
                self.around = self._tags_around()
                self.atom = name.endswith("entry")
            end = self._tag_end(at, attributes)
            self.odd = self.odd or self._noise >= 0 or end < 0 or self._is_empty(end) or self._open != self._home
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
        if name in _ENTRIES or not self._open:  # of an entry around an entry, and of what stands in there
            self.odd = True
            return
        start = self._open.pop()
        if start == self._noise:
            self.noise.append((start, self.data.find(b">", self._parser.CurrentByteIndex) + 1))
            self._noise = -1

    def _tags_around(self) -> list[bytes]:
        tags = [found[0] for at in self._open if (found := _START_TAG.match(self.data, at))]
        return [self.data[: self._open[0]], *tags] if self._is_declared and self._open else tags

    def _tag_end(self, at: int, attributes: dict[str, str]) -> int:
        """Where the ">" of a start tag is; -1 where an attribute holds another."""
        return -1 if any(">" in value for value in attributes.values()) else self.data.find(b">", at)

    def _is_empty(self, tag_end: int) -> bool:
        """Of an empty element expat tells the end of its tag as the place of its end, so that is no help."""
        return self.data[tag_end - 1] == ord("/")

    def doctype(self, *_: object) -> None:
        self.unsettled = self._is_declared = True  # feedparser takes it off, and with it the meaning of entities


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


def _hashes(data: bytes, spans: Sequence[Span], around: Sequence[bytes]) -> tuple[bytes, ...]:
    context = blake2b(b">".join(around), digest_size=RANGE_HASH_SIZE)
    hashes = []
    for start, stop in spans:
        one = context.copy()
        one.update(data[start:stop])
        hashes.append(one.digest())
    return tuple(hashes)
