"""What Russian words mean in a date."""

import re

from monitor.events.dates.lexeme import (
    AFTER,
    AGO,
    AND,
    BEFORE,
    BETWEEN,
    BY,
    COUNT,
    DAY_UNIT,
    DAYTIME,
    DECADE,
    FISCAL,
    FUTURE,
    HALF,
    IN,
    IN_TIME,
    INFLECTED,
    LATER,
    MONTH,
    MONTH_UNIT,
    NEW,
    NOT,
    NUMBERED,
    OF_YEAR,
    OFFSET,
    ORDINAL,
    PART,
    PAST,
    PLURAL,
    PRESENT,
    QUARTER,
    RELATIVE,
    REPORTED,
    SEASON,
    SINCE,
    SPANNING,
    TENTH,
    THAN,
    THROUGH,
    TURN,
    UNTIL,
    WEEK,
    WEEKDAY,
    WEEKEND,
    WITHIN,
    YEAR,
    Lexemes,
    dictionary,
    numbered,
)  # fmt: skip


def _forms(stem: str, endings: str) -> str:
    return " ".join(stem + ending.strip("-") for ending in endings.split())


_SOFT, _HARD = "ь я е ю ем", "- а у ом е"
_ADJECTIVE = "ий ая ее ие его ей ему ую им их ими ем"
_HARD_ADJECTIVE = "ый ой ая ое ые ого ому ую ым ых ыми ом"
_WORDS = dictionary(
    numbered(
        MONTH, _forms("январ", _SOFT) + " янв", _forms("феврал", _SOFT) + " фев февр", _forms("март", _HARD),
        _forms("апрел", _SOFT) + " апр", _forms("ма", "й я е ю ем"), _forms("июн", _SOFT), _forms("июл", _SOFT),
        _forms("август", _HARD) + " авг", _forms("сентябр", _SOFT) + " сент сен", _forms("октябр", _SOFT) + " окт",
        _forms("ноябр", _SOFT) + " нояб", _forms("декабр", _SOFT) + " дек",
    ),
    numbered(SEASON, _forms("весн", "а ы е у"), "лето лета лету лете", "осень осени", _forms("зим", "а ы е у")),
    {
        "весной весною": ((SEASON, 1 + INFLECTED),), "летом": ((SEASON, 2 + INFLECTED),),
        "осенью": ((SEASON, 3 + INFLECTED),), "зимой зимою": ((SEASON, 4 + INFLECTED),),
    },
    numbered(
        WEEKDAY, _forms("понедельник", _HARD), _forms("вторник", _HARD), "среду", _forms("четверг", _HARD),
        _forms("пятниц", "а ы е у ей"), _forms("суббот", "а ы е у ой"), _forms("воскресень", "е я ю ем"), first=0,
    ),
    numbered(
        COUNT, "один одна одно одного одной одну", "два две двух двум", "три трех трем", "четыре четырех",
        "пять пяти", "шесть шести", "семь семи", "восемь восьми", "девять девяти", "десять десяти",
        "одиннадцать одиннадцати", "двенадцать двенадцати",
    ),
    {
        "пятнадцать пятнадцати": ((COUNT, 15),), "двадцать двадцати": ((COUNT, 20),),
        "тридцать тридцати": ((COUNT, 30),), "сорок сорока": ((COUNT, 40),), "пятьдесят": ((COUNT, 50),),
    },
    numbered(
        ORDINAL, _forms("перв", _HARD_ADJECTIVE), _forms("втор", _HARD_ADJECTIVE),
        "третий третья третье третьего третьем третьему третьей третью", _forms("четверт", _HARD_ADJECTIVE),
    ),
    {
        _forms("квартал", _HARD + " ы ов ах ам") + " кв": ((QUARTER, 0),),
        "полугодие полугодия полугодии полугодию": ((HALF, OF_YEAR),),
        "половина половине половины половину": ((HALF, 0),),
        "год года году годом годе г": ((YEAR, 0),), "лет годы годов годах годам гг": ((YEAR, PLURAL),),
        "месяц месяца месяцу месяцем месяце": ((MONTH_UNIT, 0),),
        "месяцев месяцы месяцах месяцам": ((MONTH_UNIT, PLURAL),), "неделя недели неделю неделе неделей": ((WEEK, 0),),
        "недель недели неделях неделям": ((WEEK, PLURAL),), "недели": ((WEEK, 0),),
        "день дня дню днем дне": ((DAY_UNIT, 0),), "дней дни днях суток": ((DAY_UNIT, PLURAL),),
        "десятилетие десятилетия десятилетии десятилетию": ((DECADE, 0),), "выходные выходных": ((WEEKEND, 0),),
        "этот этом этого этой эту этим это эта эти этих этому": ((RELATIVE, 0),),
        f"{_forms('текущ', _ADJECTIVE)} {_forms('нынешн', 'ий яя ее ем его ей ему юю им')}": ((RELATIVE, 0),),
        f"{_forms('следующ', _ADJECTIVE)} {_forms('будущ', _ADJECTIVE)} {_forms('грядущ', _ADJECTIVE)}":
            ((RELATIVE, 1),),
        f"{_forms('прошл', _HARD_ADJECTIVE)} {_forms('минувш', _ADJECTIVE)} {_forms('прошедш', _ADJECTIVE)}":
            ((RELATIVE, -1),),
        f"{_forms('ближайш', _ADJECTIVE)} {_forms('предстоящ', _ADJECTIVE)}": ((RELATIVE, 1 + SPANNING),),
        _forms("последн", "ий яя ее ие его ей ему юю им их ими ем"): ((RELATIVE, -1 + SPANNING),),
        "начало начала началу начале началом": ((PART, 1),), "середина середины середине середину": ((PART, 2),),
        "конец конца концу конце концом исходе исходу": ((PART, 3),),
        "рубеже": ((PART, TURN),), "полгода": ((COUNT, 6), (MONTH_UNIT, PLURAL)),
        "число числа числу числах": ((NUMBERED, 0),),
        "декада декаде декаду декады": ((NUMBERED, TENTH),), "новый нового новому новым": ((NEW, 0),),
        "сегодня": ((OFFSET, 0),), "вчера": ((OFFSET, -1),), "завтра": ((OFFSET, 1),), "позавчера": ((OFFSET, -2),),
        "послезавтра": ((OFFSET, 2),), "утром днем вечером ночью утра вечера": ((DAYTIME, 0),),
        _forms("финансов", _HARD_ADJECTIVE): ((FISCAL, 0),),
        "назад": ((AGO, 0),), "позднее позже": ((LATER, 1),), "ранее раньше": ((LATER, -1),), "чем": ((THAN, 0),),
        "не": ((NOT, 0),), "к ко": ((BY, 0),), "до": ((UNTIL, 0),), "с со": ((SINCE, 0),),
        "после": ((AFTER, 0),), "перед": ((BEFORE, 0),), "в во на за от при": ((IN, 0),),
        "через спустя": ((IN_TIME, 0),),
        "течение течении": ((WITHIN, 0),), "по": ((THROUGH, 0),), "между": ((BETWEEN, 0),), "и": ((AND, 0),),
        "будет будут ожидается ожидают ожидаются планируется планируют планируются планирует намечен намечена намечено "
        "намечены запланирован запланирована запланировано запланированы должен должна должно должны предстоит хотят "
        "начнут начнет начнется начнутся рассчитывает намерен намерена намерены": ((FUTURE, 0),),
        "сообщил сообщила сообщили сказал сказала заявил заявила заявили отметил отметила рассказал добавил": (
            (REPORTED, 0),
        ),
    },
)  # fmt: skip
_FINITE = re.compile(
    r"(?:за|по|про|от|со|на|вы|до|при|пере|об|из|раз|рас|под|вступ|ста|прим|сда|постро|введ|даст|дад|с|у|о)"
    r"[а-я]*(?:ет|ит|ут|ют|ат|ят)(?:ся)?"
)
_IMPERFECT = re.compile(r"[а-я]*(?:(?:ходи|води|носи|вози)т|(?:ход|вод|нос|воз)ят|[аяу]ет|[аяу]ют)(?:ся)?")
_PAST = re.compile(
    r"[а-я]{3,}(?:л|ла|ло|ли|лся|лась|лось|лись)|[а-я]{4,}[ае]н(?:а|о|ы)?"
    r"|(?:при|за|с|под|от|на)?(?:нят|ня[лт]|крыт|чат|вернут|взят)(?:а|о|ы)?"
)


def meaning(_word: str, folded: str) -> Lexemes:
    known = _WORDS.get(folded)
    if known is not None:
        return known
    if _PAST.fullmatch(folded):
        return ((PAST, 0),)
    if _IMPERFECT.fullmatch(folded):
        return ((PRESENT, 0),)
    return ((FUTURE, 0),) if _FINITE.fullmatch(folded) else ()


def number_suffix(number: int, suffix: str) -> Lexemes:
    """What 17-го, 3-м, 2019-м and 1990-х are; nothing for other endings."""
    if suffix == "х" and number % 10 == 0 and number >= 1800:
        return (("D", number),)
    if suffix not in {"й", "я", "е", "го", "м", "му", "ом", "ый", "ой", "ая", "х", "ю"}:
        return ()
    if 1800 <= number <= 2100:
        return (("Y", number), (YEAR, 0))
    return (("d", number),) if 1 <= number <= 31 else ()
