"""An event that runs, as the linker holds it in memory: what its members say in sum, and the last of them.

Rule: an event is the sum of its members in the order they came, in integers; stored in between or not, it comes out the
same to the byte.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from operator import mul

from monitor.events.forms import MEANS
from monitor.events.link import Incoming
from monitor.events.vectors import UNIT, Vectors, heaviest
from storage.model import EventState

RECENT = 8  # members that are remembered one by one
KEPT = {"title": 48, "text": 160, "names": 64, "numbers": 32, "dates": 24, "skeletons": 100}
"""Terms of an event by field."""

_MICROSECOND = timedelta(microseconds=1)
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK = 5  # a field is cut when it is a fifth longer than what is kept, not at each member
_DOUBTED = ("names", "numbers", "dates")  # a vector of these that is short says little; see vectors.py
# Of words of same_words.txt: what happens to a thing once, and says which of its happenings is told.
_TURNS = {
    "begins": frozenset(f"{MEANS}{word}" for word in ("open", "begin", "launch")),
    "ends": frozenset(f"{MEANS}{word}" for word in ("end", "close")),
    "waits": frozenset(f"{MEANS}{word}" for word in ("postpon", "cancel")),
}
_SQUARES = "squares"


def micros(at: datetime) -> int:
    return (at - _ZERO) // _MICROSECOND


class Running:
    """The mutable picture of one event; `EventState` is the same, frozen."""

    __slots__ = (
        "_facts",
        "_norms",
        "_own",
        "event_id",
        "first",
        "langs",
        "last",
        "outlets",
        "recent",
        "size",
        "sums",
        "tallies",
    )

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        self.size = 0
        self.first = self.last = 0  # microseconds
        self.sums: dict[str, dict[str, int]] = {}
        self.recent: list[Mapping[str, int]] = []  # the words of the last members
        self.langs: tuple[str, ...] = ()
        self.outlets: tuple[str, ...] = ()
        self.tallies: dict[str, int] = {}
        self._own: set[str] = set()  # fields whose sums belong to this event, not to its only member
        self._norms: dict[str, float] = {}
        self._facts: Facts | None = None

    @classmethod
    def of(cls, state: EventState) -> "Running":
        event = cls(state.event_id)
        event.size = state.item_count
        event.first, event.last = micros(state.first_at), micros(state.last_at)
        event.sums = {name: dict(terms) for name, terms in state.fields.items()}
        event.recent = [member["text"] for member in state.recent]
        event.langs, event.outlets = state.langs, state.outlets
        event.tallies = dict(state.tallies)
        event._own = set(event.sums)
        return event

    def state(self) -> EventState:
        return EventState(
            event_id=self.event_id,
            first_at=_ZERO + self.first * _MICROSECOND,
            last_at=_ZERO + self.last * _MICROSECOND,
            item_count=self.size,
            fields={name: dict(sorted(terms.items())) for name, terms in sorted(self.sums.items())},
            recent=tuple({"text": dict(sorted(member.items()))} for member in self.recent),
            langs=self.langs,
            outlets=self.outlets,
            tallies=dict(sorted(self.tallies.items())),
        )

    def add(self, incoming: Incoming, vectors: Vectors) -> None:
        at = micros(incoming.sort_at)
        self.first = min(self.first, at) if self.size else at
        self.last = max(self.last, at) if self.size else at
        self.size += 1
        for name, terms in vectors.items():
            self._add(name, terms)
        words = vectors.get("text", {})
        self.recent = [*self.recent[-RECENT + 1 :], words]
        self.langs = _with(self.langs, incoming.analysis.lang)
        self.outlets = _with(self.outlets, incoming.outlet)
        self._tally(_SQUARES, _square(words))
        for name in _DOUBTED:
            if name in vectors:
                self._tally(name, math.isqrt(max(0, UNIT * UNIT - _square(vectors[name]))))
        self._norms.clear()
        self._facts = None

    def norm(self, name: str) -> float:
        """The length of a field's sum, never 0."""
        found = self._norms.get(name)
        if found is None:
            lack = self.tallies.get(name, 0)
            found = self._norms[name] = math.sqrt(_square(self.sums.get(name, {})) + lack * lack) or 1.0
        return found

    def cohesion(self) -> float:
        """The mean likeness of two members, 0 for a single one."""
        if self.size < 2:
            return 0.0
        pairs = self.norm("text") ** 2 - self.tallies.get(_SQUARES, 0)
        return min(1.0, max(0.0, pairs / (UNIT * UNIT * self.size * (self.size - 1))))

    def facts(self) -> "Facts":
        if self._facts is None:
            self._facts = Facts(self.sums)
        return self._facts

    def _add(self, name: str, terms: Mapping[str, int]) -> None:
        sums = self.sums.get(name)
        if sums is None:
            self.sums[name] = terms if isinstance(terms, dict) else dict(terms)
            return
        if name not in self._own:
            sums = self.sums[name] = dict(sums)
            self._own.add(name)
        get = sums.get
        for term, weight in terms.items():
            sums[term] = get(term, 0) + weight
        most = KEPT[name]
        if len(sums) > most + most // _SLACK:
            self.sums[name] = heaviest(sums, most)

    def _tally(self, name: str, value: int) -> None:
        self.tallies[name] = self.tallies.get(name, 0) + value


class Facts:
    """The days, years, editions and turns of things that vectors name: what can contradict."""

    __slots__ = ("days", "editions", "turns", "years")

    def __init__(self, vectors: Vectors) -> None:
        dates = vectors.get("dates", {})
        self.years = {term for term in dates if len(term) == 4}
        days = heaviest({term: weight for term, weight in dates.items() if "-" in term}, 3)
        self.days = [_day_of_year(day) for day in days]
        meant = vectors.get("skeletons", {}).keys()
        self.turns = {turn for turn, meanings in _TURNS.items() if not meanings.isdisjoint(meant)}
        self.editions: dict[str, set[str]] = {}
        for term in vectors.get("names", {}):
            if term[-1].isdecimal():
                name = term.rstrip("0123456789")
                if name:
                    self.editions.setdefault(name, set()).add(term[len(name) :])


def _square(weights: Mapping[str, int]) -> int:
    values = weights.values()
    return sum(map(mul, values, values))


def _day_of_year(day: str) -> float:
    month, _, of_month = day.partition("-")
    return (int(month) - 1) * 30.44 + int(of_month)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if not name or name in names else (*names, name)
