"""iCalendar (RFC 5545): what is promised for a day, and the events that have one.

Rule: an entry keeps its UID whatever becomes of its date; SEQUENCE rises by one with each new date and when it is
called off or kept on a day of its own, so that a calendar that was imported before moves the entry instead of adding
one (RFC 5546, 2.1.4).
"""

from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from monitor.viewer.export.chronicle import Chronicle, Record, day_of, promised, spoken_period
from monitor.viewer.export.identity import uid

_CALLED_OFF = frozenset({"cancelled", "dropped"})
_LONGEST_SPAN = timedelta(days=31)  # a longer promise stands on its last day: a bar over a year says nothing
_BEFORE_ALL = "1970-01-01T00:00:00Z"


def render(chronicle: Chronicle) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Salname//Timeline//EN")
    calendar.add("version", "2.0")
    calendar.add("name", chronicle.title)
    calendar.add("x-wr-calname", chronicle.title)
    for promise in chronicle.promises:
        calendar.add_component(_promise(promise))
    for event in chronicle.dated:
        calendar.add_component(_event(event))
    return bytes(calendar.to_ical(sorted=False))


def _promise(promise: Record) -> Event:
    called_off = promise["state"] in _CALLED_OFF
    entry = _entry(uid("promise", promise["id"]), promise["changed_at"])
    kept = promise["kept_latest"]
    entry.add("sequence", len(promise["links"]) - 1 + (called_off or kept is not None))
    entry.add("summary", _titled(promise))
    last, first = day_of(kept or promise["due_latest"]), promise["kept_earliest" if kept else "due_earliest"]
    starts = day_of(first) if first and last - day_of(first) <= _LONGEST_SPAN else last
    _days(entry, starts, last)
    settled = promise["state"] == "kept"
    entry.add("status", "CANCELLED" if called_off else "CONFIRMED" if settled else "TENTATIVE")
    entry.add("description", "\n".join(_told(promise)))
    _where(entry, promise["url"], promise["topics"])
    return entry


def _titled(promise: Record) -> str:
    """What was promised, and in which event: a calendar shows nothing beside it."""
    named, title = promised(promise), promise["event_title"]
    return f"{named}: {title}" if title and promise["subject"] else named


def _told(promise: Record) -> list[str]:
    """What a person reads on opening the entry: what becomes of it, every date it had, the words, the source."""
    dates = [spoken_period(link) for link in promise["links"]]
    lines = [f"Promised for {dates[-1]}: {promise['state']}"]
    if len(dates) > 1:
        lines.append(f"{' → '.join(dates)} ({promise['total_days']:+d} days)")
    if promise["quote"]:
        lines.append(f"“{promise['quote']}”")
    return [*lines, *([promise["source"]] if promise["source"] else [])]


def _event(event: Record) -> Event:
    called_off = event["status"] == "cancelled"
    entry = _entry(uid("event", event["id"]), event["changed_at"])
    entry.add("sequence", event["moved"] + called_off)
    entry.add("summary", event["title"])
    _days(entry, day_of(event["starts_on"]), day_of(event["ends_on"] or event["starts_on"]))
    tentative = event["status"] in {"announced", "planned", "postponed"}
    entry.add("status", "CANCELLED" if called_off else "TENTATIVE" if tentative else "CONFIRMED")
    _where(entry, event["url"], event["topics"])
    return entry


def _entry(name: str, changed_at: str | None) -> Event:
    stamp = datetime.fromisoformat(changed_at or _BEFORE_ALL).astimezone(UTC)
    entry = Event()
    entry.add("uid", name)
    entry.add("dtstamp", stamp)
    entry.add("last-modified", stamp)
    entry.add("transp", "TRANSPARENT")
    return entry


def _days(entry: Event, first: date, last: date) -> None:
    entry.add("dtstart", first)
    entry.add("dtend", last + timedelta(days=1))  # the day after the last one (RFC 5545, 3.6.1)


def _where(entry: Event, url: str | None, topics: list[str]) -> None:
    if url:
        entry.add("url", url)
    if topics:
        entry.add("categories", topics)
