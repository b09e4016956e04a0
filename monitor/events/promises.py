"""What was promised, how often it slipped, and whether its time is over.

        open -> kept (early, on time, late) | slipped (to the next) | overdue | cancelled | dropped

Rule: nobody is told that a date passed before its grace is over, and never of a promise without a last day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from alerts.visible import counted
from monitor.events.facts import Fact, heads, is_ahead
from monitor.events.intervals import days_between, tolerance
from storage.model import Claim, ClaimKind, ClaimVerdict, Promise, PromiseState, promise_id

PHASES = frozenset({"start", "end", "sign", "hold", "adopt"})  # a plan's period is no promise

COVER = "cover"  # the phase of the years that a document is for
UNSAID = "moved"  # the phase of a day to which something was put off, where no word says what is to happen then

_BEGUN = "kept: what it began has ended"
_GRACE = {"day": 3, "week": 7, "month": 15, "quarter": 30, "season": 45, "half": 45, "year": 45}
_OTHER_GRACE = 15


def promises_of(fact: Fact, *, cancelled: Claim | None = None) -> tuple[Promise, ...]:
    """The chain of a key, the oldest first; `cancelled` is the claim that called the thing off, if that stands."""
    if fact.kind is not ClaimKind.DATE or fact.key.split("|")[1].rpartition(".")[2] not in PHASES:
        return ()
    chain: list[Promise] = []
    slips = 0
    first: Claim | None = None
    for claim, verdict in heads(fact):
        slips += verdict is ClaimVerdict.SLIPS
        if not is_ahead(claim):
            chain = [*chain[:-1], _kept(chain[-1], claim)] if chain else chain
            continue
        if not isinstance(claim.hi, date) or (claim.as_of is not None and claim.hi < claim.as_of):
            continue  # without a last day, or over when it was told: nobody waits for it
        first = first or claim
        made = _promise(fact.key, claim, slips=slips, total=days_between(first, claim))
        if chain:
            made = replace(made, prev_id=chain[-1].id)
            chain[-1] = replace(chain[-1], state=PromiseState.SLIPPED, state_since=claim.as_of, closed_by=claim.id)
        chain.append(made)
    return tuple(_called_off(chain, cancelled))


def grace(precision: str) -> int:
    """Days after the last one in which a promise is not yet called overdue."""
    return _GRACE.get(precision, _OTHER_GRACE)


def is_overdue(promise: Promise, day: date) -> bool:
    return promise.state is PromiseState.OPEN and day > grace_until(promise)


def grace_until(promise: Promise) -> date:
    """The last day on which nobody is told that the promise was not kept."""
    return promise.hi + timedelta(days=promise.grace_days)


def overdue_days(promise: Promise, day: date) -> int:
    return (day - promise.hi).days


def end_key(key: str) -> str | None:
    """Of a promised start the key of the end of the same thing: what has ended has begun."""
    of, measure, facet, unit = key.split("|")
    component, _, phase = measure.rpartition(".")
    return f"{of}|{component}.end|{facet}|{unit}" if phase == "start" else None


def unsaid_key(key: str) -> str | None:
    """Of a date's key that of the days to which the same thing was put off, and no word says what is to happen then."""
    of, measure, facet, unit = key.split("|")
    component, _, phase = measure.rpartition(".")
    return f"{of}|{component}.{UNSAID}|{facet}|{unit}" if phase in PHASES or phase == UNSAID else None


def phase_keys(key: str) -> list[str]:
    """The keys of all that can be promised of the thing that a date's key is of."""
    of, measure, facet, unit = key.split("|")
    component = measure.rpartition(".")[0]
    return [f"{of}|{component}.{phase}|{facet}|{unit}" for phase in sorted(PHASES)]


def kept_by_end(promise: Promise, ended: Claim) -> Promise:
    """What has ended has begun."""
    return replace(promise, state=PromiseState.KEPT, closed_by=ended.id, note=_BEGUN)


def kept_by_state(promise: Promise, states: Sequence[Claim]) -> Promise:
    """The promise, kept where the state of what it promises says so by a report that is not older than it."""
    component, _, phase = promise.key.split("|")[1].rpartition(".")
    enough = {"done", "underway"} if component and phase == "start" else {"done"}
    for state in states:
        since = promise.state_since
        if state.value not in enough or state.as_of is None or (since is not None and state.as_of < since):
            continue
        late = (state.as_of - promise.hi).days
        note = "kept on time" if late <= promise.grace_days else f"kept, as reported {counted(late, 'day')} late"
        if phase == "start" and component and state.value == "done":
            note = _BEGUN
        return replace(promise, state=PromiseState.KEPT, state_since=state.as_of, closed_by=state.id, note=note)
    return promise


def dates_of_state(key: str) -> list[str]:
    """The keys of dates of the thing that a state's key is of."""
    of, _, component, _ = key.split("|")
    return phase_keys(f"{of}|{component}.start||date")


def status_keys(key: str) -> list[str]:
    """Where the state of the promised thing stands: of itself, and of the whole that it is a part of."""
    of, measure, _, _ = key.split("|")
    component = measure.rpartition(".")[0]
    return list(dict.fromkeys((f"{of}|status|{component}|", f"{of}|status||")))


def _promise(key: str, claim: Claim, *, slips: int, total: int) -> Promise:
    assert isinstance(claim.hi, date)  # noqa: S101  asked by the caller
    return Promise(
        id=promise_id(key, claim.id),
        key=key,
        event_id=claim.event_id,
        claim_id=claim.id,
        lo=claim.lo if isinstance(claim.lo, date) else None,
        hi=claim.hi,
        precision=claim.precision,
        grace_days=grace(claim.precision),
        state=PromiseState.OPEN,
        state_since=claim.as_of,
        slip_no=slips,
        total_days=total,
    )


def _kept(promise: Promise, done: Claim) -> Promise:
    """Early or late only by more than the words of both allow."""
    late = (done.hi - promise.hi).days if isinstance(done.hi, date) else 0
    room = tolerance(done)
    begun = promise.lo or date.min
    early = (begun - done.hi).days if isinstance(done.hi, date) and promise.lo else 0
    note = (
        f"late by {counted(late, 'day')}"
        if late > room
        else f"early by {counted(early, 'day')}"
        if early > room
        else "on time"
    )
    return replace(promise, state=PromiseState.KEPT, state_since=done.as_of, closed_by=done.id, note=f"kept {note}")


def _called_off(chain: list[Promise], cancelled: Claim | None) -> list[Promise]:
    if not chain or cancelled is None or chain[-1].state is not PromiseState.OPEN:
        return chain
    since = chain[-1].state_since
    if cancelled.as_of is None or (since is not None and cancelled.as_of < since):
        return chain
    off = replace(chain[-1], state=PromiseState.CANCELLED, state_since=cancelled.as_of, closed_by=cancelled.id)
    return [*chain[:-1], off]
