"""Which known item each article of a document is.

        keys -> new guids for all? -> tail of the link -> moved -> title and date

An article is new only when every one of these has failed. An item is taken by one article of a document, the one with
the strongest name; what the weaker searches find must be gone from the document.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.items.addresses import link_tail
from monitor.items.articles import Article, Via, merged, sighting_guid
from monitor.items.document import DocumentFacts, Prepared
from monitor.words import word_list
from storage.model import GLOBAL, Content, Context, Key, KeyKind, KnownItem, Sighting, Standing

REKEY_COUNT = 5  # guids that a document must have before their change means anything
REKEY_SHARE = 0.8
TAIL_SHARE = 0.9  # of the feed's links must end in a number before it names an article
TITLE_OVERLAP = 0.4
MOVED_WITHIN = timedelta(hours=72)
MOVED_WORDS = 8
SAME_DATE = timedelta(hours=48)

_BY_GUID = {Via.GUID, Via.TWIN}
_NO_KEY = Key(GLOBAL, KeyKind.HASH, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    item_id: int
    via: Via
    conflict: int | None = None  # another item that answers to one of the article's weaker keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    article: Article
    match: Match | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    named: tuple[Named, ...]
    rekeyed: bool  # the feed gave its entries new guids


def recognise(articles: Sequence[Article], document: DocumentFacts, context: Context, *, now: datetime) -> Naming:
    """Each article with the item it is, None for those that no name, no place and no words connect to one."""
    search = _Search(
        articles=dict(enumerate(articles)),
        found={},
        taken=set(document.seen_item_ids),
        past=_past(articles, document, context),
        document=document,
        context=context,
        now=now,
    )
    search.by_keys()
    rekeyed = document.whole and search.is_rekeyed()
    if rekeyed:
        search.by_rekey()
    search.by_tail()
    search.by_move()
    if document.whole:
        search.by_title()
    named = tuple(Named(article=one, match=search.found.get(index)) for index, one in search.articles.items())
    return Naming(named=named, rekeyed=rekeyed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What this feed showed before, and of that, what the document shows still without an entry being parsed."""

    by_title: Mapping[str, Sequence[KnownItem]]
    by_content: Mapping[str, Sequence[KnownItem]]
    seen: Sequence[Sighting | Standing]
    titles: Mapping[str, int]  # how many articles of the document have this title


def _past(articles: Sequence[Article], document: DocumentFacts, context: Context) -> _Past:
    by_title: dict[str, list[KnownItem]] = {}
    by_content: dict[str, list[KnownItem]] = {}
    seen: list[Sighting | Standing] = [*context.standing.values()]
    for known in context.items.values():
        sighting = known.sightings.get(context.feed.id)
        if sighting is None or known.forgotten:
            continue
        by_title.setdefault(sighting.title_hash, []).append(known)
        by_content.setdefault(sighting.content_hash, []).append(known)
        if known.item.id in document.seen_item_ids:
            seen.append(sighting)
    titles = Counter(sighting.title_hash for sighting in seen)
    for article in articles:
        titles.update({member.content.title_hash for member in article.members})
    return _Past(by_title=by_title, by_content=by_content, seen=seen, titles=titles)


@dataclass(slots=True, kw_only=True)
class _Search:
    """The searches in their order; each adds to `found` what the ones before it left open."""

    articles: dict[int, Article]
    found: dict[int, Match]
    taken: set[int]
    past: _Past
    document: DocumentFacts
    context: Context
    now: datetime

    def by_keys(self) -> None:
        claims: dict[int, list[tuple[int, Match]]] = {}
        for index, article in self.articles.items():
            match = self._looked_up(article)
            if match is not None:
                claims.setdefault(match.item_id, []).append((index, match))
        for item_id, claimants in claims.items():
            self._settle(self._sighting(self.context.items[item_id]), item_id, claimants)
        self.taken.update(claims)

    def _looked_up(self, article: Article) -> Match | None:
        hits = [(via, self.context.keys[key]) for via, key in article.lookups if key in self.context.keys]
        if not hits:
            return None
        via, item_id = hits[0]
        return Match(item_id=item_id, via=via, conflict=next((other for _, other in hits if other != item_id), None))

    def _settle(self, sighting: Sighting | None, item_id: int, claimants: list[tuple[int, Match]]) -> None:
        """The strongest name takes the item; who reaches it by a weaker one is the same article, or a stranger."""
        shown: set[str] = set()
        if sighting is not None and item_id in self.document.seen_item_ids:
            shown.add(sighting.content_hash)
        holder = None
        for index, match in sorted(claimants, key=lambda claim: self._weakness(claim[0], claim[1], sighting)):
            if shown and self._is_stranger(index, match, shown):
                continue
            shown |= {member.content.content_hash for member in self.articles[index].members}
            if holder is None:
                holder = index
                self.found[index] = match
            else:
                self.articles[holder] = merged(self.articles[holder], self.articles.pop(index))

    def _weakness(self, index: int, match: Match, sighting: Sighting | None) -> tuple[bool, bool, int]:
        guid = sighting_guid(sighting) if sighting else None
        return (match.via not in _BY_GUID, guid not in self.articles[index].guids, index)

    def _is_stranger(self, index: int, match: Match, shown: Collection[str]) -> bool:
        """An unknown guid and other words, beside the article that holds the item in the same document."""
        article = self.articles[index]
        if match.via in _BY_GUID or not article.guids:
            return False
        return not any(member.content.content_hash in shown for member in article.members)

    def is_rekeyed(self) -> bool:
        """At least four of five guids are unknown, while half of their articles stand under known links or titles.

        An item that has two guids already does not speak for it: such a feed gives new ones at every poll.
        """
        guided = [index for index, article in self.articles.items() if article.guids]
        fresh = [index for index in guided if not self._has_known_guid(index)]
        count = len(guided) + sum(1 for sighting in self.past.seen if sighting.guid)
        if count < REKEY_COUNT or len(fresh) < REKEY_SHARE * count:
            return False
        return 2 * sum(map(self._had_one_guid, fresh)) >= len(fresh)

    def _has_known_guid(self, index: int) -> bool:
        return index in self.found and self.found[index].via in _BY_GUID

    def _had_one_guid(self, index: int) -> bool:
        match = self.found.get(index)
        known = self.context.items[match.item_id] if match else self._titled(self.articles[index].newest)
        return known is not None and self._sighting(known) is not None and guid_count(known, self.context.feed.id) <= 1

    def by_rekey(self) -> None:
        """All at once: what the dates and the 72 hours of the searches below would leave apart is joined too."""
        for index, match in self.found.items():
            known = self.context.items[match.item_id]
            if self.articles[index].guids and match.via not in _BY_GUID and self._sighting(known):
                self.found[index] = replace(match, via=Via.REKEY)
        for index in self._open():
            if self.articles[index].guids:
                self._take(index, self._titled(self.articles[index].newest), Via.REKEY)

    def by_tail(self) -> None:
        """`/az/yenilenib-2-...-4411044`: the outlet rewrote the words of the link, its number stayed."""
        wanted = [index for index in self._open() if self.articles[index].tail in self.context.keys]
        if not wanted or not self._links_end_in_numbers():
            return
        standing = {link_tail(sighting.link) for sighting in self.past.seen if sighting.link}
        for index in wanted:
            tail = self.articles[index].tail
            known = self.context.items[self.context.keys[tail]] if tail and tail.value not in standing else None
            sighting = self._sighting(known) if known else None
            if sighting and _title_overlap(self.articles[index].newest.content, sighting) >= TITLE_OVERLAP:
                self._take(index, known, Via.TAIL)

    def _links_end_in_numbers(self) -> bool:
        entries = [member for article in self.articles.values() for member in article.members if member.entry.link]
        links = [sighting.link for sighting in self.past.seen if sighting.link]
        numbered = sum(1 for entry in entries if entry.key(KeyKind.TAIL)) + sum(1 for link in links if link_tail(link))
        return numbered >= TAIL_SHARE * (len(entries) + len(links))

    def by_move(self) -> None:
        """The same words under a new link and guid, shortly after the old entry was there."""
        since = self.now - MOVED_WITHIN
        for index in self._open():
            entry = self.articles[index].newest
            if entry.content.text_word_count >= MOVED_WORDS:
                same = self.past.by_content.get(entry.content.content_hash)
                if same is not None:
                    recent = (known for known in same if self._seen_at(known) >= since)
                    self._take(index, self._gone(recent, entry), Via.MOVED)

    def by_title(self) -> None:
        """The same title within 48 hours, while the old entry is gone."""
        for index in self._open():
            entry = self.articles[index].newest
            if entry.entry.published_at is not None:
                self._take(index, self._titled(entry, within=SAME_DATE), Via.TITLE)

    def _titled(self, entry: Prepared, *, within: timedelta = timedelta.max) -> KnownItem | None:
        """The item of this feed that had this title and is gone; None for a series or a title that stands twice."""
        title = entry.content.title_hash
        candidates = self.past.by_title.get(title)
        if candidates is None or not entry.content.title_norm:
            return None
        if title in self.context.series_titles or self.past.titles[title] > 1:
            return None
        return self._gone((known for known in candidates if _apart(entry, known) <= within), entry)

    def _gone(self, candidates: Iterable[KnownItem], entry: Prepared) -> KnownItem | None:
        """Of these, the item that the document does not show and that was seen last; then the likest one."""

        def unlikeness(known: KnownItem) -> tuple[float, bool, timedelta, Key]:
            sighting = known.sightings[self.context.feed.id]
            other_words = sighting.content_hash != entry.content.content_hash
            return (
                -self._seen_at(known).timestamp(),
                other_words,
                _apart(entry, known),
                min(known.keys, default=_NO_KEY),
            )

        gone = (known for known in candidates if known.item.id not in self.taken)
        return min(gone, key=unlikeness, default=None)

    def _seen_at(self, known: KnownItem) -> datetime:
        """When the feed last showed the item: a document that stays the same writes the feed's row alone."""
        sighting, ok_at = known.sightings[self.context.feed.id], self.context.feed.memory.ok_at
        if ok_at is not None and known.item.id in self.context.present:
            return max(sighting.last_seen_at, ok_at)
        return sighting.last_seen_at

    def _open(self) -> list[int]:
        return [index for index in self.articles if index not in self.found]

    def _take(self, index: int, known: KnownItem | None, via: Via) -> None:
        if known is not None and known.item.id not in self.taken:
            self.found[index] = Match(item_id=known.item.id, via=via)
            self.taken.add(known.item.id)

    def _sighting(self, known: KnownItem) -> Sighting | None:
        return known.sightings.get(self.context.feed.id)


def guid_count(known: KnownItem, feed_id: int) -> int:
    return sum(key.kind is KeyKind.GUID and key.scope == feed_id for key in known.keys)


def _apart(entry: Prepared, known: KnownItem) -> timedelta:
    """Between the dates of both, infinitely long where one has none."""
    mine, its = entry.entry.published_at, known.item.published_at
    return abs(mine - its) if mine and its else timedelta.max


def _title_overlap(content: Content, sighting: Sighting) -> float:
    """Share of the titles' words, outlet's marks off, that stand in both."""
    if content.title_hash == sighting.title_hash:
        return 1.0
    old, new = set(word_list(sighting.title_norm)), set(word_list(content.title_norm))
    return len(old & new) / len(old | new) if old and new else 0.0
