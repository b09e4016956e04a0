"""What is read of one figure."""

from decimal import Decimal
from typing import NamedTuple


class Quantity(NamedTuple):  # a tuple is made at a third of the price, and a text has hundreds
    """A figure with its place: `text[start:end]` reaches from the qualifier to the unit or the scale.

    `value` is None where only bounds are known ("dozens", "10-15"); `lo`, `hi` are None where open. `unit` is count, %,
    a measure (km, Tbit/s, years) or a currency. `before`, `phrase` (`modifiers` and `head` in order) and `tail` are
    folded words of its sentence; `flags` may hold ambiguous (thousands or a decimal), word, vague, range,
    before (what it grew or fell from). `since` is where the figure begins that this one grew or fell from.
    """

    start: int
    end: int
    text: str
    value: Decimal | None
    lo: Decimal | None
    hi: Decimal | None
    qualifier: str
    unit: str
    scale: Decimal
    head: str
    modifiers: tuple[str, ...]
    before: str
    phrase: str
    tail: str
    flags: frozenset[str]
    rule: str
    since: int | None = None
