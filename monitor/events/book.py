"""The ledger's working set: what was known of the keys that a poll speaks of, and what its items add to it.

        statements of an item -> claims with their source -> what is new, what was taken back -> facts -> differences

Rule: items are entered one after the other, so that the second report of a change finds what the first one changed a
moment ago; what was written before is never written again. Pure: the known claims come in, the new ones go out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from monitor.events.facts import RULES_VERSION, Fact, fold, is_ahead, order
from monitor.events.happening import Days, phases_of, standing
from monitor.events.intervals import equal
from monitor.events.ledger import Difference, differences
from monitor.events.promises import (
    dates_of_state,
    end_key,
    is_overdue,
    kept_by_end,
    kept_by_state,
    phase_keys,
    promises_of,
    status_keys,
    unsaid_key,
)
from storage.model import (
    Claim,
    ClaimKind,
    FactRuling,
    Modality,
    Origin,
    Promise,
    PromiseState,
    claim_id,
)

_AWAITED = frozenset({PromiseState.OPEN, PromiseState.OVERDUE})
PUBLISHED = "published"  # how the day of a claim is known that speaks of no other
Look = Callable[[Collection[str]], Mapping[str, Sequence[Claim]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a claim takes from its item."""

    item_id: int
    revision: int
    event_id: str | None
    source: str
    url: str | None
    official: bool
    copy_group: int | None
    said_at: datetime | None
    origin: Origin
    seen_at: datetime
    edited_on: date | None = None  # of a later version: the day on which it was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A difference, with the item that made it."""

    head: Head
    difference: Difference


@dataclass(slots=True)
class Book:
    """The keys of one plan; `look` finds the stored claims of those that were not asked for yet."""

    look: Look
    rulings: Sequence[FactRuling] = ()
    claims: dict[str, Claim] = field(default_factory=dict)  # new ones, by id
    retracted: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)  # events whose state or days may be others
    repeating: dict[int, Sequence[Claim]] = field(default_factory=dict)  # items: what they say anew, all of it known
    _known: dict[str, list[Claim]] = field(default_factory=dict)

    def enter(self, head: Head, said: Iterable[Claim], *, before: Sequence[Claim] = ()) -> bool:
        """Enter what a version of an item says; `before` are the claims of its last version. True if it says others."""
        standing = {same(claim): claim for claim in before}
        now = [self._ruled(stamped(_edited(claim, head, standing), head)) for claim in said]
        fresh = [claim for claim in now if same(claim) not in standing and claim.id not in self.claims]
        kept = {same(claim) for claim in now}
        gone = [claim for key, claim in standing.items() if key not in kept]
        keys = sorted({key for claim in (*fresh, *gone) for key in self.kin(claim.key)})
        if not keys:
            return False
        old = self.facts(keys)
        anew = {claim.key for claim in fresh}
        if before and all(claim.key in anew for claim in gone) and all(self._is_known(one, old) for one in fresh):
            self.repeating[head.item_id] = fresh
        for claim in gone:
            self._retract(claim, head.seen_at)
        fresh = [self._anew(claim, head.seen_at) for claim in fresh]
        for claim in fresh:
            self.claims[claim.id] = claim
            self._known[claim.key].append(claim)
        self.touched.update(keys)
        ids = {claim.id for claim in fresh}
        for key, fact in self.facts(keys).items():
            self.told += [Told(head=head, difference=one) for one in differences(old[key], fact, ids)]
            self._mark(head, old[key], fact)
        return True

    def facts(self, keys: Iterable[str]) -> dict[str, Fact]:
        """What is known of the keys, with all that was entered."""
        wanted = list(dict.fromkeys(self.leading(key) for key in keys))
        unsaid = dict.fromkeys(one for one in map(_unsaid, wanted) if one is not None)
        self._find([*unsaid, *(one for key in wanted for one in self._merged(key))])
        meant = {key: where for one in unsaid if self._known[one] for key, where in self._meant(one).items()}
        return {key: fold(key, self._claimed(key, meant), self.rulings) for key in wanted}

    def kin(self, key: str) -> list[str]:
        """The keys of which more or less is known by a claim of this one: where things were put off, of its dates."""
        unsaid = _unsaid(key)
        if unsaid is None:
            return [key]
        self._find([unsaid])
        return dates_of(key) if key == unsaid or self._known[unsaid] else [key]

    def learn(self, claims: Mapping[str, Sequence[Claim]]) -> None:
        """Take these claims for all that is known of their keys."""
        self._known.update({key: list(some) for key, some in claims.items()})

    def move(self, claims: Iterable[Claim], event_id: str | None, at: datetime) -> None:
        """Let what items claim of their event be claimed of another one, where a person put them."""
        for claim in claims:
            again = replace(claim, event_id=event_id, seen_at=at, retracted_at=None)
            if again.key == claim.key:
                continue
            self._find([claim.key, again.key])
            again = self._anew(replace(again, id=_id_of(again)), at)
            self._retract(claim, at)
            self.claims[again.id] = again
            self._known[again.key].append(again)
            self.touched |= {*self.kin(claim.key), *self.kin(again.key)}

    def standings(
        self, events: Iterable[str], keys_of: Callable[[Collection[str]], Iterable[str]]
    ) -> dict[str, tuple[str | None, Days]]:
        """The state of each event and its days; `keys_of` finds the stored keys that items of events speak of."""
        found = {}
        for event in sorted(events):
            keys = {*keys_of([event]), *(one.key for one in self.claims.values() if one.event_id == event)}
            dated = {key for key in keys if is_dated(key)}
            dated |= {one for key in dated for one in self.kin(key)}
            states = {key for key in keys if "|status|" in key}
            found[event] = standing(
                self.facts(sorted(states | dated | {one for key in dated for one in phases_of(key)})).values(), event
            )
        return found

    def promises(self, day: date | None = None) -> dict[str, tuple[Promise, ...]]:
        """The promises of the touched date keys and of those whose state a status may have changed."""
        keys = {key for key in self.touched if is_dated(key)}
        keys |= {one for key in self.touched if "|status|" in key for one in dates_of_state(key)}
        return {key: chain for key in sorted(keys) for chain in [self.chain(key, day)]}

    def chain(self, key: str, day: date | None = None) -> tuple[Promise, ...]:
        """The promises of one key as they stand; with `day`, those overdue by then are marked so."""
        related = [*status_keys(key), *filter(None, [end_key(key)])]
        facts = self.facts([key, *related])
        cancelled = next((facts[one].current for one in status_keys(key) if _is_off(facts[one])), None)
        chain = promises_of(facts[key], cancelled=cancelled)
        ended = facts[end_key(key) or key] if end_key(key) else None
        if chain and chain[-1].state is PromiseState.OPEN and ended and ended.current and _is_done(ended.current):
            chain = (*chain[:-1], kept_by_end(chain[-1], ended.current))
        if chain and chain[-1].state is PromiseState.OPEN:
            states = [facts[one].current for one in status_keys(key)]
            chain = (*chain[:-1], kept_by_state(chain[-1], [state for state in states if state is not None]))
        if day is not None and chain and is_overdue(chain[-1], day):
            chain = (*chain[:-1], replace(chain[-1], state=PromiseState.OVERDUE, state_since=day))
        return chain

    def leading(self, key: str) -> str:
        """The key that a person merged this one into."""
        into = {one.target: one.value for one in self.rulings if one.kind == "merge"}
        seen = {key}
        while (after := into.get(key)) is not None and after not in seen:
            key = after
            seen.add(key)
        return key

    def _merged(self, key: str) -> list[str]:
        """The key and all that were merged into it."""
        others = [one.target for one in self.rulings if one.kind == "merge" and self.leading(one.target) == key]
        return list(dict.fromkeys([key, *others]))

    def _find(self, keys: Iterable[str]) -> None:
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        if missing:
            found = self.look(missing)
            self._known.update({key: list(found.get(key, ())) for key in missing})

    def _claimed(self, key: str, meant: Mapping[str, str]) -> list[Claim]:
        """The claims of a key, and the days to which what it promises was put off without a word of what it is."""
        own = [claim for one in self._merged(key) for claim in self._known[one]]
        unsaid = _unsaid(key)
        if unsaid is None or not meant:
            return own
        if key == unsaid:
            return [claim for claim in own if claim.id not in meant]
        measure = key.split("|")[1]
        return own + [replace(one, measure=measure) for one in self._known[unsaid] if meant.get(one.id) == key]

    def _meant(self, unsaid: str) -> dict[str, str]:
        """What is to happen on the days to which a thing was put off: claim -> key.

        It is the one thing that was promised and awaited by then, by all claims that come before in the order of the
        ledger, whenever they were read.
        """
        phases = list(dict.fromkeys(map(self.leading, phase_keys(unsaid))))
        related = [one for key in phases for one in (key, *self._merged(key), *status_keys(key))]
        self._find(related)
        found: dict[str, str] = {}
        put_off = sorted((one for one in self._known[unsaid] if one.as_of is not None), key=order)
        for claim in put_off:
            until = Book(lambda _: {}, self.rulings)
            until.learn({key: _before(self._known[key], claim) for key in related})
            for one in put_off:
                if one.id in found:
                    until._known[found[one.id]].append(replace(one, measure=found[one.id].split("|")[1]))
            awaited = [key for key in phases if (chain := until.chain(key)) and chain[-1].state in _AWAITED]
            if len(awaited) == 1:
                found[claim.id] = awaited[0]
        return found

    def _ruled(self, claim: Claim) -> Claim:
        """A key that a person split stands for something else in every event; one that was merged for the other."""
        if claim.subject and any(one.kind == "split" and one.target == claim.key for one in self.rulings):
            claim = replace(claim, subject="")
            claim = replace(claim, id=_id_of(claim))
        self._find([claim.key])
        return claim

    def _anew(self, claim: Claim, at: datetime) -> Claim:
        """A claim that was taken back and is read again is another one: what was written stays as it is."""
        if all(one.id != claim.id or one.retracted_at is None for one in self._known[claim.key]):
            return claim
        said = (*_said(claim), at.isoformat())
        return replace(claim, id=claim_id(claim.item_id, claim.revision, claim.key, *said))

    def _is_known(self, claim: Claim, facts: Mapping[str, Fact]) -> bool:
        """Whether just that stands already, by the word of another item."""
        fact = facts.get(self.leading(claim.key))
        shown = fact.shown if fact is not None else None
        if shown is None or shown.item_id == claim.item_id or is_ahead(shown) != is_ahead(claim):
            return False
        return shown.value == claim.value if claim.kind is ClaimKind.STATUS else equal(claim, shown)

    def _retract(self, claim: Claim, at: datetime) -> None:
        gone = replace(claim, retracted_at=at)
        self._find([claim.key])
        self._known[claim.key] = [gone if one.id == claim.id else one for one in self._known[claim.key]]
        if claim.id in self.claims:
            self.claims[claim.id] = gone
        else:
            self.retracted.append(claim.id)

    def _mark(self, head: Head, old: Fact, new: Fact) -> None:
        """Note which events a change of what is known concerns: that of its item, and all others that speak of it."""
        if new.kind is not ClaimKind.STATUS and not (is_dated(new.key) and phases_of(new.key)):
            return
        if head.event_id is not None:
            self.moved.add(head.event_id)
        was, now = ({step.claim.id: step.claim.event_id for step in fact.steps} for fact in (old, new))
        differs = (old.current, old.sides) != (new.current, new.sides)
        speak = (was | now).values() if differs else [(was | now)[one] for one in was.keys() ^ now.keys()]
        self.moved.update(event for event in speak if event is not None)


def facts_of(claims: Iterable[Claim], rulings: Sequence[FactRuling] = ()) -> dict[str, Fact]:
    """What all these claims come to, by key; those that a person merged under the key they went into."""
    by_key: dict[str, list[Claim]] = {}
    for claim in claims:
        by_key.setdefault(claim.key, []).append(claim)
    book = Book(lambda _: {}, rulings)
    book.learn(by_key)
    return book.facts(by_key)


def stamped(claim: Claim, head: Head) -> Claim:
    """A claim as its item's, under its id."""
    full = replace(
        claim,
        item_id=head.item_id,
        revision=head.revision,
        event_id=head.event_id,
        source=head.source,
        url=head.url,
        official=head.official,
        copy_group=head.copy_group,
        said_at=head.said_at,
        origin=head.origin,
        seen_at=head.seen_at,
        rules_version=RULES_VERSION,
    )
    return replace(full, id=_id_of(full))


def _edited(claim: Claim, head: Head, standing: Collection[tuple[str, ...]]) -> Claim:
    """A claim that the last version did not make was made when it was edited in, not when the item was published."""
    if head.edited_on is None or claim.as_of is None or claim.as_of_how != PUBLISHED:
        return claim
    if claim.as_of >= head.edited_on or same(stamped(claim, head)) in standing:
        return claim
    return replace(claim, as_of=head.edited_on, as_of_how="edited in by then")


def same(claim: Claim) -> tuple[str, ...]:
    """Two versions of an item say the same thing where all of this is equal."""
    return (claim.key, *_said(claim))


def is_dated(key: str) -> bool:
    return key.endswith("|date")


def is_unsaid(key: str) -> bool:
    """Whether a key is of days to which a thing was put off, where no word says what is to happen then."""
    return _unsaid(key) == key


def dates_of(key: str) -> list[str]:
    """The keys of all dates of the thing that a date's key is of; none of a key that nothing can be promised of."""
    unsaid = _unsaid(key)
    return [unsaid, *phase_keys(key)] if unsaid else []


def _id_of(claim: Claim) -> str:
    return claim_id(claim.item_id, claim.revision, claim.key, *_said(claim))


def _said(claim: Claim) -> tuple[str, ...]:
    state = claim.value if claim.kind is ClaimKind.STATUS else ""
    dated = str(claim.as_of) if claim.as_of_how.startswith("dated") else ""
    return (state, str(claim.lo), str(claim.hi), claim.bound, claim.precision, claim.modality.value, dated)


def _unsaid(key: str) -> str | None:
    return unsaid_key(key) if is_dated(key) else None


def _before(claims: Iterable[Claim], claim: Claim) -> list[Claim]:
    return [one for one in claims if order(one) < order(claim)]


def _is_off(fact: Fact) -> bool:
    return fact.current is not None and fact.current.value == "cancelled"


def _is_done(claim: Claim) -> bool:
    return claim.modality is Modality.DONE
