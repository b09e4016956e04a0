"""A date that was found, and what is known of it before it has a place in time: its letters and what they name."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from monitor.events.dates.lexeme import SPANNING
from monitor.events.dates.periods import Period

Placed = Callable[[int], Period]

# A report of yesterday's opening may still say "will open": so many days against the sentence's wording are let pass.
_SLACK = timedelta(days=3)


class DateSpan(NamedTuple):  # a tuple is made at a third of the price, and a text has hundreds
    """A time that a text names.

    `start`, `end` are character offsets of `text`; `lo`, `hi` the first and last possible day, None where open.
    `precision`: day, week, month, quarter, half, season, year, range; partial (no year is known) and ambiguous (two
    readings) have neither day. `bound`: in, by, until, before, from, after. `how` tells where a year came from.
    """

    start: int
    end: int
    text: str
    lo: date | None
    hi: date | None
    precision: str
    bound: str
    how: str
    rule: str


class Found(NamedTuple):
    """The letters of a core and their values, what stands before and behind, and the day it was written."""

    codes: str
    values: list[int]
    before: str
    behind: str
    lang: str
    ref: date | None

    def value(self, code: str) -> int | None:
        """The value of the first such letter."""
        place = self.codes.find(code)
        return self.values[place] if place >= 0 else None

    def all(self, codes: str) -> list[int]:
        return [value for code, value in zip(self.codes, self.values, strict=True) if code in codes]

    @property
    def number(self) -> int:
        """A count of one or two words (2, двенадцать, on iki), the larger of two; 1 where none stands."""
        return self.counts[1]

    @property
    def counts(self) -> tuple[int, int]:
        """Two to three, iki-üç; twice the same where one count stands."""
        counts = self.all("dn")
        if len(counts) == 2 and ("-" in self.codes or "t" in self.codes):
            return counts[0], counts[1]
        return sum(counts) or 1, sum(counts) or 1

    @property
    def ordinal(self) -> int:
        """Which quarter or half: third, III, 3."""
        return next(iter(self.all("oRd")), 0)

    @property
    def relative(self) -> int:
        """-1 last, 0 this, 1 next."""
        value = self.value("r") or 0
        return value - SPANNING if value > SPANNING // 2 else value

    @property
    def spanning(self) -> bool:
        """Whether the relative word counts from the day itself: the past, the coming."""
        return (self.value("r") or 0) > SPANNING // 2

    @property
    def part(self) -> int:
        """1 early, 2 mid, 3 late; 0 for the whole."""
        return self.value("T") or self.value("V") or 0

    @property
    def year(self) -> int | None:
        """The year that the core names, by number or as this, next, last; None when it is left open."""
        named = self.value("Y") or self.value("9")
        if named is not None:
            return named
        if self.ref is None or "y" not in self.codes:
            return None
        return self.ref.year + (self.relative if "ry" in self.codes else 0)

    @property
    def lacks_ref(self) -> bool:
        """Whether it speaks of this or next year and nobody knows when."""
        return self.ref is None and "y" in self.codes and "Y" not in self.codes and "9" not in self.codes


class Core(NamedTuple):
    """A stretch of days: `period`, or what `placed` makes of a year; `year` is None until the sentence decides."""

    precision: str
    period: Period | None = None
    placed: Placed | None = None
    year: int | None = None
    how: str = "explicit"
    partial: str = ""  # the day or month of an unknown year, as --07-09
    at_end: bool = False
    unit: str = ""  # of an open year: how far from the reference is near


def in_year(found: Found, precision: str, placed: Placed, *, unit: str = "", partial: str = "") -> Core | None:
    """A core of the year that it names or leaves open."""
    if found.lacks_ref:
        return None
    year = found.year
    how = "explicit" if "Y" in found.codes or "9" in found.codes else "relative" if year is not None else ""
    return Core(
        precision=precision, placed=placed, year=year, how=how, partial=partial, at_end=found.part == 3, unit=unit
    )


def fixed(precision: str, period: Period, *, at_end: bool = False, how: str = "relative") -> Core:
    return Core(precision=precision, period=period, at_end=at_end, how=how)


def of_open_year(core: Core, ref: date, direction: int) -> Period | None:
    """Which year a core without one is of: the next (1), the last (-1), the nearest (0) to the day of writing."""
    if core.placed is None:
        return None
    placed = (_placed(core.placed, year) for year in (ref.year - 1, ref.year, ref.year + 1))
    candidates = [one for one in placed if one is not None]
    if core.unit == "quarter":
        candidates = [candidates[1], *candidates]
    slack = _SLACK if core.precision in {"day", "range"} else timedelta()
    if direction > 0:
        return next((one for one in candidates if one[1] >= ref - slack), candidates[-1])
    if direction < 0:
        ordered = candidates if core.unit == "quarter" else reversed(candidates)
        return next((one for one in ordered if one[0] <= ref + slack), candidates[0])
    if core.unit == "quarter":
        return candidates[0]
    return min(candidates, key=lambda one: max((one[0] - ref).days, (ref - one[1]).days, 0))


def _placed(placed: Placed, year: int) -> Period | None:
    try:
        return placed(year)
    except ValueError:  # 29 February
        return None
