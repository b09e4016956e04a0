"""What Azerbaijani words mean in a date: a stem and its endings.

Words come folded: ı and i are one letter, and so are their capitals. The endings carry what English says with
prepositions: `-dək` is until, `-dən` is from, and a month without any is not yet a date.
"""

import re

from monitor.events.dates.lexeme import (
    AFTER,
    AGO,
    AND,
    COUNT,
    DATED,
    DAY_UNIT,
    DAYTIME,
    DECADE,
    FISCAL,
    FUTURE,
    HALF,
    HALF_OF_ONE,
    INFLECTED,
    MONTH,
    MONTH_UNIT,
    MORROW,
    NEW,
    NOT,
    NUMBERED,
    OF_YEAR,
    OFFSET,
    ORDINAL,
    PART,
    PAST,
    PLURAL,
    POST_BY,
    POST_EVER,
    POST_FROM,
    POST_LATE,
    PRESENT,
    QUARTER,
    RELATIVE,
    REPORTED,
    SEASON,
    SPANNING,
    TENTH,
    WEEK,
    WEEKDAY,
    WITHIN,
    YEAR,
    Lexemes,
    dictionary,
    numbered,
)  # fmt: skip

_STEMS: dict[str, Lexemes] = dictionary(
    numbered(
        MONTH, "yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avqust", "sentyabr", "oktyabr", "noyabr",
        "dekabr",
    ),
    numbered(SEASON, "yaz", "yay", "payiz", "qiş"),
    {
        "il": ((YEAR, 0),), "ay": ((MONTH_UNIT, 0),), "həftə": ((WEEK, 0),), "gün": ((DAY_UNIT, 0),),
        "rüb kvartal": ((QUARTER, 0),), "yari yarim": ((HALF, 0),), "yarimil yarimillik yarimilliy": ((HALF, OF_YEAR),),
        "onillik onilliy": ((DECADE, 0),), "ongünlük ongünlüy": ((NUMBERED, TENTH),),
        "tarix": ((DATED, 0),), "əvvəl başlanğic başlanğici": ((PART, 1),), "orta": ((PART, 2),),
        "son axir": ((PART, 3),), "sabah": ((OFFSET, 1),), "bugün": ((OFFSET, 0),), "dünən": ((OFFSET, -1),),
        "srağagün": ((OFFSET, -2),), "ertə": ((WEEKDAY, MORROW),), "çərşənbə": ((WEEKDAY, 2),), "cümə": ((WEEKDAY, 4),),
        "şənbə": ((WEEKDAY, 5),), "bazar": ((WEEKDAY, 6),), "axşam": ((DAYTIME, 0),), "səhər": ((DAYTIME, 0),),
        "gecə": ((DAYTIME, 0),),
    },
)  # fmt: skip
_WORDS = dictionary(
    numbered(
        COUNT, "bir", "iki", "üç", "dörd", "beş", "alti", "yeddi", "səkkiz", "doqquz", "on",
    ),
    {"iyirmi": ((COUNT, 20),), "otuz": ((COUNT, 30),), "qirx": ((COUNT, 40),), "əlli": ((COUNT, 50),)},
    numbered(ORDINAL, "birinci ilk", "ikinci", "üçüncü", "dördüncü sonuncu"),
    {
        "bu cari hazirki": ((RELATIVE, 0),), "gələn növbəti qarşidaki": ((RELATIVE, 1),),
        "yaxin": ((RELATIVE, 1 + SPANNING),), "ötən keçən": ((RELATIVE, -1),), "son": ((RELATIVE, -1 + SPANNING),),
        "əvvəl öncə qabaq": ((AGO, 0),), "sonra": ((AFTER, 0),), "ərzində müddətində": ((WITHIN, 0),),
        "qədər kimi dək": ((POST_BY, 0),), "etibarən başlayaraq": ((POST_EVER, 0),), "bəri": ((POST_EVER, 1),),
        "gec": ((POST_LATE, 0),), "olmayaraq": ((NOT, 0),), "və": ((AND, 0),),
        "maliyyə": ((FISCAL, 0),),
        "yarim": ((HALF, HALF_OF_ONE),), "yeni": ((NEW, 0),),
        "orta sabahin indi": (),
        "gözlənilir planlaşdirilir nəzərdə olmalidir": ((FUTURE, 0),),
        "bildirib deyib söyləyib bildirdi dedi": ((REPORTED, 0),),
    },
)  # fmt: skip
# Plural, possession, case; `-dək` stands on a dative.
_ENDING = re.compile(r"(?:l[aə]r)?(?:s?[iuü])?n?(?:[iuü]n?|[yn]?[aə](?:d[əa]k)?|d[aə](?:n|ki)?|d[əa]k)?")
_FUTURE = re.compile(r"\w+(?:aca[qğ]|əcə[ky])\w*|\w+m[aə]lidir(?:l[aə]r)?|gözlənil\w+|planlaşdiril\w+")
_IN_FUTURE = ("aca", "əcə", "lidir", "gözlənil", "planlaşdiril")  # one of these: asked at a tenth of the price
_PAST = re.compile(r"\w{2,}(?:[iuü]b(?:dir|l[aə]r)?|d[iuü](?:l[aə]r)?|m[iuü]şd[iuü]r?)")
_PRESENT = re.compile(r"\w+(?:edir|[iuü][ln][iuü]r|[aəiuü]y[iuü]r|irir)(?:l[aə]r)?")
_TENSES_END = frozenset("biuür")
_LONGEST_STEM = max(map(len, _STEMS))
_BEGINNINGS = frozenset(stem[:2] for stem in _STEMS)  # most words begin otherwise, and are not cut at each letter
_ORDINALS = ("inci", "nci", "ci", "cu", "cü")
_SAYS_WHEN = ("da", "də", "dan", "dən", "dək", "dak")


def meaning(_word: str, folded: str) -> Lexemes:
    known = _WORDS.get(folded)
    if known is not None:
        return known
    found = _inflected(folded)
    if found:
        return found
    if any(sign in folded for sign in _IN_FUTURE) and _FUTURE.fullmatch(folded):
        return ((FUTURE, 0),)
    if folded[-1] not in _TENSES_END:
        return ()
    if _PAST.fullmatch(folded):
        return ((PAST, 0),)
    return ((PRESENT, 0),) if _PRESENT.fullmatch(folded) else ()


def number_suffix(number: int, suffix: str) -> Lexemes:
    """What 2026-cı, 17-də, 28-dək and 2030-dan are; nothing for other endings."""
    ordinal = next((one for one in _ORDINALS if suffix.startswith(one)), "")
    case = suffix[len(ordinal) :]
    if case and not _ENDING.fullmatch(case):
        return ()
    after = _postposition(case)
    if 1800 <= number <= 2100:
        return (("Y", number), *(() if not case else ((YEAR, 0),)), *after)
    return (("d", number), *after) if 1 <= number <= 31 else ()


def _inflected(folded: str) -> Lexemes:
    if folded[:2] not in _BEGINNINGS:
        return ()
    for length in range(min(len(folded), _LONGEST_STEM), 1, -1):
        stem = _STEMS.get(folded[:length])
        ending = folded[length:]
        if stem is not None and (not ending or _ENDING.fullmatch(ending)):
            return _with_ending(stem[0], ending)
    return ()


def _with_ending(stem: tuple[str, int], ending: str) -> Lexemes:
    code, value = stem
    if code in (MONTH, SEASON) and ending.endswith(_SAYS_WHEN):
        value += INFLECTED
    elif code in (YEAR, MONTH_UNIT, WEEK, DAY_UNIT) and ending.startswith(("lar", "lər")):
        value += PLURAL
    return ((code, value), *_postposition(ending))


def _postposition(ending: str) -> Lexemes:
    if ending.endswith(("dək", "dak")):
        return ((POST_BY, 0),)
    return ((POST_FROM, 0),) if ending.endswith(("dan", "dən")) else ()
