"""A world of feeds kept in memory: it asks `decide`, and remembers what the verdicts leave behind.

`World.poll` reads a document as the program does, with real words, hashes and keys; `an_entry` speaks the domain.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from monitor.items.content import content_of, entry_keys, with_facts
from monitor.items.identity import DocumentFacts, Prepared, decide
from monitor.items.revisions import classify
from monitor.words import sentence_hashes
from storage.model import (
    Context,
    Entry,
    Feed,
    FeedMemory,
    FeedOptions,
    FeedState,
    Item,
    Key,
    KnownItem,
    Origin,
    Revision,
    RevisionClass,
    Sighting,
    TextKind,
    Twin,
    Verdict,
    VerdictKind,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SITE = "https://news.example"
_FIRST = {VerdictKind.NEW, VerdictKind.SAME_TEXT}
_REVISED = {VerdictKind.REVISED, VerdictKind.REVERTED, VerdictKind.FLAPPING, VerdictKind.FILLED}

LONG_TEXT = (
    "The cable ship left the harbour of Sumgait before dawn with its crew aboard. "
    "Engineers had checked every splice of the northern section during the week. "
    "The operator says that the route avoids the deepest part of the sea floor. "
    "Fishing boats were asked to keep a safe distance from the working vessel. "
    "Officials of the ministry watched the departure from the pier in light rain. "
    "A second vessel will follow once the weather allows a safe passage across."
)  # 79 words in six sentences, without a fact


def an_entry(title: str = "Port of Sumgait opens a cable terminal", text: str = LONG_TEXT, **given: object) -> Entry:
    """An entry whose guid and link follow from `name` unless they are given; `at` is its date."""
    name, at = given.pop("name", "cable"), given.pop("at", NOON - timedelta(hours=1))
    assert at is None or isinstance(at, datetime)
    values: dict[str, object] = {
        "position": 0,
        "guid": f"id-{name}",
        "link": f"{SITE}/{name}",
        "title": title,
        "body": text,
        "text_kind": TextKind.SUMMARY if text else TextKind.NONE,
        "published_at": at,
        "published_raw": at.isoformat() if at else None,
    }
    return Entry(**{**values, **given})  # type: ignore[arg-type]  # a test names the fields it cares about


def entries(count: int, prefix: str = "story", **given: object) -> list[Entry]:
    """Different entries, newest first, an hour apart."""
    return [
        an_entry(
            f"{prefix} {_word(n)} of the harbour chronicle",
            f"The {_word(n)} report about the {prefix} tells what the harbour master saw on that day.",
            **{"name": f"{prefix}-{n}", "at": NOON - timedelta(hours=n + 1), **given},
        )
        for n in range(count)
    ]


def _word(n: int) -> str:
    """A made-up word for a number: digits would be facts."""
    return "".join("bdfgklmnrs"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{n:03d}")


@lru_cache(maxsize=4_096)  # reading words is the slow part of thousands of made-up polls
def prepared(
    entry: Entry, feed_id: int = 1, *, relevant: bool = True, lang: str | None = "en", site: str = SITE
) -> Prepared:
    content = content_of(entry)
    return Prepared(
        entry=entry,
        content=with_facts(content) if relevant else content,
        keys=entry_keys(feed_id, entry, content, feed_url=_feed_url(feed_id), site_url=site),
        lang=lang,
        relevant=relevant,
        sentences=sentence_hashes(content.text),
    )


def _feed_url(feed_id: int) -> str:
    return f"https://feed{feed_id}.example/rss"


@dataclass(slots=True)
class Desk:
    """What is remembered of one feed."""

    document: int = 0
    ok_at: datetime | None = None
    present: frozenset[int] = frozenset()
    held: dict[Key, datetime] = field(default_factory=dict)
    last: dict[int, Entry] = field(default_factory=dict)  # item -> the entry that it was last read from
    memory: dict[str, object] = field(default_factory=dict)  # of the feed: flags, gap_s, new_p95


@dataclass(slots=True)
class World:
    """Feeds and items; time passes by half an hour a poll."""

    now: datetime = NOON
    pause: timedelta = timedelta(minutes=30)
    items: dict[int, Item] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)
    keys: dict[Key, int] = field(default_factory=dict)
    barred: set[Key] = field(default_factory=set)
    tombstones: set[Key] = field(default_factory=set)
    sightings: dict[tuple[int, int], Sighting] = field(default_factory=dict)  # by feed and item
    revisions: dict[tuple[int, int], list[Revision]] = field(default_factory=lambda: defaultdict(list))
    sentences: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    furniture: frozenset[int] = frozenset()
    feeds: dict[int, Desk] = field(default_factory=lambda: defaultdict(Desk))

    def poll(
        self,
        *document: Entry,
        feed: int = 1,
        irrelevant: Collection[Entry] = (),
        relevant: Callable[[Entry], bool] | None = None,
        differential: bool = False,
        baseline: bool | None = None,
        trust: bool = False,
        origin: Origin = Origin.LIVE,
        lang: str | None = "en",
        site: str = SITE,
        **facts: object,
    ) -> tuple[Verdict, ...]:
        """The verdicts on a document; the first one of a feed is its baseline unless told otherwise."""
        desk = self.feeds[feed]
        self.now += self.pause
        placed = [entry._replace(position=position) for position, entry in enumerate(document)]
        skipped = {entry.title for entry in irrelevant}
        seen = self._seen(placed, desk) if differential else {}
        read = [
            prepared(
                entry,
                feed,
                relevant=relevant(entry) if relevant else entry.title not in skipped,
                lang=lang,
                site=site,
            )
            for entry in placed
            if entry.position not in seen
        ]
        desk.document += 1
        about = DocumentFacts(
            number=desk.document,
            entry_count=len(placed),
            site_url=site,
            seen_item_ids=frozenset(seen.values()),
            **facts,  # type: ignore[arg-type]  # truncated, partial, deleted_guids, rematched
        )
        is_baseline = desk.ok_at is None if baseline is None else baseline
        context = self.context(feed, read)
        verdicts = decide(read, about, context, now=self.now, baseline=is_baseline, trust=trust, origin=origin)
        self._remember(verdicts, {one.entry.position: one for one in read}, about, feed)
        return verdicts

    def kinds(self, *document: Entry, **how: object) -> list[str]:
        """The verdicts on the entries alone, in their order."""
        verdicts = self.poll(*document, **how)  # type: ignore[arg-type]
        return [str(verdict.kind) for verdict in verdicts if verdict.position is not None]

    def one(self, *document: Entry, **how: object) -> Verdict:
        """The verdict on the first entry."""
        return self.poll(*document, **how)[0]  # type: ignore[arg-type]

    def item(self, entry: Entry) -> int:
        """The item that the entry's guid or link names."""
        return next(self.keys[key] for key in prepared(entry).keys if key in self.keys)

    def forget(self, item_id: int) -> None:
        """As retention does: no words, no keys, tombstones instead."""
        gone = [key for key, owner in self.keys.items() if owner == item_id]
        self.tombstones.update(gone)
        for key in gone:
            del self.keys[key]
        self.forgotten.add(item_id)
        for place in [place for place in self.sightings if place[1] == item_id]:
            del self.sightings[place]

    def context(self, feed: int, read: Iterable[Prepared]) -> Context:
        desk = self.feeds[feed]
        asked = {key for one in read for key in one.keys}
        memory = FeedMemory(
            state=FeedState.OK,
            document=desk.document - 1,
            ok_at=desk.ok_at,
            live_at=desk.ok_at,
            **desk.memory,  # type: ignore[arg-type]  # a test names the fields it cares about
        )
        known = {item_id: self._known(item_id, feed) for item_id in self.items if item_id not in self.forgotten}
        return Context(
            feed=Feed(
                id=feed,
                url=_feed_url(feed),
                effective_url=_feed_url(feed),
                name=f"Feed {feed}",
                kind="config",
                active=True,
                options=FeedOptions(),
                created_at=NOON,
                memory=memory,
            ),
            next_item_id=max(self.items, default=0) + 1,
            keys={key: item for key, item in self.keys.items() if key in asked and key not in self.barred},
            barred=frozenset(self.barred & asked),
            tombstones=frozenset(self.tombstones & asked),
            items=known,
            present=desk.present,
            tracked=frozenset(
                item
                for (of, item), one in self.sightings.items()
                if of == feed and (one.missing_count < 3 or one.withdrawn_at)
            ),
            twins=self._twins(),
            sentences={sentence: tuple(sorted(found)) for sentence, found in self.sentences.items()},
            sentence_items={
                item: self._twin(self.sightings[place])
                for found in self.sentences.values()
                for item in found
                for place in [(self.items[item].feed_id, item)]
                if place in self.sightings
            },
            furniture=self.furniture,
            series_titles=frozenset(
                one.title_hash for (of, _), one in self.sightings.items() if of == feed and self._is_series(one)
            ),
            held=dict(desk.held),
        )

    def _seen(self, placed: Iterable[Entry], desk: Desk) -> dict[int, int]:
        """Positions of entries whose bytes are known, with their items."""
        known = {entry._replace(position=0): item for item, entry in desk.last.items() if item in desk.present}
        found = {entry.position: known.get(entry._replace(position=0)) for entry in placed}
        return {position: item for position, item in found.items() if item is not None}

    def _known(self, item_id: int, feed: int) -> KnownItem:
        return KnownItem(
            item=self.items[item_id],
            keys=frozenset(key for key, owner in self.keys.items() if owner == item_id),
            sightings={of: one for (of, item), one in self.sightings.items() if item == item_id},
            revisions=tuple(self.revisions[feed, item_id]),
        )

    def _is_series(self, sighting: Sighting) -> bool:
        same = (sighting.feed_id, sighting.title_hash)
        links = {one.link for one in self.sightings.values() if (one.feed_id, one.title_hash) == same}
        return len(links) >= 3

    def _twin(self, sighting: Sighting) -> Twin:
        return Twin(
            item=self.items[sighting.item_id],
            sighting=sighting,
            title_word_count=0,
            text_word_count=0,
            series_title=self._is_series(sighting),
        )

    def _twins(self) -> dict[str, tuple[Twin, ...]]:
        found: dict[str, list[Twin]] = defaultdict(list)
        for sighting in self.sightings.values():
            for name in (sighting.content_hash, sighting.text_hash):
                found[name].append(self._twin(sighting))
        return {name: tuple(twins) for name, twins in found.items()}

    def _remember(
        self, verdicts: Iterable[Verdict], read: dict[int, Prepared], about: DocumentFacts, feed: int
    ) -> None:
        desk = self.feeds[feed]
        desk.held = {key: desk.held.get(key, self.now) for one in verdicts for key in one.keys if one.kind == "HELD"}
        present = set(about.seen_item_ids)
        for verdict in verdicts:
            self.barred.update(verdict.barred)
            if verdict.position is None:
                self._miss(verdict, feed)
            elif verdict.kind not in {VerdictKind.HELD, VerdictKind.SKIPPED} and verdict.via != "tombstone":
                present.add(self._take(verdict, read[verdict.position], feed))
        for item_id in about.seen_item_ids:
            place = (feed, item_id)
            self.sightings[place] = self.sightings[place]._replace(last_seen_at=self.now, missing_count=0)
        desk.present = frozenset(present)
        desk.ok_at = self.now

    def _miss(self, verdict: Verdict, feed: int) -> None:
        assert verdict.item_id is not None
        place = (feed, verdict.item_id)
        gone = self.now if verdict.kind is VerdictKind.WITHDRAWN else None
        last = self.sightings[place]
        self.sightings[place] = last._replace(missing_count=last.missing_count + 1, withdrawn_at=gone)

    def _take(self, verdict: Verdict, read: Prepared, feed: int) -> int:
        item_id = verdict.item_id or max(self.items, default=0) + 1
        if verdict.kind in _FIRST:
            self.items[item_id] = self._item(item_id, verdict, read, feed)
            if read.relevant:
                for sentence, _ in read.sentences:
                    self.sentences[sentence].add(item_id)
        for key in verdict.keys:
            self.keys.setdefault(key, item_id)
        last = self.sightings.get((feed, item_id))
        self._keep_revision(verdict, read, feed, item_id, last)
        item = self.items[item_id]
        raw = read.entry.published_raw if item.feed_id == feed else item.published_raw
        self.items[item_id] = item._replace(published_raw=raw, relevant=item.relevant or read.relevant)
        if verdict.via == "truncated" and last:
            self.sightings[feed, item_id] = last._replace(last_seen_at=self.now, missing_count=0)
        else:
            self.sightings[feed, item_id] = self._sighting(item_id, read, feed, last)
            self.feeds[feed].last[item_id] = read.entry._replace(position=0)
        return item_id

    def _keep_revision(self, verdict: Verdict, read: Prepared, feed: int, item_id: int, last: Sighting | None) -> None:
        history = self.revisions[feed, item_id]
        if not read.relevant or (last is not None and verdict.kind not in _REVISED):
            return
        n, class_ = len(history) + 1, verdict.revision_class or RevisionClass.FIRST
        revision = Revision(item_id=item_id, n=n, feed_id=feed, seen_at=self.now, class_=class_, content=read.content)
        if last is not None and verdict.kind is not VerdictKind.FILLED:
            old = history[-1].content if history else None
            first_seen_at = self.items[item_id].first_seen_at
            found = classify(history, last, old, read.content, first_seen_at=first_seen_at, now=self.now)
            revision = replace(revision, damped=found.damped, reverts_to=found.reverts_to)
        history.append(revision)

    def _item(self, item_id: int, verdict: Verdict, read: Prepared, feed: int) -> Item:
        published = read.entry.published_at
        return Item(
            id=item_id,
            feed_id=feed,
            url=read.entry.link,
            title=read.content.title,
            lang=read.lang,
            origin=verdict.origin,
            relevant=read.relevant,
            first_seen_at=self.now,
            published_raw=read.entry.published_raw,
            published_at=published,
            published_on=published.date() if published else None,
            tz_known=True,
            date_trusted=published is not None,
            sort_at=min(published, self.now) if published else self.now,
            copy_of=verdict.copy_of,
        )

    def _sighting(self, item_id: int, read: Prepared, feed: int, last: Sighting | None) -> Sighting:
        content = read.content
        return Sighting(
            feed_id=feed,
            item_id=item_id,
            link=read.entry.link,
            guid=read.entry.guid,
            range_hash=None,
            title_norm=content.title_norm if read.relevant else "",
            title_hash=content.title_hash,
            text_hash=content.text_hash,
            content_hash=content.content_hash,
            facts_hash=content.facts_hash,
            text_kind=content.text_kind,
            first_seen_at=last.first_seen_at if last else self.now,
            last_seen_at=self.now,
            last_document=self.feeds[feed].document,
        )


OLD = an_entry("An older story about the harbour town", name="old", at=NOON - timedelta(hours=9))


def started_world() -> World:
    """A world whose feed 1 has had its baseline: OLD stands in it as item 1."""
    world = World()
    world.poll(OLD)
    return world


def absence_of(verdicts: Iterable[Verdict], item_id: int) -> Verdict | None:
    """The verdict on an item that is missing from the document."""
    return next((verdict for verdict in verdicts if verdict.item_id == item_id and verdict.position is None), None)
