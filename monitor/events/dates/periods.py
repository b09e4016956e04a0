"""Stretches of whole days: months, quarters, seasons, weeks, and their beginnings, middles and ends.

Rule: what a phrase leaves open stays open. The end of a year is its last quarter, and never its last day.
"""

from datetime import date, timedelta
from functools import lru_cache

Period = tuple[date, date]

_DAY = timedelta(days=1)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_REMEMBERED = 4_096  # periods: a text that leaves its years open asks for the same ones over and over


@lru_cache(maxsize=_REMEMBERED)
def months(year: int, first: int, count: int = 1) -> Period:
    """`count` months from the month `first`, which may lie beyond the year's twelve."""
    last = add_months(date(year, 1, 1), first + count - 2)
    return add_months(date(year, 1, 1), first - 1), last.replace(day=month_length(last.year, last.month))


def year_of(year: int) -> Period:
    return date(year, 1, 1), date(year, 12, 31)


def quarter(year: int, number: int) -> Period:
    return months(year, 3 * number - 2, 3)


def half(year: int, number: int) -> Period:
    return months(year, 6 * number - 5, 6)


def season(year: int, number: int) -> Period:
    """Spring 1 to winter 4; a winter is named by the year of its December."""
    return months(year, 3 * number, 3)


def half_month(year: int, month: int, number: int) -> Period:
    first, last = months(year, month)
    return (first, first.replace(day=15)) if number == 1 else (first.replace(day=16), last)


def week(day: date, offset: int = 0) -> Period:
    """The week from Monday to Sunday that is `offset` weeks from that of `day`."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=offset)
    return monday, monday + 6 * _DAY


def week_of_month(year: int, month: int, number: int) -> Period:
    """Seven days of a month, the first 1 to the fourth 4; -1 its last seven."""
    first, last = months(year, month)
    if number < 0:
        return last - 6 * _DAY, last
    begin = first + timedelta(weeks=number - 1)
    return begin, begin + 6 * _DAY


def decade(year: int) -> Period:
    first = year - year % 10
    return date(first, 1, 1), date(first + 9, 12, 31)


@lru_cache(maxsize=_REMEMBERED)
def part_of(period: Period, unit: str, part: int) -> Period:
    """Early (1), mid (2), late (3) of a year, a quarter, half or season of months, a month or a week."""
    first, last = period
    match unit:
        case "year":
            return months(first.year, *((1, 3), (5, 4), (10, 3))[part - 1])
        case "quarter" | "season":
            return months(first.year, first.month + part - 1)
        case "half":
            return months(first.year, first.month + 2 * (part - 1), 2)
        case "month":
            return ((first, first.replace(day=10)), (first.replace(day=11), first.replace(day=20)),
                    (first.replace(day=21), last))[part - 1]  # fmt: skip
        case "week":
            return (first, first + _DAY) if part == 1 else (last - 2 * _DAY, last) if part == 3 else period
        case _:
            third = (last - first) // 3
            return first + third * (part - 1), last if part == 3 else first + third * part


def add_months(day: date, count: int) -> date:
    """The same day some months on, or the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, day.day if day.day <= 28 else min(day.day, month_length(year, month + 1)))


def month_length(year: int, month: int) -> int:
    """The number of days; calendar.monthrange finds the weekday as well, at six times the price."""
    return 29 if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else _LENGTHS[month - 1]


def add_units(day: date, unit: str, count: int) -> date:
    """A day some days (k), weeks (w), months (M) or years (y) on; raises OverflowError or ValueError beyond time."""
    match unit:
        case "k":
            return day + timedelta(days=count)
        case "w":
            return day + timedelta(weeks=count)
        case "M":
            return add_months(day, count)
        case _:
            return add_months(day, 12 * count)


def bounded(period: Period, bound: str, at_end: bool) -> tuple[date | None, date | None]:
    """The first and the last day of what is told by, before, from or after a period; None where it is open."""
    first, last = period
    match bound:
        case "by" | "until":
            return None, last
        case "before":  # before the end of a year is within the year
            return None, last if at_end else first - _DAY
        case "from":
            return first, None
        case "after":
            return last + _DAY, None
        case _:
            return first, last
