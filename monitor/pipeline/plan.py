"""The decision: what one reading writes, as one value.

Pure but for the look-ups that it asks the transaction for; the caller applies the plan in the same transaction.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from alerts.rules import Facts, Routing, Target, bundle, decide
from monitor.events.link import Incoming, LinkSettings
from monitor.events.timeline import noted
from monitor.feeds.fetch import Failed, Fetched, NotModified
from monitor.feeds.health import HealthNote
from monitor.feeds.pace import Pace
from monitor.feeds.schedule import DocumentTraits, Learned, PollFacts, learn
from monitor.items.identity import DocumentFacts
from monitor.items.identity import decide as judge
from monitor.pipeline.linking import Desk, EventQueries
from monitor.pipeline.prepare import PreparedEntry
from monitor.pipeline.read import Reading
from monitor.pipeline.record import Recorder, Rows
from monitor.pipeline.tell import Teller
from storage.model import (
    Change,
    Context,
    Event,
    Feed,
    FetchRecord,
    Item,
    Key,
    Link,
    Origin,
    Plan,
    Verdict,
    VerdictKind,
    event_id,
)

_NEW = {VerdictKind.NEW, VerdictKind.SAME_TEXT}
_REVISED = {VerdictKind.REVISED, VerdictKind.REVERTED, VerdictKind.FLAPPING, VerdictKind.FILLED}


class Queries(EventQueries, Protocol):
    def transition_count(self, subject: str, kind: str, key: str, old: str, new: str) -> int: ...


class Past(Protocol):
    """The look-ups of a transaction; see storage/store.py."""

    @property
    def events(self) -> Queries: ...
    def context(
        self,
        feed_id: int,
        *,
        keys: Collection[Key],
        content_hashes: Collection[str],
        text_hashes: Collection[str],
        title_hashes: Collection[str],
        sentence_hashes: Collection[int],
        now: datetime,
    ) -> Context: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans polls by one configuration."""

    pace: Pace
    linking: LinkSettings
    routing: Routing
    targets: Mapping[str, Target]
    many_moving: Callable[[Feed, bool, datetime], bool] = lambda _feed, _moving, _now: False

    def plan(self, past: Past, reading: Reading) -> Plan:
        """Everything that `reading` changes in what is remembered."""
        if reading.document is None:
            return self._without_document(past, reading)
        return _Decision.of(self, past, reading).plan()

    def announce(
        self, changes: Sequence[Change], facts: Mapping[str, Facts], *, now: datetime
    ) -> dict[str, Sequence[object]]:
        """Alerts and deliveries for `changes`, decided together: one message an event and channel."""
        alerts = [alert for change in changes for alert in decide(change, facts[change.id], self.routing, now=now)]
        bundled = bundle(alerts, changes, self.targets, now=now)
        return {"alerts": bundled.alerts, "deliveries": bundled.deliveries}

    def learn(self, reading: Reading, traits: DocumentTraits | None, *, truncated: bool = False) -> Learned:
        feed = reading.feed
        return learn(
            feed.memory,
            _poll_facts(reading, traits, truncated=truncated, many_moving=self._many_moving(reading)),
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
        changes = notes_as_changes(past.events, reading.feed, learned.notes, now=reading.at)
        return Plan(
            feed_id=reading.feed.id,
            at=reading.at,
            memory=learned.memory,
            effective_url=learned.effective_url,
            fetch=_fetch_record(reading),
            document=learned.memory.document,
            changes=changes,
            **self.announce(changes, {change.id: Facts() for change in changes}, now=reading.at),
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
            reading.feed.id,
            keys={key for one in prepared for key in one.keys},
            content_hashes={one.content.content_hash for one in prepared},
            text_hashes={one.content.text_hash for one in prepared if one.relevant},
            title_hashes={one.content.title_hash for one in prepared},
            sentence_hashes={sentence for one in prepared for sentence, _ in one.sentences},
            now=reading.at,
        )
        return cls(planner=planner, past=past, reading=reading, context=context)

    def plan(self) -> Plan:
        self.verdicts = self._judge()
        self.rows = self._recorder().record(self.reading.entries, self.verdicts)
        desk = self._link()
        changes, events = self._tell(desk)
        learned = self.planner.learn(self.reading, self._traits(), truncated=self._truncated)
        changes += notes_as_changes(
            self.past.events, self.reading.feed, (*learned.notes, *self._own_notes()), now=self.reading.at
        )
        facts = {change.id: self._facts(change, desk) for change in changes}
        return self._whole(desk, events, changes, learned, facts)

    def _judge(self) -> tuple[Verdict, ...]:
        reading, feed = self.reading, self.reading.feed
        prepared = [entry.prepared for entry in reading.entries.values()]
        return judge(
            prepared,
            self._document(),
            self.context,
            now=reading.at,
            baseline=feed.memory.live_at is None or reading.options.origin is Origin.BASELINE,
        )
