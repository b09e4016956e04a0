"""RSS 2.0 and Atom 1.0 as nearly every outlet writes them, read by expat alone.

feedparser takes 0.3 ms for an entry; where an entry's elements are the usual ones and hold text, a tenth is enough.
Rule: what feedparser would find, to the letter, or nothing. An entry that holds anything not listed here is left to
feedparser, and so is a channel; a document whose prefixes or addresses mean something unusual is left as a whole. Only
separable documents are read (see `differential`): in these no entry changes how another is read.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urljoin
from xml.parsers import expat

from monitor.feeds.vocabulary import (
    ALLOWED,
    ATOM,
    ATOM_CHANNEL,
    ATOM_ENTRY,
    BASE,
    HOURS_AND_DAYS,
    KNOWN,
    LANG,
    MEDIA,
    OF_ROOT,
    OTHER_VERSIONS,
    PREFIXES,
    RSS_CHANNEL,
    RSS_ENTRY,
    RSS_VERSIONS,
    TEXT_TYPES,
    Kind,
    Table,
    local_name,
    other,
)

Found: TypeAlias = dict[str, Any]
"""What feedparser's dictionary of an entry or a channel holds, as far as it is asked for."""

_Start = Callable[[str, dict[str, str]], None]

_PLAIN_BASE = re.compile(r"(?:https?://[a-z0-9.-]+(?:/[\w-]+)*/?)?", re.ASCII)
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[\w~.%+@,-]*)*(?:\?[\w=&.%+-]+)?", re.ASCII)
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
# The bytes 128 to 159 are letters and quotes in Windows, and controls everywhere else.
_WINDOWS = {n: bytes([n]).decode("cp1252") for n in range(128, 160) if n not in {129, 141, 143, 144, 157}}
_CONTROL = re.compile("[\x80-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """A document as far as it is ordinary; None stands for what is left to feedparser."""

    version: str
    channel: Found | None
    entries: tuple[Found | None, ...]  # in order


def read_ordinary(data: bytes) -> Ordinary | None:
    """Read a separable document without the noise of its channel; None where all of it is left to feedparser."""
    walk = _Walk()
    walk.run(data)
    if walk.odd or not walk.version:
        return None
    channel = None if walk.odd_channel else walk.channel
    return Ordinary(version=walk.version, channel=channel, entries=tuple(walk.entries))


class _Walk:
    """One pass. At each moment it looks at the children of the channel or of an entry, takes the text of one of them,
    or passes over what stands in it: each has its pair of handlers.
    """

    def __init__(self) -> None:
        self.version = ""
        self.odd = False
        self.odd_channel = False
        self.channel: Found = {}
        self.entries: list[Found | None] = []
        self._found = self.channel  # what is filled: the channel or an entry,
        self._table: Table = {}  # what stands in it,
        self._keys: set[str] = set()  # and the texts it has; a second one is feedparser's affair
        self._channel_table: Table = {}
        self._channel_keys = self._keys
        self._entry_table: Table = {}
        self._wanted: tuple[Kind, str, str] | None = None  # with its key, and what its attribute says
        self._pieces: list[str] = []
        self._channel_count = 0
        self._depth = 0  # in what is passed over
        self._base = ""
        self._lang: str | None = None
        self._parser = expat.ParserCreate(namespace_separator=" ")

    def run(self, data: bytes) -> None:
        parser = self._parser
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartElementHandler = self._root
        try:
            parser.Parse(data, True)
        finally:  # the parser holds us and we hold it: see `differential`
            parser.StartNamespaceDeclHandler = parser.CharacterDataHandler = None
            parser.StartElementHandler = parser.EndElementHandler = None

    def _declare(self, prefix: str | None, uri: str) -> None:
        if prefix is None:
            self.odd = self.odd or (uri in KNOWN and uri != ATOM)
        elif prefix in PREFIXES or uri in KNOWN:
            self.odd = self.odd or PREFIXES.get(prefix) != uri
        self.odd = self.odd or uri in OTHER_VERSIONS

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        parser = self._parser
        self._base = attributes.get(BASE, attributes.get("base", ""))
        lang = attributes.get(LANG, attributes.get("lang"))
        if lang:
            self._lang = self.channel["language"] = lang.replace("_", "-")
        others = {local_name(key) for key in attributes.keys() - OF_ROOT}
        self.odd = self.odd or not (OF_ROOT.isdisjoint(others) and _PLAIN_BASE.fullmatch(self._base))
        if name == "rss":
            said = attributes.get("version", "")
            self.version = RSS_VERSIONS.get(said) or ("rss20" if said.startswith("2.") else "rss")
            self._channel_table, self._entry_table = RSS_CHANNEL, RSS_ENTRY
            parser.StartElementHandler = self._beside_the_channel
        elif name == f"{ATOM} feed":
            self.version = "atom10"
            self._channel_table, self._entry_table = ATOM_CHANNEL, ATOM_ENTRY
            self._look()
        else:
            self.odd = True
            parser.StartElementHandler = None
        self._table = self._channel_table

    def _beside_the_channel(self, name: str, attributes: dict[str, str]) -> None:
        """There is one channel in RSS, and everything in it."""
        self._channel_count += 1
        self.odd = self.odd or name != "channel" or bool(attributes) or self._channel_count > 1
        self._look()

    def _look(self) -> None:
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._child, self._close

    def _close(self, _name: str) -> None:
        """An entry ends, or the channel; behind that there is the end of the root, or what makes the document odd."""
        if self._found is self.channel:
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._beside_the_channel, None
            return
        self._found, self._table, self._keys = self.channel, self._channel_table, self._channel_keys

    def _child(self, name: str, attributes: dict[str, str]) -> None:
        kind, key = self._table.get(name) or other(name)
        if attributes and any(local_name(key) == "base" for key in attributes):
            self.odd = True
        if kind == "entry":
            self._found, self._table, self._keys = {}, self._entry_table, set()
            self.entries.append(self._found)
            if attributes:
                self._give_up(1)
        elif kind in {"aside", "group"}:
            self._pass_over(1, self._deeper if kind == "aside" else self._in_group)
        elif kind == "idle":
            self._await_end()
        elif kind == "strange" or not attributes.keys() <= ALLOWED[kind] or not self._opens(kind, key, attributes):
            self._give_up(1 if self._found is self.channel else 2)

    def _opens(self, kind: Kind, key: str, attributes: dict[str, str]) -> bool:
        """Begin an element that is read; False for one that is left to feedparser."""
        said = ""
        if kind == "enclosure":
            self._found.setdefault("links", []).append({"rel": "enclosure", "href": attributes.get("url", "")})
            self._await_end()
            return True
        if kind == "link" and attributes:
            return self._refers(attributes)
        if key in self._keys:
            return False
        if kind == "text":
            said = TEXT_TYPES.get(attributes.get("type", "text").lower(), "")  # ascii protocol word
        elif kind == "guid":
            said = attributes.get("isPermaLink", "true")
        elif kind == "source":
            said = attributes.get("url", "")
        elif kind == "link":
            self._found.setdefault("links", []).append({"rel": "alternate"})
        if not said and kind in {"text", "source"}:
            return False
        self._keys.add(key)
        self._wanted = kind, key, said
        self._parser.CharacterDataHandler = self._pieces.append
        self._await_end()
        return True

    def _refers(self, attributes: dict[str, str]) -> bool:
        """Begin a link that has its address as an attribute."""
        href = attributes.get("href", "")
        if not href or ":///" in href:
            return False
        rel = attributes.get("rel", "alternate").lower()  # ascii protocol word
        kind = attributes.get("type", "text/html" if rel != "self" else "").lower()  # ascii protocol word
        resolved = self._resolved(href)
        self._found.setdefault("links", []).append({"rel": rel, "href": resolved})
        if rel == "alternate" and kind in {"html", "text/html", "xhtml", "application/xhtml+xml"}:
            self._found["link"] = resolved
        self._await_end()
        return True

    def _await_end(self) -> None:
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._markup, self._take

    def _markup(self, _name: str, _attributes: dict[str, str]) -> None:
        """An element in what should hold text alone."""
        self._give_up(2 if self._found is self.channel else 3)

    def _take(self, _name: str) -> None:
        self._look()
        if self._wanted is None:
            return
        (kind, key, said), self._wanted = self._wanted, None
        self._parser.CharacterDataHandler = None
        text = "".join(self._pieces).strip()
        self._pieces.clear()
        found = self._found
        if kind == "link" or (kind == "guid" and said == "true"):
            if ":///" in text:
                self._give_up(0 if found is self.channel else 1)
                return
            text = self._resolved(text) if text else ""
        text = _mended(text)
        if kind == "text":
            detail = {"type": said, "language": self._lang, "value": text}
            if key == "content":
                found["content"] = [detail]
                found.setdefault("summary", text)
                return
            found[f"{key}_detail"] = detail
        elif kind == "link":
            text = _REFERENCE.sub(r"&\1", text if found is self.channel else text.replace("&amp;", "&"))
            found["links"][-1]["href"] = text
        elif kind == "guid" and said == "true":
            found.setdefault("link", text)
        elif kind == "source":
            found["source"] = {"href": said, **({"title": text} if text else {})}
            return
        found[key] = text

    def _give_up(self, depth: int) -> None:
        """Leave the entry that is open to feedparser, or the channel; `depth` elements are open up to its child."""
        self._wanted = None
        self._parser.CharacterDataHandler = None
        self._pieces.clear()
        if self._found is self.channel:
            self.odd_channel = True
        else:
            self.entries[-1] = None
        if depth:
            self._pass_over(depth, self._deeper)

    def _pass_over(self, depth: int, start: _Start) -> None:
        self._depth = depth
        self._parser.StartElementHandler, self._parser.EndElementHandler = start, self._shallower

    def _deeper(self, _name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1

    def _in_group(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if name not in HOURS_AND_DAYS and not (name.startswith(MEDIA) and other(name)[0] == "idle"):
            self._give_up(self._depth + (self._found is not self.channel))

    def _shallower(self, name: str) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._look()
            if self._found is not self.channel and self.entries[-1] is None:
                self._close(name)

    def _resolved(self, href: str) -> str:
        if not self._base or _PLAIN_ADDRESS.fullmatch(href):
            return href
        try:
            return urljoin(self._base, href)
        except ValueError:
            return ""


def _mended(text: str) -> str:
    """Without the two faults of encoding that feedparser repairs: UTF-8 taken for Latin 1, and letters of Windows."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode()
    return text.translate(_WINDOWS) if _CONTROL.search(text) else text
