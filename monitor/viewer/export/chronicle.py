"""What an export tells, gathered from the database as plain values in a fixed order.

Rule: text of the world is cleaned here, once, and an address that is not of the web is left out; no format need know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from alerts.visible import clean
from monitor.events.wording import label, period
from storage.model import Claim, ClaimKind
from storage.reading import Reader

Record: TypeAlias = Mapping[str, Any]

LIMIT = 1_000
_TEXTS = ("event_title", "source", "summary", "quote", "diff", "old", "new", "title", "note", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the timeline."""

    topics: tuple[str, ...] = ()  # of none: all
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """Changes in order of time, the events and reports they belong to, and what was promised.

    `left_out`: there are older changes than the limit let in.
    """

    zone: ZoneInfo
    wanted: Wanted
    topics: Mapping[str, str]  # id -> name, in the order of the configuration, those that occur
    changes: Sequence[Record] = ()
    events: Mapping[str, Record] = field(default_factory=dict)
    reports: Mapping[str, Sequence[Record]] = field(default_factory=dict)  # by event
    promises: Sequence[Record] = ()
    dated: Sequence[Record] = ()  # events that have a day, each with how often it was moved
    left_out: bool = False

    @property
    def title(self) -> str:
        """What the chronicle is called, by the topics that were asked for."""
        names = [self.topics.get(topic, topic) for topic in self.wanted.topics]
        return f"Salname: {', '.join(names)}" if names else "Salname"

    @property
    def updated_at(self) -> str | None:
        """When the last change was noticed."""
        return max((change["at"] for change in self.changes), default=None)


def gather(reader: Reader, wanted: Wanted, *, zone: ZoneInfo, names: Mapping[str, str]) -> Chronicle:
    """Everything that is told of `wanted`; `names` of topics, in the order in which they are listed."""
    changes, left_out = _changes(reader, wanted)
    events = reader.events.many({change["event"] for change in changes if change["event"]})
    promises = reader.chains.all(topics=wanted.topics, event=wanted.event)
    occurring = {topic for one in (*changes, *promises) for topic in one["topics"]} | set(wanted.topics)
    listed = [*(topic for topic in names if topic in occurring), *sorted(occurring - names.keys())]
    return Chronicle(
        zone=zone,
        wanted=wanted,
        topics={topic: clean(names.get(topic, topic)) for topic in listed},
        changes=[_cleaned(change) for change in changes],
        events={event: _cleaned(events[event]) for event in sorted(events)},
        reports={event: [_cleaned(item) for item in reader.items.of_event(event)] for event in sorted(events)},
        promises=[_cleaned(promise) for promise in promises],
        dated=[_cleaned(event) for event in reader.chains.dated(topics=wanted.topics, event=wanted.event)],
        left_out=left_out,
    )


def day_of(text: str) -> date:
    return date.fromisoformat(text)


def spoken_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def spoken_period(link: Record) -> str:
    """When something was promised for, as people say it; never more exact than what was said."""
    earliest = day_of(link["due_earliest"]) if link["due_earliest"] else None
    return period(earliest, day_of(link["due_latest"]), bound=link["bound"], precision=link["precision"])


def promised(promise: Record) -> str:
    """What was promised: "Completion of laying (lake-cable)", "Opening: the title of the event"."""
    claim = Claim(
        kind=ClaimKind.DATE, subject=promise["subject"], measure=promise["measure"], facet=promise["facet"], value=""
    )
    return label(claim) if claim.subject or not promise["event_title"] else f"{label(claim)}: {promise['event_title']}"


def _changes(reader: Reader, wanted: Wanted) -> tuple[list[Record], bool]:
    """The newest changes, oldest first; a change of two topics stands once."""
    found: dict[str, Record] = {}
    for topic in wanted.topics or (None,):
        for change in reader.timeline.changes(
            topic=topic, event=wanted.event, since=wanted.since, until=wanted.until, limit=wanted.limit + 1
        ):
            found.setdefault(change["id"], change)
    ordered = sorted(found.values(), key=lambda change: str(change["at"]))
    return ordered[-wanted.limit :], len(ordered) > wanted.limit


def _cleaned(record: Record) -> Record:
    """A record without what hides or steers, and with no address but of the web."""
    made: dict[str, Any] = dict(record)
    for key in _TEXTS:
        if isinstance(made.get(key), str):
            made[key] = "\n".join(map(clean, made[key].split("\n"))) if key == "diff" else clean(made[key])
    for key in ("sources", "languages"):
        if key in made:
            made[key] = [clean(one) for one in made[key]]
    if "said" in made:
        made["said"] = [_cleaned(side) if side else None for side in made["said"]]
    if not str(made.get("url") or "").startswith(("https://", "http://")):
        made["url"] = None
    elif made["url"] != (visible := clean(made["url"])):
        made["url"] = visible.replace(" ", "%20")
    return made
