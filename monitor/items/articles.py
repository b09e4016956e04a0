"""Which entries of one document are the same article, and by which names it may be looked up.

        entries -> barred names -> usable names -> articles

A name that one document gives to two articles is no name: it is barred for good, and the next one counts.
The order of the entries never matters.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, overload

from monitor.items.addresses import canonical_url
from monitor.items.content import guid_name
from monitor.items.document import DocumentFacts, Prepared
from storage.model import GLOBAL, Context, Key, KeyKind, Sighting


class Via(StrEnum):
    """By what an item was recognised."""

    GUID = "guid"
    TWIN = "twin"
    LINK = "link"
    HASH = "hash"
    ALIAS = "alias"  # by its link, under a guid that was not known
    TAIL = "tail"
    MOVED = "moved"
    TITLE = "title"
    REKEY = "rekey"
    TOMBSTONE = "tombstone"
    TRUNCATED = "truncated"
    NORM = "norm"
    DUPLICATE = "duplicate"
    TEXT = "text"  # copies: equal words
    SENTENCES = "sentences"  # copies: contained sentences


_RANK = {via: rank for rank, via in enumerate(Via)}


class Article(NamedTuple):
    """One article of the document: every entry that stands for it, and its names."""

    members: tuple[Prepared, ...]
    newest: Prepared  # of them
    lookups: tuple[tuple[Via, Key], ...]  # strongest first
    own: tuple[Key, ...]  # to be remembered
    tail: Key | None  # None too when two articles of the document end alike

    @property
    def guids(self) -> tuple[Key, ...]:
        return tuple(key for key in self.own if key.kind is KeyKind.GUID)


def version_order(prepared: Prepared) -> tuple[float, str, str, str]:
    """Of two entries with one id the newer counts (RFC 4287 4.1.1); without dates words and names, never the place."""
    at, entry = entry_time(prepared), prepared.entry
    return (at.timestamp() if at else -math.inf, prepared.content.content_hash, entry.guid or "", entry.link or "")


def entry_time(prepared: Prepared) -> datetime | None:
    return prepared.entry.updated_at or prepared.entry.published_at


def sighting_guid(sighting: Sighting) -> Key | None:
    return Key(sighting.feed_id, KeyKind.GUID, guid_name(sighting.guid)) if sighting.guid else None


def barred_keys(prepared: Sequence[Prepared], document: DocumentFacts, context: Context) -> frozenset[Key]:
    """Names that this document shows to be no names, beyond those that are known as such."""
    shown = [*map(_shown, prepared), *_shown_by_range(prepared, document, context)]
    guids = {guid for guid, group in _by_name((one.guid, one) for one in shown).items() if _names_several_links(group)}
    useless = {*guids, *map(_neutral, context.barred)}
    links = {
        link
        for link, group in _by_name((one.link, one) for one in shown).items()
        if _names_several_articles(group, useless)
    }
    return frozenset(form for key in guids | links for form in _forms(key)) - context.barred


def articles(prepared: Sequence[Prepared], context: Context, barred: frozenset[Key]) -> tuple[Article, ...]:
    """The document's articles, in an order that depends on their names alone."""
    useless = barred | context.barred
    names = [_names(entry, context.feed.id, useless) for entry in prepared]
    groups = _joined(names)
    tails = Counter(tail for group in groups for tail in {names[i].tail for i in group} if tail)
    found = [_article([prepared[i] for i in group], [names[i] for i in group], tails) for group in groups]
    return tuple(sorted(found, key=lambda article: sorted(article.own)))


def merged(article: Article, other: Article) -> Article:
    """One article of two that turned out to be the same item."""
    pairs = {*article.lookups, *other.lookups}
    return Article(
        members=(*article.members, *other.members),
        newest=max(article.newest, other.newest, key=version_order),
        lookups=tuple(sorted(pairs, key=_strength)),
        own=tuple(dict.fromkeys((*article.own, *other.own))),
        tail=article.tail or other.tail,
    )


class _Shown(NamedTuple):
    """What one entry shows of its names, http and https taken as one."""

    guid: Key | None
    link: Key | None
    title_hash: str
    content_hash: str


def _shown(entry: Prepared) -> _Shown:
    return _Shown(
        guid=_neutral(entry.key(KeyKind.GUID)),
        link=_neutral(entry.key(KeyKind.LINK)),
        title_hash=entry.content.title_hash,
        content_hash=entry.content.content_hash,
    )


def _shown_by_range(prepared: Sequence[Prepared], document: DocumentFacts, context: Context) -> Iterator[_Shown]:
    """The entries that were not parsed because their bytes are known still carry their names.

    Only those that share one with a parsed entry matter: making links canonical is the slowest step of all.
    """
    if not document.seen_item_ids:
        return
    names = {form for entry in prepared for key in entry.keys for form in _forms(_neutral(key))}
    for item_id in sorted(document.seen_item_ids):
        known = context.items.get(item_id)
        sighting = known.sightings.get(context.feed.id) if known else None
        if known is None or sighting is None or names.isdisjoint(known.keys):
            continue
        yield _Shown(
            guid=_neutral(sighting_guid(sighting)),
            link=_neutral(_sighting_link(sighting)),
            title_hash=sighting.title_hash,
            content_hash=sighting.content_hash,
        )


def _sighting_link(sighting: Sighting) -> Key | None:
    link = canonical_url(sighting.link) if sighting.link else None
    return Key(GLOBAL, KeyKind.LINK, link) if link else None


def _by_name(pairs: Iterable[tuple[Key | None, _Shown]]) -> Mapping[Key, list[_Shown]]:
    groups: dict[Key, list[_Shown]] = {}
    for key, one in pairs:
        if key is not None:
            groups.setdefault(key, []).append(one)
    return groups


@overload
def _neutral(key: Key) -> Key: ...
@overload
def _neutral(key: Key | None) -> Key | None: ...
def _neutral(key: Key | None) -> Key | None:
    if key is None or not key.value.startswith("https://"):
        return key
    return Key(key.scope, key.kind, "http" + key.value.removeprefix("https"))


def _forms(key: Key) -> tuple[Key, ...]:
    if not key.value.startswith("http://"):
        return (key,)
    return (key, Key(key.scope, key.kind, "https" + key.value.removeprefix("http")))


def _names_several_links(group: Sequence[_Shown]) -> bool:
    """Two links under one guid; or three titles, which no history of versions explains."""
    if len(group) == 1:
        return False
    return len({one.link for one in group if one.link}) > 1 or len({one.title_hash for one in group}) > 2


def _names_several_articles(group: Sequence[_Shown], useless: Collection[Key]) -> bool:
    """Different words under one link, unless one guid says that they are versions of one article."""
    if len(group) == 1 or len({one.content_hash for one in group}) == 1:
        return False
    guids = {one.guid if one.guid not in useless else None for one in group}
    if len(guids) == 1 and None not in guids:
        return False
    return len({one.title_hash for one in group}) > 1 or len(guids - {None}) > 1


class _Names(NamedTuple):
    lookups: tuple[tuple[Via, Key], ...]  # strongest first
    own: tuple[Key, ...]
    tail: Key | None


def _names(entry: Prepared, feed_id: int, useless: Collection[Key]) -> _Names:
    """The first usable of guid, link, hash is the entry's name; the others are looked up and remembered with it."""
    guids, links = list[Key](), list[Key]()
    rest: dict[KeyKind, Key] = {}
    for key in entry.keys:
        if key.kind is KeyKind.GUID:
            guids.append(key)
        elif key.kind is KeyKind.LINK:
            links.append(key)
        else:
            rest.setdefault(key.kind, key)
    if useless:
        guids, links = ([key for key in some if key not in useless] for some in (guids, links))
    if not guids and not links:
        words = rest.get(KeyKind.HASH) or Key(feed_id, KeyKind.HASH, entry.content.content_hash)
        return _Names(lookups=((Via.HASH, words),), own=(words,), tail=None)
    lookups = (*zip((Via.GUID, Via.TWIN), guids, strict=False), *((Via.LINK, key) for key in sorted(links[:2])))
    return _Names(lookups=lookups, own=(*guids[:1], *links[:1]), tail=rest.get(KeyKind.TAIL) if links else None)


def _joined(names: Sequence[_Names]) -> list[list[int]]:
    """Groups of entries that share a name, directly or through others."""
    parent = list(range(len(names)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    first: dict[Key, int] = {}
    for index, name in enumerate(names):
        for _, key in name.lookups:
            parent[root(index)] = root(first.setdefault(key, index))
    groups: dict[int, list[int]] = {}
    for index in range(len(names)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _article(members: Sequence[Prepared], names: Sequence[_Names], tails: Mapping[Key, int]) -> Article:
    if len(members) == 1:
        (one,), (only,) = members, names
        tail = only.tail if only.tail and tails[only.tail] == 1 else None
        return Article(members=(one,), newest=one, lookups=only.lookups, own=only.own, tail=tail)
    lookups = sorted({pair for one in names for pair in one.lookups}, key=_strength)
    own = {key for one in names for key in one.own}
    own_tails = sorted({one.tail for one in names if one.tail})
    return Article(
        members=tuple(members),
        newest=max(members, key=version_order),
        lookups=tuple(lookups),
        own=tuple(dict.fromkeys(key for _, key in lookups if key in own)),
        tail=next((tail for tail in own_tails if tails[tail] == 1), None),
    )


def _strength(pair: tuple[Via, Key]) -> tuple[int, Key]:
    via, key = pair
    return (_RANK[via], key)
