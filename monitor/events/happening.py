"""The days on which a thing takes place, by the dates that stand in the ledger.

Rule: a day that was put off is no day of the event any more; a month or a deadline is none at all.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from monitor.events.facts import Fact
from storage.model import ClaimKind

LEAD = 2  # sentences of the text that speak of the event itself, besides the headline
Days = tuple[date | None, date | None]  # the first and the last, as far as they are known

_PHASES = ("hold", "start", "end")


def phases_of(key: str) -> list[str]:
    """The keys of the dates of the thing that a key is of: held, its start, its end; none for a part or a document."""
    of, measure, facet, unit = key.split("|")
    component, _, phase = measure.rpartition(".")
    if phase not in _PHASES or (component and phase != "hold"):
        return []
    return [f"{of}|{component}.{one}|{facet}|{unit}" for one in _PHASES]


def taking_place(facts: Sequence[Fact]) -> Days:
    """From what stands of its being held, its start and its end."""
    held, start, end = map(_days, facts)
    if held != (None, None):
        return held
    first, last = start[0], end[1]
    return first, last if first is None or last is None or first <= last else None


def standing(facts: Iterable[Fact], event: str) -> tuple[str | None, Days]:
    """The state of an event and when it takes place, by all that is known of what its items claim.

    What its items tell first of goes before what they add, and the whole before a part.
    """
    told = list(facts)
    states = [one for one in told if one.kind is ClaimKind.STATUS and one.current is not None]
    state = min(states, key=lambda one: (not leads([one], event), bool(one.key.split("|")[2]), one.key), default=None)
    by_key = {one.key: one for one in told}
    days: Days = (None, None)
    for key in sorted(by_key):
        about = phases_of(key) if key.endswith("|date") and days == (None, None) else []
        some = [by_key.get(one) or Fact(key=one, kind=ClaimKind.DATE) for one in about]
        if some and leads(some, event):
            days = taking_place(some)
    return (state.current.value if state and state.current else None), days


def leads(facts: Iterable[Fact], event: str) -> bool:
    """Whether the headline or the first sentences of an item of the event speak of it."""
    claims = (step.claim for fact in facts for step in fact.steps)
    return any(claim.event_id == event and claim.sentence <= LEAD for claim in claims)


def _days(fact: Fact) -> Days:
    claim = fact.current
    if claim is None or claim.kind is not ClaimKind.DATE or claim.precision not in {"day", "range"}:
        return None, None
    first, last = claim.lo, claim.hi
    return (first, last) if isinstance(first, date) and isinstance(last, date) else (None, None)
