"""What both viewers know of the archive beyond its rows: an event as of a day, a search that is being typed, diffs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.items.worddiff import render_diff, word_diff
from monitor.viewer.search import parse, search
from storage.reading import Reader, Record
from storage.reading.search import Asked, Term

MOST_FOUND = 200  # items that a search looks at
MOST_MARKED = 100_000  # changes that are read in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The events that a search finds, and the words to mark in what is shown of them."""

    events: tuple[str, ...]
    terms: tuple[Term, ...]


def searched(reader: Reader, words: str, day: Callable[[str], datetime]) -> Found:
    """What a search finds, its last word taken as begun; ConfigError while it cannot be read."""
    asked = _going_on(words, parse(words, moment=day), parse(f"{words}*", moment=day))
    items = search(reader, asked, limit=MOST_FOUND)
    events = reader.pages.with_merged(item["event"] for item in items if item["event"])
    return Found(events=events, terms=tuple(term for term in asked.terms if term.wanted))


def event_as_known(reader: Reader, event: str, until: datetime | None, *, zone: ZoneInfo) -> Record | None:
    """An event with its `facts` and `promises` as they were known before an instant; None: as they are."""
    found = reader.events.one(event)
    if found is None:
        return None
    if until is None and not reader.events.claims_anything(event):  # nothing is loaded for it
        return found | {"facts": (), "promises": []}
    from monitor.viewer.ledger import fact_lines, facts_of_event, promises_of_event
    from monitor.viewer.past import as_known

    today = (until or datetime.now(zone)).astimezone(zone).date()
    promises = promises_of_event(reader, event, today=today, as_of=until)
    facts = facts_of_event(reader, event, as_of=until)
    return as_known(found, facts, until) | {"facts": tuple(fact_lines(facts)), "promises": promises}


def diffs(versions: Sequence[Record]) -> list[str]:
    """One word diff for each step from a version to the next one of the same source."""
    lines, last = [], dict[str, Record]()
    for version in versions:
        before = last.get(version["source"])
        if before is not None:
            lines += [
                f"{before['n']} → {version['n']}, {part}: {render_diff(word_diff(before[part], version[part]))}"
                for part in ("title", "text")
                if before[part] != version[part]
            ]
        last[version["source"]] = version
    return lines or ["There is one version only."]


def link_of(change: Record) -> str | None:
    """The address of a change or an item, if it is one that a browser may open."""
    url = change["url"]
    return url if url and url.startswith(("http://", "https://")) else None  # ascii protocol word


def _going_on(words: str, whole: Asked, begun: Asked) -> Asked:
    """A search whose last word may still be typed: its forms, and whatever begins like it."""
    last = begun.terms[-1] if begun.terms else None
    if last is None or not (last.prefix and words[-1:].isalnum() and len(begun.terms) == len(whole.terms)):
        return whole
    spellings = tuple(dict.fromkeys((*whole.terms[-1].spellings, *last.spellings)))
    return replace(whole, terms=(*whole.terms[:-1], replace(last, spellings=spellings)))
