"""One feed document as read: its entries and what it says of itself.

Text in it is still markup; nothing here has been judged, stored or shown.
"""

import re
from dataclasses import dataclass

from storage.model import Entry

ENTRY_LIMIT = 5_000  # entries of one document that are kept, from the top
TITLE_LIMIT = 4_000  # characters of markup; a title is cut to 1,000 of text afterwards
BODY_LIMIT = 1_048_576  # likewise; 262,144 of text
SHORT_LIMIT = 256  # names, languages
GUID_LIMIT = 2_048
RANGE_HASH_SIZE = 8

_LANGUAGE_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9-]*)?")  # BCP 47, as far as feeds use it
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # ASCII alone: no letter of a text is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`entries` are those whose range is not known yet; `seen_ranges` name the others, each by its `range_hash`.

    An entry's `position` counts in the whole document, known entries included. `truncated` means that the document
    ends too early: its last entry is left out, and what is absent proves nothing. `bozo` is a note on its health:
    it was mended or read loosely, and `complaint` says why.
    """

    version: str  # rss091u rss10 rss20 atom03 atom10 json ...
    entries: tuple[Entry, ...]
    entry_total: int
    seen_ranges: tuple[bytes, ...] = ()
    title: str | None = None
    lang: str | None = None  # primary subtag, lower case
    site_url: str | None = None
    ttl_s: float | None = None
    update_period_s: float | None = None
    skip_hours: tuple[int, ...] = ()  # 0-23 GMT
    skip_days: tuple[int, ...] = ()  # 0 = Monday
    truncated: bool = False
    bozo: bool = False
    complaint: str | None = None
    deleted_guids: frozenset[str] = frozenset()  # at:deleted-entry, RFC 6721
    expired: bool = False  # JSON Feed: there will be no more
    next_url: str | None = None  # older entries, RFC 5005 section 3
    prev_archive_url: str | None = None  # RFC 5005 section 4


def primary_language(tag: str) -> str | None:
    """`az` for az-Latn-AZ, en_US is en; None for what is no language tag."""
    match = _LANGUAGE_TAG.fullmatch(tag.strip())
    return match[1].translate(_LOWER) if match else None
