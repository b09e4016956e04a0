"""What identity is asked about: the entries of one document, read and hashed, and what holds for the document.

Nothing here decides; both values are made before the database is locked.
"""

from dataclasses import dataclass
from typing import NamedTuple

from storage.model import Content, Entry, Key, KeyKind


class Prepared(NamedTuple):
    """An entry with its words, its names and whether a topic matched; `keys` as `content.entry_keys` orders them."""

    entry: Entry
    content: Content
    keys: tuple[Key, ...]
    lang: str | None = None
    relevant: bool = True
    sentences: tuple[tuple[int, int], ...] = ()  # (hash, words) of each sentence of six words or more

    def key(self, kind: KeyKind) -> Key | None:
        """The first of this kind: the entry's own; its twin under the other of http and https stands behind it."""
        return next((key for key in self.keys if key.kind is kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """The document as a whole.

    `seen_item_ids` are the items whose bytes stand unchanged in it: they are present though no entry was parsed.
    `rematched` says that the topics differ from those that the last document was matched with.
    """

    number: int
    entry_count: int = 0
    truncated: bool = False  # cut short: no revisions, nothing is missing
    partial: bool = False  # only news was sent (226) or only a page of it: nothing is missing
    deleted_guids: frozenset[str] = frozenset()  # at:deleted-entry, RFC 6721
    seen_item_ids: frozenset[int] = frozenset()
    site_url: str | None = None
    rematched: bool = False

    @property
    def whole(self) -> bool:
        """What is not in the document is not in the feed."""
        return not (self.truncated or self.partial)
