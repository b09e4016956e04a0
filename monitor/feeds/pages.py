"""A web page as a document of one entry: its main text, without navigation, footers and comments.

Which part of a page is its main text is trafilatura's judgement, an extra of Salname's; it is slow and takes memory, so
it is loaded by the workers that parse, when they are given the first page.
"""

import html
import re
from importlib.util import find_spec

from monitor.feeds.charset import decode
from monitor.feeds.document import BODY_LIMIT, Document
from storage.errors import ConfigError, ParseError
from storage.model import Entry, TextKind

MISSING = "web pages are read with trafilatura, which is not installed: in Salname's clone: pip install '.[pages]'"
PAGE = "page"  # the name of the one entry; it stays while all words change
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_MARKED_UP = re.compile(r"<(?:!doctype\s+html|html|head|body|main|article|div|p|table)\b", re.IGNORECASE)
_ENDS = re.compile(r"\w\Z")


def expect_extractor() -> None:
    """Raise ConfigError where pages cannot be read."""
    if find_spec("trafilatura") is None:
        raise ConfigError(MISSING)


def read_page(body: bytes, content_type: str | None, *, title: str, url: str) -> Document:
    """The page at `url` as an entry of that title.

    Raises ParseError; its message begins with the kind of failure: missing, empty, not_a_page or no_text.
    """
    try:
        import trafilatura
    except ImportError:
        raise ParseError(f"missing: {MISSING}") from None
    decoded = decode(body, content_type)
    if not decoded.text.strip():
        raise ParseError("empty: the server sent a document without content")
    if not _MARKED_UP.search(decoded.text):
        raise ParseError("not_a_page: the document is no HTML")
    found = trafilatura.extract(decoded.text, favor_recall=True, include_comments=False, include_tables=True)
    told = "\n".join(_lines(found or ""))
    if not told:
        raise ParseError("no_text: the page has no text of its own; what its scripts would add is not seen")
    entry = Entry(
        position=0,
        guid=PAGE,
        link=url,
        title=html.escape(title, quote=False),
        body=html.escape(told[:BODY_LIMIT], quote=False),
        text_kind=TextKind.CONTENT,
    )
    return Document(version=PAGE, entries=(entry,), entry_total=1)


def _lines(found: str) -> list[str]:
    """Headings, items of lists and rows of tables as sentences: two of them are not one statement."""
    told = []
    for line in found.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            line = "; ".join(cell for cell in cells if cell.strip("-: "))  # noqa: PLW2901  the same line, as words
        words = line.strip().removeprefix("- ").strip()
        if words:
            told.append(f"{words}." if _ENDS.search(words) else words)
    return told
