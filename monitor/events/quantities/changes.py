"""A figure that grew or fell: which of two was the value before, and what the two leave unsaid of each other.

        grew from 3 to 3.6 million, rose to 3.6 million from 3 million, 3-dən 3,6 milyona çatıb, вырос с 3 до 3,6 млн

Rule: only a verb of change tells an old value from a new one; without it "from 3 million to 5 million" is a range.
"""

import re
from decimal import Decimal

from monitor.events.quantities.bounds import interval
from monitor.events.quantities.phrases import REACH, SENTENCE_END
from monitor.events.quantities.quantity import Quantity
from monitor.events.quantities.words import Language

_APART = 60  # characters from one of the two to the other
_WORD = 12  # characters in which the word before a figure stands
_ADVERB = re.compile(r"(?: \w+ly)?")
_TIMES = frozenset({"years", "months", "weeks", "days", "hours"})  # when it was so much, not how much it was
_BOUNDS = frozenset({"over", "under"})  # 3 milyondan çox: the ending belongs to "more than"
_TO = frozenset({" ", " to ", " до "})
_UNSAID = Decimal(1000)  # a number below it may leave its scale to the other
_SAME = 4  # letters that two forms of a word share


def changes_before(plain: str, end: int, language: Language) -> bool:
    """Whether a verb of change governs what begins at `end` of a folded text."""
    return language.grows.search(plain, max(0, end - REACH), end) is not None


def changes_behind(plain: str, start: int, language: Language) -> bool:
    """Whether a verb of change stands at once behind what ends at `start`."""
    found = language.grew.match(plain, start, start + REACH)
    return found is not None and not found["between"]


def settled(found: list[Quantity], plain: str, language: Language) -> list[Quantity]:
    """The figures of a text in order; of each that grew or fell the value before is marked so."""
    place = 0
    while place < len(found):
        first, other = found[place], place + 1
        while other < len(found) and found[other].unit in _TIMES and first.unit not in _TIMES:
            other += 1
        if other < len(found) and _is_near(first, found[other], plain):
            found[place : other + 1] = _told(found[place : other + 1], plain, language)
        if found[place] is first and _has_left(first, plain, language):
            found[place] = _old(first)
        place += 1
    return found


def _is_near(first: Quantity, second: Quantity, plain: str) -> bool:
    if second.start - first.end > _APART or first.value is None or second.value is None:
        return False
    gap = plain[first.end : second.start]
    return ";" not in gap and SENTENCE_END.search(gap) is None


def _told(some: list[Quantity], plain: str, language: Language) -> list[Quantity]:
    """The first and the last of some figures as they tell of each other, and what stands between them."""
    first, *times, second = some
    if _opens(first, second, plain, language):
        pair = _agreed(first, second)
        if pair is not None and _has_changed(first, second, plain, language):
            return [_old(pair[0]), *times, pair[1]._replace(since=first.start)]
        if pair is not None and _is_closed(second, plain, language) and plain[first.end : second.start] in _TO:
            return [_end_of_range(one, *pair) for one in pair]
    elif _opened(second, plain, language) and _is_closed(first, plain, language):
        pair = _agreed(second, first)
        if pair is not None and (first.head or not _head(second)) and changes_before(plain, first.start, language):
            return [pair[1], *times, _old(pair[0])]
    return some


def _opens(first: Quantity, second: Quantity, plain: str, language: Language) -> bool:
    """Whether "from" stands before the first figure, or as its ending between the two."""
    if not language.in_cases:
        return _opened(first, plain, language)
    return first.qualifier not in _BOUNDS and bool(language.opens.search(plain, first.start, second.start))


def _opened(one: Quantity, plain: str, language: Language) -> bool:
    return not language.in_cases and language.opens.search(plain, max(0, one.start - _WORD), one.start) is not None


def _is_closed(one: Quantity, plain: str, language: Language) -> bool:
    """Whether "to" stands before a figure, which may have been read as a bound: до 500."""
    if one.qualifier == "up to":
        return True
    return language.closes.search(plain, max(0, one.start - _WORD), one.start) is not None


def _has_changed(first: Quantity, second: Quantity, plain: str, language: Language) -> bool:
    if language.grew.match(plain, second.end, second.end + REACH):
        return True
    if not _is_closed(second, plain, language):
        return False
    return any(changes_before(plain, one.start, language) for one in (first, second))


def _has_left(one: Quantity, plain: str, language: Language) -> bool:
    """Whether it grew from there, wherever it went: a verb of change, and "from" at once behind it."""
    opened = None if language.in_cases else language.opens.search(plain, max(0, one.start - _WORD), one.start)
    found = opened and language.grows.search(plain, max(0, opened.start() - REACH), opened.start())
    return bool(found and _ADVERB.fullmatch(found["between"]))


def _agreed(old: Quantity, new: Quantity) -> tuple[Quantity, Quantity] | None:
    """Both with the scale, the unit and the noun that one of them leaves to the other; None if they do not fit."""
    heads = _head(old), _head(new)
    plain = [one.unit == "count" and not head for one, head in zip((old, new), heads, strict=True)]
    if not (old.unit == new.unit or any(plain)):
        return None
    if old.unit == new.unit == "count" and all(heads) and heads[0][:_SAME] != heads[1][:_SAME]:
        return None
    unit = new.unit if plain[0] else old.unit
    by_old = plain[1] and not plain[0]
    if new.scale == 1 < old.scale and new.value is not None and new.value < _UNSAID and plain[1]:
        new = new._replace(flags=new.flags | {"ambiguous"})  # from 3 million to 900
    scale = new.scale if old.scale == 1 and old.value is not None and old.value < _UNSAID else Decimal(1)
    named = old if (by_old or not heads[1]) and heads[0] else new
    return _scaled(old, scale, unit, named), _scaled(new, Decimal(1), unit, named)


def _head(one: Quantity) -> str:
    return "" if one.head in _TIMES else one.head


def _scaled(one: Quantity, scale: Decimal, unit: str, named: Quantity) -> Quantity:
    if one.value is None:
        return one
    value = one.value * scale
    lo, hi = interval(value, one.qualifier, unit)
    own = one if _head(one) else named
    return one._replace(
        value=value, lo=lo, hi=hi, unit=unit, scale=one.scale * scale,
        head=own.head, modifiers=own.modifiers, phrase=own.phrase,
    )  # fmt: skip


def _old(one: Quantity) -> Quantity:
    return one._replace(flags=one.flags | {"before"})


def _end_of_range(one: Quantity, lower: Quantity, upper: Quantity) -> Quantity:
    """Either end of "from 3 million to 5 million", where nothing changes."""
    return one._replace(value=None, qualifier="range", flags=one.flags | {"range"}, lo=lower.value, hi=upper.value)
