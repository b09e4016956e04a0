"""What each word order means: from the letters of a date to the stretch of days that it names.

Rule: a core that needs a year or a reference day says so, and its reader decides; nothing here guesses one. A reading
that the calendar or the language forbids (31 April, "years" for "year") is no date.
"""

from collections.abc import Callable
from datetime import date

from monitor.events.dates import periods, relative
from monitor.events.dates.found import Core, Found, fixed, in_year
from monitor.events.dates.lexeme import HALF_OF_ONE, INFLECTED, NEEDS_YEAR, OF_YEAR, TENTH, TURN
from monitor.events.dates.periods import Period

_WEEKS = 4  # of a month; the fifth is its last
_MONTHS, _CENTURY = 12, 100
_CORES_OF_LABEL = 4  # Q1 to Q4; 5 and 6 are halves


def core_of(rule: str, found: Found) -> Core | None:
    """The core, None where this is no date after all."""
    if "Ti" in found.codes and found.lang != "en":  # "early in", but not "начало во"
        return None
    if found.part == TURN and rule not in {"year", "years"}:
        return None
    try:
        return _READERS[rule](found)
    except (ValueError, OverflowError):  # no such day, or one beyond the calendar
        return None


def _numeric(found: Found) -> Core:
    day = date.fromordinal(found.values[0])
    return fixed("day", (day, day), how="explicit")


def _ambiguous(_: Found) -> Core:
    return Core(precision="ambiguous", partial="either day or month comes first")


def _days(found: Found) -> Core | None:
    """17-28 November, from 17 to 28 November, noyabrın 17-dən 28-dək."""
    first, last = found.all("d")[:2]
    month = (found.value("m") or 0) % INFLECTED
    if first >= last or ("&" in found.codes and last != first + 1 and "b" not in found.before):
        return None
    if "U" in found.codes and "S" not in found.before:
        return None

    def placed(year: int) -> Period:
        return date(year, month, first), date(year, month, last)

    placed(2024)
    return in_year(found, "range", placed, unit="day", partial=f"--{month:02}-{first:02}")


def _day(found: Found) -> Core | None:
    month, day = (found.value("m") or 0) % INFLECTED, found.value("d") or 0

    def placed(year: int) -> Period:
        return date(year, month, day), date(year, month, day)

    placed(2024)
    if found.year is not None:
        placed(found.year)
    return in_year(found, "day", placed, unit="day", partial=f"--{month:02}-{day:02}")


def _months(found: Found) -> Core | None:
    """January-March 2026."""
    first, last = (month % INFLECTED for month in found.all("m")[:2])
    count = last - first + 1 if last > first else last - first + 13
    if first == last:
        return None
    return in_year(found, "range", lambda year: periods.months(year, first, count), unit="month")


def _half_of_month(found: Found) -> Core | None:
    month, number = (found.value("m") or 0) % INFLECTED, found.ordinal
    if number not in {1, 2}:
        return None
    return in_year(found, "range", lambda year: periods.half_month(year, month, number), unit="month")


def _week_of_month(found: Found) -> Core | None:
    """The first week of May is its first seven days, the last one its last seven."""
    month = (found.value("m") or 0) % INFLECTED
    number = -1 if found.relative < 0 else found.ordinal
    if number == 0 or number > _WEEKS or ("r" in found.codes and number > 0):
        return None
    return in_year(found, "week", lambda year: periods.week_of_month(year, month, number), unit="month")


def _months_of_year(found: Found) -> Core | None:
    """The first nine months of 2025; doqquz ayda."""
    count = found.number
    if not 1 < count < 12 or (found.lang == "en" and "o" not in found.codes) or (found.value("o") or 1) != 1:
        return None
    return in_year(found, "range", lambda year: periods.months(year, 1, count))


def _quarter(found: Found) -> Core | None:
    if "Q" in found.codes:
        return _label(found)
    if "rq" in found.codes or not any(one in found.codes for one in "oRd"):
        return relative.quarter_of_ref(found)
    number = found.ordinal
    if not 1 <= number <= 4 or (found.lang == "en" and "d" in found.codes):
        return None
    return in_year(
        found, "quarter", _part(found, "quarter", lambda year: periods.quarter(year, number)), unit="quarter"
    )


def _label(found: Found) -> Core | None:
    """Q3, 3Q26, H1 2027."""
    number, year = divmod(found.value("Q") or 0, 10_000)
    named = year or found.year
    is_half = number > _CORES_OF_LABEL
    unit = "half" if is_half else "quarter"
    period = (lambda at: periods.half(at, number - _CORES_OF_LABEL)) if is_half else (
        lambda at: periods.quarter(at, number)
    )  # fmt: skip
    if named is None and found.lacks_ref:
        return None
    return Core(
        precision=unit,
        placed=_part(found, unit, period),
        year=named,
        how="explicit" if named else "",
        at_end=found.part == 3,
        unit="quarter",
    )


def _half(found: Found) -> Core | None:
    number = found.ordinal
    of_year = found.value("h") == OF_YEAR
    if found.value("h") == HALF_OF_ONE:
        return None
    if number not in {1, 2} or (not of_year and "y" not in found.codes and "Y" not in found.codes):
        return None
    return in_year(found, "half", _part(found, "half", lambda year: periods.half(year, number)), unit="quarter")


def _month(found: Found) -> Core | None:
    value = found.value("m") or 0
    month = value % INFLECTED
    if found.codes == "m" and not _is_said_of_time(found, value >= INFLECTED):
        return None

    def placed(year: int) -> Period:
        whole = periods.months(year, month)
        return periods.part_of(whole, "month", found.part) if found.part else whole

    if found.codes == "rm":
        if found.ref is None:
            return None
        return relative.occurrence(found, "month", placed)
    return in_year(found, "month", placed, unit="month", partial=f"--{month:02}")


def _is_said_of_time(found: Found, inflected: bool) -> bool:
    """A month's name alone is a date behind a preposition, or in a case of its own."""
    if found.lang == "az":
        return inflected or bool(found.behind)
    return bool(found.before) and not found.before.endswith("z")


def _season(found: Found) -> Core | None:
    value = found.value("s") or 0
    number = value % INFLECTED
    bare = found.codes == "s"
    if value >= NEEDS_YEAR and bare:
        return None
    if bare and value < INFLECTED and not (found.before.strip("z") if found.lang != "az" else found.behind):
        return None

    def placed(year: int) -> Period:
        whole = periods.season(year, number)
        return periods.part_of(whole, "season", found.part) if found.part else whole

    if "rs" in found.codes:
        return None if found.ref is None else relative.occurrence(found, "season", placed)
    return in_year(found, "season", placed, unit="month")


def _years(found: Found) -> Core | None:
    first, last = found.all("Ydn")[:2]
    if last < _CENTURY:  # 2026-29, which 2026-05 is not
        last += first - first % _CENTURY if last > _MONTHS else 0
    if found.part:
        return _turn(last) if found.part == TURN and last == first + 1 else None
    if first >= last or ("U" in found.codes and "S" not in found.before):
        return None
    if "&" in found.codes and "b" not in found.before and last != first + 1:
        return None
    return fixed("range", (date(first, 1, 1), date(last, 12, 31)), how="explicit")


def _year(found: Found) -> Core | None:
    year = found.year
    is_plural = bool(found.value("y"))
    if year is None or (is_plural and "Y" not in found.codes):  # "these years"
        return None
    if is_plural and "Yy" in found.codes:
        return relative.whole_or_part_of_decade(found, year) if year % 10 == 0 and found.lang == "az" else None
    if found.spanning and found.codes == "ry":
        return relative.span(found)
    if "v" in found.codes:
        return relative.later_or_earlier(found, "year", periods.year_of(year))
    return _whole_or_part_of_year(found, year)


def _whole_or_part_of_year(found: Found, year: int) -> Core | None:
    if found.codes == "Y" and not _is_bare_year(found):
        return None
    if found.part == TURN:
        return _turn(year) if "Y" in found.codes or "r" in found.codes else _nearest_turn()
    period = periods.year_of(year)
    if found.part:
        period = periods.part_of(period, "year", found.part)
    return fixed("year", period, at_end=found.part == 3, how="explicit" if "Y" in found.codes else "relative")


def _fiscal_year(found: Found) -> Core | None:
    """The days that may be meant, whoever counts: FY2026 began in April 2025 in India and ends in March 2027 in Japan.

    Of 2026/27 the first is meant in April (Britain), the last in June (Australia).
    """
    year, first = found.value("Y"), found.value("9")
    if year is not None:
        return fixed("range", (date(year - 1, 4, 1), date(year + 1, 3, 31)), at_end=found.part == 3, how="explicit")
    if first is None:
        return None
    return fixed("range", (date(first, 4, 1), date(first + 1, 6, 30)), at_end=found.part == 3, how="explicit")


def _turn(year: int) -> Core:
    return fixed("range", periods.months(year - 1, 12, 2), how="explicit")


def _nearest_turn() -> Core:
    """At the turn of the year: the one that the sentence looks to."""
    return Core(precision="range", placed=lambda year: periods.months(year, 12, 2), how="", unit="month")


def _new_year(found: Found) -> Core:
    """By New Year is before it: with the last day of the old one. What begins with it begins on its first day."""
    begins = "S" in found.before or found.behind[:1] == "Z"
    month, day = (1, 1) if begins else (12, 31)
    return Core(
        precision="day",
        placed=lambda year: (date(year, month, day), date(year, month, day)),
        how="",
        at_end=True,
        unit="day",
    )


def _part_of_month(found: Found) -> Core | None:
    """В первых числах декабря, в последних числах марта, в третьей декаде марта."""
    month = (found.value("m") or 0) % INFLECTED
    part = 3 if found.relative < 0 else found.ordinal
    if part not in {1, 2, 3} or (found.value("#") != TENTH and part == 2):
        return None
    return in_year(
        found, "month", lambda year: periods.part_of(periods.months(year, month), "month", part), unit="month"
    )


def _until_year(found: Found) -> Core | None:
    """Between now and 2030."""
    year = found.value("Y")
    if found.ref is None or year is None or year < found.ref.year:
        return None
    return fixed("range", (found.ref, date(year, 12, 31)))


def _week_of_day(found: Found) -> Core | None:
    """The week of 8 December: from its Monday to its Sunday."""
    month, day = (found.value("m") or 0) % INFLECTED, found.value("d") or 0
    date(2024, month, day)
    return in_year(found, "week", lambda year: periods.week(date(year, month, day)), unit="day")


def _is_bare_year(found: Found) -> bool:
    """Four digits are a year behind a preposition, but neither in "the 2026 budget" nor alone."""
    return found.lang != "az" and bool(found.before) and found.before[-1] in "iBUESAOt_"


def _part(found: Found, unit: str, whole: Callable[[int], Period]) -> Callable[[int], Period]:
    if not found.part:
        return whole
    return lambda year: periods.part_of(whole(year), unit, found.part)


_READERS: dict[str, Callable[[Found], Core | None]] = {
    "numeric": _numeric,
    "ambiguous": _ambiguous,
    "days": _days,
    "day": _day,
    "day of month": relative.day_of_month,
    "months": _months,
    "half of month": _half_of_month,
    "months of year": _months_of_year,
    "quarter": _quarter,
    "half": _half,
    "month": _month,
    "season": _season,
    "years": _years,
    "year": _year,
    "month of ref": relative.month_of_ref,
    "week of month": _week_of_month,
    "week of day": _week_of_day,
    "part of month": _part_of_month,
    "new year": _new_year,
    "until year": _until_year,
    "fiscal year": _fiscal_year,
    "from now": relative.from_now,
    "this time": relative.this_time,
    "half a year": relative.half_a_year,
    "week": relative.week,
    "weekend": relative.weekend,
    "offset": relative.offset,
    "weekday": relative.weekday,
    "ago": relative.ago,
    "ahead": relative.ahead,
    "span": relative.span,
    "decade": relative.decade,
}
