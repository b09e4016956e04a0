"""The alphabet in which a text is rewritten before a date is looked for: one letter for each kind of word.

Rule: patterns know these letters alone. What a word of a language means is its dictionary's business, and a new
language is a new dictionary. A word may mean two things at once: `sonunadək` is an end and an until.
"""

from collections.abc import Iterable, Mapping

Lexemes = tuple[tuple[str, int], ...]
"""(letter, value) of each meaning of a word, in the order in which they are read."""

DAY = "d"  # 1 to 31; a count too
COUNT = "n"
YEAR_NUMBER = "Y"
SPLIT_YEAR = "9"  # 2026/27, of a winter or a fiscal year; the value is the first
FISCAL = "l"
NUMERIC = "N"  # a date of digits; the value is its ordinal
AMBIGUOUS = "/"
DECADE_NUMBER = "D"  # 1990s
MONTH = "m"  # value 1 to 12, more with INFLECTED
SEASON = "s"  # 1 spring to 4 winter
QUARTER = "q"
HALF = "h"
LABEL = "Q"  # Q3, H1, 3Q26: part * 10,000 + year
ORDINAL = "o"
ROMAN = "R"
YEAR, MONTH_UNIT, WEEK, DAY_UNIT, DECADE, WEEKEND = "y", "M", "w", "k", "0", "p"
WEEKDAY = "W"  # 0 Monday to 6 Sunday
RELATIVE = "r"  # -1 last, 0 this, 1 next; with SPANNING as far as ref
PART = "T"  # 1 early, 2 mid, 3 late: stands before or behind its period
PART_NOUN = "V"  # likewise, but needs an "of"
OFFSET = "J"  # days from ref
DAYTIME = "j"
AGO = "G"
LATER = "v"  # 1 later, -1 earlier
BY, UNTIL, BEFORE, SINCE, AFTER = "B", "U", "E", "S", "A"
IN, OVER, WITHIN, THROUGH, BETWEEN, IN_TIME = "i", "O", "K", "t", "b", "c"
POST_BY, POST_FROM, POST_EVER, POST_LATE = "L", "Z", "e", "g"  # behind their date, as Azerbaijani has it
THE, OF, AND, NOT, THAN, ONE = "z", "f", "&", "~", ">", "a"
LEAST = "_"  # until at least 2030
NOW, TIME, NEW = "!", "I", "="  # from now, this time next year, New Year
NUMBERED = "#"  # the Russian "число": the day of a month by its number
DATED = "C"
FUTURE, PAST, PRESENT, REPORTED, COPULA = "F", "P", "u", "X", "H"
OTHER = "x"

ANCHORS = frozenset("mYsqQhWJMwkyjDN0/p#9")  # no date is without one of these

INFLECTED = 100  # of a month or season: a case says that it is a date
NEEDS_YEAR = 200  # of a season whose word means other things as well
PLURAL = 1  # of a unit: years
MORROW = 7  # of a weekday: the Azerbaijani "ertəsi", Monday behind "bazar"
OF_YEAR = 1  # of a half that is never half of anything else
TENTH = 1  # of a numbered day: ten of them, early, in the middle or late in a month
TURN = 4  # of a part: from the last month of a year to the first of the next
HALF_OF_ONE = 2  # of a half: half a year is no half of the year
SPANNING = 10  # of a relative word: "the past", "the coming"


def dictionary(*groups: Mapping[str, Iterable[tuple[str, int]] | Lexemes]) -> dict[str, Lexemes]:
    """Words (several in one key, parted by spaces) to their lexemes."""
    found: dict[str, Lexemes] = {}
    for group in groups:
        for words, lexemes in group.items():
            found.update(dict.fromkeys(words.split(), tuple(lexemes)))
    return found


def numbered(code: str, *names: str, first: int = 1) -> dict[str, Lexemes]:
    """Names in their order, each with its number; several forms of one name are parted by spaces."""
    return {name: ((code, number),) for number, name in enumerate(names, start=first)}
