"""What every renderer gets: one frozen value, made of clean words.

Rule: text of the world enters a message through `clean` alone, topic names and titles of events included: no control
character, no invisible or direction-turning mark and no lone surrogate reaches a channel, a terminal or a header.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.links import web_link
from alerts.visible import clean as clean  # noqa: PLC0414  a message is where renderers look for it
from alerts.visible import said as said  # noqa: PLC0414  likewise
from storage.errors import DeliveryError
from storage.model import Change, Importance, JsonValue

if TYPE_CHECKING:  # its package loads SQLAlchemy
    from storage.outbox.source import BundleSource, SourceItem

UNTITLED = "(untitled)"
BASELINE = "system.baseline"  # what a first look at feeds found
REMINDER = "promise.reminder"  # of what is still overdue: a line of a digest, and no news for the timeline

_SELF, _FACTS = ("feed.", "system."), frozenset({"status.changed", "date.slipped", "promise.overdue"})
_WEIGHTS: Mapping[str, int] = {
    "date.slipped": -5,
    "status.changed": -4,
    "fact.conflict": -3,
    "promise.overdue": -2,
    "event.created": 1,
    "event.merged": 2,
    "event.split": 2,
    "item.withdrawn": 3,
    "event.updated": 4,
}
_EDITED = "said in an article that was edited"
_LANG_UNITS = 35  # of a language tag (RFC 5646, 4.4.1)
_LEAD_UNITS = 300  # of a new event's text: two or three sentences


def units(text: str) -> int:
    """Length in UTF-16 units, as Slack and JavaScript count."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int, cost: Callable[[str], int] = units) -> str:
    """The longest beginning of `text` that costs at most `limit`, with an ellipsis if anything was left out.

    `cost` weighs one character; a cut never ends in a blank or a dangling joiner, and never splits a surrogate pair.
    """
    spent, fitting = 0, 0
    for index, character in enumerate(text):
        spent += cost(character)
        if spent > limit:
            return text[:fitting].rstrip(" \u200c\u200d\ufe0f") + "…" if limit > 0 else ""
        if spent < limit:  # the ellipsis would still fit behind this character
            fitting = index + 1
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNote:
    """The event that a message is about, as it stands now."""

    id: str
    title: str
    topics: tuple[str, ...]
    revision: int
    previous_notified_revision: int | None  # None: this address has not heard of the event
    previous_notified_at: datetime | None
    first_seen_at: datetime
    item_count: int
    source_count: int  # outlets that tell of it
    new_source_count: int = 0  # those of them that this message brings
    new_report_count: int = 0  # articles that it brings to an event that was known


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change: the value, who says it and of what day, in whose words; absent parts are empty."""

    value: str
    source: str = ""
    as_of: date | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNote:
    """One change: what was, what is now, and a line that says both."""

    id: str
    kind: str
    key: str  # of a fact: its measure
    summary: str
    text: str = ""  # the first words of the item, for a new event
    old: Side | None = None
    new: Side | None = None
    quotes: tuple[str, ...] = ()
    delta: str = ""
    confirmed_by: int | None = None  # None: nobody counted
    contradicted_by: int | None = None
    is_fact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNote:
    """A source of the message; `url` is http(s), percent-encoded, or None."""

    id: int
    title: str
    url: str | None
    source: str
    published_at: datetime | None
    published_on: date | None
    language: str | None
    content_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One event, fact or article of a digest; `tail` follows the words that carry the link."""

    text: str
    tail: str
    url: str | None
    change: str
    kind: str
    event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    name: str  # "Changed facts"
    counted: str  # "2 changed facts"
    short: str  # "2 facts", for a subject
    lines: tuple[DigestLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestNote:
    """What was kept for a fixed hour; `counts` says in words what was not told, by reason, `health` how the feeds are.

    Empty `sections` are a sign of life.
    """

    scope: str  # the route or channel whose digest it is
    slot_at: datetime
    since_at: datetime
    sections: tuple[DigestSection, ...]
    counts: tuple[tuple[str, int], ...]
    health: str

    @property
    def line_count(self) -> int:
        return sum(len(section.lines) for section in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One delivery in words, without a layout.

    `changes` are never empty and stand in order of weight, facts first; of a digest they are empty, its lines say all.
    """

    id: str  # of the delivery
    address: str
    kind: str  # of the first change
    importance: Importance
    rule: str
    route: str
    event: EventNote | None
    topics: tuple[str, ...]
    headline: str
    changes: tuple[ChangeNote, ...]
    items: tuple[ItemNote, ...]  # those that the changes are about first, then the newest, reprints last
    item_count: int  # with those that no change lists
    sequence: int  # grows within an event: shows order and gaps
    at: datetime  # of the newest change
    made_at: datetime  # when the message was put into words
    zone: ZoneInfo
    link: str | None  # of the event on the timeline's page
    host: str
    labels: tuple[str, ...] = ()  # what the rules call it
    remarks: tuple[str, ...] = ()  # our own words about the delivery: what was folded, what overflows
    digest: DigestNote | None = None


def is_fact(change: Change) -> bool:
    """Whether the change alters what is known, rather than who tells it or how it is worded."""
    if change.kind == "item.revised":
        return change.payload.get("class") == "fact" and change.payload.get("repeats") is not True
    return change.kind.startswith("fact.") or change.kind in _FACTS


def is_self(kind: str) -> bool:
    """Whether a change of this kind is Salname's own trouble, for those who run it."""
    return kind.startswith(_SELF) and kind != BASELINE


def weight(change: Change) -> tuple[int, datetime, str]:
    """Sorts the changes of a message: facts first, then the edits that made them, events, and what is mere coverage."""
    rank = _WEIGHTS.get(change.kind, 5)
    if not is_fact(change):
        return max(1, rank), change.at, change.id
    return (0 if change.kind == "item.revised" else min(rank, -1)), change.at, change.id


def build(source: "BundleSource", *, zone: ZoneInfo, link_base: str, host: str, now: datetime) -> Notification:
    """The message that a bundle tells one address; `link_base` is the timeline's page, or empty."""
    if not source.changes:
        raise DeliveryError(f"delivery {source.delivery.id} has no change to tell; cancel it: salname alerts cancel")
    every = sorted(source.changes, key=weight)
    changes = _once(every)
    lead = changes[0]
    event = _event(source, lead)
    alert = next((alert for alert in source.alerts if alert.change_id == lead.id), source.alerts[0])
    return Notification(
        id=source.delivery.id,
        address=source.delivery.address,
        kind=lead.kind,
        importance=max((alert.importance for alert in source.alerts), key=list(Importance).index),
        rule=said(alert.rule),
        route=said(alert.route),
        event=event,
        topics=event.topics if event else names_of(topic for change in changes for topic in change.topics),
        headline=event.title if event and lead.kind.startswith("event.") else summary_of(lead, event),
        changes=tuple(_change(change, event, source) for change in changes),
        items=tuple(_item(item) for item in _in_order(source.items, changes)),
        item_count=len(source.items) + sum(map(_unlisted, (*changes, *source.absorbed))),
        sequence=source.delivery.seq,
        at=max(change.at for change in changes),
        made_at=now,
        zone=zone,
        link=f"{link_base.rstrip('#')}#{event.id}" if event and link_base else None,
        host=said(host),
        labels=names_of(label for alert in source.alerts for label in alert.labels),
        remarks=(*remarks_of(source, zone), *([_EDITED] if len(changes) < len(every) else [])),
    )


def reports(changes: Iterable[Change]) -> int:
    """How many articles joined events that were known."""
    counts = (_count(change.payload.get("item_count")) for change in changes if change.kind == "event.updated")
    return sum(1 if count is None else count for count in counts)


def _once(changes: list[Change]) -> list[Change]:
    """The changes without edits whose figures, dates and states are told by themselves."""
    told = {change.item_id for change in changes if is_fact(change) and change.kind != "item.revised"}
    return [one for one in changes if not (one.kind == "item.revised" and is_fact(one) and one.item_id in told)]


def remarks_of(source: "BundleSource", zone: ZoneInfo) -> tuple[str, ...]:
    """What a reader should know of how the message came about."""
    remarks = []
    if source.folded_count:
        remarks.append(f"{len(source.changes)} changes while the channel was down")
    if source.overflow_count and source.overflow_at:
        when = source.overflow_at.astimezone(zone)
        remarks.append(f"hourly ceiling reached: {source.overflow_count:,} more in the digest of {when:%H:%M}")
    return tuple(remarks)


def _event(source: "BundleSource", lead: Change) -> EventNote | None:
    event = source.events.get(lead.event_id) if lead.event_id else None
    if event is None:
        return None
    told = source.previous.get(event.id)
    its = [one for one in source.changes if (known := source.events.get(one.event_id or "")) and known.id == event.id]
    return EventNote(
        id=event.id,
        title=said(event.title) or UNTITLED,
        topics=names_of(event.topics),
        revision=event.revision,
        previous_notified_revision=told.revision if told else None,
        previous_notified_at=told.at if told else None,
        first_seen_at=event.first_seen_at,
        item_count=event.item_count,
        source_count=source.source_counts.get(event.id, 0),
        new_source_count=source.new_source_counts.get(event.id, 0),
        new_report_count=reports(its),
    )


def _change(change: Change, event: EventNote | None, source: "BundleSource") -> ChangeNote:
    item = next((item for item in source.items if item.id == change.item_id), None)
    quotes = tuple(filter(None, (said(text) for text in change.quotes)))
    before = quotes[0] if len(quotes) > 1 or (quotes and change.new is None) else ""
    outlet = said(item.source) if item and change.kind.startswith("item.") else ""
    return ChangeNote(
        id=change.id,
        kind=change.kind,
        key=said(change.key),
        summary=summary_of(change, event),
        text=_lead(item or next(iter(source.items), None)) if change.kind == "event.created" else "",
        old=_side(change.old, quote=before, source=""),
        new=_side(change.new, quote=quotes[-1] if quotes else "", source=outlet),
        quotes=quotes,
        delta=_word(change.payload.get("delta")),
        confirmed_by=_count(change.payload.get("confirmed_by")),
        contradicted_by=_count(change.payload.get("contradicted_by")),
        is_fact=is_fact(change),
    )


def _in_order(items: "Sequence[SourceItem]", changes: Sequence[Change]) -> "list[SourceItem]":
    """The items that changes are about, in order of weight, then the newest reports, and mere reprints at the end."""
    leads = [change.item_id for change in changes if change.kind != "event.updated"]
    ranks = {id_: n for n, id_ in reversed([*enumerate(leads)])}

    def place(item: "SourceItem") -> tuple[int, bool, float, int]:
        return ranks.get(item.id, len(leads)), item.is_copy, -item.first_seen_at.timestamp(), -item.id

    return sorted(items, key=place)


def _unlisted(change: Change) -> int:
    """How many articles a change brought beside those that it lists."""
    listed = change.payload.get("items")
    count = _count(change.payload.get("item_count")) or 0
    return max(0, count - len(listed)) if isinstance(listed, Sequence) else 0


def _item(item: "SourceItem") -> ItemNote:
    return ItemNote(
        id=item.id,
        title=said(item.title) or UNTITLED,
        url=web_link(item.url),
        source=said(item.source),
        published_at=item.published_at,
        published_on=item.published_on,
        language=cut(said(item.lang or ""), _LANG_UNITS) or None,
        content_hash=item.content_hash or None,
    )


def summary_of(change: Change, event: EventNote | None) -> str:
    """The timeline's line for the change; of a change without one, what it was and is."""
    line = _word(change.payload.get("summary"))
    sides = [side.value for side in (_side(change.old), _side(change.new)) if side]
    return line or " → ".join(sides) or (event.title if event else UNTITLED)


def _side(value: JsonValue, quote: str = "", source: str = "") -> Side | None:
    """A value as it stands in a change: bare, or with its source, day and words as {value, source, as_of, quote}."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return Side(value=_word(value), source=source, quote=quote)
    return Side(
        value=_word(value.get("value")),
        source=_word(value.get("source")) or source,
        as_of=_day(value.get("as_of")),
        quote=_word(value.get("quote")) or quote,
    )


def _word(value: JsonValue) -> str:
    match value:
        case None | Mapping():
            return ""
        case str():
            return said(value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case _:
            return ", ".join(_word(part) for part in value)


def _count(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def names_of(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(said, names))))


def _lead(item: "SourceItem | None") -> str:
    """The first sentences of an item, within 300 units."""
    if item is None:
        return ""
    text = said(item.text)
    short = cut(text, _LEAD_UNITS)
    if short == text:
        return text
    end = max(short.rfind(mark) for mark in (". ", "! ", "? "))
    return short[: end + 1] if end > _LEAD_UNITS // 3 else short.rpartition(" ")[0].rstrip(" ,;:-") + "…"
