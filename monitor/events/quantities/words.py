"""The words around figures in three languages, as `monitor.words.letters` leaves them: no case, ə is e, ş is s, ё is е.

Rule: a new language is a new `Language`; nothing else knows a word.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple, TypedDict

from monitor.events.phases import Beginnings, beginnings, the_first

_REMEMBERED = 8_192  # words beside figures

_THOUSAND, _MILLION, _BILLION, _TRILLION = (Decimal(10) ** power for power in (3, 6, 9, 12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`before` and `after` find qualifiers beside a number, `numbers` says what its words are worth.

    The tens from `lowest_ten` on stand before a single figure: twenty-one, on bir. `times` say how often.
    `stops` end the phrase that names what is counted; `ordinals` are endings that make a number a place in a row, and
    `names` the words that make the next number a name, each but the last word of which `name_ends` passes over.
    `grows` finds a verb of change that ends there or has up to eight words behind it, `grew` one behind a figure;
    `opens` and `closes` end with from and to, which are endings of the figures where a language says it `in_cases`.
    `reaching` are words for a bound that are none behind such a verb.
    """

    decimal_comma: bool
    numbers: dict[str, int]
    added: dict[str, int]  # words that only stand behind another: twenty-one, two hundred
    lowest_ten: int
    times: re.Pattern[str]
    vague: dict[str, tuple[int, int]]
    scales: re.Pattern[str]
    scale_values: tuple[Decimal, ...]
    before: re.Pattern[str]
    after: re.Pattern[str]
    stops: frozenset[str]
    names: re.Pattern[str]
    name_ends: re.Pattern[str]
    ordinal: re.Pattern[str]
    months: re.Pattern[str]
    in_years: re.Pattern[str]
    grows: re.Pattern[str]
    grew: re.Pattern[str]
    opens: re.Pattern[str]
    closes: re.Pattern[str]
    in_cases: bool = False
    reaching: frozenset[str] = frozenset()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _row(*groups: str, first: int = 1, step: int = 1) -> dict[str, int]:
    return {word: first + step * place for place, group in enumerate(groups) for word in group.split()}


def _groups(**patterns: str) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())


def _before(**patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_groups(**patterns)})\s*$")


def _after(**patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{_groups(**patterns)})(?!\w)")


_PLAIN = r"[^\s;:,.!?]+(?:[.,]\d+)*(?:(?<=лн|рд|ыс|лл|уб)\.)?"  # a word or a number, and no end of a clause


def _grows(verbs: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{verbs})(?P<between>(?: {_PLAIN}){{0,8}}),? ?$")


def _grew(verbs: str, dative: str = "") -> re.Pattern[str]:
    return re.compile(rf"{dative}(?P<between>(?: {_PLAIN}){{0,3}}?) (?:{verbs})")


class _Names(TypedDict):
    names: re.Pattern[str]
    name_ends: re.Pattern[str]


def _names(choices: str) -> _Names:
    """`choices` parted by |, none of them with one inside."""
    last = "|".join(one.rpartition(" ")[2] for one in choices.split("|"))
    return {"names": re.compile(rf"(?:{choices}) ?$"), "name_ends": re.compile(rf"(?:{last}) ?$")}


_SCALE_VALUES = (_THOUSAND, _MILLION, _BILLION, _TRILLION)

ENGLISH = Language(
    decimal_comma=False,
    numbers=_row("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", first=2)
    | _row("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", first=20, step=10)
    | _row("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", first=13)
    | {"a dozen": 12, "a hundred": 100, "two dozen": 24},
    added={"one": 1, "hundred": 100},
    lowest_ten=20,
    times=re.compile(r"(?:\s?times|-times?)(?!\w)"),
    vague={"dozens": (24, 99)},
    scales=re.compile(r"\s?-?(?:(thousand|k)|(million|mln|mn|m)|(billion|bln|bn)|(trillion|trn|tn))(?![\w/])"),
    scale_values=_SCALE_VALUES,
    before=_before(
        at_least="at least|no fewer than|no less than|not less than|a minimum of",
        up_to="up to|as many as|as much as|at most|no more than|not more than|a maximum of",
        under="less than|fewer than|under|below",
        over="more than|over|above|exceeding|exceeded|exceeds|in excess of|upwards of|surpassed|topped|well over",
        nearly="nearly|almost|(?:close|near) to(?: \\w+ing)?|nearing|just (?:under|below|short of)|approaching",
        about="about|around|some|approximately|roughly|circa|an estimated|estimated|approx|approx\\.",
    ),
    after=_after(over=r"\+|or more|plus(?= )|-plus|-odd"),
    stops=_set(
        "in from at on by with to for as during since across within between under through into and or but than that "
        "which who whose when where while is are was were be been being has have had will would can could may might "
        "should must do does did until before after over about up per a an the this these its their his her not also "
        "of worldwide globally nationwide remain remained remains took take takes taking attended attend participated "
        "participate participating joined join visited came come gathered said reported held live lives lived use uses "
        "using lack lacks lacking expected registered connected linking linking connecting works working"
    ),
    **_names(
        r"study groups?|groups?|resolutions?|articles?|art\.?|phases?|no\.?|nos\.?|number|rooms?|chapters?|"
        r"sections?|versions?|pages?|p\.|stages?|levels?|class|grade|top|channels?|routes?|flight|figures?|tables?|"
        r"part|paragraphs?|items?|questions?|gate|line|volume|issue|step|option|tier|type|model|building|apartment|"
        r"highway|session|goals?|sdg|protocol|decree|law|order|utc|gmt|tel\.?|phone|one of the|article id|id"
    ),
    ordinal=re.compile(r"(?:st|nd|rd|th)(?!\w)"),
    months=re.compile(
        r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
        r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
    ),
    in_years=re.compile(
        r"(?:in|since|by|until|till|before|after|during|from|for|of|and|to|year|years|late|early|mid) ?-?$"
    ),
    grows=_grows(
        r"gr[eo]w\w*|ris(?:e|es|en|ing)|rose|increas\w+|f[ae]ll(?:s|en|ing)?|drop\w*|climb\w*|reach\w*|decreas\w+|"
        r"declin\w+|expan[ds]\w*|reduc\w+|jump\w*|surg(?:e|es|ed|ing)|soar\w*|rais(?:e|es|ed|ing)|lower(?:s|ed|ing)|"
        r"cut|cuts|cutting|shr[aiu]nk\w*|doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|boost\w*|went|gone|up|down|revis\w+|"
        r"chang(?:e|es|ed|ing)|slid|slump\w*|plung\w+|edged|lengthen\w*"
    ),
    grew=re.compile(r"(?!)"),
    opens=re.compile(r"(?<!\w)from $"),
    closes=re.compile(r"(?<!\w)(?:to|reach\w*) $"),
)
_AZERBAIJANI_GREW = (
    r"(?:art(?:ir)?|yuksel|catdir|cat|azal|dus|qalx|qaldir|endir|en|coxal|genislen|uzad)(?:il)?"
    r"(?:[iu]b|d[iu]|m[iu]s|acaq|ecek|[iu]r|maq|mek)(?:d[iu]r|lar|ler)?(?!\w)"
)
AZERBAIJANI = Language(
    decimal_comma=True,
    numbers=_row("iki", "uc", "dord", "bes", "alti", "yeddi", "sekkiz", "doqquz", first=2)
    | _row("on", "iyirmi", "otuz", "qirx", "elli", "altmis", "yetmis", "seksen", "doxsan", first=10, step=10)
    | {"yuz": 100},
    added={"bir": 1},
    lowest_ten=10,
    times=re.compile(r"\s?-?defe(?:den|ye|lik|dir|si)?(?!\w)"),
    vague={"onlarla": (24, 99)},
    scales=re.compile(
        r"\s?(?:(min)|(milyon|mln)|(milyard|mlrd)|(trilyon|trln))\.?"
        r"(?=(?:dan|den|a|e|luq|liq|lik|u|i|nu|dek|adek|edek|un|nin|in)?(?!\w))"
    ),
    scale_values=_SCALE_VALUES,
    before=_before(
        at_least="en azi|azi|minimum|en azindan",
        up_to="en cox|maksimum|en coxu",
        nearly="demek olar ki|az qala",
        about="texminen|teqriben|teqribi|orta hesabla|hardasa",
    ),
    after=_after(
        over=r"-?(?:dan|den) (?:cox|artiq|yuxari)|-?(?:dan|den) de cox|\+",
        nearly=r"-?(?:[ny]?[ae]) yaxin",
        up_to=r"-?(?:[ny]?[ae]) qeder|-?(?:[ny]?[ae])?dek",
        under=r"-?(?:dan|den) (?:az|asagi)",
        exceeded=r"-?n?[iu] (?:otub|otur|kecib|kecir|asib|asir)",
    ),
    stops=_set(
        "ve ile ucun kimi qeder gore uzre ise da de ki bu o olan olub olunub edib edir edilib edilir istirak qatilib "
        "gelib var teskil icinde arasinda terefinden cox az daha hem ya yaxud erzinde "
    ).union(
        stem + end
        for stem in _set("art artiril yuksel cat catdiril azal dus qalx qaldiril endiril en coxal genislen uzadil")
        for end in _set("ib ub di du mis mus misdir musdur acaq ecek acaqdir ecekdir ir ur irdi maqdadir mekdedir")
    ),
    **_names(r"madde|fesil|sehife|otaq|no\.?|marsrut|reys|bend|qrup|nomre|merhele|kanal|qetname"),
    ordinal=re.compile(r"-?(?:inci|nci|ci|cu)(?:\w*)|-(?:da|de|daki|deki)(?!\w)"),
    months=re.compile(
        r"(?:yanvar|fevral|mart|aprel|may|iyun|iyul|avqust|sentyabr|oktyabr|noyabr|dekabr)(?:in|un|da|de|dan|den)?\b"
    ),
    in_years=re.compile(r"(?!)"),
    grows=re.compile(r"(?!)"),
    grew=_grew(_AZERBAIJANI_GREW, rf"(?:(?<=[ae])|(?<=qeder)|(?<=dek)|(?: {_PLAIN}){{0,2}} [^\W\d_]*[ae])"),
    opens=re.compile(r"d[ae]n(?: [^\W\d_]+){0,3} $"),
    closes=re.compile(r"(?!)"),
    in_cases=True,
)
_RUSSIAN_GREW = (
    r"вырос\w*|выраст\w*|возрос\w*|возраст(?:а[лею]|[еу]т)\w*|увелич\w*|рос(?:л[аои])?|раст(?:ет|ут|и)|рост(?:а|у|ом|е)?|"
    r"расшир\w*|сни[зж]\w*|упа[лд]\w*|пада[лею]\w*|сокра[тщ]\w*|подн[яи]\w*|повы[сш]\w*|пони[зж]\w*|дове[сдл]\w*|"
    r"достиг\w*|уменьш\w*|подорож\w*|подешев\w*|подскоч\w*|удлин\w*|измен\w*"
)
RUSSIAN = Language(
    decimal_comma=True,
    numbers=_row(
        "два две двух двум двумя", "три трех трем тремя", "четыре четырех четырем", "пять пяти пятью",
        "шесть шести", "семь семи", "восемь восьми", "девять девяти", "десять десяти", "одиннадцать одиннадцати",
        "двенадцать двенадцати", "тринадцать тринадцати", "четырнадцать четырнадцати", "пятнадцать пятнадцати",
        "шестнадцать шестнадцати", "семнадцать семнадцати", "восемнадцать восемнадцати", "девятнадцать девятнадцати",
        first=2,
    )
    | _row(
        "двадцать двадцати", "тридцать тридцати", "сорок сорока", "пятьдесят пятидесяти", "шестьдесят шестидесяти",
        "семьдесят семидесяти", "восемьдесят восьмидесяти", "девяносто девяноста", first=20, step=10,
    )
    | _row(
        "сто ста", "двести двухсот", "триста трехсот", "четыреста четырехсот", "пятьсот пятисот", "шестьсот шестисот",
        "семьсот семисот", "восемьсот восьмисот", "девятьсот девятисот", first=100, step=100,
    ),
    added={"один": 1, "одна": 1, "одного": 1, "одной": 1},
    lowest_ten=20,
    times=re.compile(r"\s?-?раза?(?!\w)"),
    vague={"десятки": (24, 99), "десятков": (24, 99)},
    scales=re.compile(
        r"\s?(?:(тысяч[аиуе]?|тысячами|тыс\.?)|(миллион\w{0,3}|млн\.?)|(миллиард\w{0,3}|млрд\.?)|(триллион\w{0,3}|трлн\.?))"
        r"(?!\w)"
    ),
    scale_values=_SCALE_VALUES,
    before=_before(
        at_least="не менее(?: чем)?|как минимум|минимум|по меньшей мере|по крайней мере",
        up_to="до|не более(?: чем)?|максимум|не больше",
        under="менее(?: чем)?|меньше|чуть менее|ниже",
        over="более(?: чем)?|свыше|больше|превысил[аио]?|превышает|превысило",
        nearly="почти|без малого|близк\\w+ к|приближ\\w+ к",
        about="около|примерно|приблизительно|порядка|в среднем|ориентировочно",
    ),
    after=_after(over=r"\+|с лишним|и более"),
    stops=_set(
        "в во на из с со к по для от до о об при за и или а но что который которые которых которым чтобы как не "
        "их его ее был была были было будет будут стал стали приняли "
        "принял принимают участвуют участвовали приехали пришли "
        "более менее около это эти"),
    **_names(
        r"стать[яеию]|ст\.?|пункт\w?|п\.?|глав\w|страниц\w|стр\.?|№|номер\w?|комнат\w|рейс\w?|маршрут\w?|групп\w|"
        r"резолюци\w|этап\w?|школ\w|дом\w?|квартир\w|канал\w?|топ|топ-"
    ),
    ordinal=re.compile(r"-(?:й|я|е|го|м|му|ом|ый|ой|ая|х|ю|ти|и)(?!\w)"),
    months=re.compile(
        r"(?:январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр)(?:[ьяеюа]|ем|ом)?\b"
    ),
    in_years=re.compile(r"(?:в|во|к|с|со|до|после|по|и|за|на) ?$"),
    grows=_grows(_RUSSIAN_GREW),
    grew=_grew(rf"(?:{_RUSSIAN_GREW})(?!\w)"),
    opens=re.compile(r"(?<!\w)(?:со?|от) $"),
    closes=re.compile(r"(?<!\w)до $"),
    reaching=frozenset({"до"}),
)  # fmt: skip
LANGUAGES = {"en": ENGLISH, "az": AZERBAIJANI, "ru": RUSSIAN}


class Beside(NamedTuple):
    """What is asked of a word beside a figure; of nearly all of them the same answer is asked again."""

    ends_name: Callable[[str], bool]  # whether it may end what makes the next number a name
    ends_month: Callable[[str], bool]
    is_scale: Callable[[str], bool]  # thousand, million and the like


@cache
def beside(lang: str) -> Beside:
    known, language = lru_cache(maxsize=_REMEMBERED), LANGUAGES[lang]
    return Beside(
        known(lambda word: language.name_ends.search(word) is not None),
        known(lambda word: any(one.end() == len(word) for one in language.months.finditer(word))),
        known(lambda word: language.scales.match(word) is not None),
    )


def word_behind(plain: str, end: int) -> str:
    """The word behind a figure that ends at `end`; "" where a sign stands."""
    found = _WORD_BEHIND.match(plain, end)
    return found[1] if found else ""


def may_be_unit(word: str) -> bool:
    """Whether a unit may begin with the word behind a figure; "" stands for a sign."""
    return not word or bool(_UNIT_BEGINS[word])


_ENDINGS = r"\w{0,6}"
UNITS = (
    ("%", rf"%|percent(?!age)|per cent|pct|faiz{_ENDINGS}|процент\w{{0,3}}"),
    ("pp", r"percentage points?|faiz bendi\w*|процентн\w+ пункт\w*"),
    ("Tbit/s", r"tbit/s|tbps|tb/s|terabits? per second|terabits?|terabit\w*|тбит/с|терабит\w*(?: в секунду)?"),
    ("Gbit/s", r"gbit/s|gbps|gb/s|gigabits? per second|gigabits?|qiqabit\w*|гбит/с|гигабит\w*(?: в секунду)?"),
    ("Mbit/s", r"mbit/s|mbps|mb/s|megabits? per second|megabits?|meqabit\w*|мбит/с|мегабит\w*(?: в секунду)?"),
    ("km2", r"square (?:kilomet(?:er|re)s?|km)|sq\.? ?km|kvadrat (?:kilometr|km)\w*|кв\.? ?км|квадратн\w+ километр\w*"),
    ("km", rf"km(?:-?lik)?|kilomet(?:er|re)s?|kilometr{_ENDINGS}|км|километр\w{{0,3}}"),
    ("mi", r"miles?"),
    ("m", rf"met(?:er|re)s?|metr{_ENDINGS}|метр\w{{0,3}}|м"),
    ("ha", r"hectares?|ha|hektar\w*|гектар\w*|га"),
    ("t", r"tons?|tonnes?|ton\w{0,4}|тонн\w?"),
    ("MW", r"mw|megawatts?|meqavat\w*|мвт|мегаватт\w*"),
    ("GW", r"gw|gigawatts?|qiqavat\w*|гвт|гигаватт\w*"),
    ("USD", r"(?:us|u\.s\.) dollars?|dollars?|usd|abs dollar\w*|dollar\w*|доллар\w*(?: сша)?"),
    ("EUR", r"euros?|eur|avro\w*|евро"),
    ("AZN", r"manats?|azn|manat\w*|манат\w*"),
    ("RUB", r"rubles?|roubles?|rub|rubl\w*|рубл\w*|руб\.?"),
    ("GBP", r"pounds?|gbp|funt\w*|фунт\w*(?: стерлингов)?"),
    ("CNY", r"yuan|cny|юан\w*"),
    ("KZT", r"tenge|kzt|тенге"),
    ("TRY", r"lira|try|лир\w?"),
    ("years", r"years?|il|illik|ile|ilde|лет|год\w{0,2}"),
    ("months", r"months?|ay|ayliq|месяц\w{0,3}"),
    ("weeks", r"weeks?|hefte|heftelik|недел\w{1,2}"),
    ("days", r"days?|gun|gunluk|дн\w{1,2}|день|суток"),
    ("hours", r"hours?|saat|saatliq|час\w{0,2}"),
)  # fmt: skip
UNIT = re.compile(
    r"\s?-?(?:" + "|".join(f"(?P<u{place}>{words})" for place, (_, words) in enumerate(UNITS)) + r")(?!\w)"
)
_UNIT_BEGINS = Beginnings({1: beginnings("|".join(words.removeprefix("%|") for _, words in UNITS), the_first)})
_WORD_BEHIND = re.compile(r"\s?-?([^\W_]*)")
UNIT_NAMES = {f"u{place}": name for place, (name, _) in enumerate(UNITS)}
CURRENCY_SIGNS = {"us$": "USD", "$": "USD", "€": "EUR", "₼": "AZN", "£": "GBP", "₽": "RUB"}
CURRENCY = re.compile(r"(?:us\$|[$€₼£₽]|(?:usd|eur|azn|gbp|rub) )\s?$")
MONEY = frozenset({"USD", "EUR", "AZN", "RUB", "GBP", "CNY", "KZT", "TRY"})
