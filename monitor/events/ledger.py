"""What two states of the ledger differ in, as far as a person wants to hear of it.

Rule: only what is newer than what stood is news. An item that comes late fills in the past and changes nothing here;
what is read twice differs in nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from monitor.events.facts import Fact, Step
from monitor.events.intervals import apart, days_between, passes
from monitor.events.machine import is_confirmed
from monitor.events.wording import delta, label, nth, qualified, spoken
from storage.model import Claim, ClaimKind, ClaimVerdict

_SLIPPED = frozenset({ClaimVerdict.SLIPS, ClaimVerdict.ADVANCES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line of the timeline to be: `old` stood, `new` stands now, or stands against it."""

    kind: str  # fact.changed, fact.conflict, status.changed, date.slipped
    key: str
    old: Claim
    new: Claim
    verdict: ClaimVerdict
    delta: str = ""
    slip_no: int = 0
    total: str = ""
    total_days: int = 0
    how: str = ""  # of a status: confirmed or reported
    confirmed_by: int = 1
    contradicted_by: int = 0
    summary: str = ""


def differences(before: Fact, after: Fact, fresh: Collection[str]) -> list[Difference]:
    """What is news in `after`; `fresh` are the claims that were not there before."""
    old, new = before.shown, after.shown
    if old is None or new is None:
        return []
    found = []
    if new.id != old.id and not after.pinned and _is_other(after, old, new) and _is_news(old, new, fresh):
        found.append(_changed(after, old, new))
    return [*found, *_conflict(before, after, fresh)]


def slips(fact: Fact) -> list[Step]:
    """The moves of a date to a later one, in their order."""
    return [step for step in fact.steps if step.verdict is ClaimVerdict.SLIPS]


def total_slip(fact: Fact) -> tuple[str, int]:
    """From the first promise of a key to what stands, as words and in days."""
    first = next((step.claim for step in fact.steps if step.verdict is ClaimVerdict.FIRST), None)
    if first is None or fact.current is None or first.id == fact.current.id:
        return "", 0
    return delta(first, fact.current), days_between(first, fact.current)


def _is_other(after: Fact, old: Claim, new: Claim) -> bool:
    if new.kind is ClaimKind.STATUS:
        return old.value != new.value
    slips_now = any(step.claim.id == new.id and step.verdict is ClaimVerdict.SLIPS for step in after.steps)
    return apart(old, new) or passes(new, old) or slips_now


def _is_news(old: Claim, new: Claim, fresh: Collection[str]) -> bool:
    """The new value was said just now, and of a day not before the old one's."""
    return new.id in fresh and (new.as_of or date.min) >= (old.as_of or date.min)


def _changed(after: Fact, old: Claim, new: Claim) -> Difference:
    verdict = next((step.verdict for step in after.steps if step.claim.id == new.id), ClaimVerdict.UPDATES)
    voices, _ = after.source_counts()
    total, days = total_slip(after)
    count = len(slips(after))
    difference = Difference(
        kind=_kind(new, verdict),
        key=after.key,
        old=old,
        new=new,
        verdict=verdict,
        delta=delta(old, new),
        slip_no=count,
        total=total if count > 1 else "",
        total_days=days,
        how=_how(after, voices),
        confirmed_by=voices,
    )
    return _worded(difference)


def _kind(new: Claim, verdict: ClaimVerdict) -> str:
    if new.kind is ClaimKind.STATUS:
        return "status.changed"
    return "date.slipped" if verdict in _SLIPPED else "fact.changed"


def _how(after: Fact, voices: int) -> str:
    if after.kind is not ClaimKind.STATUS:
        return ""
    return "confirmed" if is_confirmed(voices, after.backers()) else "reported"


def _worded(one: Difference) -> Difference:
    said = f"{label(one.new)}: {qualified(one.old)} → {qualified(one.new)}"
    notes = []
    if one.kind == "date.slipped":
        notes.append(one.delta)
        if one.verdict is ClaimVerdict.SLIPS:
            notes.append(f"{nth(one.slip_no)} slip")
        else:
            notes.append("brought forward")
        if one.total and one.slip_no > 1:
            notes.append(f"{one.total} in all")
    elif one.kind == "status.changed":
        revived = "revived, " if one.verdict is ClaimVerdict.REVIVES else ""
        notes.append(f"{revived}{one.how}")
    elif one.verdict is ClaimVerdict.KEPT:
        notes.append(f"kept {one.delta.lstrip('−')} early")
    elif one.delta:
        notes.append(one.delta)
    return _with_summary(one, f"{said} ({', '.join(notes)})" if notes else said)


def _conflict(before: Fact, after: Fact, fresh: Collection[str]) -> list[Difference]:
    """A contradiction that was not there, between what was said just now and what it speaks against.

    Two reports that contradict each other do so whichever of them is read first.
    """
    if not after.sides or after.current is None or after.pinned:
        return []
    standing = (after.current, *after.sides)
    said = [one for one in standing if one.id in fresh]
    if not said or _values(before) == _values(after):
        return []
    newest = max(said, key=lambda one: one.as_of or date.min)
    other = after.current if newest.id != after.current.id else after.sides[0]
    verdict = ClaimVerdict.CONFLICTS
    found = Difference(
        kind="fact.conflict",
        key=after.key,
        old=other,
        new=newest,
        verdict=verdict,
        delta=delta(other, newest),
        confirmed_by=after.source_counts(newest)[0],
        contradicted_by=after.source_counts(other)[0],
    )
    sides = f"{qualified(other)} ({other.source}) or {qualified(newest)} ({newest.source})"
    return [_with_summary(found, f"{label(newest)}: {sides}")]


def _values(fact: Fact) -> frozenset[str]:
    return (
        frozenset(spoken(one) for one in (fact.current, *fact.sides) if one is not None) if fact.sides else frozenset()
    )


def _with_summary(one: Difference, summary: str) -> Difference:
    return replace(one, summary=summary)
