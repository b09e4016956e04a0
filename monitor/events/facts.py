"""The ledger of one key: what each claim is to the ones before it, what stands now, what was promised.

        claims of a key, by the day they speak of -> a verdict for each -> what stands, what contradicts it, promises

Rules: a later text is not a later fact, so a value that was superseded is `stale` however often it is repeated; the
order of arrival changes nothing; a person's word beats all of this. Pure: the same claims give the same fact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from monitor.events.intervals import (
    apart,
    common,
    days_between,
    equal,
    independent,
    is_deadline,
    narrower,
    passes,
    span,
    tolerance,
    touch,
    voices,
)
from monitor.events.machine import judge_status
from monitor.words import letters
from storage.model import Claim, ClaimKind, ClaimVerdict, FactRuling, Modality

RULES_VERSION = 1  # of what is read out of a text; a rebuild reads again what an older one wrote

AGREED = timedelta(days=30)  # sources of so long must agree for a contradiction to be over
SAME_OUTLET = timedelta(days=3)  # within which an outlet corrects itself
CONTRADICTED = timedelta(days=14)  # within which two dates contradict rather than slip
OCCURRENCE_DAYS = 31  # between two things done that are not the same thing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = frozenset({Modality.PLANNED, Modality.EXPECTED})
_UNCOUNTED = frozenset({ClaimVerdict.UNORDERED, ClaimVerdict.DENIED, ClaimVerdict.DROPPED, ClaimVerdict.RETRACTED})
_HEADS = frozenset({ClaimVerdict.FIRST, ClaimVerdict.SLIPS, ClaimVerdict.ADVANCES, ClaimVerdict.REVIVES})
MOVED = "moved"  # in a claim's rule: the sentence itself says that the date was changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A claim with the verdict on it; `against` is what stood until then."""

    claim: Claim
    verdict: ClaimVerdict
    against: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What is known of a key. `sides` contradict `current`; `expected` is what was foretold of a figure that came."""

    key: str
    kind: ClaimKind
    current: Claim | None = None
    expected: Claim | None = None
    sides: tuple[Claim, ...] = ()
    steps: tuple[Step, ...] = ()
    pinned: bool = False

    @property
    def shown(self) -> Claim | None:
        return self.current or self.expected

    def backers(self, claim: Claim | None = None) -> list[Claim]:
        """The claims that say the same as `claim`, or as what is shown."""
        of = claim or self.shown
        if of is None:
            return []
        said = [one.claim for one in self.steps if one.verdict not in _UNCOUNTED and _agrees(one.claim, of)]
        # What was planned before it was called off is no word for its being planned again.
        return [one for one in said if of.kind is not ClaimKind.STATUS or order(one) >= order(of)]

    def source_counts(self, claim: Claim | None = None) -> tuple[int, int]:
        """(independent outlets, all claims) behind a value."""
        backers = self.backers(claim)
        return len(voices(backers)), len(backers)


def fold(key: str, claims: Iterable[Claim], rulings: Sequence[FactRuling] = ()) -> Fact:
    """What is known of `key` by its claims, in whatever order they come."""
    ordered, left = _in_order(claims, rulings)
    lanes = _lanes(ordered)
    steps = list(left)
    for lane in lanes.values():
        steps += lane.steps
    steps.sort(key=lambda one: order(one.claim))
    main, ahead = lanes.get("actual"), lanes.get("ahead")
    kind = ordered[0].kind if ordered else (left[0].claim.kind if left else ClaimKind.QUANTITY)
    fact = Fact(
        key=key,
        kind=kind,
        current=main.current if main else None,
        expected=ahead.current if ahead else None,
        sides=tuple((main or ahead or _Lane()).sides),
        steps=tuple(steps),
    )
    return _pinned(fact, rulings)


def order(claim: Claim) -> tuple[object, ...]:
    """By the day that the claim speaks of; then by what its item says of itself, never by when it was seen."""
    return (
        claim.as_of or date.min,
        claim.said_at or _EPOCH,
        claim.revision,
        MOVED in claim.rule,
        not claim.official,
        claim.sentence == 0,  # a headline shortens what its text says
        claim.sentence,
        claim.start,
        claim.source,
        claim.value,
        claim.id,
    )


def is_ahead(claim: Claim) -> bool:
    return claim.modality in _AHEAD


def _agrees(a: Claim, b: Claim) -> bool:
    return a.value == b.value if a.kind is ClaimKind.STATUS else not apart(a, b)


def _in_order(claims: Iterable[Claim], rulings: Sequence[FactRuling]) -> tuple[list[Claim], list[Step]]:
    """What is compared, in order, and what is only listed."""
    dropped = {one.target for one in rulings if one.kind == "drop"}
    every = sorted(claims, key=order)
    replaced = {(one.item_id, one.key) for one in every if one.retracted_at is None}
    ordered, left = [], []
    for claim in every:
        if claim.id in dropped:
            left.append(Step(claim=claim, verdict=ClaimVerdict.DROPPED))
        elif claim.modality is Modality.DENIED:
            left.append(Step(claim=claim, verdict=ClaimVerdict.DENIED))
        elif claim.as_of is None:
            left.append(Step(claim=claim, verdict=ClaimVerdict.UNORDERED))
        elif claim.retracted_at is not None and (claim.item_id, claim.key) not in replaced:
            left.append(Step(claim=claim, verdict=ClaimVerdict.RETRACTED))
        else:
            ordered.append(claim)
    return ordered, left


def _lanes(ordered: Sequence[Claim]) -> dict[str, "_Lane"]:
    """A figure that was foretold and one that came never contradict each other; dates and states are one story."""
    lanes: dict[str, _Lane] = {}
    for claim in ordered:
        name = "ahead" if claim.kind is ClaimKind.QUANTITY and is_ahead(claim) else "actual"
        lanes.setdefault(name, _Lane()).take(claim)
    return lanes


def _pinned(fact: Fact, rulings: Sequence[FactRuling]) -> Fact:
    targets = [one.target for one in rulings if one.kind == "pin"]
    for target in reversed(targets):
        claim = next((one.claim for one in fact.steps if one.claim.id == target), None)
        if claim is not None:
            return replace(fact, current=claim, sides=(), pinned=True)
    return fact


@dataclass(slots=True)
class _Lane:
    """Claims of one key taken one after the other."""

    current: Claim | None = None
    sides: list[Claim] = field(default_factory=list)
    superseded: list[Claim] = field(default_factory=list)
    recent: list[Claim] = field(default_factory=list)  # that count for an agreement
    steps: list[Step] = field(default_factory=list)

    def take(self, claim: Claim) -> None:
        before = self.current
        verdict = self._judge(claim)
        self.steps.append(Step(claim=claim, verdict=verdict, against=before))
        self._settle(claim, verdict)

    def _judge(self, claim: Claim) -> ClaimVerdict:
        if self.current is None:
            return ClaimVerdict.FIRST
        match claim.kind:
            case ClaimKind.DATE:
                return _judge_date(claim, self.current, self.sides, self.superseded)
            case ClaimKind.STATUS:
                return judge_status(claim, self.current)
            case _:
                return _judge_quantity(claim, self.current, self.sides, self.superseded)

    def _settle(self, claim: Claim, verdict: ClaimVerdict) -> None:
        match verdict:
            case ClaimVerdict.FIRST:
                self.current = claim
            case ClaimVerdict.REFINES:
                self.current = claim
            case ClaimVerdict.CONFLICTS:
                self.sides.append(claim)
            case (
                ClaimVerdict.UPDATES
                | ClaimVerdict.CORRECTS
                | ClaimVerdict.SLIPS
                | ClaimVerdict.ADVANCES
                | ClaimVerdict.KEPT
                | ClaimVerdict.REVIVES
            ):
                moved = verdict is ClaimVerdict.SLIPS
                gone = [one for one in (self.current, *self.sides) if one and (moved or apart_or_other(one, claim))]
                self.superseded += gone
                self.current, self.sides = claim, []
            case _:
                pass
        if verdict in {ClaimVerdict.STALE, ClaimVerdict.OTHER}:
            return
        self.recent.append(claim)
        self._converge(claim)

    def _converge(self, claim: Claim) -> None:
        """A contradiction is over when all who spoke of late can be right together."""
        if not self.sides or claim.as_of is None or self.current is None:
            return
        late = [one for one in self.recent if one.as_of and claim.as_of - one.as_of < AGREED]
        if len(late) < 2 or not common(late):
            return
        sides = [self.current, *self.sides]
        self.current = min(late, key=lambda one: (span(one)[1] - span(one)[0], -(one.as_of or date.min).toordinal()))
        self.superseded += [one for one in sides if apart(one, self.current)]
        self.sides = []


def apart_or_other(a: Claim, b: Claim) -> bool:
    return a.value != b.value if a.kind is ClaimKind.STATUS else apart(a, b)


def _judge_quantity(  # noqa: PLR0911  the table of verdicts, a return each
    claim: Claim, current: Claim, sides: Sequence[Claim], superseded: Sequence[Claim]
) -> ClaimVerdict:
    standing = [one for one in (current, *sides) if touch(one, claim)]
    if current not in standing and _is_edited(claim, current):
        return ClaimVerdict.CORRECTS
    if not standing and any(touch(one, claim) for one in superseded):
        return ClaimVerdict.STALE
    if standing:
        if passes(claim, current) and _gap(claim, current) > CONTRADICTED and standing == [current]:
            return ClaimVerdict.UPDATES
        if any(equal(one, claim) and one.precision == claim.precision for one in standing):
            return ClaimVerdict.SAME
        return ClaimVerdict.REFINES if not sides and narrower(claim, current) else ClaimVerdict.COMPATIBLE
    if claim.item_id == current.item_id and claim.revision == current.revision and claim.as_of == current.as_of:
        return ClaimVerdict.OTHER  # two figures of one sentence: one of them counts something else
    if claim.item_id == current.item_id or (claim.source == current.source and _gap(claim, current) <= SAME_OUTLET):
        return ClaimVerdict.CORRECTS
    if _gap(claim, current) > timedelta(days=current.conflict_days) or _grows(claim, current):
        return ClaimVerdict.UPDATES
    if independent(claim, current):
        return ClaimVerdict.CONFLICTS
    return ClaimVerdict.UPDATES if claim.source == current.source else ClaimVerdict.COMPATIBLE


def _grows(claim: Claim, current: Claim) -> bool:
    if claim.growth == "volatile":
        return True
    return claim.growth == "monotone" and span(claim)[0] >= span(current)[1]


def _judge_date(  # noqa: PLR0911  the table of verdicts, a return each
    claim: Claim, current: Claim, sides: Sequence[Claim], superseded: Sequence[Claim]
) -> ClaimVerdict:
    ahead, was_ahead = is_ahead(claim), is_ahead(current)
    if was_ahead and not ahead and _is_earlier(claim, current):
        return ClaimVerdict.OTHER
    if not apart(claim, current):
        return _judge_near(claim, current, superseded, ahead=ahead, was_ahead=was_ahead)
    if any(not apart(one, claim) for one in sides):
        return ClaimVerdict.COMPATIBLE
    if not was_ahead:
        return ClaimVerdict.STALE if ahead and _is_over(claim, current) else _judge_done(claim, current, ahead=ahead)
    if _is_edited(claim, current):
        return _moved(claim, current)
    if ahead and MOVED not in claim.rule and _is_repeated(claim, superseded):
        return ClaimVerdict.STALE
    if claim.item_id == current.item_id and claim.revision == current.revision and MOVED not in claim.rule:
        return ClaimVerdict.OTHER
    if ahead and MOVED not in claim.rule and _gap(claim, current) <= CONTRADICTED and _other_speaker(claim, current):
        return ClaimVerdict.CONFLICTS
    return _moved(claim, current)


def _is_later_deadline(claim: Claim, current: Claim) -> bool:
    """Now by the end of the year, where spring was promised: both may be true, but not that nothing has changed."""
    return is_deadline(claim) and days_between(current, claim) > max(tolerance(claim), tolerance(current))


def _is_edited(claim: Claim, current: Claim) -> bool:
    """Whether the item that says this said the other thing in an earlier version: it is heard out, even going back."""
    return claim.item_id == current.item_id and claim.revision > current.revision


def _moved(claim: Claim, current: Claim) -> ClaimVerdict:
    if days_between(current, claim) > 0:
        return ClaimVerdict.SLIPS
    return ClaimVerdict.ADVANCES if is_ahead(claim) else ClaimVerdict.KEPT  # before its day


def _judge_near(
    claim: Claim, current: Claim, superseded: Sequence[Claim], *, ahead: bool, was_ahead: bool
) -> ClaimVerdict:
    if was_ahead and not ahead:
        return ClaimVerdict.KEPT
    if ahead and not was_ahead:
        return ClaimVerdict.STALE
    if equal(claim, current):
        return ClaimVerdict.SAME
    if ahead and MOVED in claim.rule and _is_later_deadline(claim, current):
        return ClaimVerdict.SLIPS
    if ahead and (_is_past(claim) or any(equal(one, claim) for one in superseded)):
        return ClaimVerdict.STALE
    return ClaimVerdict.REFINES if narrower(claim, current) else ClaimVerdict.COMPATIBLE


def _is_earlier(done: Claim, promise: Claim) -> bool:
    """Whether it was done long before it was promised: another time, then."""
    return promise.as_of is not None and span(done)[1] < promise.as_of.toordinal() - OCCURRENCE_DAYS


def _is_past(claim: Claim) -> bool:
    """Whether the time of a plan was over when it was told: background, not a plan."""
    return claim.as_of is not None and span(claim)[1] < claim.as_of.toordinal()


def _judge_done(claim: Claim, current: Claim, *, ahead: bool) -> ClaimVerdict:
    if ahead or abs(days_between(current, claim)) > OCCURRENCE_DAYS:
        return ClaimVerdict.OTHER
    return ClaimVerdict.CONFLICTS if independent(claim, current) else ClaimVerdict.CORRECTS


def _is_over(claim: Claim, current: Claim) -> bool:
    """Whether a plan speaks of a time that is over by what is known to be done."""
    return span(claim)[1] <= span(current)[1]


def _is_repeated(claim: Claim, superseded: Sequence[Claim]) -> bool:
    """An old promise told again, or one whose time was over when it was told."""
    return _is_past(claim) or any(is_ahead(one) and not apart(one, claim) for one in superseded)


def _other_speaker(a: Claim, b: Claim) -> bool:
    if a.speaker and letters(a.speaker) == letters(b.speaker):
        return False
    return independent(a, b)


def _gap(a: Claim, b: Claim) -> timedelta:
    return abs((a.as_of or date.min) - (b.as_of or date.min))


def heads(fact: Fact) -> list[tuple[Claim, ClaimVerdict]]:
    """The promises of a key in their order, each as narrowly as it was last put; and whatever ended the last one."""
    chain: list[tuple[Claim, ClaimVerdict]] = []
    for step in fact.steps:
        if step.verdict in _HEADS or step.verdict is ClaimVerdict.KEPT:
            chain.append((step.claim, step.verdict))
        elif step.verdict is ClaimVerdict.REFINES and chain:
            chain[-1] = (step.claim, chain[-1][1])
    return chain
