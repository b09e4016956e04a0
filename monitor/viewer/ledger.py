"""The ledger for a person and for a program: what stands, what was, what was promised and never came.

Rule: nothing is imported that a pipe does not need; text of the world leaves here cleaned.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from alerts.visible import clean, counted
from monitor.events.book import dates_of, facts_of, is_dated, is_unsaid
from monitor.events.facts import Fact, Step, heads
from monitor.events.ledger import slips, total_slip
from monitor.events.machine import is_confirmed
from monitor.events.promises import grace_until
from monitor.events.wording import delta, label, nth, qualified, spoken
from storage.model import Claim, ClaimKind, ClaimVerdict, Promise, PromiseState

if TYPE_CHECKING:
    from storage.reading import Reader

Record: TypeAlias = dict[str, Any]

BARS = "▁▂▃▄▅▆▇█"
_MOVED = frozenset(
    {ClaimVerdict.FIRST, ClaimVerdict.UPDATES, ClaimVerdict.CORRECTS, ClaimVerdict.SLIPS, ClaimVerdict.ADVANCES}
    | {ClaimVerdict.KEPT, ClaimVerdict.REVIVES}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """A fact in parts, for a terminal to colour: what it measures, what was, what is, and the notes behind."""

    label: str
    was: str
    now: str
    note: str
    sides: tuple[str, ...]
    quote: str
    history: tuple[str, ...]
    values: tuple[str, ...] = ()  # every one that stood, the first first
    brief: str = ""  # the note for a narrow column
    item: str = ""  # that says what is now


def facts_of_event(reader: "Reader", event: str, *, as_of: datetime | None = None) -> dict[str, Fact]:
    """What is known of everything that the items of an event speak of."""
    rulings = reader.claims.rulings(as_of)
    keys = reader.claims.keys_of(event)
    merged = [one.target for one in rulings if one.kind == "merge" and one.value in keys]
    merged += [one.value for one in rulings if one.kind == "merge" and one.target in keys]
    about = {*keys, *merged}
    related = [one for key in keys if is_dated(key) for one in dates_of(key)]
    claims = reader.claims.of_keys(dict.fromkeys([*keys, *merged, *related]), as_of=as_of)
    unsaid = {claim.id for claim in claims if claim.key in about and is_unsaid(claim.key)}
    return {
        key: fact
        for key, fact in facts_of(claims, rulings).items()
        if fact.steps and (key in about or any(step.claim.id in unsaid for step in fact.steps))
    }


def promises_of_event(reader: "Reader", event: str, *, today: date, as_of: datetime | None = None) -> list[Record]:
    """What was promised in an event, the last date of each promise, those due first at the head."""
    return [promise_record(row, today=today) for row in reader.claims.promises(event=event, as_of=as_of)]


def fact_records(facts: Mapping[str, Fact]) -> list[Record]:
    """The facts as the JSON contract has them: one object for what stands, one for each side that contradicts it."""
    found: list[Record] = []
    for key in sorted(facts):
        fact = facts[key]
        shown = fact.shown
        if shown is None:
            found += [_record(fact, step.claim, "unordered") for step in fact.steps if step.verdict == "unordered"]
            continue
        found.append(_record(fact, shown, "conflicting" if fact.sides else "current"))
        found += [_record(fact, side, "conflicting") for side in fact.sides]
    return found


def fact_lines(facts: Mapping[str, Fact], *, history: bool = False, why: bool = False) -> Iterator[FactLine]:
    """The facts for a person, dates last; those that contradict each other first."""
    ranked = sorted(facts.values(), key=lambda one: (not one.sides, one.kind is ClaimKind.DATE, one.key))
    for fact in ranked:
        shown = fact.shown
        if shown is None:
            continue
        moved = _moved(fact)
        yield FactLine(
            label=clean(label(shown)),
            was=clean(_before(moved, shown)),
            now=clean(qualified(shown)),
            note=" · ".join(_notes(fact, shown, moved)),
            sides=tuple(clean(f"{qualified(one)} ({one.source})") for one in (shown, *fact.sides))
            if fact.sides
            else (),
            quote=clean(shown.quote),
            history=tuple(_history(fact, history=history, why=why)),
            values=tuple(clean(qualified(step.claim)) for step in moved),
            brief=_brief(fact),
            item=str(shown.item_id),
        )


def plain_facts(facts: Mapping[str, Fact], *, history: bool = False, why: bool = False) -> Iterator[str]:
    """A line a fact, with its words below."""
    yield from plain_lines(fact_lines(facts, history=history, why=why))


def plain_lines(lines: Iterable[FactLine]) -> Iterator[str]:
    for one in lines:
        said = " or ".join(one.sides) if one.sides else f"{one.was} → {one.now}" if one.was else one.now
        mark = "CONFLICT  " if one.sides else ""
        yield f"{mark}{one.label}: {said}{f'  ({one.note})' if one.note else ''}"
        if one.quote:
            yield f"    “{one.quote}”"
        yield from (f"    {line}" for line in one.history)


def claim_record(claim: Claim) -> Record:
    """A claim with how it was read."""
    return {
        "id": claim.id,
        "key": claim.key,
        "label": label(claim),
        "value": claim.value,
        "shown": qualified(claim),
        "earliest": _bound(claim.lo),
        "latest": _bound(claim.hi),
        "modality": claim.modality.value,
        "as_of": claim.as_of.isoformat() if claim.as_of else None,
        "as_of_how": claim.as_of_how,
        "quote": claim.quote,
        "rule": claim.rule,
        "start": claim.start,
        "end": claim.end,
        "item": str(claim.item_id),
        "source": claim.source,
        "url": claim.url,
    }


def promise_record(row: Mapping[str, Any], *, today: date) -> Record:
    """A promise as the JSON contract has it, with its state."""
    promise: Promise = row["promise"]
    until = grace_until(promise)
    return {
        "id": promise.id,
        "key": promise.key,
        "claim": promise.claim_id,
        "event": row["event"],
        "event_title": row["event_title"],
        "what": what_of(promise),
        "due_earliest": promise.lo.isoformat() if promise.lo else None,
        "due_latest": promise.hi.isoformat(),
        "slips": promise.slip_no,
        "slipped_days": promise.total_days,
        "state": promise.state.value,
        "overdue": promise.state is PromiseState.OVERDUE,
        "in_grace": promise.state is PromiseState.OPEN and promise.hi < today <= until,
        "grace_until": until.isoformat(),
        "days": (promise.hi - today).days,
        "note": promise.note or None,
        "quote": row["quote"],
        "item": row["item"],
        "source": row["source"],
        "url": row["url"],
    }


def plain_promises(rows: Iterable[Record]) -> Iterator[str]:
    """A line a promise: when, what, how often it slipped, and what became of it."""
    for row in rows:
        due = f"{date.fromisoformat(row['due_latest']):%-d %b %Y}"
        moved = f", {slipped(row)}" if row["slips"] else ""
        note = f": {clean(row['note'])}" if row["note"] else ""
        title = f"  {clean(row['event_title'])} {row['event']}" if row["event"] else ""
        state = "in grace" if row["in_grace"] else row["state"]
        waits = f", {overdue_after(row)}" if row["in_grace"] else ""
        yield f"{due:>12}  {state:<9}  {clean(row['what'])}{moved}{waits}{note}{title}"
        yield f"              “{clean(row['quote'])}” ({clean(row['source'])})"


def slipped(row: Record) -> str:
    """How often a promise slipped and by how much in all; nothing for one that never did."""
    return f"{nth(row['slips'])} slip, {row['slipped_days']:+d} days in all" if row["slips"] else ""


def overdue_after(row: Mapping[str, Any]) -> str:
    """When a promise in its grace will be told as overdue."""
    return f"overdue after {date.fromisoformat(row['grace_until']):%-d %b %Y}"


def what_of(promise: Promise) -> str:
    """What is promised, by the key alone."""
    of, measure, facet, unit = promise.key.split("|")
    subject = "" if of.startswith("event:") else of
    day = Claim(kind=ClaimKind.DATE, subject=subject, measure=measure, facet=facet, value="", unit=unit, hi=promise.hi)
    return label(day)


def sparkline(values: Sequence[float]) -> str:
    """Up to sixteen values as bars, the smallest lowest; nothing for fewer than three."""
    some = values[-16:]
    if len(some) < 3:
        return ""
    low, high = min(some), max(some)
    step = (high - low) / (len(BARS) - 1) or 1
    return "".join(BARS[round((value - low) / step)] for value in some)


def slip_history(fact: Fact) -> str:
    """Every date that was promised, on one line: "end of 2024 → end of 2026 (+24 months, 1st slip)"."""
    told = [told for told, _ in groupby(spoken(claim) for claim, _ in heads(fact))]  # one that was kept stands twice
    if len(told) < 2:
        return ""
    return f"{' → '.join(told)} ({slip_note(fact)})"


def slip_note(fact: Fact) -> str:
    """By how much a date has moved in all, and how often it slipped: "+24 months, 1st slip"."""
    total, _ = total_slip(fact)
    count = len(slips(fact))
    return ", ".join(filter(None, [total, f"{nth(count)} slip" if count else ""]))


def _record(fact: Fact, claim: Claim, status: str) -> Record:
    independent, every = fact.source_counts(claim)
    verdict = next((step.verdict.value for step in fact.steps if step.claim.id == claim.id), None)
    return {
        "id": claim.id,
        "key": fact.key,
        "label": label(claim),
        "subject": claim.subject or None,
        "measure": claim.measure,
        "facet": claim.facet,
        "kind": claim.kind.value,
        "value": claim.value,
        "shown": spoken(claim),
        "unit": claim.unit,
        "earliest": _bound(claim.lo),
        "latest": _bound(claim.hi),
        "precision": claim.precision,
        "bound": claim.bound,
        "modality": claim.modality.value,
        "as_of": claim.as_of.isoformat() if claim.as_of else None,
        "status": status,
        "pinned": fact.pinned,
        "verdict": verdict,
        "sources": {"independent": independent, "all": every, "official": claim.official},
        "quote": claim.quote,
        "speaker": claim.speaker or None,
        "item": str(claim.item_id),
        "source": claim.source,
        "url": claim.url,
        "history": [_step(step) for step in fact.steps],
    }


def _step(step: Step) -> Record:
    claim = step.claim
    return {
        "id": claim.id,
        "value": claim.value,
        "shown": spoken(claim),
        "verdict": step.verdict.value,
        "modality": claim.modality.value,
        "as_of": claim.as_of.isoformat() if claim.as_of else None,
        "earliest": _bound(claim.lo),
        "latest": _bound(claim.hi),
        "quote": claim.quote,
        "speaker": claim.speaker or None,
        "item": str(claim.item_id),
        "source": claim.source,
        "rule": claim.rule,
    }


def _bound(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _moved(fact: Fact) -> list[Step]:
    """The claims that stood one after the other."""
    shown = fact.shown
    lane = [step for step in fact.steps if step.verdict in _MOVED and (shown is None or _one_lane(step.claim, shown))]
    return lane if not lane or shown is None or lane[-1].claim.id == shown.id else [*lane[:-1], _as_shown(lane, shown)]


def _before(moved: Sequence[Step], shown: Claim) -> str:
    """What stood before; nothing where a promised date was kept."""
    before = moved[-2].claim if len(moved) > 1 else None
    if before is None or (shown.kind is ClaimKind.DATE and spoken(before) == spoken(shown)):
        return ""
    return qualified(before)


def _one_lane(a: Claim, b: Claim) -> bool:
    ahead = {"planned", "expected"}
    return a.kind is not ClaimKind.QUANTITY or (a.modality.value in ahead) == (b.modality.value in ahead)


def _as_shown(lane: Sequence[Step], shown: Claim) -> Step:
    return Step(claim=shown, verdict=lane[-1].verdict, against=lane[-1].against)


def _notes(fact: Fact, shown: Claim, moved: Sequence[Step]) -> Iterator[str]:
    independent, every = fact.source_counts()
    if fact.kind is ClaimKind.DATE and (line := slip_history(fact)):
        yield clean(line)
    elif len(moved) > 1 and (apart := delta(moved[-2].claim, shown)):
        yield apart
    if fact.kind is ClaimKind.QUANTITY and (bars := sparkline([float(step.claim.value) for step in moved])):
        yield bars
    if fact.kind is ClaimKind.STATUS:
        yield "confirmed" if is_confirmed(independent, fact.backers()) else "reported"
    if shown.as_of:
        yield f"as of {shown.as_of:%-d %b %Y}"
    yield counted(independent, "source") + (f" of {every}" if every != independent else "")
    if shown.official:
        yield "official"
    if fact.pinned:
        yield "pinned"


def _brief(fact: Fact) -> str:
    independent, _ = fact.source_counts()
    slipped = slip_note(fact) if fact.kind is ClaimKind.DATE and len(heads(fact)) > 1 else ""
    return " · ".join(filter(None, (slipped, counted(independent, "source"), "pinned" if fact.pinned else "")))


def _history(fact: Fact, *, history: bool, why: bool) -> Iterator[str]:
    for step in fact.steps if history or why else ():
        claim = step.claim
        day = f"{claim.as_of:%Y-%m-%d}" if claim.as_of else "undated   "
        yield f"{day}  {step.verdict.value:<12} {clean(qualified(claim))}  ({clean(claim.source)}, {claim.id})"
        if why:
            said = f"; said by {clean(claim.speaker)}" if claim.speaker else ""
            yield f"            {clean(claim.rule)}; {clean(claim.as_of_how)}{said}: “{clean(claim.quote)}”"
