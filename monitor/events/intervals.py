"""What may be true, as an interval: of figures and of dates alike, and when two of them cannot both be.

Rule: two statements contradict each other only when no value satisfies both.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from storage.model import Claim, ClaimKind

INFINITE = Decimal("Infinity")
DEADLINES = frozenset({"by", "until", "before"})

# Days by which two dates of such a precision may differ and still be the same date; the coarser one decides.
_TOLERANCE = {"day": 3, "week": 7, "month": 10, "part": 10, "quarter": 31, "season": 31, "year": 31, "half": 62}
_DAYS, _RANGE_TOLERANCE = 31, 31
_AT_LEAST = frozenset({"over", "more", "at least", "at_least"})  # of figures: only their lower end is said


def span(claim: Claim) -> tuple[Decimal, Decimal]:
    """The bounds as numbers, days counted; an open end is infinite."""
    return _number(claim.lo, -INFINITE), _number(claim.hi, INFINITE)


def touch(a: Claim, b: Claim) -> bool:
    """Whether some value satisfies both claims. "Nearly 100" is not 100: an end that is only neared is left out."""
    (a_lo, a_hi), (b_lo, b_hi) = span(a), span(b)
    lo, hi = max(a_lo, b_lo), min(_roughly(a, a_hi), _roughly(b, b_hi))
    if lo != hi:
        return lo < hi
    return not any(lo == end and claim.precision == "nearly" for claim, end in ((a, a_hi), (b, b_hi)))


def _roughly(claim: Claim, hi: Decimal) -> Decimal:
    """Where "more than 2 billion" ends to one who hears it: below the next figure that is as round."""
    if claim.kind is not ClaimKind.QUANTITY or claim.precision != "over" or claim.unit == "%":
        return hi
    digits = Decimal(claim.value).normalize().as_tuple()
    if len(digits.digits) != 1 or not isinstance(digits.exponent, int):
        return hi
    return max(hi, Decimal(digits.digits[0] + 1).scaleb(digits.exponent))


def passes(new: Claim, old: Claim) -> bool:
    """More than 1,200 were there, then more than 1,400: both may be true, and the mark that is passed has moved."""
    marks = new.kind is ClaimKind.QUANTITY and {new.precision, old.precision} <= _AT_LEAST
    return marks and span(new)[0] > span(old)[0]


def apart(a: Claim, b: Claim) -> bool:
    """Whether the claims cannot both be true; dates only by more than the tolerance of the coarser one."""
    if a.kind is not ClaimKind.DATE:
        return not touch(a, b)
    both = is_deadline(a) and is_deadline(b)
    if touch(a, b) and not both:
        return False
    return abs(days_between(a, b)) > max(tolerance(a), tolerance(b))


def tolerance(claim: Claim) -> int:
    """Days; a period of a kind that has no name counts by its length."""
    if claim.precision in _TOLERANCE:
        return _TOLERANCE[claim.precision]
    lo, hi = span(claim)
    return _TOLERANCE["day"] if hi - lo <= _DAYS else _RANGE_TOLERANCE  # 10 to 14 June is told in days


def days_between(a: Claim, b: Claim) -> int:
    """From the last day of `a` to that of `b`; of periods without an end, from first to first."""
    a_hi, b_hi = span(a)[1], span(b)[1]
    if a_hi.is_finite() and b_hi.is_finite():
        return int(b_hi - a_hi)
    a_lo, b_lo = span(a)[0], span(b)[0]
    if a_lo.is_finite() and b_lo.is_finite():
        return int(b_lo - a_lo)
    return 0


def is_deadline(claim: Claim) -> bool:
    return claim.bound in DEADLINES


def narrower(a: Claim, b: Claim) -> bool:
    """Whether `a` says more than `b`: it leaves less room inside the same."""
    (a_lo, a_hi), (b_lo, b_hi) = span(a), span(b)
    return a_lo >= b_lo and a_hi <= b_hi and (a_lo, a_hi) != (b_lo, b_hi)


def equal(a: Claim, b: Claim) -> bool:
    return span(a) == span(b)


def common(claims: Sequence[Claim]) -> bool:
    """Whether one value satisfies all of them."""
    return all(not apart(a, b) for place, a in enumerate(claims) for b in claims[place + 1 :])


def voices(claims: Iterable[Claim]) -> set[str]:
    """The outlets that say it in words of their own: copies of one text count once."""
    texts: set[int] = set()
    found: set[str] = set()
    for claim in claims:
        text = claim.copy_group or claim.item_id
        if text not in texts:
            texts.add(text)
            found.add(claim.source)
    return found


def independent(a: Claim, b: Claim) -> bool:
    """Two outlets, two texts."""
    return a.source != b.source and (a.copy_group or a.item_id) != (b.copy_group or b.item_id)


def _number(bound: Decimal | date | None, absent: Decimal) -> Decimal:
    if bound is None:
        return absent
    return bound if isinstance(bound, Decimal) else Decimal(bound.toordinal())
