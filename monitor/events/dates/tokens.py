"""A text as a string of letters, one for each word that matters to a date, and where in the text each stands.

Rule: every step is linear, whatever the text is. What stands between two spaces is read once and remembered; what
stands between two words is a letter too where it parts or joins them.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from typing import Protocol

from monitor.events.dates import azerbaijani, english, russian
from monitor.events.dates.coded import Coded, Spots, Token
from monitor.events.dates.lexeme import (
    AMBIGUOUS,
    ANCHORS,
    COUNT,
    DAY,
    LABEL,
    MONTH,
    NUMERIC,
    OTHER,
    QUARTER,
    ROMAN,
    SPLIT_YEAR,
    WEEKDAY,
    YEAR,
    YEAR_NUMBER,
    Lexemes,
)  # fmt: skip
from monitor.words import fold

SENTENCE_BREAK, BREAK, DASH = ";", "|", "-"

_DASHES = "-‐‑‒–—−"
_NUMBERS = rf"""
      (?P<numeric>\d{{4}}-\d\d-\d\d(?:T[\d:.]{{2,15}}(?:Z|[+-]\d\d:?\d\d)?)? (?![\d])
        | \d{{1,2}}\.\d{{1,2}}\.\d{{4}}(?!\.?\d) | \d{{1,2}}/\d{{1,2}}/\d{{4}}(?![\d/]) | \d{{4}}\.\d\d\.\d\d(?![\d.]))
        (?:[{_DASHES}]?[^\W\d_]{{1,8}})?
    | (?P<clock>\d{{1,2}}:\d\d(?::\d\d)?(?!\d))
    | (?P<decimal>\d++(?:(?:\.\d++|,(?!\d{{4}}(?!\d))\d++)+|(?:/\d++)+))
    | (?P<number>\d+) (?:[{_DASHES}]?(?P<suffix>['’]?[^\W\d_][^\W_]*))?
    """
_WORDS = r"[Ff][Yy]\d{2,4}/\d{2,4}(?!\d)|[QqHh][1-4]/\d\d(?:\d\d)?(?!\d)|[^\W\d_][^\W_]*(?:['’][^\W\d_]+)*"
_NUMBER = re.compile(_NUMBERS, re.VERBOSE)
# Split at its words and numbers, a text is read at half the price of finding them one after the other.
_PIECES = re.compile(rf"({_WORDS}|{re.sub('[?]P<[a-z]+>', '?:', _NUMBERS)})", re.VERBOSE)
_SPLIT_YEAR = re.compile(r"((?:19|20)\d\d)/(\d\d|(?:19|20)\d\d)")
_NUMERIC = re.compile(r"(\d{4})[-.](\d\d)[-.](\d\d)|(\d{1,2})([./])(\d{1,2})[./](\d{4})")
_SIGNS_BEFORE = frozenset("$€£₼₽#№§@&=+")
_SIGNS_AFTER = frozenset("%‰°$€£₼₽")
_ABBREVIATED = frozenset({MONTH, YEAR, QUARTER, WEEKDAY})
_ROMANS = {"I": 1, "II": 2, "III": 3, "IV": 4}
_REMEMBERED = 32_768


class _Language(Protocol):
    """A module that is a dictionary."""

    def meaning(self, word: str, folded: str, /) -> Lexemes: ...
    def number_suffix(self, number: int, suffix: str, /) -> Lexemes: ...


_LANGUAGES: dict[str, _Language] = {"en": english, "az": azerbaijani, "ru": russian}
_NOTHING: Lexemes = ()
_UNKNOWN: Lexemes = ((OTHER, 0),)
_LONGEST_WORD = 40
_TOKENS_REMEMBERED = 32_768  # of a language; a few MB
_COMMON_SIGNS = ".,;:!?)”»"
_PERCENT_KEPT = re.compile(" (?!%)")  # 17 % is no day

_joined = itemgetter(5)
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})  # by the 15th
_LABEL_LENGTH = 7  # Q3/2027


def cues(lang: str | None) -> Callable[[str, str], bool]:
    """Whether no date is without such a word; a number alone is none but a year's, or an English "by the 15".

    It is asked with the word and with what `fold` makes of it.
    """
    known = _known(lang if lang in _LANGUAGES else None)
    lengths = (1, 2) if lang == "en" else ()

    def is_cue(word: str, folded: str) -> bool:
        if word[:1].isdecimal():
            is_number = word[:4].isdecimal() and (len(word) > 3 or len(word) in lengths)
            if is_number or word[-2:] in _ORDINAL_ENDINGS:
                return True
        lexemes = known.get(word)
        if lexemes is None:
            lexemes = known.learn(word, folded)
        return lexemes is not _UNKNOWN and any(code in ANCHORS for code, _ in lexemes)

    return is_cue


def coded(text: str, lang: str | None) -> Coded:
    known = _tokens(lang if lang in _LANGUAGES else None)
    tokens = _PERCENT_KEPT.split(text) if " %" in text else text.split(" ")
    found = [*map(known.__getitem__, tokens)]
    joined = [*map(_joined, found)]
    last = found[-1]
    joined[-1] = None if last[0] or not last[1] else last[1]
    if None in joined:
        return _one_by_one(tokens, found)
    return Coded("".join(filter(None, joined)), [*zip(map(len, tokens), found, strict=True)], [], [])


def _one_by_one(tokens: Sequence[str], found: Sequence[Token]) -> Coded:
    """The letters where it depends on the signs between two words whether they are parted."""
    gaps = _GAPS
    codes: list[str] = []
    values: list[int] = []
    spots: Spots = []
    gap, at, end, last = "", 0, 0, ""
    for token, (head, letters, said, places, tail, _) in zip(tokens, found, strict=True):
        if not letters:
            gap += f"{token} "
        else:
            if head:
                gap += head
            if gap != " ":
                start = at + places[0][0]
                parted = _parted(gap, last, token[places[0][0]], gaps)
                if parted:
                    codes.append(parted)
                    values.append(0)
                    spots.append((0, ((end, start),)))
            codes.append(letters)
            values += said
            spots.append((at, places))
            end, last = at + places[-1][1], letters[-1]
            gap = f"{tail} " if tail else " "
        at += len(token) + 1
    return Coded("".join(codes), None, values, spots)


def _parted(gap: str, last: str, following: str, gaps: Mapping[str, str]) -> str:
    """The letter of what stands between the word of the letter `last` and the sign that follows; "" for none."""
    parted = gaps.get(gap)
    if parted is None:
        parted = _gap(gap)
    if parted != ".":
        return parted
    return "" if last in _ABBREVIATED and not following.isupper() else SENTENCE_BREAK


class _Tokens(dict[str, Token]):
    """What stands between two spaces, read once: the same few thousand are most of the news."""

    def __init__(self, look_up: Callable[[str], Lexemes]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, token: str) -> Token:
        word = token.rstrip(_COMMON_SIGNS)
        if len(word) > _LONGEST_WORD:
            return _read(token, self._look_up)
        if len(self) >= _TOKENS_REMEMBERED:
            self.clear()
        self[token] = made = _plain(word, token, self._look_up(word)) if word.isalpha() else _read(token, self._look_up)
        return made


@cache
def _tokens(lang: str | None) -> _Tokens:
    return _Tokens(_known(lang).__getitem__)


def _plain(word: str, token: str, lexemes: Lexemes) -> Token:
    """A word of letters alone, with a sign or two behind it."""
    return _shared(lexemes, len(word), token[len(word) :])


def _before_another(head: str, letters: str, tail: str) -> str | None:
    """The letters of a token with what parts it from the word behind it; None where the next word decides."""
    if head or not letters:
        return None
    gap = f"{tail} "
    parted = _GAPS.get(gap)
    if parted is None:
        parted = _gap(gap)
    if parted == "." and letters[-1] in _ABBREVIATED:
        return None
    return letters + (SENTENCE_BREAK if parted == "." else parted)


@lru_cache(maxsize=_REMEMBERED)
def _shared(lexemes: Lexemes, length: int, tail: str) -> Token:
    """One for all words that say nothing: thousands of equal ones would be fetched from far away in memory."""
    codes, values = zip(*lexemes, strict=True)
    letters = "".join(codes)
    return "", letters, values, ((0, length),) * len(lexemes), tail, _before_another("", letters, tail)


def _read(token: str, look_up: Callable[[str], Lexemes]) -> Token:
    codes: list[str] = []
    values: list[int] = []
    places: list[tuple[int, int]] = []
    head, *pieces = _PIECES.split(token)
    end, last, gap = len(head), "", ""
    for word, behind in zip(pieces[::2], pieces[1::2], strict=True):
        start = end + len(gap)
        if gap:
            parted = _parted(gap, last, word[0], _GAPS)
            if parted:
                codes.append(parted)
                values.append(0)
                places.append((end, start))
        end = start + len(word)
        lexemes = look_up(word) if end - start <= _LONGEST_WORD else _UNKNOWN
        if word[0].isdecimal() and (_is_sum(token, start, end) or (gap and gap in _DASHES and last == OTHER)):
            lexemes = _UNKNOWN
        for last, value in lexemes:
            codes.append(last)
            values.append(value)
            places.append((start, end))
        gap = behind
    letters = "".join(codes)
    head = head if pieces else ""
    return head, letters, tuple(values), tuple(places), gap, _before_another(head, letters, gap)


def _is_sum(text: str, start: int, end: int) -> bool:
    """A number with a sign that no date has: $2026, №5, 17 %."""
    return (start > 0 and text[start - 1] in _SIGNS_BEFORE) or (
        end < len(text) and (text[end] in _SIGNS_AFTER or text[end : end + 2] == " %")
    )


_GAPS = {
    " ": "",
    "": "",
    "\u00a0": "",
    ", ": ",",
    ",": ",",
    "-": DASH,
    "–": DASH,
    " - ": DASH,
    " – ": DASH,
    " — ": DASH,
}


def _gap(gap: str) -> str:
    """The letter of what stands between two words; "." for a stop that may be an abbreviation's."""
    shown = gap.strip()
    if not shown:
        return SENTENCE_BREAK if gap.count("\n") > 1 else ""
    if shown in {"(", ")", ",", "."}:
        return shown
    if shown in {".,", "),"}:
        return ","
    if shown[0] == "." and shown[1:].strip() in {"-", "–", "—"}:
        return DASH
    if len(shown) == 1 and shown in _DASHES:
        return DASH
    return SENTENCE_BREAK if any(sign in shown for sign in ".!?…") or "\n\n" in gap else BREAK


class _Known(dict[str, Lexemes]):
    """What words of a language mean, as they are met."""

    def __init__(self, language: _Language | None) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, word: str) -> Lexemes:
        return self.learn(word, fold(word))

    def learn(self, word: str, folded: str) -> Lexemes:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[word] = found = _meaning(word, folded, self._language) or _UNKNOWN
        return found


@cache
def _known(lang: str | None) -> _Known:
    return _Known(_LANGUAGES[lang] if lang else None)


def _meaning(word: str, folded: str, language: _Language | None) -> Lexemes:
    if word[0].isdecimal():
        return _number(word, language)
    if word in _ROMANS:
        return ((ROMAN, _ROMANS[word]),)
    if language is None:
        return _NOTHING
    label = english.label(folded) if len(word) <= _LABEL_LENGTH and word[-1].isdecimal() else None
    return ((LABEL, label),) if label else language.meaning(word, folded)


def _number(word: str, language: _Language | None) -> Lexemes:
    found = _NUMBER.fullmatch(word)
    if found is None or found["clock"]:
        return _NOTHING
    if found["decimal"]:
        return _split_year(word)
    if found["numeric"]:
        return _numeric(found["numeric"], word, language)
    digits, suffix = found["number"], found["suffix"]
    if len(digits) > 4:
        return _NOTHING
    return _bare(int(digits), digits) if suffix is None else _with_suffix(word, int(digits), suffix, language)


def _split_year(word: str) -> Lexemes:
    """2026/27: two years that touch, and no fraction."""
    found = _SPLIT_YEAR.fullmatch(word)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2][-2:]):
        return _NOTHING
    return ((SPLIT_YEAR, int(found[1])),)


def _with_suffix(word: str, number: int, suffix: str, language: _Language | None) -> Lexemes:
    """3Q26, 17-də, 5-May."""
    label = english.label(fold(word)) if len(word) <= _LABEL_LENGTH else None
    if label or language is None:
        return ((LABEL, label),) if label else _NOTHING
    folded = fold(suffix)
    known = language.number_suffix(number, folded)
    if known or number > 31:
        return known
    glued = language.meaning(suffix, folded)
    return ((DAY, number), *glued) if glued and glued[0][0] == MONTH and number else _NOTHING


def _bare(number: int, digits: str) -> Lexemes:
    if len(digits) == 4:
        return ((YEAR_NUMBER, number),) if 1800 <= number <= 2100 else _NOTHING
    if 1 <= number <= 31 and len(digits) <= 2:
        return ((DAY, number),)
    return ((COUNT, number),) if number else _NOTHING


def _numeric(numeric: str, word: str, language: _Language | None) -> Lexemes:
    """A date of digits; 10/06/2025 may be either day, where 23/06/2025 and 10.06.2025 may not."""
    found = _NUMERIC.match(numeric)
    if found is None:
        return _NOTHING
    if found[1]:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    else:
        day, month, year = int(found[4]), int(found[6]), int(found[7])
        if found[5] == "/" and month > 12:
            day, month = month, day
        elif found[5] == "/" and day <= 12 and day != month:
            return ((AMBIGUOUS, 0),)
    suffix = fold(word[len(numeric) :].lstrip(_DASHES))
    if year < 1000 or not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return _NOTHING
    behind = language.number_suffix(2000, suffix)[1:] if suffix and language else _NOTHING
    return ((NUMERIC, date(year, month, day).toordinal()), *behind)
