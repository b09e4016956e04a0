"""A digest in words: what waited for its hour, one line an event, fact or article, and what was not told at all.

Rule: no change of the bundle is lost: each stands in a line or is folded into its event's, and a line that finds no
room in a layout is counted there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.links import web_link
from alerts.message import (
    UNTITLED,
    DigestLine,
    DigestNote,
    DigestSection,
    Notification,
    build,
    is_fact,
    names_of,
    reports,
    said,
    summary_of,
    weight,
)
from alerts.visible import counted
from storage.errors import DeliveryError
from storage.model import DIGEST, Change, Importance

if TYPE_CHECKING:  # its package loads SQLAlchemy
    from storage.outbox import BundleSource, SickFeed

_SHOWN_SICK = 3  # feeds that are named
_ERROR_LENGTH = 80


@dataclass(frozen=True, slots=True)
class _Heading:
    name: str
    one: str
    many: str
    short: str
    shorts: str


_FACTS = _Heading("Changed facts", "changed fact", "changed facts", "fact", "facts")
_NEW = _Heading("New events", "new event", "new events", "new", "new")
_OWED = _Heading("Still overdue", "overdue promise", "overdue promises", "overdue", "overdue")
_MOVED = _Heading("Merged, split or closed", "event rearranged", "events rearranged", "rearranged", "rearranged")
_ARTICLES = _Heading("Articles", "edited article", "edited articles", "edited", "edited")
_UPDATES = _Heading("Updates", "update", "updates", "update", "updates")
_NOTICES = _Heading("Notices", "notice", "notices", "notice", "notices")
_ORDER = (_FACTS, _NEW, _OWED, _MOVED, _ARTICLES, _UPDATES, _NOTICES)

# Reasons of decisions that a reader of a digest should know of; the others are how routing works.
_REASONS: Mapping[str, str] = {
    "quiet": "held in quiet hours",
    "rate": "over the hourly ceiling",
    "dead": "from a channel that could not deliver it",
    "gone": "from a channel that is no longer configured",
    "silenced": "silenced",
    "inhibited": "inhibited",
    "below_importance": "below importance",
    "churn_guard": "held as renumbered or edited again and again",
    "reverted": "taken back in time",
}


def describe(source: "BundleSource", *, zone: ZoneInfo, link_base: str, host: str, now: datetime) -> Notification:
    """The message that a bundle tells one address, a digest or any other."""
    if source.delivery.kind == DIGEST:
        return _digest(source, zone=zone, host=host, now=now)
    return build(source, zone=zone, link_base=link_base, host=host, now=now)


def _digest(source: "BundleSource", *, zone: ZoneInfo, host: str, now: datetime) -> Notification:
    standing = source.standing
    if standing is None:
        raise DeliveryError(f"digest {source.delivery.id} was read without its standing; cancel it")
    sections = tuple(_sections(source))
    alert = source.alerts[0] if source.alerts else None
    ranks = list(Importance)
    return Notification(
        id=source.delivery.id,
        address=source.delivery.address,
        kind=DIGEST,
        importance=max((alert.importance for alert in source.alerts), key=ranks.index, default=Importance.LOW),
        rule="",
        route=said(alert.route) if alert else said(standing.scope),
        event=None,
        topics=names_of(topic for change in source.changes for topic in change.topics),
        headline=", ".join(section.counted for section in sections) or "nothing new",
        changes=(),
        items=(),
        item_count=0,
        sequence=source.delivery.seq,
        at=max((change.at for change in source.changes), default=standing.slot_at),
        made_at=now,
        zone=zone,
        link=None,
        host=said(host),
        digest=DigestNote(
            scope=said(standing.scope),
            slot_at=standing.slot_at,
            since_at=min((standing.since_at, *(change.at for change in source.changes))),
            sections=sections,
            counts=tuple(_counts(source)),
            health=_health(standing.feed_count, standing.sick_feeds, zone),
        ),
    )


def _sections(source: "BundleSource") -> Iterable[DigestSection]:
    lines: dict[_Heading, dict[str, list[Change]]] = {heading: {} for heading in _ORDER}
    new_events = {_event_id(source, change) for change in source.changes if change.kind == "event.created"}
    for change in sorted((*source.changes, *source.absorbed), key=weight):
        event = _event_id(source, change)
        heading = _heading(change)
        if heading is _UPDATES and event in new_events:
            heading = _NEW
        # An event has one line, whatever came to it; a fact, an article and a trouble one each.
        key = event if heading in {_NEW, _UPDATES} and event else change.id
        lines[heading].setdefault(key, []).append(change)
    for heading, found in lines.items():
        if found:
            count = len(found)
            yield DigestSection(
                name=heading.name,
                counted=counted(count, heading.one, heading.many),
                short=counted(count, heading.short, heading.shorts),
                lines=tuple(_line(changes, heading, source) for changes in found.values()),
            )


def _heading(change: Change) -> _Heading:
    if is_fact(change):
        return _FACTS
    match change.kind:
        case "event.created":
            return _NEW
        case "event.updated":
            return _UPDATES
        case _:
            families = {"item": _ARTICLES, "event": _MOVED, "promise": _OWED}  # a promise told first is a fact
            return families.get(change.kind.partition(".")[0], _NOTICES)


def _line(changes: list[Change], heading: _Heading, source: "BundleSource") -> DigestLine:
    lead = changes[0]
    event_id = _event_id(source, lead)
    event = source.events.get(event_id) if event_id else None
    is_event = heading in {_NEW, _UPDATES}
    items = {item.id: item for item in source.items}
    item = items.get(lead.item_id) if lead.item_id is not None else None
    return DigestLine(
        text=(said(event.title) or UNTITLED) if is_event and event else summary_of(lead, None),
        tail=_reports(changes) if is_event else "",
        url=web_link(item.url) if item and heading is not _FACTS else None,
        change=lead.id,
        kind=lead.kind,
        event=event_id,
    )


def _reports(changes: list[Change]) -> str:
    """How many reports joined an event that was known."""
    count = reports(changes)
    return f" (+{counted(count, 'report')})" if count else ""


def _event_id(source: "BundleSource", change: Change) -> str | None:
    """The event as it is called now."""
    event = source.events.get(change.event_id) if change.event_id else None
    return event.id if event else change.event_id


def _counts(source: "BundleSource") -> Iterable[tuple[str, int]]:
    standing = source.standing
    silent = dict(standing.silent) if standing else {}
    for alert in source.alerts:
        reason = alert.reason.partition("(")[0]
        silent[reason] = silent.get(reason, 0) + 1
    for reason, words in _REASONS.items():
        if count := silent.get(reason):
            yield words, count


def _health(feed_count: int, sick: "tuple[SickFeed, ...]", zone: ZoneInfo) -> str:
    """Such as "14 of 15 sources healthy (azernews: HTTP 503 since 06:10)"; nothing is said of no feeds."""
    if not feed_count:
        return ""
    named = [_sick(feed, zone) for feed in sick[:_SHOWN_SICK]]
    more = [f"and {len(sick) - _SHOWN_SICK:,} more"] if len(sick) > _SHOWN_SICK else []
    causes = f" ({'; '.join(named + more)})" if named else ""
    return f"{feed_count - len(sick):,} of {feed_count:,} sources healthy{causes}"


def _sick(feed: "SickFeed", zone: ZoneInfo) -> str:
    since = f" since {feed.since_at.astimezone(zone):%H:%M on %-d %B}" if feed.since_at else ""
    return f"{said(feed.name)[:_ERROR_LENGTH]}: {said(feed.error)[:_ERROR_LENGTH]}{since}"
