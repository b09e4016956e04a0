"""Verdicts -> rows: which items, keys, sightings and revisions a poll writes.

An entry that matches no topic leaves its keys and hashes alone; its words are never stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.events.searching import marked, searchable
from monitor.items.content import with_facts
from monitor.items.revisions import classify
from monitor.pipeline.prepare import Dates, PreparedEntry
from storage.model import (
    Analysis,
    Content,
    Context,
    Item,
    Key,
    KnownItem,
    Revision,
    RevisionClass,
    SearchText,
    Sighting,
    TopicMatch,
    Verdict,
    VerdictKind,
)

_REVISED = {VerdictKind.REVISED, VerdictKind.REVERTED, VerdictKind.FLAPPING, VerdictKind.FILLED}
_FRESH = {VerdictKind.NEW, VerdictKind.SAME_TEXT}


@dataclass(slots=True, kw_only=True)
class Rows:
    """What is collected for the plan, in the order of arrival."""

    verdicts: list[Verdict] = field(default_factory=list)
    items: dict[int, Item] = field(default_factory=dict)
    updates: dict[int, Item] = field(default_factory=dict)
    keys: dict[Key, int] = field(default_factory=dict)
    barred: set[Key] = field(default_factory=set)
    sightings: list[Sighting] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    topics: dict[int, Sequence[TopicMatch]] = field(default_factory=dict)
    analyses: dict[int, Analysis] = field(default_factory=dict)
    search: dict[int, SearchText] = field(default_factory=dict)
    tellable: list["Told"] = field(default_factory=list)  # what the timeline may speak of

    def item(self, item_id: int, context: Context) -> Item:
        """The item as it will stand after this plan."""
        return self.updates.get(item_id) or self.items.get(item_id) or context.items[item_id].item

    def put(self, item: Item) -> None:
        """Let the item stand so after this plan."""
        (self.items if item.id in self.items else self.updates)[item.id] = item

    def original(self, copy_of: int | None, context: Context) -> Item | None:
        """The item whose words another one repeats: a new one of this plan, one of the feed's, or a twin elsewhere."""
        if copy_of is None:
            return None
        if found := self.items.get(copy_of):
            return found
        if known := context.items.get(copy_of):
            return known.item
        twins = [twin.item for same in context.twins.values() for twin in same]
        twins += [twin.item for twin in context.sentence_items.values()]
        named = (one for one in twins if one.id == copy_of)
        # The entry may repeat a reprint whose original is out of sight: both stand in one event.
        return next(named, None) or next((one for one in twins if one.copy_of == copy_of), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One verdict that concerns the timeline, with the words before and after."""

    verdict: Verdict
    item_id: int
    entry: PreparedEntry | None = None
    revision: Revision | None = None
    before: Content | None = None  # None too when only its hashes are known
    links: bool = False  # the item has words for the first time: it is given its event
    repeats: bool = False  # it was edited, and says now what is known already


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """One poll's record: the document's number and moment, and what was known before."""

    context: Context
    document: int
    now: datetime
    dates: Mapping[int, Dates]

    def record(self, entries: Mapping[int, PreparedEntry], verdicts: Iterable[Verdict]) -> Rows:
        """The rows for `verdicts`; new items are numbered in the order of their publication."""
        rows = Rows()
        ordered = sorted(verdicts, key=self._arrival)
        numbers = iter(range(self.context.next_item_id, self.context.next_item_id + len(ordered)))
        for verdict in ordered:
            self._one(verdict, entries, rows, numbers)
        return rows

    def _arrival(self, verdict: Verdict) -> tuple[bool, datetime, int]:
        if verdict.position is None:
            return (True, self.now, verdict.item_id or 0)
        return (False, self.dates[verdict.position].sort_at, -verdict.position)

    def _one(self, verdict: Verdict, entries: Mapping[int, PreparedEntry], rows: Rows, numbers: Iterator[int]) -> None:
        rows.barred.update(verdict.barred)
        if verdict.position is None:
            self._absent(verdict, rows)
            return
        entry = entries[verdict.position]
        if verdict.kind in _FRESH:
            self._new(verdict._replace(item_id=next(numbers)), entry, rows)
        elif verdict.item_id is None:
            rows.verdicts.append(verdict)  # held, skipped, or buried: nothing is stored of it
        else:
            self._known(verdict, entry, rows, self.context.items[verdict.item_id])

    def _new(self, verdict: Verdict, entry: PreparedEntry, rows: Rows) -> None:
        assert verdict.item_id is not None  # noqa: S101  numbered by the caller
        published, prepared = entry.prepared.entry, entry.prepared
        dates = self.dates[published.position]
        original = rows.original(verdict.copy_of, self.context)
        rows.items[verdict.item_id] = Item(
            id=verdict.item_id,
            feed_id=self.context.feed.id,
            url=published.link,
            title=prepared.content.title if prepared.relevant else "",
            lang=prepared.lang,
            origin=verdict.origin,
            relevant=prepared.relevant,
            first_seen_at=self.now,
            published_raw=published.published_raw,
            published_at=dates.published_at,
            published_on=dates.published_on,
            tz_known=published.tz_known,
            date_trusted=dates.trusted,
            sort_at=dates.sort_at,
            source_name=published.source_name,
            copy_of=verdict.copy_of,
            copy_group=(original.copy_group or original.id) if original else None,
            revision_count=1 if prepared.relevant else 0,
        )
        rows.verdicts.append(verdict)
        rows.keys.update(dict.fromkeys(verdict.keys, verdict.item_id))
        rows.sightings.append(self._sighting(verdict.item_id, entry, first_seen_at=self.now))
        if prepared.relevant:
            revision = self._revision(verdict.item_id, 1, RevisionClass.FIRST, entry, verdict.reason)
            rows.revisions.append(revision)
            self._matched(verdict.item_id, entry, rows)
            rows.tellable.append(
                Told(verdict=verdict, item_id=verdict.item_id, entry=entry, revision=revision, links=True)
            )

    def _known(self, verdict: Verdict, entry: PreparedEntry, rows: Rows, known: KnownItem) -> None:
        item_id = known.item.id
        if known.item.relevant and not entry.prepared.relevant:  # edited until no topic matches
            entry = entry._replace(prepared=entry.prepared._replace(content=with_facts(entry.prepared.content)))
        rows.keys.update(dict.fromkeys(verdict.keys, item_id))
        sighting = known.sightings.get(self.context.feed.id)
        if verdict.kind is not VerdictKind.SEEN or verdict.via not in {"", "guid", "link"}:
            rows.verdicts.append(verdict)
        revised = verdict.kind in _REVISED or verdict.revision_class is not None
        truncated = verdict.via == "truncated"
        if verdict.kind is VerdictKind.RETURNED or known.item.withdrawn_at:
            rows.put(rows.item(item_id, self.context)._replace(withdrawn_at=None))
        if verdict.kind is VerdictKind.META:
            self._metadata(entry, rows, known)
        rows.sightings.append(
            sighting._replace(last_seen_at=self.now, last_document=self.document, missing_count=0)
            if truncated and sighting
            else self._sighting(item_id, entry, first_seen_at=sighting.first_seen_at if sighting else self.now)
        )
        if revised and (known.item.relevant or entry.prepared.relevant):
            self._revise(verdict, entry, rows, known)
        elif sighting is None and known.item.relevant and entry.prepared.relevant:
            n = rows.item(item_id, self.context).revision_count + 1
            rows.revisions.append(self._revision(item_id, n, RevisionClass.FIRST, entry, verdict.reason))
            rows.put(rows.item(item_id, self.context)._replace(revision_count=n))

    def _revise(self, verdict: Verdict, entry: PreparedEntry, rows: Rows, known: KnownItem) -> None:
        item = rows.item(known.item.id, self.context)
        last = known.sightings.get(self.context.feed.id)
        old = next((one.content for one in reversed(known.revisions) if one.content.title or one.content.text), None)
        revision = self._revision(item.id, item.revision_count + 1, RevisionClass.FILLED, entry, verdict.reason)
        first_words = verdict.kind is VerdictKind.FILLED or not item.relevant
        if last is not None and not first_words:
            found = classify(
                known.revisions,
                last,
                old,
                entry.prepared.content,
                first_seen_at=self.now if self.context.feed.options.page else item.first_seen_at,
                now=self.now,
            )
            revision = replace(
                revision,
                class_=found.class_,
                marker=found.marker,
                late=found.late,
                added_only=found.added_only,
                damped=found.damped,
                reverts_to=found.reverts_to,
                reason=found.reason or verdict.reason,
            )
        adopted = first_words and not item.relevant
        rows.revisions.append(revision)
        rows.put(
            item._replace(
                title=item.title if self.context.feed.options.page else entry.prepared.content.title,
                url=entry.prepared.entry.link or item.url,
                lang=item.lang or entry.prepared.lang,
                relevant=item.relevant or entry.prepared.relevant,
                origin=verdict.origin if adopted else item.origin,
                revision_count=revision.n,
            ),
        )
        if entry.prepared.relevant:
            self._matched(item.id, entry, rows)
        else:  # edited until no topic matches: it is found by the words it has now
            words = searchable(entry.prepared.content.title, entry.prepared.content.text, lang=item.lang)
            rows.search[item.id] = marked(words, item, known.topics)
        rows.tellable.append(
            Told(
                verdict=verdict,
                item_id=item.id,
                entry=entry,
                revision=revision,
                before=old,
                links=item.event_id is None and entry.prepared.relevant,
            )
        )

    def _matched(self, item_id: int, entry: PreparedEntry, rows: Rows) -> None:
        rows.topics[item_id] = entry.topics
        if entry.analysis is not None:
            rows.analyses[item_id] = entry.analysis
        if entry.search is not None:
            topics = [match.topic for match in entry.topics]
            rows.search[item_id] = marked(entry.search, rows.item(item_id, self.context), topics)

    def _metadata(self, entry: PreparedEntry, rows: Rows, known: KnownItem) -> None:
        """Dates and links are the word of the feed that brought the item first."""
        item = rows.item(known.item.id, self.context)
        if item.feed_id != self.context.feed.id:
            return
        published = entry.prepared.entry
        rows.put(
            item._replace(
                url=published.link or item.url,
                published_raw=published.published_raw or item.published_raw,
            ),
        )

    def _absent(self, verdict: Verdict, rows: Rows) -> None:
        assert verdict.item_id is not None  # noqa: S101  absence is always an item's
        known = self.context.items[verdict.item_id]
        sighting = known.sightings[self.context.feed.id]
        withdrawn = verdict.kind is VerdictKind.WITHDRAWN
        rows.sightings.append(
            sighting._replace(
                missing_count=sighting.missing_count + 1,
                withdrawn_at=self.now if withdrawn else sighting.withdrawn_at,
            )
        )
        if not withdrawn:
            return
        rows.verdicts.append(verdict)
        elsewhere = any(
            other.feed_id not in {self.context.feed.id, self.context.companion_id}
            and other.withdrawn_at is None
            and other.missing_count == 0
            for other in known.sightings.values()
        )
        if known.item.relevant and not elsewhere:
            rows.put(rows.item(known.item.id, self.context)._replace(withdrawn_at=self.now))
            rows.tellable.append(Told(verdict=verdict, item_id=known.item.id))

    def _sighting(self, item_id: int, entry: PreparedEntry, *, first_seen_at: datetime) -> Sighting:
        published, words = entry.prepared.entry, entry.prepared.content
        forgotten = item_id in self.context.items and self.context.items[item_id].forgotten
        return Sighting(
            feed_id=self.context.feed.id,
            item_id=item_id,
            link=published.link,
            guid=published.guid,
            range_hash=published.range_hash,
            title_norm=words.title_norm if entry.prepared.relevant and not forgotten else "",
            title_hash=words.title_hash,
            text_hash=words.text_hash,
            content_hash=words.content_hash,
            facts_hash=words.facts_hash,
            text_kind=words.text_kind,
            first_seen_at=first_seen_at,
            last_seen_at=self.now,
            last_document=self.document,
        )

    def _revision(self, item_id: int, n: int, class_: RevisionClass, entry: PreparedEntry, reason: str) -> Revision:
        return Revision(
            item_id=item_id,
            n=n,
            feed_id=self.context.feed.id,
            seen_at=self.now,
            class_=class_,
            content=entry.prepared.content,
            marker=entry.prepared.content.marker,
            reason=reason,
        )
