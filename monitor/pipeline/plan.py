"""The decision: what one reading writes, as one value.

Pure but for the look-ups that it asks the transaction for; the caller applies the plan in the same transaction.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from alerts.rules import Facts, Routing, decide
from monitor.events.link import Incoming
from monitor.feeds.document import Document
from monitor.feeds.fetch import Fetched, NotModified
from monitor.feeds.pace import Pace
from monitor.feeds.schedule import RELEASED, DocumentTraits, Learned, learn
from monitor.items.identity import DocumentFacts
from monitor.items.identity import decide as judge
from monitor.pipeline.linking import Desk, Linker, LinkQueries
from monitor.pipeline.outcome import fetch_record, notes_as_changes, notes_of, poll_facts
from monitor.pipeline.read import Reading
from monitor.pipeline.record import Recorder, Rows
from monitor.pipeline.reprints import ItemQueries, differing
from monitor.pipeline.retitling import Members, retitled
from monitor.pipeline.stating import ClaimQueries, Ledger
from monitor.pipeline.tell import Teller
from monitor.pipeline.traits import traits_of
from monitor.pipeline.visiting import of_page, pages, visit_alone
from storage.model import (
    Alert,
    Change,
    Context,
    Event,
    Feed,
    FeedState,
    Item,
    Key,
    KeyKind,
    Origin,
    Plan,
    Silence,
    Verdict,
    VerdictKind,
    event_id,
)


class Queries(Protocol):
    def version(self) -> str: ...
    def events(self, ids: Iterable[str]) -> Mapping[str, Event]: ...
    def transition_count(self, subject: str, kind: str, key: str, old: str, new: str) -> int: ...


class Hushed(Protocol):
    def silences(self, now: datetime) -> list[Silence]: ...


class Past(Protocol):
    """The look-ups of a transaction; see storage/store.py."""

    @property
    def events(self) -> Queries: ...
    @property
    def outbox(self) -> Hushed: ...
    @property
    def items(self) -> ItemQueries: ...
    @property
    def linking(self) -> LinkQueries: ...
    @property
    def claims(self) -> ClaimQueries: ...
    @property
    def rulings(self) -> Members: ...
    def context(
        self,
        feed: Feed,
        *,
        keys: Collection[Key],
        content_hashes: Collection[str],
        text_hashes: Collection[str],
        title_hashes: Collection[str],
        sentence_hashes: Collection[int],
        now: datetime,
        seen: Collection[int] = (),
    ) -> Context: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans polls by one configuration."""

    pace: Pace
    linker: Linker
    routing: Routing
    many_moving: Callable[[Feed, bool, datetime], bool] = lambda _feed, _moving, _now: False

    def plan(self, past: Past, reading: Reading) -> Plan:
        """Everything that `reading` changes in what is remembered."""
        if reading.document is None and reading.options.visit is not None:
            return visit_alone(reading)
        if reading.document is None:
            return self._without_document(past, reading)
        return _Decision.of(self, past, reading).plan()

    def announce(
        self, past: Past, changes: Sequence[Change], facts: Mapping[str, Facts], *, now: datetime
    ) -> list[Alert]:
        """What is decided about telling `changes`; the caller tells what is due at once in the same transaction."""
        silences = past.outbox.silences(now) if changes else ()
        return [
            alert
            for change in changes
            for alert in decide(change, facts[change.id], self.routing, now=now, silences=silences)
        ]

    def learn(self, reading: Reading, traits: DocumentTraits | None, *, truncated: bool = False) -> Learned:
        feed = reading.feed
        return learn(
            feed.memory,
            poll_facts(reading, traits, truncated=truncated, many_moving=self._many_moving(reading)),
            self.pace,
            name=feed.name,
            url=feed.url,
            effective_url=feed.effective_url,
            now=reading.at,
            jitter=reading.jitter,
        )

    def _many_moving(self, reading: Reading) -> bool:
        moving = isinstance(reading.result, Fetched | NotModified) and reading.result.permanent_to is not None
        return self.many_moving(reading.feed, moving, reading.at)

    def _without_document(self, past: Past, reading: Reading) -> Plan:
        learned = self.learn(reading, None)
        changes = notes_as_changes(past.events.transition_count, reading.feed, learned.notes, now=reading.at)
        alerts = self.announce(past, changes, {change.id: Facts() for change in changes}, now=reading.at)
        return Plan(
            feed_id=reading.feed.id,
            at=reading.at,
            memory=learned.memory,
            effective_url=learned.effective_url,
            fetch=fetch_record(reading),
            document=learned.memory.document,
            changes=changes,
            alerts=alerts,
        )


@dataclass(slots=True, kw_only=True)
class _Decision:
    """One document's way from verdicts to a plan."""

    planner: Planner
    past: Past
    reading: Reading
    context: Context
    rows: Rows = field(default_factory=Rows)
    verdicts: tuple[Verdict, ...] = ()

    @classmethod
    def of(cls, planner: Planner, past: Past, reading: Reading) -> "_Decision":
        prepared = [entry.prepared for entry in reading.entries.values()]
        context = past.context(
            reading.feed,
            keys={key for one in prepared for key in one.keys},
            content_hashes={one.content.content_hash for one in prepared},
            text_hashes={one.content.text_hash for one in prepared if one.relevant},
            title_hashes={one.content.title_hash for one in prepared},
            sentence_hashes={sentence for one in prepared for sentence, _ in one.sentences},
            now=reading.at,
            seen=set(reading.seen.values()),
        )
        return cls(planner=planner, past=past, reading=reading, context=context)

    def plan(self) -> Plan:
        self.verdicts = self._judge()
        self.rows = self._recorder().record(self.reading.entries, self.verdicts)
        desk = self._link()
        teller = self._teller()
        ledger = Ledger(queries=self.past.claims, teller=teller, dates=self.reading.dates)
        ledger.enter(self.rows)
        changes, events = self._tell(teller, desk)
        changes += ledger.changes(self.rows, events)
        events = ledger.with_states(events, self.past.events.events)
        learned = self._learn()
        changes += notes_as_changes(
            self.past.events.transition_count,
            self.reading.feed,
            (*learned.notes, *notes_of(self.reading, self.verdicts, was_held=bool(self.context.held))),
            now=self.reading.at,
        )
        facts = {change.id: self._facts(change, desk) for change in changes}
        return self._whole(desk, ledger, events, changes, learned, facts)

    def _learn(self) -> Learned:
        """What the poll teaches about its feed; a page of older entries teaches nothing."""
        if self.reading.page:
            return Learned(memory=self.reading.feed.memory, effective_url=None, notes=())
        return self.planner.learn(self.reading, self._traits(), truncated=self._truncated)

    def _judge(self) -> tuple[Verdict, ...]:
        reading, feed = self.reading, self.reading.feed
        verdicts = judge(
            [entry.prepared for entry in reading.entries.values()],
            self._document_facts(),
            self.context,
            now=reading.at,
            baseline=feed.memory.live_at is None and not reading.page,
            trust=reading.options.release_held or RELEASED in feed.memory.flags,
            origin=reading.options.origin,
        )
        if reading.options.visit is not None:
            return of_page(verdicts, reading.options.visit.page)
        return tuple(self._as_news(verdict) for verdict in verdicts)

    def _as_news(self, verdict: Verdict) -> Verdict:
        """What a person asked to hear of in spite of the baseline."""
        since = self.reading.options.alert_since
        if since is None or verdict.position is None or verdict.origin is not Origin.BASELINE:
            return verdict
        published = self.reading.dates[verdict.position].published_at
        if published is None or self.reading.at - published > since:
            return verdict
        return verdict._replace(origin=Origin.LIVE)

    def _document_facts(self) -> DocumentFacts:
        reading, document = self.reading, self._document
        return DocumentFacts(
            number=reading.feed.memory.document + 1,
            entry_count=document.entry_total,
            truncated=self._truncated,
            partial=reading.page or (isinstance(reading.result, Fetched) and reading.result.partial),
            deleted_guids=document.deleted_guids,
            seen_item_ids=frozenset(reading.seen.values()),
            site_url=document.site_url,
            rematched=reading.feed.memory.matching_hash not in {None, reading.matching_hash},
        )

    @property
    def _document(self) -> Document:
        assert self.reading.document is not None  # noqa: S101  asked by the caller
        return self.reading.document

    @property
    def _truncated(self) -> bool:
        cut = isinstance(self.reading.result, Fetched) and self.reading.result.truncated
        return self._document.truncated or cut

    def _recorder(self) -> Recorder:
        return Recorder(
            context=self.context,
            # A page of older entries is no document: nobody will miss them in the next one.
            document=0 if self.reading.page else self.reading.feed.memory.document + 1,
            now=self.reading.at,
            dates=self.reading.dates,
        )

    def _link(self) -> Desk:
        """Give every item that has words for the first time its event, in the order of its arrival."""
        desk = Desk(self.planner.linker, self.past.linking, self.reading.at)
        told = [self.rows.item(one.item_id, self.context) for one in self.rows.tellable if one.links]
        names: dict[int, Key] = {}  # of each item the first, by the order of keys
        ids = {item.id for item in told}
        for key, owner in self.rows.keys.items():
            if owner in ids:
                names[owner] = min(names.get(owner, key), key)
        coming = [self._incoming(item, names.get(item.id)) for item in told]
        desk.expect(coming, self.past.events.version() if coming else "")
        for item, one in zip(told, coming, strict=True):
            original = self.rows.original(item.copy_of, self.context)
            link = desk.link(one, copy_event=original.event_id if original else None)
            self.rows.put(item._replace(event_id=link.event_id))
        return desk

    def _incoming(self, item: Item, name: Key | None) -> Incoming:
        feed = self.reading.feed
        return Incoming(
            item_id=item.id,
            new_event_id=event_id(name or self._known_name(item)),
            analysis=self.rows.analyses[item.id],
            sort_at=item.sort_at,
            dated=item.date_trusted,
            # Who carries another's words is no voice of its own.
            outlet="" if item.copy_of is not None else item.source_name or feed.options.outlet or feed.name,
            lang=item.lang,
            topics=tuple(dict.fromkeys(match.topic for match in self.rows.topics.get(item.id, ()))),
        )

    def _known_name(self, item: Item) -> Key:
        known = self.context.items.get(item.id)
        return min(known.keys) if known and known.keys else Key(item.feed_id, KeyKind.HASH, str(item.id))

    def _teller(self) -> Teller:
        return Teller(
            feed=self.reading.feed,
            context=self.context,
            now=self.reading.at,
            transitions=self.past.events.transition_count,
        )

    def _tell(self, teller: Teller, desk: Desk) -> tuple[list[Change], dict[str, Event]]:
        """The changes of this poll, and the events as they stand after it: one revision more for each that changed."""
        edited = [one for one in self.rows.tellable if not one.links]
        ids = {self.rows.item(one.item_id, self.context).event_id for one in edited} - {None}
        known = dict(self.past.events.events({*(link.event_id for link in desk.links), *(one for one in ids if one)}))
        grown, changes = teller.linked(self.rows, desk.links, known)
        events = {event.id: event for event in grown}
        for one in known.keys() & (ids - events.keys()):
            events[one] = replace(known[one], revision=known[one].revision + 1, changed_at=self.reading.at)
        events |= retitled(edited, self.rows, self.context, events, self.past.rulings)
        changes += differing(self.rows, self.context, self.past.items, teller, events)
        return [*changes, *teller.revised(edited, self.rows, {**known, **events})], events

    def _facts(self, change: Change, desk: Desk) -> Facts:
        feed = self.reading.feed
        item = self.rows.item(change.item_id, self.context) if change.item_id is not None else None
        names = {feed.name, feed.url, feed.options.outlet or feed.name}
        return Facts(
            title=item.title if item else "",
            topics=change.topics,
            sources=frozenset(names | ({item.source_name} if item and item.source_name else set())),
            lang=item.lang if item else None,
            source_count=desk.outlet_count(change.event_id or ""),
            published_at=item.published_at if item and item.date_trusted else None,
            first_seen_at=item.first_seen_at if item else None,
            was_held=item is not None and item.id in self._freed,
        )

    @property
    def _freed(self) -> set[int]:
        """Items that the quarantine held until this poll."""
        held = self.context.held
        return {owner for key, owner in self.rows.keys.items() if key in held} if held else set()

    def _traits(self) -> DocumentTraits:
        return traits_of(
            self.reading,
            self._document,
            self.context,
            self.verdicts,
            barred=self.rows.barred,
            truncated=self._truncated,
        )

    def _whole(  # noqa: PLR0917  what a plan is made of
        self,
        desk: Desk,
        ledger: Ledger,
        events: Mapping[str, Event],
        changes: list[Change],
        learned: Learned,
        facts: Mapping[str, Facts],
    ) -> Plan:
        rows, reading = self.rows, self.reading
        alerts = self.planner.announce(self.past, changes, facts, now=reading.at)
        held = {
            key: self.context.held.get(key, reading.at)
            for verdict in self.verdicts
            if verdict.kind is VerdictKind.HELD
            for key in verdict.keys
        }
        memory = learned.memory
        if held:
            state = memory.state if memory.state is FeedState.PAUSED else FeedState.HELD
            held_count = sum(one.kind is VerdictKind.HELD for one in self.verdicts)
            memory = memory._replace(state=state, held_count=held_count, flags=memory.flags | {"held"})
        return Plan(
            feed_id=reading.feed.id,
            at=reading.at,
            memory=None if reading.page else memory,
            effective_url=learned.effective_url,
            fetch=fetch_record(reading, self.verdicts),
            document=memory.document,
            seen_items=tuple(reading.seen.values()),
            verdicts=rows.verdicts,
            items=tuple(rows.items.values()),
            item_updates=tuple(rows.updates.values()),
            keys=rows.keys,
            barred=tuple(rows.barred),
            sightings=rows.sightings,
            revisions=rows.revisions,
            topics=rows.topics,
            analyses=rows.analyses,
            search=rows.search,
            links=desk.links,
            events=tuple(events.values()),
            event_states=desk.snapshots(),
            members=desk.members,
            term_counts=desk.term_counts(),
            linked_as=desk.linked_as,
            claims=tuple(ledger.book.claims.values()),
            retracted=tuple(ledger.book.retracted),
            mentions=tuple(ledger.mentions),
            promises=ledger.promises(),
            changes=changes,
            alerts=alerts,
            held=self.context.held if reading.page else held,  # an older page confirms nothing
            pages=pages(reading, rows.items.values(), self.verdicts, self.context),
        )
