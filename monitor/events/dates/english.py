"""What English words mean in a date."""

import re

from monitor.events.dates.lexeme import (
    AFTER,
    AGO,
    AND,
    BEFORE,
    BETWEEN,
    BY,
    COPULA,
    COUNT,
    DAY_UNIT,
    DAYTIME,
    DECADE,
    FISCAL,
    FUTURE,
    HALF,
    IN,
    LATER,
    LEAST,
    MONTH,
    MONTH_UNIT,
    NEEDS_YEAR,
    NEW,
    NOT,
    NOW,
    OF,
    OFFSET,
    ONE,
    ORDINAL,
    OVER,
    PART,
    PART_NOUN,
    PAST,
    PLURAL,
    POST_EVER,
    PRESENT,
    QUARTER,
    RELATIVE,
    REPORTED,
    SEASON,
    SINCE,
    SPANNING,
    SPLIT_YEAR,
    THAN,
    THE,
    THROUGH,
    TIME,
    TURN,
    UNTIL,
    WEEK,
    WEEKDAY,
    WEEKEND,
    WITHIN,
    YEAR,
    YEAR_NUMBER,
    Lexemes,
    dictionary,
    numbered,
)  # fmt: skip

_WORDS = dictionary(
    numbered(
        MONTH, "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep sept", "october oct", "november nov", "december dec",
    ),
    numbered(SEASON, "spring", "summer", "autumn", "winter"),
    {"fall": ((SEASON, 3 + NEEDS_YEAR),)},
    numbered(
        WEEKDAY, "monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri", "saturday sat",
        "sunday sun", first=0,
    ),
    numbered(
        COUNT, "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ),
    {"thirty": ((COUNT, 30),), "forty": ((COUNT, 40),), "fifty": ((COUNT, 50),), "a an": ((ONE, 1),)},
    numbered(ORDINAL, "first 1st", "second 2nd", "third 3rd", "fourth 4th final"),
    {
        "quarter": ((QUARTER, 0),), "half": ((HALF, 0),), "year": ((YEAR, 0),), "years": ((YEAR, PLURAL),),
        "month": ((MONTH_UNIT, 0),), "months": ((MONTH_UNIT, PLURAL),), "week": ((WEEK, 0),),
        "weeks": ((WEEK, PLURAL),), "day": ((DAY_UNIT, 0),), "days": ((DAY_UNIT, PLURAL),), "decade": ((DECADE, 0),),
        "weekend": ((WEEKEND, 0),),
        "this current": ((RELATIVE, 0),), "next upcoming": ((RELATIVE, 1),), "coming": ((RELATIVE, 1 + SPANNING),),
        "last previous": ((RELATIVE, -1),), "past": ((RELATIVE, -1 + SPANNING),),
        "early": ((PART, 1),), "mid": ((PART, 2),), "late": ((PART, 3),),
        "start beginning": ((PART_NOUN, 1),), "middle": ((PART_NOUN, 2),), "end close": ((PART_NOUN, 3),),
        "midyear": ((PART, 2), (YEAR, 0)),
        "turn": ((PART_NOUN, TURN),), "now": ((NOW, 0),), "time": ((TIME, 0),), "new": ((NEW, 0),),
        "onward onwards": ((POST_EVER, 0),),
        "today tonight": ((OFFSET, 0),), "yesterday": ((OFFSET, -1),), "tomorrow": ((OFFSET, 1),),
        "morning afternoon evening": ((DAYTIME, 0),), "night": ((DAYTIME, 1),),
        "fiscal financial fy": ((FISCAL, 0),), "least": ((LEAST, 0),),
        "ago": ((AGO, 0),), "later": ((LATER, 1),), "earlier sooner": ((LATER, -1),), "than": ((THAN, 0),),
        "is are be being am": ((COPULA, 0),), "no not never cannot": ((NOT, 0),), "by": ((BY, 0),),
        "until till": ((UNTIL, 0),),
        "before prior": ((BEFORE, 0),), "since": ((SINCE, 1),), "from starting": ((SINCE, 0),), "after": ((AFTER, 0),),
        "in on at during for around": ((IN, 0),), "over": ((OVER, 0),), "within": ((WITHIN, 0),),
        "to": ((THROUGH, 0),), "through": ((THROUGH, 1),), "between": ((BETWEEN, 0),), "and": ((AND, 0),),
        "the": ((THE, 0),), "of": ((OF, 0),),
        "will would shall expected scheduled due planned planning plan plans set aims aim hopes hope intends projected "
        "anticipated forecast proposed slated targeted ll begins opens starts": ((FUTURE, 0),),
        "takes expires ends closes comes enters runs returns arrives leaves meets hosts remains stands has have does "
        "do": ((PRESENT, 0),),
        "was were had did held began took met came went rose fell won made sent gave saw got left led built ran became "
        "brought bought paid sold kept lost found grew broke wrote chose drew flew sank hit ended spent": ((PAST, 0),),
        "said says told reported added noted stated": ((REPORTED, 0),),
    },
)  # fmt: skip
_NEED_CAPITAL = frozenset({"may", "march", "mar", "mon", "sat", "sun", "wed", "fri", "jan", "dec", "tue", "thu"})
_LABEL = re.compile(r"(?:q([1-4])|h([12])|([1-4])q|([12])h)/?(\d\d(?:\d\d)?)?")
_FISCAL = re.compile(r"fy((?:19|20)?\d\d)(?:/((?:19|20)?\d\d))?")
_PARTICIPLE = re.compile(r"[a-z]{3,}ed")


def meaning(word: str, folded: str) -> Lexemes:
    folded = folded.removesuffix("'s").removesuffix("'")
    known = _WORDS.get(folded)
    if known is None:
        fiscal = _FISCAL.fullmatch(folded) if folded.startswith("fy") else None
        if fiscal is not None:
            return _of_fiscal_year(int(fiscal[1]) if len(fiscal[1]) > 2 else 2000 + int(fiscal[1]), fiscal[2])
        return ((PAST, 0),) if folded.endswith("ed") and _PARTICIPLE.fullmatch(folded) else ()
    if known[0][0] in (MONTH, WEEKDAY) and word[0].islower() and (known[0][0] == WEEKDAY or folded in _NEED_CAPITAL):
        return ()
    return known


def _of_fiscal_year(year: int, behind: str | None) -> Lexemes:
    """FY26, FY2026, FY2026/27."""
    if behind is None:
        return ((FISCAL, 0), (YEAR_NUMBER, year))
    return ((FISCAL, 0), (SPLIT_YEAR, year)) if (year + 1) % 100 == int(behind[-2:]) else ()


def number_suffix(number: int, suffix: str) -> Lexemes:
    """What 18th and 1990s are; nothing for other endings."""
    if suffix in {"st", "nd", "rd", "th"} and number <= 31:
        return (("d", number),)
    if suffix in {"s", "'s"} and number % 10 == 0 and 1800 <= number <= 2100:
        return (("D", number),)
    return ()


def label(word: str) -> int | None:
    """Q3, 3Q26, H1 2027: quarters 1 to 4, halves 5 and 6, times 10,000, and the year where it is named."""
    found = _LABEL.fullmatch(word)
    if found is None:
        return None
    quarter, half = found[1] or found[3], found[2] or found[4]
    year = int(found[5] or 0)
    return (int(quarter) if quarter else int(half) + 4) * 10_000 + (year + 2000 if 0 < year < 100 else year)
