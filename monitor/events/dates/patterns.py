"""The word orders of dates: regular expressions over the letters of `lexeme`, the first that fits wins.

Each is `before? core behind?`. What stands before or behind says whether the core is a day to be kept (by, until), a
beginning (from) or the time itself; the core says which time. Nothing repeats without a bound, so a search is linear.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from monitor.events.dates.lexeme import ANCHORS

BEFORE_IT = r"(?P<before>(?:B?~v>?|Et?|i?[BUESAOKtb](?:i_?)?|i)?z?)"
BEHIND_IT = r"(?:ZG|ZA|Zg~?|Ze?|L)?"
JOINED = re.compile(r"[-tU&]i?z?")

# Of the year that follows: "2026", "of 2026", ", 2026", "of next year", "of the year".
_YEAR = r"(?:,Y(?!y)|Yy?|fz?yY|f?ry|fz?Yy?|fzy)"
# Of the year that leads, as Azerbaijani and now and then Russian have it.
_LEADING = r"(?:Yy|ry|y)"
_PART = r"(?:Tz?[if]?z?-?|V(?:fz?|-)|(?<=[BUE])V|(?<=[BUE]z)V|(?<=v>)V|(?<=v>z)V)"
_QUARTER = r"[oRd](?:\([oRd]\))?-?q"
_NUMBER = r"[dn]n?"
_COUNT = rf"(?:[dn][-t][dn]|{_NUMBER})"  # two to three
_WEEKDAY = r"(?:W,?\(?)?"

_SHARED = (
    ("week of month", rf"z?[or]wf?z?m{_YEAR}?"),
    ("week of day", rf"z?w[fVS]z?(?:df?z?m{_YEAR}?|mz?d{_YEAR}?)"),
    ("new year", r"(?<=[BUESA])=y|(?<=[BUESA]z)=y"),
    ("ago", rf"(?:{_COUNT}|a)?[kwMy]G"),
    ("span", rf"z?r(?:{_NUMBER})?[kwMy]K?|(?<=K)(?:{_COUNT}|a)[kwMy]"),
    ("ahead", rf"c(?:{_COUNT})?[kwMy]"),
    ("fiscal year", rf"{_PART}?z?(?:ly?(?:Yy?|9)|(?:Yy?|9)-?ly)"),
    ("numeric", r"Ny?C?"),
    ("ambiguous", r"/"),
    ("days", rf"(?:W,?)?d[-t&U]z?df?z?m{_YEAR}?C?|mz?d[-t&]z?d{_YEAR}?"),
    ("day", rf"{_WEEKDAY}z?df?z?m{_YEAR}?C?|{_WEEKDAY}mz?d{_YEAR}?"),
    ("months", rf"m-m{_YEAR}?"),
    ("half of month", rf"ohf?z?m{_YEAR}?"),
    ("months of year", rf"o?{_NUMBER}M{_YEAR}"),
    ("quarter", rf"{_PART}?z?(?:{_QUARTER}(?:{_YEAR}|y)?|Q{_YEAR}?|rq)|{_PART}z?q"),
    ("half", rf"{_PART}?z?[oRd]h(?:{_YEAR}|y)?"),
    ("month", rf"{_PART}m{_YEAR}?|rm|m{_YEAR}?"),
    ("season", rf"{_PART}?s{_YEAR}|sf?z?9y?|{_PART}?rs|{_PART}?s"),
    ("years", r"TY&Yy|(?:yz?)?Yy?[-tU]Yy?|(?<=b)Yy?&Yy?|Y-[dn](?!m)|Y&Yy"),
    ("year", rf"{_PART}(?:Yy?|ry|zyY?|yY?)|y-?V(?:{_YEAR})?|vi?ry|yY|Yy|ry|(?<=[iBUESAOt])Y|(?<=[BU]i_)Y"),
    ("month of ref", rf"{_PART}(?:rM|zM|M)|vi?rM|rM"),
    ("week", rf"{_PART}(?:rw|zw|w)|vi?rw|rw"),
    ("weekend", r"rp"),
    ("offset", r"Jj?|rj"),
    ("weekday", r"rWj?|Wj?"),
    ("decade", rf"(?:{_PART}|z)?Dy?|{_PART}?[zr]0"),
)
_ENGLISH = (
    ("from now", rf"(?:{_NUMBER}|a)[kwMy]S[!J]"),
    ("this time", r"rIr[wMy]"),
    ("half a year", r"(?<=[iK])hay"),
    ("until year", r"(?<=b)!&Y"),
    ("day of month", r"zdfz?r?M|(?<=[BUE])zd(?=[;|,.FPuXH]|$)"),
    ("offset", r"z?k[AE]J"),
    ("ahead", rf"(?<=i)(?:(?:{_NUMBER}|a)[kwM]|[dn][-t][dn][kwMy])(?!G)"),
)
_AZERBAIJANI = (
    ("part of month", rf"{_LEADING}?mM?[or]#"),
    ("ahead", rf"{_COUNT}[kwMy]Z?A"),
    ("span", rf"{_COUNT}[kwMy]K"),
    ("days", rf"{_LEADING}?mM?(?:d-d|dZdL|d&d)C?|{_LEADING}d-dmC?"),
    ("day", rf"{_LEADING}(?:mM?d|dm)C?|mM?dC?"),
    ("day of month", r"r?Md"),
    ("months", rf"{_LEADING}?m-mM?|{_LEADING}?mM?ZmM?L"),
    ("half of month", rf"{_LEADING}?mM?oh"),
    ("week of month", rf"{_LEADING}?mM?[or]w"),
    ("months of year", rf"{_LEADING}o?{_NUMBER}M"),
    ("quarter", rf"{_LEADING}{_QUARTER}T?|{_QUARTER}T|r?qT"),
    ("half a year", r"hyZ?A|hyK"),
    ("new year", r"=y(?=[LZ])"),
    ("half", rf"{_LEADING}[oRd]hT?"),
    ("month", rf"{_LEADING}mM?T?|mM?T|mM?"),
    ("season", rf"{_LEADING}sM?T?|sM?T|rsT?|sM"),
    ("year", r"(?:Yy|ry|y)T"),
    ("month of ref", r"rMT|MT"),
    ("week", r"r?wT"),
    ("offset", r"rk"),
    ("weekday", r"r?WWk?|r?Wjk|r?Wj?k?"),
)
_RUSSIAN = (
    ("part of month", rf"[or]#m{_YEAR}?"),
    ("day of month", r"d#(?:r?M)?"),
)
_WORLD = (("numeric", "N"), ("ambiguous", "/"))
_ORDERS = {"en": (*_ENGLISH, *_SHARED), "ru": (*_RUSSIAN, *_SHARED), "az": (*_AZERBAIJANI, *_SHARED)}


_ANCHOR = re.compile(f"[{''.join(sorted(ANCHORS))}]|[BUE]zd")
_REMEMBERED = 32_768  # stretches: those of the news are few and short
_LONGEST_REMEMBERED = 32


class Order(NamedTuple):
    """A word order that fits: its rule, where it stands from `first` to `last`, and its core from `begin` to `end`."""

    rule: str
    before: str
    first: int
    last: int
    begin: int
    end: int


def first_order(lang: str, stretch: str, at: int) -> Order | None:
    """The first order from `at` on in a stretch between two breaks; none without an anchor near or behind.

    No order looks beyond a break, so that the same letters are looked through once.
    """
    return (_remembered if len(stretch) <= _LONGEST_REMEMBERED else _first_order)(lang, stretch, at)


def order_at(lang: str, codes: str, at: int) -> Order | None:
    """The order that begins just there."""
    return _order(lang, orders(lang).match(codes, at))


def _first_order(lang: str, stretch: str, at: int) -> Order | None:
    return _order(lang, orders(lang).search(stretch, at)) if _ANCHOR.search(stretch, max(0, at - 2)) else None


_remembered = lru_cache(maxsize=_REMEMBERED)(_first_order)


def _order(lang: str, match: re.Match[str] | None) -> Order | None:
    if match is None:
        return None
    group = match.lastgroup or ""
    return Order(rules(lang)[group], match["before"], *match.span(), *match.span(group))


@cache
def orders(lang: str) -> re.Pattern[str]:
    """One expression for all word orders of a language; the group that fits is named by its place in `rules`."""
    cores = "|".join(f"(?P<r{place}>{core})" for place, (_, core) in enumerate(_ORDERS.get(lang, _WORLD)))
    return re.compile(f"(?=[^x;,|.FPX()-]){BEFORE_IT}(?:{cores}){BEHIND_IT}")


@cache
def rules(lang: str) -> dict[str, str]:
    """Names of the groups of `orders` to names of rules."""
    return {f"r{place}": name for place, (name, _) in enumerate(_ORDERS.get(lang, _WORLD))}
