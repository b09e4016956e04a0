"""What the elements of RSS 2.0 and Atom 1.0 are, by their names as ElementTree gives them: "{namespace}name".

Rule: what is not listed here is strange, and read by feedparser.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_DCTERMS = "http://purl.org/dc/terms/"
_FEEDBURNER = "http://rssnamespace.org/feedburner/ext/1.0"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_MEDIA = "http://search.yahoo.com/mrss/"
_SLASH = "http://purl.org/rss/1.0/modules/slash/"
_SY = "http://purl.org/rss/1.0/modules/syndication/"
# The namespaces that are known here, by their usual prefixes. feedparser goes by prefixes too: a document where one of
# either means something else is left to it.
_PREFIXES = {
    "a10": ATOM,
    "atom": ATOM,
    "atom10": ATOM,
    "content": _CONTENT,
    "dc": _DC,
    "dcterms": _DCTERMS,
    "feedburner": _FEEDBURNER,
    "itunes": _ITUNES,
    "media": _MEDIA,
    "openSearch": "http://a9.com/-/spec/opensearchrss/1.0/",
    "slash": _SLASH,
    "sy": _SY,
    "thr": "http://purl.org/syndication/thread/1.0",
    "webfeeds": "http://webfeeds.org/rss/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "yandex": "http://news.yandex.ru",
}
_KNOWN = frozenset(_PREFIXES.values())
_OTHER_VERSIONS = frozenset({"http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"})
_XML = "http://www.w3.org/XML/1998/namespace"

Kind = Literal[
    "entry",
    "text",  # of a type: plain, or markup
    "datum",
    "link",
    "guid",
    "source",
    "enclosure",
    "aside",  # of no use, whatever it holds
    "group",  # of no use, as long as it holds idle elements alone
    "idle",  # of no use, as long as it holds no element
    "strange",
]
Table = Mapping[str, tuple[Kind, str]]  # by name: what an element is, and the key of its text

_USELESS: Table = {
    f"{{{_DC}}}creator": ("aside", ""),
    f"{{{_SLASH}}}comments": ("aside", ""),
    f"{{{_MEDIA}}}thumbnail": ("aside", ""),
    f"{{{_MEDIA}}}content": ("group", ""),
    f"{{{_MEDIA}}}group": ("group", ""),
}
RSS_ENTRY: Table = {
    "title": ("text", "title"),
    "link": ("link", "link"),
    "guid": ("guid", "id"),
    "pubDate": ("datum", "published"),
    "description": ("text", "summary"),
    "source": ("source", "source"),
    "enclosure": ("enclosure", ""),
    "author": ("aside", ""),
    "category": ("aside", ""),
    "comments": ("aside", ""),
    "{com-wordpress:feed-additions:1}post-id": ("idle", ""),
    f"{{{ATOM}}}link": ("link", "link"),
    f"{{{_CONTENT}}}encoded": ("text", "content"),
    f"{{{_DC}}}date": ("datum", "updated"),
    f"{{{_DC}}}language": ("datum", "language"),
    **_USELESS,
}
ATOM_ENTRY: Table = {
    f"{{{ATOM}}}title": ("text", "title"),
    f"{{{ATOM}}}link": ("link", "link"),
    f"{{{ATOM}}}id": ("guid", "id"),
    f"{{{ATOM}}}published": ("datum", "published"),
    f"{{{ATOM}}}updated": ("datum", "updated"),
    f"{{{ATOM}}}summary": ("text", "summary"),
    f"{{{ATOM}}}content": ("text", "content"),
    f"{{{ATOM}}}author": ("aside", ""),
    f"{{{ATOM}}}category": ("aside", ""),
    f"{{{ATOM}}}contributor": ("aside", ""),
    **_USELESS,
}
_RHYTHM: Table = {
    f"{{{_SY}}}updatePeriod": ("datum", "sy_updateperiod"),
    f"{{{_SY}}}updateFrequency": ("datum", "sy_updatefrequency"),
}
RSS_CHANNEL: Table = {  # its noise, as `differential` calls it, is cut out before
    "item": ("entry", ""),
    "title": ("text", "title"),
    "link": ("link", "link"),
    "language": ("datum", "language"),
    "ttl": ("datum", "ttl"),
    "skipHours": ("group", ""),
    "skipDays": ("group", ""),
    f"{{{ATOM}}}link": ("link", "link"),
    f"{{{_DC}}}language": ("datum", "language"),
    **_RHYTHM,
}
ATOM_CHANNEL: Table = {
    f"{{{ATOM}}}entry": ("entry", ""),
    f"{{{ATOM}}}title": ("text", "title"),
    f"{{{ATOM}}}link": ("link", "link"),
    **_RHYTHM,
}
# All other elements of the known namespaces are idle, but for those that say something to feedparser: in small letters,
# as it takes all names.
_FREE = tuple(f"{{{uri}}}" for uri in sorted(_KNOWN - {ATOM, _CONTENT}))
_SAYING = frozenset(
    {
        *(f"{{{_DC}}}{name}" for name in ("author", "contributor", "date", "description", "language", "title")),
        *(f"{{{_DCTERMS}}}{name}" for name in ("created", "issued", "modified", "valid")),
        *(f"{{{_FEEDBURNER}}}{name}" for name in ("browserfriendly",)),
        *(f"{{{_ITUNES}}}{name}" for name in ("email", "link", "name", "owner", "subtitle", "summary")),
        *(f"{{{_MEDIA}}}{name}" for name in ("description", "title")),
    }
)
_HOURS_AND_DAYS = frozenset({"hour", "day"})
ALLOWED: Mapping[Kind, frozenset[str]] = {  # attributes; any other makes the element strange
    "entry": frozenset(),
    "text": frozenset({"type"}),
    "datum": frozenset(),
    "link": frozenset({"href", "hreflang", "length", "rel", "title", "type"}),
    "guid": frozenset({"isPermaLink"}),
    "source": frozenset({"url"}),
    "enclosure": frozenset({"length", "type", "url"}),
}
BASE, LANG = f"{{{_XML}}}base", f"{{{_XML}}}lang"
OF_ROOT = frozenset({"base", "lang", "version", BASE, LANG})
TEXT_TYPES = {  # those whose text stands as it is
    "html": "text/html",
    "plain": "text/plain",
    "text": "text/plain",
    "text/html": "text/html",
    "text/plain": "text/plain",
}
RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}


def is_usual(prefix: str, namespace: str) -> bool:
    """Whether a declaration, without a prefix too, leaves the names here the meaning they have."""
    if namespace in _OTHER_VERSIONS:
        return False
    if not prefix:
        return namespace == ATOM or namespace not in _KNOWN
    return _PREFIXES.get(prefix) == namespace or not (prefix in _PREFIXES or namespace in _KNOWN)


@lru_cache(maxsize=1_024)
def local_name(name: str) -> str:
    """All that feedparser sees of most names."""
    return name.rpartition("}")[2].lower()  # ascii protocol word


@lru_cache(maxsize=1_024)
def other(name: str) -> tuple[Kind, str]:
    """What an element is that no table names."""
    free = name.startswith(_FREE) and name.lower() not in _SAYING  # ascii protocol word
    return ("idle" if free else "strange"), ""


def is_idle_in_group(name: str) -> bool:
    """Whether an element may stand in a group, at any depth."""
    return name in _HOURS_AND_DAYS or (name.startswith(f"{{{_MEDIA}}}") and other(name)[0] == "idle")
