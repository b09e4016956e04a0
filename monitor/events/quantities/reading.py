"""From a text to its figures: find the digits and the number words, then look to both sides of each.

Rule: no look goes further than `REACH` characters, so that a megabyte of digits costs what a megabyte of words costs.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import NamedTuple

from monitor.events.dates import DateSpan
from monitor.events.quantities.bounds import interval
from monitor.events.quantities.changes import changes_before, changes_behind, settled
from monitor.events.quantities.level import LEVEL
from monitor.events.quantities.phrases import REACH, SENTENCE_END, Phrase, owner, phrase
from monitor.events.quantities.quantity import Quantity
from monitor.events.quantities.words import (
    CURRENCY,
    CURRENCY_SIGNS,
    LANGUAGES,
    UNIT,
    UNIT_NAMES,
    Language,
    beside,
    may_be_unit,
    word_behind,
)

QUANTITIES_LIMIT = 5_000  # of one text; the longest text that is kept holds fewer words of news
NUMBERS_LIMIT = 20_000  # of a text that are looked at

_QUALIFIER_REACH = 30
_LONGEST_NUMBER, _LONGEST_BETWEEN = 24, 9
_NO_FLAGS, _ONE = frozenset[str](), Decimal(1)
_SPACES = " \u00a0\u202f\u2009"
_CLOSED = dict.fromkeys(map(ord, _SPACES))
_DIGITS = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?![\d{_SPACES}]?\d)|\d++(?:[.,]\d++)*+"
# The same at the beginning of a word, and told by its first sign: digits alone are found at a tenth of the price.
_NUMBER = re.compile(
    rf"(?P<digits>\d(?<!\w\d)(?:\d{{0,2}}(?:[{_SPACES}]\d{{3}})+(?![\d{_SPACES}]?\d)|\d*+(?:[.,]\d++)*+))"
)
_GROUPED = re.compile(rf"\d{{1,3}}(?:[{_SPACES}.,]\d{{3}})+")
_RANGE = re.compile(rf"\s?[-–—]\s?(?P<upper>{_DIGITS})(?!\w)")
_BETWEEN = re.compile(r"(?<!\w)(?:between|from|от|между)\s$")
_AND_UPPER = re.compile(rf"\s(?:and|to|до|и)\s(?P<upper>{_DIGITS})(?!\w)")


def scan(text: str, lang: str | None, dates: Sequence[DateSpan] = (), *, in_digits: bool = False) -> list[Quantity]:
    """The figures of a text in order; those inside one of `dates` are left out.

    `in_digits`: it is known that none of its words is a number.
    """
    language = LANGUAGES.get(lang or "")
    if language is None:
        return []
    reader = _Reader(text, text.translate(LEVEL), lang or "", language)
    taken = [(span.start, span.end) for span in dates]
    found: list[Quantity] = []
    for quantity in reader.quantities(_NUMBER if in_digits else _candidates(lang or "")):
        while taken and taken[0][1] <= quantity.start:
            taken.pop(0)
        if not taken or quantity.end <= taken[0][0]:
            found.append(quantity)
        if len(found) == QUANTITIES_LIMIT:
            break
    return settled(found, reader.plain, language)


def cues(lang: str | None) -> frozenset[str]:
    """The words, as `letters` leaves them, without one of which or a digit there is no figure in a text."""
    language = LANGUAGES.get(lang or "")
    if language is None:
        return frozenset()
    return frozenset(name.split()[-1] for name in (*language.numbers, *language.vague))


class _Number(NamedTuple):
    start: int
    end: int
    value: Decimal
    flags: frozenset[str]


@cache
def _candidates(lang: str) -> re.Pattern[str]:
    language = LANGUAGES[lang]
    words = sorted((*language.numbers, *language.vague), key=len, reverse=True)
    return re.compile(rf"(?<![\w])(?:(?P<digits>{_DIGITS})|(?P<word>{'|'.join(words)})(?!\w))")


class _Reader:
    def __init__(self, text: str, plain: str, lang: str, language: Language) -> None:
        self.text, self.plain, self.lang, self.language = text, plain, lang, language
        self.beside = beside(lang)

    def quantities(self, candidates: re.Pattern[str]) -> Iterator[Quantity]:
        at = 0
        for count, found in enumerate(candidates.finditer(self.plain)):
            if count == NUMBERS_LIMIT:
                return
            if found.start() < at or self._is_a_name(found.start(), found.end()):
                continue
            quantity = self._digits(found) if found.lastgroup == "digits" else self._word(found)
            if quantity is not None:
                at = quantity.end
                yield quantity

    def _is_a_name(self, start: int, end: int) -> bool:
        """Glued to letters or signs, or behind a word that makes it the number of something."""
        plain = self.plain
        previous, following = plain[start - 1 : start], plain[end : end + 2]
        if previous and (
            previous in "-–#№/:.,_+@&=*" and not (previous == "-" and plain[start - 2 : start - 1] in " (")
        ):
            return True
        if (following[:1] in _GLUE and following[1:].isalnum()) or (end - start == 1 and _IN_FOUR.match(plain, end)):
            return True
        left = plain[max(0, start - _QUALIFIER_REACH) : start]
        if (following[:1] in _DASHES and _HALF_A_NAME.match(plain, end)) or (
            left.endswith(_IN) and _ONE_IN.search(left)
        ):
            return True
        if self.beside.ends_name(left[left.rfind(" ", 0, -1) + 1 :]) and (found := self.language.names.search(left)):
            return not (found.start() and left[found.start() - 1].isalpha())  # "laptop 5"
        return left[-1:] == " " and left[-2:-1].isdecimal()  # a row of numbers

    def _digits(self, found: re.Match[str]) -> Quantity | None:
        (start, end), plain = found.span(), self.plain
        if end - start > _LONGEST_NUMBER:
            return None
        behind = plain[end : end + _QUALIFIER_REACH]
        glued = behind[:1].isalpha() and not self.language.scales.match(behind) and not UNIT.match(behind)
        if glued or (behind[:1] != " " and self.language.ordinal.match(behind)) or self._is_date(start, end):
            return None
        number = self._parsed(plain[start:end], start, end)
        if number is None:
            return None
        upper = (None if _DASHES.isdisjoint(behind[:2]) else _RANGE.match(plain, end)) or self._between(start, end)
        if upper:
            return self._range(number, upper)
        return self._quantity(number, "number")

    def _between(self, start: int, end: int) -> re.Match[str] | None:
        """Between 10 and 15, от 10 до 15."""
        may_open = self.plain[start - 2 : start - 1] in _BETWEEN_ENDS
        opened = may_open and _BETWEEN.search(self.plain, max(0, start - _LONGEST_BETWEEN), start)
        if not opened or changes_before(self.plain, opened.start(), self.language):
            return None
        return _AND_UPPER.match(self.plain, end)

    def _word(self, found: re.Match[str]) -> Quantity | None:
        start, end = found.span()
        word = found["word"]
        vague = self.language.vague.get(word)
        if vague is not None:
            named = phrase(self.plain, end, self.lang)
            return self._made((start, end), None, (Decimal(vague[0]), Decimal(vague[1])), "vague", "count", named)
        value, end = self._compound(self.language.numbers[word], end)
        number = _Number(start, end, Decimal(value), frozenset({"word"}))
        quantity = self._quantity(number, "number word")
        if quantity is None or (quantity.unit == "count" and quantity.scale == 1 and not quantity.head):
            return None
        return quantity

    def _compound(self, value: int, end: int) -> tuple[int, int]:
        """Twenty-five, two hundred and fifty, iyirmi beş, on bir."""
        lowest_ten, words, added = self.language.lowest_ten, self.language.numbers, self.language.added
        for _ in range(4):
            found = _NEXT_WORD.match(self.plain, end)
            more = (words.get(found[1]) or added.get(found[1], 0)) if found else 0
            if found is None or not more:
                break
            if more == 100 and value < 10:
                value *= 100
            elif (value % 100 == 0 and more < 100) or (value % 100 >= lowest_ten and value % 10 == 0 and more < 10):
                value += more
            else:
                break
            end = found.end()
        return value, end

    def _is_date(self, start: int, end: int) -> bool:
        """A day beside its month, a year behind its preposition, 28.11.2025."""
        digits = self.plain[start:end]
        if not digits.isdecimal():
            return digits.count(".") > 1 and not _GROUPED.fullmatch(digits)
        if len(digits) > 1 and digits[0] == "0":
            return True
        number = int(digits) if len(digits) <= 4 else 0
        is_year = len(digits) == 4 and 1800 <= number <= 2100
        is_dated = (1 <= number <= 31 or is_year) and self._has_month(start, end, number)
        return is_dated or (is_year and self._is_year(start, end, number))

    def _has_month(self, start: int, end: int, number: int) -> bool:
        months = self.language.months
        if number <= 31 and months.match(self.plain[end : end + _QUALIFIER_REACH].lstrip()):
            return True
        left = self.plain[max(0, start - _QUALIFIER_REACH) : start].rstrip(", ")
        return self.beside.ends_month(left.rpartition(" ")[2])

    def _is_year(self, start: int, end: int, number: int) -> bool:
        """2026, unless a unit, a qualifier or a plural says that it counts: 2000 villages."""
        behind = self.plain[end : end + _QUALIFIER_REACH]
        if _YEAR_WORD.match(behind):
            return True
        if self.language.scales.match(behind) or UNIT.match(behind.lstrip("-")):
            return False
        left = self.plain[max(0, start - _QUALIFIER_REACH) : start]
        if self.language.before.search(left) and not self.language.in_years.search(left):
            return False
        return number % 100 != 0 or not phrase(self.plain, end, self.lang).head

    def _parsed(self, digits: str, start: int, end: int) -> _Number | None:
        """The number; 2.500 people are thousands, 2.500 km may be either."""
        if digits.isdecimal():
            return _Number(start, end, Decimal(digits), _NO_FLAGS)
        flags: set[str] = set()
        compact = digits.translate(_CLOSED)
        comma, stop = compact.count(","), compact.count(".")
        decimal, grouping = (",", ".") if self.language.decimal_comma else (".", ",")
        if comma + stop == 1:
            sign = "," if comma else "."
            if len(compact.partition(sign)[2]) == 3 and len(compact.partition(sign)[0]) <= 3:
                has_unit = bool(self.language.scales.match(self.plain, end) or UNIT.match(self.plain, end))
                if (sign in {decimal, "."}) and not has_unit:
                    flags.add("ambiguous")
                compact = compact.replace(sign, "." if sign == decimal and has_unit else "")
            else:
                compact = compact.replace(sign, ".")
        else:
            compact = (
                compact.replace(grouping, "").replace(decimal, ".") if comma and stop else compact.replace(",", "")
            )
            if compact.count(".") > 1:
                compact = compact.replace(".", "")
        try:
            return _Number(start, end, Decimal(compact), frozenset(flags))
        except InvalidOperation:
            return None

    def _quantity(self, number: _Number, rule: str) -> Quantity | None:
        plain, language = self.plain, self.language
        start, end, value = number.start, number.end, number.value
        scale, end = self._scale(end)
        value *= scale
        if scale == 1000 and self.lang != "en":
            value, end = self._with_hundreds(value, end)
        currency, start = self._currency(start)
        qualifier, start = self._qualifier_before(start)
        if language.times.match(plain, end):
            return None
        unit, end, glued = self._unit(end, currency)
        after = language.after.match(plain, end)
        if after and after.end() > end:
            qualifier, end = _named(after), after.end()
            if qualifier == "up to" and changes_behind(plain, end, language):
                qualifier = "exact"  # 500-ə qədər artıb
            if unit == "count":
                unit, end, glued = self._unit(end, currency)
        if after is None and self.lang == "az":
            case = _AZERBAIJANI_CASE.match(plain, end)
            end = case.end() if case else end
        if plain[end : end + 1].isalpha():
            return None
        named = phrase(self.plain, end, self.lang, of=unit != "count")
        if (unit == "%" and self.lang == "az" and not named.head) or unit == "count":
            named = owner(plain, start, named, self.lang, share=unit == "%")
        lo, hi = interval(value, qualifier, unit)
        flags = number.flags | {"attributive"} if glued else number.flags
        return self._made((start, end), value, (lo, hi), qualifier, unit, named, scale=scale, flags=flags, rule=rule)

    def _scale(self, end: int) -> tuple[Decimal, int]:
        found = self.beside.is_scale(word_behind(self.plain, end)) and self.language.scales.match(self.plain, end)
        if not found or not found.lastindex:
            return _ONE, end
        return self.language.scale_values[found.lastindex - 1], found.end()

    def _with_hundreds(self, value: Decimal, end: int) -> tuple[Decimal, int]:
        """2 min 431 nəfər."""
        found = _HUNDREDS.match(self.plain, end)
        return (value + int(found[1]), found.end()) if found else (value, end)

    def _currency(self, start: int) -> tuple[str, int]:
        found = CURRENCY.search(self.plain, max(0, start - 5), start)
        return (CURRENCY_SIGNS.get(found[0].strip(), found[0].strip().upper()), found.start()) if found else ("", start)

    def _qualifier_before(self, start: int) -> tuple[str, int]:
        found = self.language.before.search(self.plain[max(0, start - _QUALIFIER_REACH) : start])
        if found is None:
            return "exact", start
        begin = max(0, start - _QUALIFIER_REACH) + found.start()
        if found["up_to"] in self.language.reaching and changes_before(self.plain, begin, self.language):
            return "exact", start  # выросло до 500
        return _named(found), begin

    def _unit(self, end: int, currency: str) -> tuple[str, int, bool]:
        """The unit, where it ends, and whether it is hyphened on: a two-year project."""
        if currency:
            return currency, end, False
        found = UNIT.match(self.plain, end) if may_be_unit(word_behind(self.plain, end)) else None
        if found is None:
            return "count", end, False
        return UNIT_NAMES[found.lastgroup or ""], found.end(), found[0].startswith("-")

    def _range(self, lower: _Number, upper: re.Match[str]) -> Quantity | None:
        """10-15 countries, $5-6 million."""
        high = self._parsed(upper["upper"], upper.start("upper"), upper.end("upper"))
        if high is None or high.value <= lower.value:
            return None
        scale, end = self._scale(upper.end())
        if self.language.times.match(self.plain, end):
            return None
        currency, start = self._currency(lower.start)
        unit, end, _ = self._unit(end, currency)
        named = phrase(self.plain, end, self.lang, of=unit != "count")
        if unit == "count" and not named.head and scale == 1:
            return None
        bounds = lower.value * scale, high.value * scale
        return self._made((start, end), None, bounds, "range", unit, named, scale=scale, flags=frozenset({"range"}))

    def _made(  # noqa: PLR0917  the parts of one figure
        self,
        place: tuple[int, int],
        value: Decimal | None,
        bounds: tuple[Decimal | None, Decimal | None],
        qualifier: str,
        unit: str,
        named: Phrase,
        *,
        scale: Decimal = _ONE,
        flags: frozenset[str] = _NO_FLAGS,
        rule: str = "number",
    ) -> Quantity:
        start, end = place
        plain = _plain(value)
        return Quantity(
            start,
            end,
            self.text[start:end],
            plain,
            plain if bounds[0] is value else _plain(bounds[0]),
            plain if bounds[1] is value else _plain(bounds[1]),
            qualifier,
            unit,
            scale,
            named.head,
            named.modifiers,
            self._before(start),
            named.words,
            named.tail,
            flags if qualifier != "vague" else flags | {"vague"},
            rule,
        )

    def _before(self, start: int) -> str:
        left = self.plain[max(0, start - REACH) : start]
        ends = [found.end() for found in SENTENCE_END.finditer(left)]
        return left[ends[-1] :] if ends else left


def _named(found: re.Match[str]) -> str:
    """The qualifier that an expression found."""
    name = (found.lastgroup or "").replace("_", " ")
    return "over" if name == "exceeded" else name


def _plain(value: Decimal | None) -> Decimal | None:
    """Without an exponent and zeros behind the point: 2.50E+3 is 2500."""
    if value is None:
        return None
    whole = value.to_integral_value()
    return Decimal(int(whole)) if value == whole else value.normalize()


_NEXT_WORD = re.compile(r"[ -](?:and )?([^\W\d_]+)(?!\w)")
_GLUE, _DASHES, _BETWEEN_ENDS = frozenset("/:_@"), frozenset("-–—"), frozenset("nmту")  # the last letters of `_BETWEEN`
_IN = ("in ", "of ", "every ")
_ONE_IN = re.compile(r"(?:\d|one|two|three) (?:in|out of) (?:every )?$")
_IN_FOUR = re.compile(r" (?:in|out of) (?:every )?\d+ ")
_HALF_A_NAME = re.compile(r"[-–]\d+[^\W\d_]")  # 3-4G
_YEAR_WORD = re.compile(r"-?(?:ci|cu)?\s?(?:years?|il\w*|год\w*|г\.|гг\.)(?!\w)")
_HUNDREDS = re.compile(r" (\d{1,3})(?!\w|[.,]\d)")
_AZERBAIJANI_CASE = re.compile(r"(?:-?(?:[nys]?[aeiu]n?|[iu]nd?[ae]n?|d[ae]n?|nin|in|un|luq|lik)(?!\w))")
