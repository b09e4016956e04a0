"""What the timeline says of a poll, and who is told.

One change an event and poll; items that were there before the feed was watched make events in silence.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.events.timeline import ItemFacts, created, revised, updated, withdrawn
from monitor.items.revisions import render_diff, word_diff
from monitor.pipeline.record import Rows, Told
from storage.model import (
    Change,
    Content,
    Context,
    Event,
    Feed,
    Item,
    Link,
    Origin,
    RevisionClass,
    VerdictKind,
)

_SILENT = {RevisionClass.FILLED, RevisionClass.FIRST}

Transitions = Callable[[str, str, str, str, str], int]  # how often a change (subject, kind, key, old, new) occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """The moment of the poll, its feed, and how to count earlier changes of the same kind."""

    feed: Feed
    context: Context
    now: datetime
    transitions: Transitions

    def facts(self, item: Item, topics: Sequence[str], content_hash: str) -> ItemFacts:
        return ItemFacts(
            id=item.id,
            title=item.title,
            url=item.url,
            source=item.source_name or self.feed.options.outlet or self.feed.name,
            published_on=item.published_on,
            published_at=item.published_at,
            first_seen_at=item.first_seen_at,
            lang=item.lang,
            content_hash=content_hash,
            topics=tuple(topics),
            copy_of=item.copy_of,
        )

    def linked(self, rows: Rows, links: Sequence[Link], known: Mapping[str, Event]) -> tuple[list[Event], list[Change]]:
        """The events that `links` founded or grew, and one change for each of them.

        Baseline and live items of one event are told apart: what was there before is told in silence.
        """
        by_event: dict[str, list[Item]] = {}
        for link in links:
            by_event.setdefault(link.event_id, []).append(rows.item(link.item_id, self.context))
        events, changes = [], []
        for event_id, items in by_event.items():
            before = known.get(event_id)
            topics = [match.topic for item in items for match in rows.topics.get(item.id, ())]
            event = _grown(event_id, before, items, topics, self.now)
            events.append(event)
            changes += self._change(event, before, items, rows)
        return events, changes

    def _change(self, event: Event, before: Event | None, items: Sequence[Item], rows: Rows) -> list[Change]:
        told = [(item, self._item_facts(item, rows)) for item in items]
        live = [facts for item, facts in told if item.origin is Origin.LIVE]
        past = [facts for item, facts in told if item.origin is not Origin.LIVE]
        origin = next((item.origin for item in items if item.origin is not Origin.LIVE), Origin.LIVE)
        changes = []
        if before is None:
            founder = told[0][1]
            founding_origin = items[0].origin
            changes.append(created(event, [founder], at=self.now, origin=founding_origin))
            live, past = ([one for one in some if one.id != founder.id] for some in (live, past))
        if past:
            changes.append(updated(event, past, at=self.now, origin=origin))
        if live:
            changes.append(updated(event, live, at=self.now, origin=Origin.LIVE))
        return changes

    def _item_facts(self, item: Item, rows: Rows) -> ItemFacts:
        topics = dict.fromkeys(match.topic for match in rows.topics.get(item.id, ()))
        words = next((one.content for one in reversed(rows.revisions) if one.item_id == item.id), None)
        return self.facts(item, tuple(topics), words.content_hash if words else "")

    def revised(self, told: Iterable[Told], rows: Rows, events: Mapping[str, Event]) -> list[Change]:
        """Changes for edited and withdrawn items."""
        changes = []
        for one in told:
            item = rows.item(one.item_id, self.context)
            event = events.get(item.event_id) if item.event_id else None
            if one.verdict.kind is VerdictKind.WITHDRAWN:
                changes.append(self._withdrawn(one, item, event))
            elif one.revision is not None and one.revision.class_ not in _SILENT:
                changes.append(self._revised(one, item, event))
        return changes

    def _revised(self, one: Told, item: Item, event: Event | None) -> Change:
        assert one.revision is not None  # noqa: S101  asked by the caller
        new = one.revision.content
        old_hash = self.context.items[item.id].sightings[self.feed.id].content_hash
        nth = self.transitions(_subject(event, self.feed), "item.revised", str(item.id), old_hash, new.content_hash)
        topics = tuple(dict.fromkeys(match.topic for match in (one.entry.topics if one.entry else ())))
        known = self.context.items[item.id]
        return revised(
            self.facts(item, topics or known.topics, new.content_hash),
            event,
            one.revision,
            feed_id=self.feed.id,
            before=one.before,
            before_hash=old_hash,
            diff=_diff(one.before, new),
            nth=nth,
            at=self.now,
            repeats=one.repeats,
            origin=one.verdict.origin,  # a later poll makes it news, whatever the item came by; an older page does not
        )

    def _withdrawn(self, one: Told, item: Item, event: Event | None) -> Change:
        known = self.context.items[item.id]
        content_hash = known.sightings[self.feed.id].content_hash
        nth = self.transitions(_subject(event, self.feed), "item.withdrawn", str(item.id), "present", "withdrawn")
        return withdrawn(
            self.facts(item, known.topics, content_hash),
            event,
            feed_id=self.feed.id,
            at=self.now,
            nth=nth,
            reason=one.verdict.reason,
            origin=one.verdict.origin,
        )


def _subject(event: Event | None, feed: Feed) -> str:
    return event.id if event else f"feed:{feed.id}"


def _diff(before: Content | None, after: Content) -> str:
    if before is None:
        return ""
    title = render_diff(word_diff(before.title, after.title)) if before.title != after.title else ""
    text = render_diff(word_diff(before.text, after.text)) if before.text != after.text else ""
    return "\n".join(part for part in (title, text) if part)


def _grown(event_id: str, before: Event | None, items: Sequence[Item], topics: Sequence[str], now: datetime) -> Event:
    first_at, last_at = min(item.sort_at for item in items), max(item.sort_at for item in items)
    if before is None:
        return Event(
            id=event_id,
            title=items[0].title,
            topics=tuple(dict.fromkeys(topics)),
            first_at=first_at,
            last_at=last_at,
            first_seen_at=now,
            changed_at=now,
            item_count=len(items),
        )
    return replace(
        before,
        topics=tuple(dict.fromkeys((*before.topics, *topics))),
        first_at=min(before.first_at, first_at),
        last_at=max(before.last_at, last_at),
        changed_at=now,
        revision=before.revision + 1,
        item_count=before.item_count + len(items),
    )
