"""What a figure with its qualifier leaves possible."""

from decimal import Decimal

ZERO = Decimal(0)
_TENTH, _NINE_TENTHS, _QUARTER = Decimal("0.1"), Decimal("0.9"), Decimal("0.25")
_ROUNDED = Decimal("0.02")  # a round figure is taken for rounded by so much at most

Interval = tuple[Decimal | None, Decimal | None]


def interval(  # noqa: PLR0911  a return for each qualifier
    value: Decimal, qualifier: str, unit: str
) -> Interval:
    """The lowest and highest value; None where open. Percentages are never taken for rounded."""
    match qualifier:
        case "about":
            return value * (1 - _TENTH), value * (1 + _TENTH)
        case "nearly":
            return value * _NINE_TENTHS, value
        case "over":
            return value, value * (1 + _QUARTER)
        case "under":
            return value * (1 - _QUARTER), value
        case "at least":
            return value, None
        case "up to":
            return ZERO, value
        case _:
            room = ZERO if unit == "%" else _room(value)
            return (value - room, value + room) if room else (value, value)


def _room(value: Decimal) -> Decimal:
    """Half of the last place that is not zero: 380 is 375 to 385, 193 is 193."""
    digits = value.normalize().as_tuple()
    if not isinstance(digits.exponent, int) or digits.exponent <= 0:
        return ZERO
    return min(Decimal(5).scaleb(digits.exponent - 1), abs(value) * _ROUNDED)
