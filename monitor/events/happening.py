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


def standing(facts: Iterable[Fact]) -> tuple[str | None, Days]:
    """The state of an event, of the whole before a part, and when it takes place, by all that is known of it."""
    told = list(facts)
    states = [one.current for one in told if one.kind is ClaimKind.STATUS and one.current is not None]
    state = min(states, key=lambda claim: (bool(claim.facet), claim.key), default=None)
    by_key = {one.key: one for one in told}
    days: Days = (None, None)
    for key in sorted(by_key):
        about = phases_of(key) if key.endswith("|date") else []
        if about and days == (None, None):
            days = taking_place([by_key.get(one) or Fact(key=one, kind=ClaimKind.DATE) for one in about])
    return (state.value if state else None), days


def _days(fact: Fact) -> Days:
    claim = fact.current
    if claim is None or claim.kind is not ClaimKind.DATE or claim.precision not in {"day", "range"}:
        return None, None
    first, last = claim.lo, claim.hi
    return (first, last) if isinstance(first, date) and isinstance(last, date) else (None, None)
