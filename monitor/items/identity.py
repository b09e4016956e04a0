"""What each entry of a document is: new, seen, revised, copied, held, or missing, with the reason in words.

        entries -> readable -> barred names -> articles -> known items -> verdicts
                                                        -> unknown: tombstone | held | copy | new
                                               what is left of the feed -> missing | withdrawn

Pure: everything it knows comes in `Context`, and the order of the entries never matters. Guids, links and their kin say
which item an entry is; hashes say whether it changed. A hash used as identity would announce every edit as news: over
ten months of five feeds, 15 to 21 % too many.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.items.absence import absent
from monitor.items.aliases import Match, guid_count, recognise
from monitor.items.articles import Article, Via, articles, barred_keys, version_order
from monitor.items.comparison import compare
from monitor.items.copies import find_original
from monitor.items.document import DocumentFacts, Prepared
from monitor.items.quarantine import Wave, judge
from storage.model import (
    AT_FIRST,
    NOT_KNOWN,
    Context,
    Key,
    KnownItem,
    Origin,
    RevisionClass,
    Sighting,
    Verdict,
    VerdictKind,
)

__all__ = ["DocumentFacts", "Prepared", "Via", "decide"]

MOST_KEYS = 8  # of one kind for one item: feeds exist that invent a guid or a link at every poll

_KNOWN_BY = {
    Via.GUID: "known by its guid",
    Via.TWIN: "known by its guid, http and https taken as one",
    Via.LINK: "known by its link",
    Via.HASH: "known by its words, having neither guid nor link",
    Via.TAIL: "known by the number at the end of its link",
    Via.MOVED: "the same words as an entry that is gone from this feed",
    Via.TITLE: "the same title as an entry that is gone from this feed, dated within 48 hours",
    Via.REKEY: "the feed gave its entries new guids; known by its link or title",
}


def decide(
    prepared: Sequence[Prepared],
    document: DocumentFacts,
    context: Context,
    *,
    now: datetime,
    baseline: bool,
    trust: bool = False,
    origin: Origin = Origin.LIVE,
) -> tuple[Verdict, ...]:
    """A verdict for each entry, in their order, then one for each item that is missing from the document.

    `baseline`: what is new was there before the feed was watched. `trust`: a person released the feed, nothing is held.
    `origin`: of what is new, when it comes by another way than polling; such documents are partial.
    NEW, SAME_TEXT, HELD and SKIPPED name no item, nor does SEEN by a tombstone. A verdict via `rekey` means that the
    feed gave its entries new guids.
    """
    readable = [entry for entry in prepared if _says_something(entry)]
    barred = barred_keys(readable, document, context)
    naming = recognise(articles(readable, context, barred), document, context, now=now)
    poll = _Poll(
        document=document,
        context=context,
        now=now,
        barred=barred,
        origin=Origin.BASELINE if baseline else origin,
        rekeyed=naming.rekeyed,
    )
    unknown = {place: named.article for place, named in enumerate(naming.named) if named.match is None}
    present = document.seen_item_ids | {named.match.item_id for named in naming.named if named.match}
    verdicts = [
        *map(_skipped, (entry for entry in prepared if not _says_something(entry))),
        *(verdict for named in naming.named if named.match for verdict in poll.known(named.article, named.match)),
        *poll.unknown(unknown, trust=trust),
        *absent(present, document, context, origin=poll.origin),
    ]
    return tuple(sorted(verdicts, key=_order))


def _says_something(entry: Prepared) -> bool:
    return bool(entry.content.title or entry.content.text or entry.entry.link)


def _skipped(entry: Prepared) -> Verdict:
    reason = "it has no title, no text and no link"
    return Verdict(kind=VerdictKind.SKIPPED, position=entry.entry.position, item_id=None, reason=reason)


def _order(verdict: Verdict) -> tuple[bool, int]:
    if verdict.position is None:
        return (True, verdict.item_id or 0)
    return (False, verdict.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Poll:
    """What holds for all verdicts of one document."""

    document: DocumentFacts
    context: Context
    now: datetime
    barred: frozenset[Key]
    origin: Origin
    rekeyed: bool

    def known(self, article: Article, match: Match) -> Iterator[Verdict]:
        known = self.context.items[match.item_id]
        sighting = known.sightings.get(self.context.feed.id)
        entry = speaker(article, sighting)
        found = compare(entry, known, document=self.document, context=self.context, now=self.now)
        via, how = self._recognised(article, entry, known, match)
        notes = [how, found.reason]
        if entry.content.marker:
            notes.append(f"the outlet marks it “{entry.content.marker}”")
        if match.conflict:
            notes.append(f"another of its keys belongs to item {match.conflict} (key_conflict)")
        silent = found.silent or via is Via.REKEY
        yield Verdict(
            kind=found.kind,
            position=entry.entry.position,
            item_id=match.item_id if found.kind is not VerdictKind.SKIPPED else None,
            reason="; ".join(notes),
            via=str(found.via or via),
            keys=self._missing_keys(article, known),
            barred=self._barred(article),
            revision_class=found.class_,
            origin=Origin.BASELINE if silent and self.origin is Origin.LIVE else self.origin,
        )
        yield from self._copies(article, entry)

    def _recognised(self, article: Article, entry: Prepared, known: KnownItem, match: Match) -> tuple[Via, str]:
        """By what, and in words; by its link under another guid it is an alias."""
        how = _KNOWN_BY[match.via]
        sighting = known.sightings.get(self.context.feed.id)
        if match.via is not Via.LINK or sighting is None or sighting.guid == entry.entry.guid:
            return match.via, how
        if entry.entry.guid is None:
            return Via.ALIAS, f"{how}; the guid is gone"
        if not article.guids:
            return match.via, f"{how}; the guid is barred"
        if guid_count(known, self.context.feed.id) >= MOST_KEYS:
            return match.via, f"{how}; the guid changes all the time"
        return Via.ALIAS, f"{how}; the guid changed" if sighting.guid else f"{how}; it has a guid now"

    def _missing_keys(self, article: Article, known: KnownItem) -> tuple[Key, ...]:
        kinds = Counter((key.scope, key.kind) for key in known.keys)
        return tuple(key for key in self._free_keys(article) if kinds[key.scope, key.kind] < MOST_KEYS)

    def _free_keys(self, article: Article) -> tuple[Key, ...]:
        own = (*article.own, article.tail) if article.tail else article.own
        return tuple(key for key in own if key not in self.context.keys)

    def _barred(self, article: Article) -> tuple[Key, ...]:
        return tuple(sorted({key for member in article.members for key in member.keys} & self.barred))

    def _copies(self, article: Article, speaking: Prepared) -> Iterator[Verdict]:
        for member in article.members:
            if member is not speaking:
                yield Verdict(
                    kind=VerdictKind.SKIPPED,
                    position=member.entry.position,
                    item_id=None,
                    reason="the same article stands in this document more than once, and another entry counts",
                    via=str(Via.DUPLICATE),
                )

    def unknown(self, articles: Mapping[int, Article], *, trust: bool) -> Iterator[Verdict]:
        """Tombstones stay buried; of the rest a wave is held, and what is left is new."""
        buried = {place for place, article in articles.items() if self._is_buried(article)}
        rest = {place: article for place, article in articles.items() if place not in buried}
        watched = self.origin is Origin.LIVE and not self.rekeyed
        wave = judge(rest, self.context, now=self.now, trust=trust or not watched)
        for place, article in articles.items():
            if place in buried:
                yield self._buried(article)
            elif place in wave.held:
                yield self._held(article, wave)
            else:
                yield self._new(article, *self._arrival(place, wave))
            yield from self._copies(article, article.newest)

    def _is_buried(self, article: Article) -> bool:
        names = {key for _, key in article.lookups}
        return bool(names & self.context.tombstones) or not self._free_keys(article)

    def _buried(self, article: Article) -> Verdict:
        return Verdict(
            kind=VerdictKind.SEEN,
            position=article.newest.entry.position,
            item_id=None,
            reason="it was known once; its words were removed and stay removed",
            via=str(Via.TOMBSTONE),
        )

    def _held(self, article: Article, wave: Wave) -> Verdict:
        reason = (
            f"{len(wave.held)} unknown entries at once, where {wave.limit} are the most expected: it looks renumbered"
        )
        return Verdict(
            kind=VerdictKind.HELD,
            position=article.newest.entry.position,
            item_id=None,
            reason=reason,
            keys=self._free_keys(article),
            barred=self._barred(article),
        )

    def _arrival(self, place: int, wave: Wave) -> tuple[Origin, str]:
        """Where a new item comes from, and why it is not called live."""
        if self.origin is Origin.BASELINE:
            return Origin.BASELINE, AT_FIRST
        if self.origin is not Origin.LIVE:
            return self.origin, f"it comes by {self.origin}"
        if self.rekeyed:
            return Origin.BASELINE, "the feed gave its entries new guids, so it may be an old one"
        if place in wave.confirmed:
            since = wave.confirmed[place].strftime("%Y-%m-%d %H:%M")
            held = f"held since {since} UTC with many others"
            return (
                (Origin.LIVE, f"{held}, and let in by a person")
                if wave.released
                else (Origin.BASELINE, f"{held}, and still there")
            )
        if wave.freed:
            return Origin.BASELINE, "one of many unknown entries that a person let in"
        return Origin.LIVE, ""

    def _new(self, article: Article, origin: Origin, why: str) -> Verdict:
        entry = article.newest
        copy = find_original(entry, self.context, now=self.now) if entry.relevant else None
        reason = copy.reason if copy else NOT_KNOWN
        return Verdict(
            kind=VerdictKind.SAME_TEXT if copy else VerdictKind.NEW,
            position=entry.entry.position,
            item_id=None,
            reason=f"{reason}; {why}" if why else reason,
            via=str(copy.via) if copy else "",
            keys=self._free_keys(article),
            barred=self._barred(article),
            revision_class=RevisionClass.FIRST,
            copy_of=copy.item_id if copy else None,
            origin=origin,
        )


def speaker(article: Article, sighting: Sighting | None) -> Prepared:
    """The entry that counts: the one under the guid that the item was last seen with, then the newest."""

    def weight(member: Prepared) -> tuple[bool, float, bool, tuple[str, ...]]:
        at, *words_and_names = version_order(member)
        same_guid = sighting is not None and sighting.guid == member.entry.guid
        same_words = sighting is not None and sighting.content_hash == member.content.content_hash
        return (same_guid, at, same_words, tuple(words_and_names))

    return max(article.members, key=weight)
