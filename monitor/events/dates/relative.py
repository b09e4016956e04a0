"""Cores that count from the day of writing: today, next week, two years ago, over the next four years.

Rule: without that day there is nothing to say.
"""

from collections.abc import Callable
from datetime import date, timedelta

from monitor.events.dates import periods
from monitor.events.dates.found import Core, Found, fixed
from monitor.events.dates.lexeme import HALF_OF_ONE, MORROW
from monitor.events.dates.periods import Period

_ONE_DAY = timedelta(days=1)
_ABOUT_A_WEEK = timedelta(days=3)


def later_or_earlier(found: Found, precision: str, period: Period) -> Core | None:
    """Later this year is what is left of it, earlier this year what is over."""
    if found.ref is None or found.relative:
        return None
    first, last = period
    if (found.value("v") or 0) > 0:
        first = found.ref + _ONE_DAY
    else:
        last = found.ref
    return fixed(precision, (first, last)) if first <= last else None


def month_of_ref(found: Found) -> Core | None:
    if found.ref is None or found.value("M"):
        return None
    first = periods.add_months(found.ref.replace(day=1), found.relative)
    period = periods.months(first.year, first.month)
    if "v" in found.codes:
        return later_or_earlier(found, "month", period)
    if found.part:
        return fixed("month", periods.part_of(period, "month", found.part), at_end=found.part == 3)
    return span(found) if found.spanning else fixed("month", period)


def week(found: Found) -> Core | None:
    if found.ref is None or found.value("w"):
        return None
    period = periods.week(found.ref, found.relative)
    if "v" in found.codes:
        return later_or_earlier(found, "week", period)
    if found.part:
        return fixed("week", periods.part_of(period, "week", found.part), at_end=found.part == 3)
    return span(found) if found.spanning else fixed("week", period)


def weekend(found: Found) -> Core | None:
    if found.ref is None:
        return None
    _, sunday = periods.week(found.ref, found.relative)
    return fixed("range", (sunday - _ONE_DAY, sunday))


def offset(found: Found) -> Core | None:
    """Today, yesterday; this morning, last night; bu gün."""
    if found.ref is None:
        return None
    offset = found.value("J")
    if offset is None:
        offset = found.relative
        at_night = found.value("j") == 1
        if found.value("k") or (offset and not (at_night and offset == -1)):
            return None
    elif "k" in found.codes:  # the day after tomorrow, the day before yesterday
        offset += 1 if "A" in found.codes else -1
    day = found.ref + timedelta(days=offset)
    return fixed("day", (day, day))


def weekday(found: Found) -> Core | None:
    if found.ref is None:
        return None
    weekday = _weekday_number(found)
    if weekday is None:
        return None

    def nearest(step: int) -> Period:
        """The last such day up to the reference (0), or the next one (1)."""
        ahead = (weekday - found.ref.weekday() - 1) % 7 + 1 if found.ref else 0
        day = (found.ref or date.min) + timedelta(days=ahead if step else ahead - 7)
        return day, day

    if "r" in found.codes:
        if found.relative == 0:
            day = periods.week(found.ref)[0] + timedelta(days=weekday)
        else:
            ahead = (weekday - found.ref.weekday() - 1) % 7 + 1
            behind = (found.ref.weekday() - weekday - 1) % 7 + 1
            day = found.ref + timedelta(days=ahead if found.relative > 0 else -behind)
        return fixed("day", (day, day))
    return Core(precision="day", placed=nearest, how="", unit="weekday")


def _weekday_number(found: Found) -> int | None:
    """0 Monday to 6 Sunday; Azerbaijani has two of its names in two words."""
    named = found.all("W")
    if found.lang != "az":
        return named[0]
    if len(named) == 2:
        return 0 if named == [6, MORROW] else None
    if "j" in found.codes and named[0] in {2, 4}:
        return named[0] - 1
    needs_day = named[0] in {4, 6}  # "cümə" is a prayer and a mosque too, "bazar" a market
    return None if named[0] == MORROW or (needs_day and "k" not in found.codes) else named[0]


def ago(found: Found) -> Core | None:
    """Two days ago is that day, two weeks ago a week around it, and two years ago a year."""
    if found.ref is None:
        return None
    counted = any(code in "dna" for code in found.codes)
    unit = found.codes[-2]
    if not counted and (found.values[-2] or found.lang != "ru"):
        return None
    return _around_each(found, unit, -1)


def _around_each(found: Found, unit: str, step: int) -> Core | None:
    """In two to three years, два-три года назад: from the one to the other."""
    few, many = found.counts
    far = _around(found, unit, step * many)
    if few == many:
        return far
    near = _around(found, unit, step * few)
    if few > many or near is None or far is None or near.period is None or far.period is None:
        return None
    return fixed("range", (min(near.period[0], far.period[0]), max(near.period[1], far.period[1])))


def _around(found: Found, unit: str, count: int) -> Core | None:
    if found.ref is None:
        return None
    day = periods.add_units(found.ref, unit, count)
    match unit:
        case "k":
            return fixed("day", (day, day))
        case "w":
            return fixed("week", (day - _ABOUT_A_WEEK, day + _ABOUT_A_WEEK))
        case "M":
            return fixed("month", periods.months(day.year, day.month))
        case _:
            return fixed("year", periods.year_of(day.year))


def ahead(found: Found) -> Core | None:
    """Через две недели, iki həftə sonra; "in two weeks" only where the sentence looks forward."""
    unit = next(code for code in found.codes if code in "kwMy")
    ahead = _around_each(found, unit, 1)
    if ahead is None:
        return None
    return Core(precision=ahead.precision, period=ahead.period, how="relative", unit="ahead")


def from_now(found: Found) -> Core | None:
    """Two years from now, a week from today."""
    if found.value("J"):
        return None
    return _around(found, next(code for code in found.codes if code in "kwMy"), found.number)


def this_time(found: Found) -> Core | None:
    """This time next year, this time last week."""
    if found.ref is None or found.all("r")[0] or found.all("r")[-1] not in {1, -1}:
        return None
    day = periods.add_units(found.ref, found.codes[-1], found.all("r")[-1])
    return fixed("day", (day, day))


def half_a_year(found: Found) -> Core | None:
    """In half a year, yarım ildən sonra, yarım il ərzində."""
    if found.ref is None or (found.lang == "az" and found.value("h") != HALF_OF_ONE):
        return None
    if "K" in found.codes + found.before:
        return Core(
            precision="range", period=(found.ref, periods.add_months(found.ref, 6)), how="relative", unit="within"
        )
    ahead = _around(found, "M", 6)
    return ahead._replace(unit="ahead") if ahead else None


def span(found: Found) -> Core | None:
    """Over the next four years, son iki ildə; "within two months" where the sentence does not look back."""
    if found.ref is None:
        return None
    unit = next(code for code in found.codes if code in "kwMy")
    counted = any(code in "dna" for code in found.codes)
    plural = bool(found.value(unit))
    if "r" not in found.codes:
        last = periods.add_units(found.ref, unit, found.number)
        return Core(precision="range", period=(found.ref, last), how="relative", unit="within")
    if not counted:
        return _single(found, unit) if not plural else None
    is_verb = found.lang == "en" and found.relative < 0 and not found.spanning and "z" not in found.before + found.codes
    if not found.relative or is_verb:  # "it will last five years"
        return None
    other = periods.add_units(found.ref, unit, found.number * found.relative)
    return fixed("range", (min(found.ref, other), max(found.ref, other)))


def _single(found: Found, unit: str) -> Core | None:
    """Next year, last week, bu ay; "the past year" reaches back from the day itself."""
    if found.ref is None:
        return None
    if found.spanning and found.lang != "az":
        other = periods.add_units(found.ref, unit, found.relative)
        return fixed("range", (min(found.ref, other), max(found.ref, other)))
    match unit:
        case "y":
            return fixed("year", periods.year_of(found.ref.year + found.relative))
        case "M":
            first = periods.add_months(found.ref.replace(day=1), found.relative)
            return fixed("month", periods.months(first.year, first.month))
        case "w":
            return fixed("week", periods.week(found.ref, found.relative))
        case _:
            is_today = found.lang == "az" and not found.relative
            return fixed("day", (found.ref, found.ref)) if is_today else None


def decade(found: Found) -> Core | None:
    number = found.value("D")
    if number is None:
        if found.ref is None:
            return None
        if found.spanning:
            other = periods.add_units(found.ref, "y", 10 * found.relative)
            return fixed("range", (min(found.ref, other), max(found.ref, other)))
        number = found.ref.year + 10 * found.relative
    return whole_or_part_of_decade(found, number)


def whole_or_part_of_decade(found: Found, number: int) -> Core:
    first, last = periods.decade(number)
    if found.part:
        edges = ((0, 3), (3, 6), (6, 9))[found.part - 1]
        first, last = date(first.year + edges[0], 1, 1), date(first.year + edges[1], 12, 31)
    return fixed("range", (first, last), at_end=found.part == 3, how="relative" if "0" in found.codes else "explicit")


def occurrence(found: Found, precision: str, placed: Callable[[int], Period]) -> Core | None:
    """Next summer is the first that begins after the day; last summer the last that is over; this one is the year's."""
    if found.ref is None:
        return None
    candidates = [placed(found.ref.year + step) for step in (-2, -1, 0, 1)]
    match found.relative:
        case 1:
            period = next(one for one in candidates if one[0] > found.ref)
        case -1:
            period = next(one for one in reversed(candidates) if one[1] < found.ref)
        case _:
            running = [one for one in candidates if one[0] <= found.ref <= one[1]]
            period = running[0] if running else placed(found.ref.year)
    return fixed(precision, period, at_end=found.part == 3)


def quarter_of_ref(found: Found) -> Core | None:
    if found.ref is None:
        return None
    index = found.ref.year * 4 + (found.ref.month - 1) // 3 + found.relative
    period = periods.quarter(index // 4, index % 4 + 1)
    if found.part:
        period = periods.part_of(period, "quarter", found.part)
    return fixed("quarter", period, at_end=found.part == 3)


def day_of_month(found: Found) -> Core | None:
    """The 15th of next month; "by the 15th" is that of this month, or of the next where it is over."""
    if found.ref is None:
        return None
    number, first = found.value("d") or 0, found.ref.replace(day=1)
    if "M" in found.codes:
        day = periods.add_months(first, found.relative).replace(day=number)
        return fixed("day", (day, day))
    if not found.before.strip("z").startswith(("B", "U", "E", "~")):
        return None
    step = next(step for step in range(3) if _has_day(first, step, number) and (step or number >= found.ref.day))
    day = periods.add_months(first, step).replace(day=number)
    return fixed("day", (day, day))


def _has_day(first: date, step: int, number: int) -> bool:
    month = periods.add_months(first, step)
    return number <= periods.months(month.year, month.month)[1].day
