"""Invented messages, one of each kind, to try a channel with: nobody can take them for news.

Rule: they go through the same renderers as real ones; nothing about them is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts.message import (
    BASELINE,
    REMINDER,
    ChangeNote,
    DigestLine,
    DigestNote,
    DigestSection,
    EventNote,
    ItemNote,
    Notification,
    Side,
    is_self,
)
from storage.errors import ConfigError
from storage.model import DIGEST, Importance

TITLE = "Test message from Salname: nothing has happened"
_TEXT = "If you can read this, the channel works."
_EVENT = "TESTTEST"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is true of every message of an installation."""

    id: str
    address: str
    zone: ZoneInfo
    host: str
    now: datetime


_OLD, _NEW = "An old report", "A new report"
_SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "event.created": TITLE,
        "event.updated": "an invented report. 1 new source, 2 in all.",
        "event.merged": f"{TITLE}. Merged with: an invented event",
        "event.split": f"{TITLE}. Split off: an invented event",
        "event.closed": f"{TITLE}. Closed: no report for 14 days",
        "fact.changed": f"{TITLE}: 193 → 194",
        "fact.conflict": f"{TITLE}: 193 or 194",
        "status.changed": f"{TITLE}: announced → under construction",
        "date.slipped": f"{TITLE}: end of 2024 → end of 2026",
        "promise.overdue": f"{TITLE}: overdue since 1 December",
        REMINDER: f"{TITLE}: overdue since 1 December, for two weeks",
        "item.revised": f"{TITLE}: “Forum opens” → “Forum opens in Baku”",
        "item.differs": f"{TITLE}: a reprint says 13 May for 12 May",
        "item.withdrawn": f"{TITLE}: an invented article is withdrawn",
        "feed.failing": f"{TITLE}: an invented feed answers HTTP 503",
        "feed.recovered": f"{TITLE}: an invented feed is back after 4 h 10 min",
        "system.channel_parked": f"{TITLE}: an invented channel is parked: HTTP 404 no_service",
        BASELINE: f"{TITLE}: 0 feeds, 0 items, 0 events",
        DIGEST: "1 changed fact, 1 new event",
    }
)
KINDS = tuple(_SUMMARIES)
_SIDES: Mapping[str, tuple[Side | None, Side | None]] = MappingProxyType(
    {
        "fact.changed": (Side(value="193", source=_OLD), Side(value="194", source=_NEW)),
        "fact.conflict": (Side(value="193", source=_OLD), Side(value="194", source=_NEW)),
        "status.changed": (Side(value="announced", source=_OLD), Side(value="under construction", source=_NEW)),
        "date.slipped": (Side(value="end of 2024", source=_OLD), Side(value="end of 2026", source=_NEW)),
        **dict.fromkeys(("promise.overdue", REMINDER), (Side(value="by 30 November", source=_OLD), None)),
        "item.revised": (Side(value="Forum opens"), Side(value="Forum opens in Baku")),
        "item.differs": (Side(value="12 May"), Side(value="13 May", source=_NEW)),
        "item.withdrawn": (Side(value="present"), Side(value="withdrawn")),
    }
)


def specimen(kind: str, frame: Frame) -> Notification:
    """An invented message of this kind; raises ConfigError for one that there is not."""
    if kind not in _SUMMARIES:
        raise ConfigError(f'--kind: there is no "{kind}" to try; one of {", ".join(KINDS)}, or all')
    digest = _digest(frame) if kind == DIGEST else None
    is_about_us = is_self(kind) or kind in {BASELINE, DIGEST}
    event = None if is_about_us else _event(kind, frame.now)
    return Notification(
        id=frame.id,
        address=frame.address,
        kind=kind,
        importance=Importance.NORMAL,
        rule="",
        route="test",
        event=event,
        topics=event.topics if event else (),
        headline=TITLE if kind.startswith("event.") else _SUMMARIES[kind],
        changes=() if digest else (_change(kind),),
        items=() if is_about_us else (_item(frame.now),),
        item_count=0 if is_about_us else 1,
        sequence=1,
        at=frame.now,
        made_at=frame.now,
        zone=frame.zone,
        link=None,
        host=frame.host,
        digest=digest,
    )


def _event(kind: str, now: datetime) -> EventNote:
    first = EventNote(
        id=_EVENT,
        title=TITLE,
        topics=("test",),
        revision=1,
        previous_notified_revision=None,
        previous_notified_at=None,
        first_seen_at=now,
        item_count=1,
        source_count=1,
    )
    if kind == "event.created":
        return first
    return replace(
        first,
        revision=2,
        previous_notified_revision=1,
        previous_notified_at=now - _DAY,
        new_source_count=1,
        new_report_count=1,
    )


def _change(kind: str) -> ChangeNote:
    old, new = _SIDES.get(kind, (None, None))
    is_counted = kind.startswith("fact.")
    return ChangeNote(
        id="c_test",
        kind=kind,
        key="test",
        summary=_SUMMARIES[kind],
        text=_TEXT if kind == "event.created" else "",
        old=old,
        new=new,
        delta="+24 months" if kind == "date.slipped" else "",
        confirmed_by=1 if is_counted else None,
        contradicted_by=int(kind == "fact.conflict") if is_counted else None,
    )


def _item(now: datetime) -> ItemNote:
    return ItemNote(
        id=0,
        title="An invented headline",
        url="https://example.org/",
        source="Salname",
        published_at=now,
        published_on=now.date(),
        language="en",
        content_hash=None,
    )


def _digest(frame: Frame) -> DigestNote:
    fact = DigestLine(text=f"{TITLE}: 193 → 194", tail="", url=None, change="c_test", kind="fact.changed", event=_EVENT)
    new = DigestLine(
        text=TITLE, tail="", url="https://example.org/", change="c_test2", kind="event.created", event=_EVENT
    )
    return DigestNote(
        scope="test",
        slot_at=frame.now,
        since_at=frame.now - _DAY,
        sections=(
            DigestSection(name="Changed facts", counted="1 changed fact", short="1 fact", lines=(fact,)),
            DigestSection(name="New events", counted="1 new event", short="1 new", lines=(new,)),
        ),
        counts=(("held in quiet hours", 3),),
        health="an invented digest",
    )
