"""A change of the ledger as a line of the timeline: what was and what is, each with its words, source and day.

Rule: everything that a message shows stands in the change: both quotes, both outlets, the slips so far.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from alerts.message import REMINDER
from alerts.visible import counted
from monitor.events.ledger import Difference
from monitor.events.promises import grace_until
from monitor.events.timeline import ItemFacts, listed
from monitor.events.wording import label, qualified, spoken
from storage.model import Change, Claim, ClaimKind, Event, JsonValue, Origin, Promise, change_id

Absence = Literal["silence", "omission"]


def subject_of(event: Event | None, claim: Claim) -> str:
    """What the id of a change hangs on."""
    return event.id if event else claim.of


def told(one: Difference, event: Event | None, item: ItemFacts, *, nth: int, at: datetime, origin: Origin) -> Change:
    """`fact.changed`, `fact.conflict`, `status.changed` or `date.slipped`; `nth` counts the same transition before."""
    old, new = value_of(one.old), value_of(one.new)
    day, precision = happened(one.new, item)
    return Change(
        id=change_id(subject_of(event, one.new), one.kind, one.key, old, new, nth),
        kind=one.kind,
        key=one.key,
        event_id=event.id if event else None,
        item_id=item.id,
        revision=event.revision if event else 0,
        old=_side(one.old),
        new=_side(one.new),
        payload={
            "summary": one.summary,
            "event_title": event.title if event else "",
            "items": [listed(item)],
            "measure": label(one.new),
            "verdict": one.verdict.value,
            "delta": one.delta,
            "slip_no": one.slip_no,
            "total": one.total,
            "how": one.how,
            "confirmed_by": one.confirmed_by,
            "contradicted_by": one.contradicted_by or None,
            "claims": [one.old.id, one.new.id],
        },
        quotes=(one.old.quote, one.new.quote),
        happened_on=day,
        happened_precision=precision,
        as_of=one.new.as_of,
        at=at,
        topics=item.topics or (event.topics if event else ()),
        origin=origin,
    )


def overdue(  # what is told of a promise, in the order of the message
    promise: Promise,
    claim: Claim,
    event: Event | None,
    *,
    days: int,
    how: Absence,
    before_count: int,
    since_count: int,
    last_at: datetime | None,
    at: datetime,
    week: int = 0,
) -> Change:
    """A promised date that passed, told apart by whether nothing was heard since or nothing of it.

    `week` counts the weeks since it was told first: from the first on it is a reminder, for a digest.
    """
    due = spoken(claim)
    late = counted(days, "day")
    heard = f"last heard {last_at:%-d %B %Y}" if last_at else "nothing was ever heard"
    said = f"silence: {heard}, {counted(before_count, 'item')} before"
    if how == "omission":
        said = f"{counted(since_count, 'item')} since, none mentions it"
    return Change(
        id=overdue_id(promise, claim, event, week),
        kind=_kind(week),
        key=promise.key,
        event_id=event.id if event else None,
        item_id=claim.item_id,
        revision=event.revision if event else 0,
        old=_side(claim),
        new={"value": f"overdue by {late}", "source": "", "as_of": at.date().isoformat(), "quote": ""},
        payload={
            "summary": f"{label(claim)}: promised for {due}, {'still ' if week else ''}overdue by {late} ({said})",
            "event_title": event.title if event else "",
            "measure": label(claim),
            "delta": late,
            "how": how,
            "slip_no": promise.slip_no,
            "promise": promise.id,
            "week": week,
            "claims": [claim.id],
        },
        quotes=(claim.quote,),
        happened_on=promise.hi,
        happened_precision=claim.precision or "day",
        as_of=at.date(),
        at=at,
        topics=event.topics if event else (),
        origin=Origin.LIVE if _was_watched(promise, claim) else Origin.BACKFILL,
    )


def overdue_id(promise: Promise, claim: Claim, event: Event | None, week: int = 0) -> str:
    """One a promise and week, however often it is looked at."""
    return change_id(subject_of(event, claim), _kind(week), promise.key, promise.id, "overdue", week)


def value_of(claim: Claim) -> str:
    """A value as the id of a change has it."""
    return qualified(claim)


def happened(claim: Claim, item: ItemFacts) -> tuple[date | None, str]:
    """The day of a thing done, else the day that the claim speaks of, else that of its publication."""
    if claim.kind is ClaimKind.DATE and claim.modality.value == "done" and isinstance(claim.lo, date):
        return claim.lo, claim.precision
    return claim.as_of or item.published_on, "day"


def _kind(week: int) -> str:
    return REMINDER if week else "promise.overdue"


def _side(claim: Claim) -> Mapping[str, JsonValue]:
    return {
        "value": qualified(claim),
        "source": claim.source,
        "as_of": claim.as_of.isoformat() if claim.as_of else None,
        "quote": claim.quote,
        "url": claim.url,
        "claim": claim.id,
    }


def _was_watched(promise: Promise, claim: Claim) -> bool:
    """Whether it was not over yet when Salname read of it."""
    return claim.seen_at is None or claim.seen_at.date() <= grace_until(promise)
