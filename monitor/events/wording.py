"""Figures, days and what changed between them, in the words that people use.

Rule: never a day where the source gave a month, never an exact number where it said "about".
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal

from alerts.visible import counted
from monitor.events.intervals import days_between
from storage.model import Claim, ClaimKind, Modality

_QUALIFIED = {
    "about": "about ",
    "nearly": "nearly ",
    "over": "more than ",
    "more": "more than ",
    "at_least": "at least ",
    "at least": "at least ",
    "up_to": "up to ",
    "up to": "up to ",
    "under": "less than ",
    "less": "less than ",
}
_PHASES = {
    "start": "Start",
    "end": "Completion",
    "sign": "Signing",
    "adopt": "Adoption",
    "hold": "Date",
    "cover": "Period",
    "moved": "New date",
}
_CLASSES = {  # a component stands for a class of things: a law is no declaration, a bridge no line
    "declaration": "document",
    "centre": "institution",
    "line": "link",
    "network": "infrastructure",
}
_SEASONS = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}
_PARTS = {  # (first month, months) of a year
    (1, 12): "",
    (1, 3): "early ",
    (5, 4): "mid-",
    (10, 3): "end of ",
    (1, 6): "first half of ",
    (7, 6): "second half of ",
}
_MILLION, _BILLION = Decimal(1_000_000), Decimal(1_000_000_000)
_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def spoken(claim: Claim) -> str:
    """A claim's value: "about 1,400", "44 km", "end of 2026", "by 15 October 2025", "under way"."""
    match claim.kind:
        case ClaimKind.QUANTITY:
            return _QUALIFIED.get(claim.precision, "") + amount(Decimal(claim.value), claim.unit)
        case ClaimKind.DATE:
            return period(_day(claim.lo), _day(claim.hi), bound=claim.bound, precision=claim.precision)
        case _:
            return claim.value


def amount(value: Decimal, unit: str) -> str:
    """A number with its unit: 1,400; 44 km; 51 million USD; 96 %."""
    if abs(value) >= _MILLION and value % 1000 == 0:
        scale, name = (_BILLION, "billion") if abs(value) >= _BILLION else (_MILLION, "million")
        number = f"{_plain(value / scale)} {name}"
    else:
        number = _plain(value)
    return number if unit in {"", "count"} else f"{number} {unit}"


def period(lo: date | None, hi: date | None, *, bound: str = "in", precision: str = "") -> str:
    """A day, month, quarter, half, season or year, or whatever lies between two days; `~` where an end is open."""
    if lo is None and hi is None:
        return "~"
    if lo is None:
        return _deadline(hi, bound) if hi else "~"
    if hi is None:
        return f"from {_spoken_day(lo)}"
    if lo == hi:
        return _spoken_day(lo)
    return _named_period(lo, hi, precision) or f"{_spoken_day(lo)} to {_spoken_day(hi)}"


def delta(old: Claim, new: Claim) -> str:
    """How far apart two values are, in the unit people use: "+24 months", "+11 days", "+400", "+5 points"."""
    if old.kind is ClaimKind.DATE:
        return time_between(old, new)
    if old.kind is not ClaimKind.QUANTITY or old.unit != new.unit:
        return ""
    difference = Decimal(new.value) - Decimal(old.value)
    sign = "+" if difference > 0 else "−"
    points = "point" if abs(difference) == 1 else "points"
    unit = points if old.unit == "%" else old.unit
    return f"{sign}{amount(abs(difference), unit)}"


def time_between(old: Claim, new: Claim) -> str:
    """Whole months where both end with a month, else days; a minus for what was brought forward."""
    days = days_between(old, new)
    sign = "+" if days > 0 else "−"
    a, b = _day(old.hi), _day(new.hi)
    if a and b and _ends_month(a) and _ends_month(b) and (a.year, a.month) != (b.year, b.month):
        return f"{sign}{counted(abs((b.year - a.year) * 12 + b.month - a.month), 'month')}"
    return f"{sign}{counted(abs(days), 'day')}"


def nth(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    ending = "th" if 10 <= number % 100 <= 20 else _ORDINALS.get(number % 10, "th")
    return f"{number}{ending}"


def label(claim: Claim) -> str:
    """What a claim measures: "Completion of laying (lake-cable)", "Participants, registered (forum-27)"."""
    of = f" ({claim.subject})" if claim.subject else ""
    if claim.kind is ClaimKind.DATE:
        component, _, phase = claim.measure.partition(".")
        name = _PHASES.get(phase, phase or claim.measure)
        if not component and of:
            return f"{name}{of}"
        return f"{name} of {_class(component)}{of}" if component else name
    if claim.kind is ClaimKind.STATUS:
        return f"Status of {_class(claim.facet)}{of}" if claim.facet else f"Status{of}"
    name = claim.measure.removeprefix("n:").replace("_", " ").replace("-", " ").replace(".", " ")
    facet = f", {claim.facet.replace('_', ' ')}" if claim.facet else ""
    return f"{name[:1].upper()}{name[1:]}{facet}{of}"


def qualified(claim: Claim) -> str:
    """The value with what is only planned told as such."""
    said = spoken(claim)
    if claim.kind is ClaimKind.QUANTITY and claim.modality in {Modality.PLANNED, Modality.EXPECTED}:
        return f"{said} ({claim.modality.value})"
    if claim.kind is ClaimKind.DATE and claim.modality is Modality.DONE:
        return f"{said} (done)"
    return said


def _class(component: str) -> str:
    return _CLASSES.get(component, component.replace("-", " "))


def _deadline(day: date, bound: str) -> str:
    if bound == "before":
        return f"before {_spoken_day(date.fromordinal(day.toordinal() + 1))}"
    if (day.month, day.day) == (12, 31):
        return f"end of {day.year}"
    return f"end of {day:%B %Y}" if _ends_month(day) else f"by {_spoken_day(day)}"


def _named_period(lo: date, hi: date, precision: str) -> str:
    """A month, season, quarter, part or half of a year, or whole years and months; else nothing."""
    if lo.day != 1 or not _ends_month(hi):
        return ""
    months = (hi.year - lo.year) * 12 + hi.month - lo.month + 1
    if months == 3 and precision == "season" and lo.month in _SEASONS:
        return f"{_SEASONS[lo.month]} {hi.year}"
    if months == 3 and precision == "quarter":
        return f"Q{(lo.month + 2) // 3} {lo.year}"
    if (named := _PARTS.get((lo.month, months))) is not None:
        return f"{named}{lo.year}"
    if lo.month == 1 and hi.month == 12:
        return f"{lo.year}–{hi.year}"
    begun = f"{lo:%B}" if lo.year == hi.year else f"{lo:%B %Y}"
    return f"{lo:%B %Y}" if months == 1 else f"{begun} to {hi:%B %Y}"


def _spoken_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _ends_month(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
