"""What the timeline says of a person's ruling, and of its being taken back.

Rule: no change is rewritten because of a ruling; what it did is told by a change of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.model import Change, Event, JsonValue, Origin, Ruling, RulingKind, change_id

_TITLES_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a ruling did: `event` is the one that goes on, `other` the one that joined it or was parted from it."""

    ruling: Ruling
    undone: bool
    event: Event
    other: Event | None
    titles: Sequence[str]  # of the items that were moved

    @property
    def kind(self) -> str:
        match self.ruling.kind, self.undone:
            case (RulingKind.MERGE, False) | (RulingKind.SPLIT, True):
                return "event.merged"
            case (RulingKind.SPLIT, False) | (RulingKind.MERGE, True):
                return "event.split"
            case _:
                return "event.updated"


def corrected(one: Correction, *, at: datetime) -> Change:
    """The line of the timeline; a ruling is made once and undone once, which makes its change's name."""
    step = "undone" if one.undone else "made"
    event, other = one.event, one.other
    payload: Mapping[str, JsonValue] = {
        "summary": _summary(one),
        "event_title": event.title,
        "ruling": one.ruling.id,
        "author": one.ruling.author,
        "other": other.id if other else None,
        "item_count": len(one.titles),
    }
    key = f"ruling {one.ruling.id} {step}"
    return Change(
        id=change_id(event.id, one.kind, key, "", "", 0),
        kind=one.kind,
        key=key,
        event_id=event.id,
        revision=event.revision,
        old={"value": other.title, "event": other.id} if other else None,
        new={"value": event.title, "event": event.id},
        payload=payload,
        at=at,
        topics=event.topics,
    )


def regrouped(event: Event, gone: Event, *, at: datetime, nth: int) -> Change:
    """An event that a rebuild made a part of another; `nth` counts earlier changes of this kind between the two."""
    return Change(
        id=change_id(event.id, "event.merged", gone.id, gone.id, event.id, nth),
        kind="event.merged",
        key=gone.id,
        event_id=event.id,
        revision=event.revision,
        old={"value": gone.title, "event": gone.id},
        new={"value": event.title, "event": event.id},
        payload={
            "summary": f"Merged by a rebuild: “{gone.title}” is part of “{event.title}”",
            "event_title": event.title,
            "other": gone.id,
        },
        at=at,
        topics=event.topics,
        origin=Origin.IMPORT,
    )


def _summary(one: Correction) -> str:
    here, there = f"“{one.event.title}”", f"“{one.other.title}”" if one.other else "no event"
    match one.ruling.kind, one.undone:
        case RulingKind.MERGE, False:
            return f"Merged by hand: {there} is part of {here}"
        case RulingKind.MERGE, True:
            return f"Merge undone: {there} stands on its own again"
        case RulingKind.SPLIT, False:
            return f"Split by hand: {_told(one.titles)}: now {there}"
        case RulingKind.SPLIT, True:
            return f"Split undone: {_told(one.titles)} back in {here}"
        case _, False:
            return f"Moved here by hand: {_told(one.titles)}, from {there}"
        case _:
            return f"Moved back: {_told(one.titles)}, from {there}"


def _told(titles: Sequence[str]) -> str:
    told = "; ".join(title or "(untitled)" for title in titles[:_TITLES_TOLD])
    more = len(titles) - _TITLES_TOLD
    return f"{told}; +{more} more" if more > 0 else told
