"""From the letters of a text to its dates: which year an open one falls in, and what its preposition makes of it."""

import re
from bisect import bisect_left
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from monitor.events.dates.coded import Coded
from monitor.events.dates.cores import core_of
from monitor.events.dates.found import Core, DateSpan, Found, of_open_year
from monitor.events.dates.lexeme import ANCHORS, COPULA, FUTURE, NOT, OTHER, PAST, PRESENT, REPORTED
from monitor.events.dates.patterns import JOINED, Order, first_order, order_at
from monitor.events.dates.periods import Period, bounded
from monitor.events.dates.signs import ABLATIVE, EXTENDED, LASTING, MOVED, POSSESSIVE, TO_A_DAY
from monitor.events.dates.tokens import SENTENCE_BREAK, coded
from monitor.words import fold

DATES_LIMIT = 10_000  # of one text; the longest text that is kept holds fewer words of news

_SIGHT = 60  # letters to each side in which a verb is looked for
_CLAUSE = 3  # a comma or an "and" is as far as so many words
_BEHIND_REPORT = 6  # "…, he said" speaks of the report and not of what is dated
_JOINABLE = {
    "day": "day", "numeric": "day", "month": "month", "season": "month", "quarter": "quarter", "half": "quarter",
    "year": "year",
}  # fmt: skip
_BOUNDS = {"B": "by", "E": "before", "S": "from", "A": "after"}
_BEHIND = {"ZG": "before", "ZA": "after", "Zg": "by", "Z": "from", "Ze": "from"}
_VERBS = {FUTURE: 1, PAST: -1, PRESENT: 0, REPORTED: -1, COPULA: 1}
# "Is planned" and "divided by" are no past, "are to meet" is ahead, "to set an example" is neither.
_VERB = re.compile(f"(?<!{COPULA}){PAST}(?!B)|{COPULA}(?=t)|(?<!t){FUTURE}|[{PRESENT}{REPORTED}{SENTENCE_BREAK}]")
_BREAKS, _ANCHORS = "x;|.FPuXH", "".join(sorted(ANCHORS))
_SEGMENT = re.compile(f"(?<![^{_BREAKS}])(?=[^{_BREAKS}{_ANCHORS}]*+[{_ANCHORS}]|[^{_BREAKS}]*[BUE]zd)[^{_BREAKS}]++")
"""Letters that dates are made of, from break to break, with an anchor among them."""
_LASTS = frozenset({"for", "during"})  # two weeks: how long, and not when
_HOW = {1: "forward, as the sentence looks", -1: "back, as the sentence looks", 0: "nearest to the day of writing"}
_MOVED_SIGHT = 40  # characters
_GIVEN = re.compile(r"\d-[ny]?[əa]\Z")  # 4-nə: to the fourth
_LISTED = re.compile(r"(?:,&?|&)Y(?!-)")
_LASTING_SIGHT, _LASTING_LENGTH = 8, 400  # letters to each side; characters of both
_PARTIAL = ("partial", "ambiguous")


class _Read(NamedTuple):
    """A core with what stands around it; `begin` and `end` count letters."""

    rule: str
    core: Core
    codes: str
    before: str
    behind: str
    bound: str
    since: bool  # and not from
    begin: int
    end: int


def scan(text: str, lang: str | None, ref: date | None) -> list[DateSpan]:
    """The dates of a text in order; `lang` is en, az or ru (any other: digits alone), `ref` the day of writing."""
    return Dates(text, lang, ref).spans


class Dates:
    """The dates of a text, and where its sentences look; the text is read when one of them is asked for.

    `undated`: it is known that no word of it stands in a date.
    """

    def __init__(self, text: str, lang: str | None, ref: date | None, *, undated: bool = False) -> None:
        self.text, self.lang, self.ref = text, lang or "", ref
        self._spans: list[DateSpan] | None = [] if undated else None
        self._letters: Coded | None = None
        self._verb_places: list[int] | None = None

    @property
    def spans(self) -> list[DateSpan]:
        if self._spans is None:
            self._spans = self._found()
        return self._spans

    @property
    def letters(self) -> Coded:
        if self._letters is None:
            self._letters = coded(self.text, self.lang)
        return self._letters

    def _found(self) -> list[DateSpan]:
        """The dates, stretch by stretch of words that dates are made of, until there are more than any news has."""
        found: list[DateSpan] = []
        for segment in _SEGMENT.finditer(self.letters.codes):
            if len(found) < DATES_LIMIT:
                self._search(*segment.span(), found)
        return found[:DATES_LIMIT]

    def wording(self, start: int, end: int) -> int:
        """Where the sentence around `text[start:end]` looks: 1 ahead, -1 back, 0 where its nearest verb is silent."""
        starts = self.letters.starts
        begin = bisect_left(starts, start)
        return self._wording(begin, max(begin, bisect_left(starts, end)))

    def _search(self, at: int, stop: int, found: list[DateSpan]) -> None:
        codes, begin = self.letters.codes, at
        stretch = codes[begin:stop]
        while len(found) < DATES_LIMIT and (order := first_order(self.lang, stretch, at - begin)):
            read = self._read(order, begin)
            read = (self._joined(read) or read) if read else None
            span = self._span(read) if read else None
            if read is None or span is None:
                at = begin + order.first + 1
                continue
            found.append(span)
            at = read.end
            while more := self._one_more_year(read, span, at):
                found.append(more)
                at = codes.index("Y", at) + 1

    def _read(self, order: Order, at: int, joint: str = "") -> _Read | None:
        """What stands in an order; `at` is where the letters begin whose places it tells."""
        rule, before, first, last, begin, end = order
        first, last, begin, end = at + first, at + last, at + begin, at + end
        letters = self.letters
        codes, behind = letters.codes[begin:end], letters.codes[end:last]
        before = joint or before
        core = core_of(rule, Found(codes, letters.values[begin:end], before, behind, self.lang, self.ref))
        if core is None:
            return None
        read = _Read(rule, core, codes, before, behind, "in", self._is_since(first, last), first, last)
        if core.precision == "range" and "S" in before:
            return read
        bound = self._bound(read)
        return read if bound == "in" else read._replace(bound=bound)

    def _bound(self, read: _Read) -> str:
        if not read.before and not read.behind:
            return "in"
        end = self.letters.ends[read.end - 1]
        if self.text[end - 2 : end] in POSSESSIVE:
            return "in"  # "from today's report"
        if (read.behind[:1] in {"Z", "L"} or any(one in read.before for one in "SU")) and self._is_moved(read):
            return "in"
        if read.behind == "L":
            return "until" if self._lasts(read) else "by"
        return _BEHIND.get(read.behind[:2]) or self._bound_before(read)

    def _is_moved(self, read: _Read) -> bool:
        """Postponed from June to December: two dates of one thing, and no stretch of time."""
        start, end = self.letters.starts[read.begin], self.letters.ends[read.end - 1]
        around = self.text[max(0, start - _MOVED_SIGHT) : start]
        if self.lang == "az":
            given = _GIVEN.search(self.text, start, end)
            around = self.text[end : end + 2 * _MOVED_SIGHT].partition(". ")[0]
            if given and TO_A_DAY.search(_folded(around)):
                return True
        around = _folded(around)
        return bool(
            MOVED[self.lang].search(around)
            or (any(one in read.before for one in "St") and EXTENDED[self.lang].search(around))
        )

    def _bound_before(self, read: _Read) -> str:
        before, values = read.before, self.letters.values[read.begin : read.end]
        if "v" in before:
            return "by" if values[before.index("v")] > 0 else "from"
        if "t" in before and values[before.index("t")]:
            return "until"  # "through the end of 2027"
        if "E" in before and self._around(read)[0][-1:] == NOT:
            return "from"
        if "U" in before and self.lang == "en":
            return "from" if NOT in self._around(read)[0][-4:] else "until"
        if "U" in before:
            return "until" if self._lasts(read) else "by"
        return next((name for code, name in _BOUNDS.items() if code in before), "in")

    def _is_since(self, first: int, last: int) -> bool:
        """Since March, martdan bəri: the last one; but "from March" may be the next."""
        codes, values = self.letters.codes, self.letters.values
        return any(values[place] == 1 and codes[place] in "Se" for place in range(first, last))

    def _lasts(self, read: _Read) -> bool:
        """Whether the sentence tells what goes on until then, and not what is done by then."""
        first, last = max(0, read.begin - _LASTING_SIGHT), read.end + _LASTING_SIGHT
        starts, ends = self.letters.starts, self.letters.ends
        around = self.text[starts[first] : ends[min(last, len(ends)) - 1]]
        return len(around) <= _LASTING_LENGTH and bool(LASTING[self.lang].search(fold(around)))

    def _joined(self, left: _Read) -> _Read | None:
        """From late March to early April, 26 September - 14 October: two cores as one."""
        kind = _JOINABLE.get(left.rule)
        if kind is None or self._is_open_ended(left) or ("S" in left.before and left.bound == "in"):
            return None
        joint = JOINED.match(self.letters.codes, left.end)
        if left.behind == "Z":
            at, sign = left.end, "Z"
        elif joint and self._joins(left, joint[0]):
            at, sign = joint.end(), joint[0]
        else:
            return None
        order = order_at(self.lang, self.letters.codes, at)
        right = self._read(order, 0, sign) if order and not order.before.strip("z") else None
        if right is None or _JOINABLE.get(right.rule) != kind or (sign == "Z" and right.behind != "L"):
            return None
        core = self._from_to(left, right)
        return (
            right._replace(rule=f"{left.rule} to {right.rule}", core=core, bound="in", begin=left.begin)
            if core
            else None
        )

    def _is_open_ended(self, left: _Read) -> bool:
        return left.bound not in {"in", "from"} or left.core.precision in _PARTIAL

    def _joins(self, left: _Read, joint: str) -> bool:
        match joint[0]:
            case "&":
                return "b" in left.before
            case "U":
                return "S" in left.before
            case _:
                return True

    def _from_to(self, left: _Read, right: _Read) -> Core | None:
        first, last = left.core, right.core
        begin = self._period(left)[0] if first.year is not None or first.placed is None or last.year is None else None
        if begin is None and first.placed and last.placed and last.year is not None:
            begin = first.placed(last.year)
            if begin[0] > last.placed(last.year)[1]:
                begin = first.placed(last.year - 1)
        end = self._period(right)[0] if last.year is not None or last.placed is None else None
        if end is None and begin and last.placed:
            end = last.placed(begin[0].year)
            if end[1] < begin[0]:
                end = last.placed(begin[0].year + 1)
        if begin is None or end is None or begin[0] > end[1]:
            return None
        return Core(precision="range", period=(begin[0], end[1]), how=first.how or last.how)

    def _span(self, read: _Read) -> DateSpan | None:
        core = read.core
        if read.codes == "Y" and self._counts_something(read):
            return None
        try:
            period, how = self._period(read)
        except (ValueError, OverflowError):  # 29 February of a year without one
            return None
        if period is None and not core.partial:
            return None
        precision = core.precision
        lo, hi = None, None
        if period is None:
            precision, how = precision if precision in _PARTIAL else "partial", core.partial
        else:
            lo, hi = bounded(period, read.bound, core.at_end)
        start, end = self.letters.starts[read.begin], self.letters.ends[read.end - 1]
        if "(" in read.codes and self.text.startswith(")", end):
            end += 1
        return DateSpan(start, end, self.text[start:end], lo, hi, precision, read.bound, how, read.rule)

    def _period(self, read: _Read) -> tuple[Period | None, str]:
        """The days of a core and how they were found; none where the sentence or the day of writing does not tell."""
        core = read.core
        if core.period is not None:
            return (core.period if self._is_meant(read) else None), core.how
        if core.placed is None:
            return None, core.how
        if core.year is not None:
            return core.placed(core.year), core.how
        if self.ref is None:
            return None, ""
        wording = self._wording(read.begin, read.end)
        if core.unit == "weekday":
            ahead = wording > 0 or read.bound in {"by", "until"}
            return core.placed(1 if ahead else 0), _HOW[1 if ahead else wording]
        direction = _direction(read, self._put_off(read) if wording < 0 else wording)
        return of_open_year(core, self.ref, direction), _HOW[direction]

    def _put_off(self, read: _Read) -> int:
        """The wording of a date in a sentence that looks back: the day that something was moved to lies ahead."""
        if not self._is_moved(read):
            return -1
        return 0 if "S" in read.before or read.behind[:1] == "Z" else 1

    def _is_meant(self, read: _Read) -> bool:
        """In two weeks, within two weeks: dates where the sentence looks forward, else durations."""
        if read.core.unit not in {"ahead", "within"}:
            return True
        if self._is_counted_from_elsewhere(read):
            return False
        if read.core.unit == "ahead":
            wording = self._wording(read.begin, read.end)
            if any(self._word(place) in _LASTS for place in (read.begin - 1, read.begin) if place >= 0):
                return False
            return wording >= 0 if self.lang == "ru" else wording > 0
        return self._wording(read.begin, read.end) >= 0

    def _is_counted_from_elsewhere(self, read: _Read) -> bool:
        """Within two weeks of the signing: nobody knows when that is."""
        codes = self.letters.codes
        if self.lang != "az":
            return codes[read.end : read.end + 1] in {"f", "S", "A"} and codes[read.end + 1 : read.end + 2] != "J"
        at = read.begin - 1
        return "A" in codes[max(at, 0) : at + 1] + read.before or (at >= 0 and bool(ABLATIVE.search(self._word(at))))

    def _word(self, place: int) -> str:
        return fold(self.text[self.letters.starts[place] : self.letters.ends[place]])

    def _wording(self, begin: int, end: int) -> int:
        """1 where the nearest verb of the sentence looks forward, -1 where it looks back, 0 without one."""
        codes, verbs = self.letters.codes, self._verbs
        place = bisect_left(verbs, begin)
        best, told = _SIGHT, 0
        at = verbs[place - 1] if place else 0
        if place and codes[at] != SENTENCE_BREAK and begin - at < best:
            best, told = begin - at + _CLAUSE * _clauses(codes[at:begin]), _VERBS[codes[at]]
        place = bisect_left(verbs, end, place)
        at = verbs[place] if place < len(verbs) else 0
        if at and codes[at] != SENTENCE_BREAK:
            far = _BEHIND_REPORT if codes[at] == REPORTED else 0
            if at - end + 1 + _CLAUSE * _clauses(codes[end:at]) + far < best:
                return _VERBS[codes[at]]
        return told

    @property
    def _verbs(self) -> list[int]:
        """Where verbs stand that tell a time, and where sentences end; "is planned" is no past."""
        if self._verb_places is None:
            self._verb_places = [verb.start() for verb in _VERB.finditer(self.letters.codes)]
        return self._verb_places

    def _around(self, read: _Read) -> tuple[str, str]:
        """The letters of the sentence before and behind."""
        codes = self.letters.codes
        left = codes[max(0, read.begin - _SIGHT) : read.begin].rpartition(SENTENCE_BREAK)[2]
        return left, codes[read.end : read.end + _SIGHT].partition(SENTENCE_BREAK)[0]

    def _counts_something(self, read: _Read) -> bool:
        """In 2000 villages; but "in 2025 exports rose"."""
        codes = self.letters.codes[read.end : read.end + 2]
        if not codes.startswith(OTHER):
            return False
        word = self.text[self.letters.starts[read.end] : self.letters.ends[read.end]]
        if self.lang != "en":
            return True
        if not word[0].islower() or not word.endswith("s") or word.endswith(("ss", "us")) or len(word) < 4:
            return False
        return codes[1:] != PAST or self.letters.values[read.end - 1] % 100 == 0

    def _one_more_year(self, read: _Read, span: DateSpan, at: int) -> DateSpan | None:
        """In 2019, 2021 and 2023."""
        listed = _LISTED.match(self.letters.codes, at) if read.rule == "year" and read.codes in {"Y", "Yy"} else None
        if listed is None:
            return None
        place = listed.end() - 1
        year = self.letters.values[place]
        start, end = self.letters.starts[place], self.letters.ends[place]
        period = (date(year, 1, 1), date(year, 12, 31))
        return span._replace(start=start, end=end, text=self.text[start:end], lo=period[0], hi=period[1], bound="in")


@lru_cache(maxsize=8)  # asked for the bound of a date, and again for its year
def _folded(text: str) -> str:
    return fold(text)


def _clauses(codes: str) -> int:
    return codes.count(",") + codes.count("&")


def _direction(read: _Read, wording: int) -> int:
    """Deadlines look forward, "since" looks back, else the verb decides."""
    if read.bound in {"by", "until"} and (wording >= 0 or read.core.precision == "month"):
        return 1
    if read.since and wording <= 0:
        return -1
    return wording
