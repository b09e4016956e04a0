"""What a figure measures: participants, coverage, length, by the words around it.

Rule: only what a person described is compared. The words live in measures.toml and in `[[measures]]` of the
configuration; a figure that none of them fits stays a mention.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, reduce
from importlib import resources
from operator import or_

from monitor.events.phases import Beginnings, beginnings
from monitor.events.quantities import Quantity
from monitor.events.quantities.words import MONEY
from monitor.words import letters, runs

LANGUAGES = ("en", "az", "ru")
GROWTHS = ("monotone", "level", "volatile")
CONFLICT_DAYS = 60

# Units that are told in another's: the unit of the measure, and what one of them is worth in it.
_WORTH = {
    ("m", "km"): Decimal("0.001"),
    ("mi", "km"): Decimal("1.609344"),
    ("Gbit/s", "Tbit/s"): Decimal("0.001"),
    ("Mbit/s", "Tbit/s"): Decimal("0.000001"),
    ("GW", "MW"): Decimal(1000),
    ("months", "years"): 1 / Decimal(12),
}


_LEADING = re.compile(r"\A\(\?:\\w\+ \)(?:\?|\{0,\d\})")  # any word, or none
_COMPLEMENT = 30  # characters behind the counted noun that still say what it is: heads of state
_CLAUSE = re.compile(r"[,;:]\s|\s(?:while|whereas|and|but|ve|amma|lakin|и|а|но)\s")
_COORDINATE = re.compile(r"[,;] (?:and|but|while|whereas|ve|amma|и|а|но) ")
# No year, nor part of a name: EXPO-25. It begins with its digit, so that it is looked for at once.
_FIGURE = re.compile(r"\d(?<![\w-]\d)(?!(?:(?<=1)9|(?<=2)0)\d\d(?!\d))")
_DIGIT = re.compile(r"\d")
_NEXT_FIGURE = re.compile(rf"(?:{_CLAUSE.pattern})(?:\w+\s){{0,3}}[$€]?\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Of one language: `head` in the words that name what is counted, `near` and `unless` in the clause; "" is any."""

    head: str = ""
    near: str = ""
    unless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A kind of figure; `facets` are told apart by words of the clause, the first that stands there."""

    name: str
    unit: str = "count"
    subject: str = ""
    of: tuple[str, ...] = ()  # kinds of subjects that can have it; none: any
    standing: bool = False  # a country or a body can have it, whatever `of` says
    growth: str = "level"
    conflict_days: int = CONFLICT_DAYS
    words: Mapping[str, Words] = field(default_factory=dict)
    facets: tuple[tuple[str, Mapping[str, str]], ...] = ()

    @property
    def family(self) -> str:
        """The same for measures of a unit that are told by the same facets: coverage, and mobile coverage."""
        return " ".join((self.unit, *(name for name, _ in self.facets))) if self.facets else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure as a measure tells it, in the measure's unit."""

    measure: Measure
    facet: str
    unit: str
    value: Decimal | None
    lo: Decimal | None
    hi: Decimal | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    measure: Measure
    head: re.Pattern[str]
    near: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    facets: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class _OfUnit:
    """The measures that can be told in a unit, with what one of it is worth.

    The bits of `heads` say for which of them a word may be in the head, and those of `near` what may be near.
    """

    every: tuple[tuple[_Compiled, Decimal], ...]
    heads: "_Sought"
    near: "_Sought"


@dataclass(frozen=True, slots=True)
class _Sought:
    """The bits of those that a word may be part of, and of those of which that is not known: any may."""

    words: Beginnings
    always: int

    def of(self, words: str) -> int:
        """The bits of those that some words may be part of."""
        return reduce(or_, map(self.words.__getitem__, runs(words)), self.always)


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures, ready to be looked for; those of the configuration first."""

    by_language: Mapping[str, tuple[_Compiled, ...]]
    _by_unit: dict[tuple[str, str], _OfUnit] = field(default_factory=dict)  # as they are met

    @classmethod
    def compile(cls, own: Iterable[Measure] = ()) -> "Measures":
        """The shipped measures behind `own`; one of `own` takes the place of a shipped one of its name.

        Raises re.error for a pattern that is none.
        """
        mine = tuple(own)
        names = {one.name for one in mine}
        every = (*mine, *(one for one in shipped() if one.name not in names))
        return cls({lang: tuple(_compiled(one, lang) for one in every if lang in one.words) for lang in LANGUAGES})

    def of(self, quantity: Quantity, lang: str | None) -> Measured | None:
        """What the figure measures; None where no measure fits."""
        fitting = self._of_unit(lang or "", quantity.unit)
        if not fitting.every:
            return None
        tail = quantity.tail if quantity.tail.startswith(quantity.phrase) else f"{quantity.phrase} {quantity.tail}"
        tail = tail[: len(quantity.phrase) + _COMPLEMENT]
        some = fitting.heads.of(tail)
        if not some:
            return None
        clause = clause_of(quantity)
        if some & ~fitting.near.always:
            near = fitting.near.of(clause)
            some &= near if clause.startswith(quantity.before) else near | fitting.near.of(quantity.before)
        while some:
            place = (some & -some).bit_length() - 1
            some &= some - 1
            one, worth = fitting.every[place]
            if not _fits(one, quantity, tail, clause):
                continue
            facet = _facet_of(one, clause) if one.facets else ""
            value, lo, hi = (
                None if bound is None else bound * worth for bound in (quantity.value, quantity.lo, quantity.hi)
            )
            unit = quantity.unit if one.measure.unit == "money" else one.measure.unit
            return Measured(measure=one.measure, facet=facet, unit=unit, value=value, lo=lo, hi=hi)
        return None

    def _of_unit(self, lang: str, unit: str) -> _OfUnit:
        found = self._by_unit.get((lang, unit))
        if found is None:
            told = ((one, _worth(unit, one.measure.unit)) for one in self.by_language.get(lang, ()))
            every = tuple((one, worth) for one, worth in told if worth is not None)
            found = self._by_unit[lang, unit] = _of_unit(every, lang)
        return found


def _facet_of(one: _Compiled, clause: str) -> str:
    main = _main_clause(clause)
    return _facet(one, main) or (_facet(one, clause) if main != clause else "")


def _facet(one: _Compiled, words: str) -> str:
    return next((name for name, pattern in one.facets if pattern.search(words)), "")


def clause_of(quantity: Quantity) -> str:
    """The folded words around the figure as far as they speak of it: up to where the next figure has its own clause."""
    figure = _FIGURE.search(quantity.before)
    opened = [found.end() for found in _CLAUSE.finditer(quantity.before)] if figure else []
    starts = [end for end in opened if figure and figure.end() <= end]
    begin = starts[-1] if starts else 0
    cut = _NEXT_FIGURE.search(f" {quantity.tail}") if _DIGIT.search(quantity.tail) else None
    tail = quantity.tail[: max(0, cut.start() - 1)] if cut else quantity.tail
    named = "" if tail.startswith(quantity.phrase) else f" {quantity.phrase}"
    return f"{quantity.before[begin:]} {letters(quantity.text)}{named} {tail}"


def _main_clause(clause: str) -> str:
    """That of the figure: "all homes have it, and the country is close to 100 %" counts no homes."""
    figure = _FIGURE.search(clause)
    starts = [found.end() for found in _COORDINATE.finditer(clause, 0, figure.start() if figure else 0)]
    return clause[starts[-1] :] if starts else clause


def measure_of(table: Mapping[str, object]) -> Measure:
    """A `[[measures]]` of a TOML file that was checked before."""
    facets, kinds = table.get("facets", ()), table.get("of", ())
    growth, days = table.get("growth", "level"), table.get("conflict_days", CONFLICT_DAYS)
    return Measure(
        name=str(table["name"]),
        unit=str(table.get("unit", "count")),
        subject=str(table.get("subject", "")),
        of=tuple(map(str, kinds if isinstance(kinds, list | tuple) else ())),
        standing=bool(table.get("standing", False)),
        growth=str(growth),
        conflict_days=days if isinstance(days, int) else CONFLICT_DAYS,
        words={lang: Words(**_texts(table[lang])) for lang in LANGUAGES if lang in table},
        facets=tuple((one.pop("name"), one) for one in map(_texts, facets if isinstance(facets, list | tuple) else ())),
    )


@cache
def shipped() -> tuple[Measure, ...]:
    told = tomllib.loads(resources.files("monitor.events").joinpath("measures.toml").read_text(encoding="utf-8"))
    every = {one["name"]: one for one in told["measures"]}
    return tuple(measure_of(one | _kinds(every, one)) for one in told["measures"])


def _kinds(every: Mapping[str, Mapping[str, object]], one: Mapping[str, object]) -> dict[str, object]:
    """The facets of another measure, for one that is told in the same words."""
    return {"facets": every[str(one["facets_of"])]["facets"]} if "facets_of" in one else {}


@cache
def shipped_measures() -> Measures:
    return Measures.compile()


def _texts(table: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()} if isinstance(table, Mapping) else {}


def _compiled(measure: Measure, lang: str) -> _Compiled:
    words = measure.words[lang]
    return _Compiled(
        measure=measure,
        head=_head(words.head, lang),
        near=re.compile(rf"(?<!\w)(?:{words.near})") if words.near else None,
        unless=re.compile(rf"(?<!\w)(?:{words.unless})") if words.unless else None,
        facets=tuple((name, re.compile(told[lang])) for name, told in measure.facets if told.get(lang)),
    )


def _head(words: str, lang: str) -> re.Pattern[str]:
    ending = r"(?!\w)" if lang == "en" else ""  # the others add their cases
    return re.compile(rf"(?<!\w)(?:{words}){ending}" if words else "")


def _of_unit(every: tuple[tuple[_Compiled, Decimal], ...], lang: str) -> _OfUnit:
    """Which words the shipped measures cannot do without; of a person's own patterns nobody knows."""
    told = [(one.measure in shipped(), one.measure.words[lang]) for one, _ in every]
    heads = [beginnings(_LEADING.sub("", words.head)) if known else {""} for known, words in told]
    near = [beginnings(words.near) if known else {""} for known, words in told]
    return _OfUnit(every, _sought(heads, whole=lang == "en"), _sought(near, whole=False))


def _sought(words: Sequence[set[str]], *, whole: bool) -> _Sought:
    """By their place, how words begin of which there must be one; `whole`: a word may have to be just that."""
    always = sum(1 << place for place, some in enumerate(words) if "" in some)
    known = {1 << place: some for place, some in enumerate(words) if "" not in some}
    return _Sought(
        Beginnings({bit: some if whole else {one.rstrip() for one in some} for bit, some in known.items()}), always
    )


def _fits(one: _Compiled, quantity: Quantity, tail: str, clause: str) -> bool:
    head = one.head.search(tail)
    if head is None or head.start() > len(quantity.phrase):
        return False
    if one.near and not one.near.search(clause) and not one.near.search(quantity.before):
        return False
    return one.unless is None or not one.unless.search(clause)


def _worth(unit: str, wanted: str) -> Decimal | None:
    if unit == wanted or (wanted == "money" and unit in MONEY):
        return Decimal(1)
    return _WORTH.get((unit, wanted))
