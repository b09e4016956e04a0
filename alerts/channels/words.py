"""How a notification is worded in every channel: the name of a kind, a moment, a count, the lines around the facts.

Rule: names of days and months are ours, so that a message reads the same whatever the machine's locale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alerts.message import (
    BASELINE,
    REMINDER,
    ChangeNote,
    DigestNote,
    EventNote,
    ItemNote,
    Notification,
    Side,
    cut,
    is_self,
)
from alerts.visible import counted

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Label:
    sign: str
    name: str


BASELINE_NOTE = "What was published before stands on the timeline. From now on only news is told."

LABELS: Mapping[str, Label] = {
    "event.created": Label("🆕", "New event"),
    "event.updated": Label("➡️", "Update"),
    "event.merged": Label("🔗", "Events merged"),
    "event.split": Label("✂️", "Event split"),
    "event.closed": Label("🏁", "Event closed"),
    "fact.changed": Label("✏️", "Fact changed"),
    "fact.conflict": Label("⚖️", "Sources disagree"),
    "status.changed": Label("🚦", "Status changed"),
    "date.slipped": Label("📅", "Date moved"),
    "promise.overdue": Label("⏰", "Promise overdue"),
    REMINDER: Label("⏰", "Still overdue"),
    "item.revised": Label("✏️", "Article revised"),
    "item.differs": Label("⚖️", "Reprint differs"),
    "item.withdrawn": Label("🗑️", "Article withdrawn"),
    "feed.failing": Label("⚠️", "Feed failing"),
    "feed.recovered": Label("✅", "Feed recovered"),
    BASELINE: Label("📚", "First look"),
}


def label(kind: str) -> Label:
    """The sign and the name of a kind; one that is not known here is named as it is: system.channel_parked says so."""
    words = kind.removeprefix("system.").replace(".", " ").replace("_", " ").capitalize()
    return LABELS.get(kind) or Label("⚠️" if is_self(kind) else "ℹ️", words)


def first_line(note: Notification) -> str:
    """The message in one line, for a phone's lock screen."""
    if note.digest:
        return f"Digest {note.digest.slot_at.astimezone(note.zone):%H:%M}: {note.headline}"
    if is_self(note.kind):
        return f"Salname: {note.headline}"
    topic = f" · {note.topics[0]}" if note.topics else ""
    count = _growth(note.event) if note.kind == "event.updated" and note.event else ""
    return f"{label(note.kind).name}{topic}: {note.headline}{count}"


def context_line(note: Notification) -> str:
    """What the message is about, how weighty it is, and where it stands in its story."""
    if note.digest:
        return " · ".join(standing_of(note.digest))
    lead, event = note.changes[0], note.event
    parts = [", ".join(note.topics[:3]), *(cut(label, 60) for label in note.labels[:5]), note.importance.value]
    parts.append(cut(lead.delta, 100))
    if note.kind == "event.created" and event:
        seen = f"first seen {moment(event.first_seen_at, note.zone)}"
        parts += [counted(max(event.source_count, 1), "source"), f"event {event.id} rev {event.revision}", seen]
    elif lead.confirmed_by is not None:
        parts += [backing(lead), f"event {event.id} rev {event.revision}" if event else ""]
    else:
        parts += [_event_with_memory(event, note.zone) if event else "", moment(note.at, note.zone)]
    return " · ".join(filter(None, (*parts, *note.remarks)))


def standing_of(digest: DigestNote) -> tuple[str, ...]:
    """What a digest does not tell, by reason, and how the feeds are."""
    counts = (f"{words}: {count:,}" for words, count in digest.counts)
    return tuple(filter(None, (*counts, digest.health)))


def digest_title(note: Notification, digest: DigestNote) -> str:
    """Such as "Digest, Tue 2 Dec 08:00 (Baku): 6 items"."""
    count = counted(digest.line_count, "item") if digest.line_count else note.headline
    return f"Digest, {moment(digest.slot_at, note.zone)}: {count}"


def read_on(note: Notification) -> str:
    """The command that shows what found no room."""
    if note.digest:
        return f"salname timeline --since {note.digest.since_at.astimezone(note.zone):%Y-%m-%dT%H:%M}"
    return f"salname timeline --event {note.event.id}" if note.event else "salname timeline"


def further(note: Notification, count: int) -> str:
    """What stands below a list of articles that had no room for all."""
    event = f": salname event {note.event.id}" if note.event else ""
    return f"and {count:,} more{event}"


def omitted(note: Notification, count: int) -> str:
    return f"{count:,} more: {read_on(note)}"


def backing(change: ChangeNote) -> str:
    """How many sources stand on either side of a fact; empty if nobody counted."""
    if change.confirmed_by is None:
        return ""
    return f"confirmed by {counted(change.confirmed_by, 'source')}, contradicted by {change.contradicted_by or 0}"


def shown_sides(change: ChangeNote) -> tuple[tuple[str, Side], ...]:
    """What was and what is, as far as either is known, each under its name."""
    named = (("Was", change.old), ("Now", change.new))
    return tuple((name, side) for name, side in named if side is not None and (side.value or side.quote))


def origin(side: Side) -> str:
    """Who says it, and of which day: "Region, 1 Dec 2025"."""
    return ", ".join(filter(None, (side.source, day(side.as_of) if side.as_of else "")))


def provenance(item: ItemNote, zone: ZoneInfo) -> str:
    """Outlet and moment of an item: "Trend, 28 Nov 19:02"."""
    if item.published_at:
        local = item.published_at.astimezone(zone)
        when = f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"
    else:
        when = day(item.published_on) if item.published_on else ""
    return ", ".join(filter(None, (item.source, when)))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment where the reader is: "Mon 1 Dec 10:05 (Baku)"."""
    local = at.astimezone(zone)
    place = zone.key.rpartition("/")[2].replace("_", " ") if zone.key else f"{local:%z}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M} ({place})"


def day(on: date) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def _growth(event: EventNote) -> str:
    """New outlets say more than many articles; where there are none, the articles."""
    if event.new_source_count:
        return f" ({counted(event.new_source_count, 'new source')})"
    return f" ({counted(event.new_report_count, 'new report')})" if event.new_report_count else ""


def _event_with_memory(event: EventNote, zone: ZoneInfo) -> str:
    memory = ""
    if event.previous_notified_revision is not None and event.previous_notified_at is not None:
        local = event.previous_notified_at.astimezone(zone)
        on = f"{local.day} {_MONTHS[local.month - 1]}"
        memory = f" (last message: rev {event.previous_notified_revision}, {on})"
    return f"event {event.id} rev {event.revision}{memory}"


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """A moment in full: "Tue 2 Dec 2025 10:05 +04"."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {day(local.date())} {local:%H:%M} {local.tzname()}"
