"""The figures of a sentence as claims: which of them a known measure of a known subject is, and why the others are not.

        figures -> measure and facet -> subject -> the day it speaks of -> claims, and mentions with their reasons

Rule: precision before recall. A figure of another edition, a vague word, an enumeration, a number that may be read in
two ways: all of them are remembered as mentions, and none is compared.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from monitor.events.clauses import Sentence, where
from monitor.events.cues import NUMBER
from monitor.events.dates import Dates, DateSpan
from monitor.events.measures import Measure, Measured, Measures
from monitor.events.phases import Lexicon, lexicon
from monitor.events.quantities import Quantity, scan
from monitor.events.subjects import (
    STANDING,
    Choice,
    Named,
    Subject,
    between,
    called,
    choose,
    goes_on,
    points_back,
    tells_its_figure,
)
from monitor.words import fold
from storage.model import Claim, ClaimKind, JsonValue, Modality

_NEAR = 60  # characters between a figure and the date that dates it
_RECENT = timedelta(days=31)  # a day so near is the day of the statement
_LISTED = re.compile(r",? ?(?:[^\W\d_]+, )*[^\W\d_]+ (?:and|və|ve|и) [^\W\d_]+")
_AS_OF = re.compile(r"(?:as of|as at|по состоянию на|veziyyetine|tarixine olan)", re.IGNORECASE)
_TELLS = re.compile(
    r"['’]?s?\s+(?:data|figures|estimates?|statistics|reports?|research|said|says|told|reported|announced|estimated|"
    r"məlumat|hesabat|bildir|açıqla|сообщи|заяви|отмети|подсчита)",
    re.IGNORECASE,
)
_STOPS = '.;:»”"'  # signs that part a name from who says it
_TOLD_BY = re.compile(
    r"\b(?=[acdenst])(?:said|says|according to|added|noted|stressed|emphasi[sz]ed|told|citing|data (?:of|from|by))",
    re.IGNORECASE,
)
_TOLD_IN_CYRILLIC = re.compile(
    r"(?=[псзо])(?:по данным|по сообщению|по словам|сообщил|заявил|отметил|сказал)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_INNER_NAME = re.compile(r"(?<=[^.!?…:;»”\"\n] )(?=[^\W\d_a-zа-яёəğıöüşç])[^\W\d_]{2,}")
_CALENDAR = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\Z"
)
# Behind "to connect villages" another verb may follow, "reaches 300", but no preposition says so.
_FINITE = re.compile(
    r"\b(?!as |its |this |plus |across |less )\w+s (?!of |at |with |for |and |in |from |across )|\b\w+ed\b"
)
_GROWING = frozenset({"registered"})  # a list that is open only grows
_EXPECTED = re.compile(r"expect|gözlən|gozlen|ожида", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text and how it is read; `lead` is the number of sentences that may speak of the event itself."""

    text: str
    lang: str
    published: date | None
    named: Sequence[Named]
    measures: Measures
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    lead: int = 2
    told: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)  # family: its last sentence and subject
    bearers: dict[str, Sequence[Named]] = field(default_factory=dict)  # by measure: the names that can have it
    tellers: dict[Named, bool] = field(default_factory=dict)  # what was found out of names: whether they only tell it


def figures(sentence: Sentence, dates: Dates, reading: Reading) -> tuple[list[Claim], list[JsonValue]]:
    """The claims of a sentence about figures, and each other figure with the reason why it is none."""
    claims: list[Claim] = []
    mentions: list[JsonValue] = []
    for quantity in scan(sentence.text, reading.lang, dates.spans, in_digits=not sentence.cues & NUMBER):
        told = promoted(quantity, sentence, dates, reading)
        if isinstance(told, Claim):
            claims.append(told)
        else:
            mentions.append(_mention(quantity, sentence, told))
    return claims, mentions


def promoted(quantity: Quantity, sentence: Sentence, dates: Dates, reading: Reading) -> Claim | str:
    """The claim that a figure makes, or the reason why it makes none."""
    if reason := _unfit(quantity):
        return reason
    measured = reading.measures.of(quantity, reading.lang)
    if measured is None:
        return "no known measure"
    choice = _about(measured, quantity, sentence, reading)
    if choice.subject is None:
        return choice.why
    if not choice.subject and sentence.number > reading.lead:
        return "no declared subject, and too far down to be about the event itself"
    reading.told[measured.measure.family] = (sentence.span, choice.subject)
    as_of, how, other = _as_of(quantity, sentence, dates.spans, reading, choice.subject)
    if other:
        return other
    return Claim(
        kind=ClaimKind.QUANTITY,
        subject=choice.subject,
        measure=measured.measure.name,
        facet=measured.facet,
        value=spelled(measured.value),
        unit=measured.unit,
        lo=measured.lo,
        hi=measured.hi,
        precision=quantity.qualifier,
        modality=_modality(quantity, measured, sentence, dates, reading),
        as_of=as_of,
        as_of_how=how,
        growth=_growth(measured),
        conflict_days=measured.measure.conflict_days,
        rule=f"{quantity.rule}+{measured.measure.name}; {choice.why}",
        **where(sentence, quantity.start, quantity.end),
    )


def _unfit(quantity: Quantity) -> str:
    if quantity.value is None:
        return f"{quantity.qualifier}: never compared"
    if "before" in quantity.flags:
        return "the value before"
    if "ambiguous" in quantity.flags:
        return "thousands or a decimal: the number may be read in two ways"
    if quantity.unit == "count" and quantity.head and _LISTED.match(quantity.tail):
        return "an enumeration: it counts several things together"
    return ""


def _about(measured: Measured, quantity: Quantity, sentence: Sentence, reading: Reading) -> Choice:
    if measured.measure.subject:
        return Choice(subject=measured.measure.subject, why="subject fixed by the measure")

    allowed = _bearers(measured.measure, reading)
    choice = choose(allowed, reading.text, sentence.span, sentence.before, sentence.start + quantity.start)
    if choice.subject != "" or not reading.named:
        return choice
    only = {one.subject for one in allowed}
    if not only:
        return choice
    kinds = {one: reading.subjects[one].kind for one in only if one in reading.subjects}
    meant = called(allowed, kinds, reading.text, sentence.span)
    if len(meant) == 1:
        return Choice(subject=meant.pop(), why="called by its kind, and named before")
    near = sentence.number <= reading.lead and goes_on(allowed, reading.text, sentence.span)
    stands = any(kind in STANDING for kind in kinds.values())  # many countries are named where one is declared
    if (
        len(only) == 1
        and (near or points_back(reading.text, sentence.span) or _tells_on(allowed, sentence, reading))
        and not (stands and _names_others(sentence, reading))
    ):
        return Choice(subject=next(iter(only)) or None, why="the only subject that the text names")
    return _going_on(measured, only, sentence, reading)


def _going_on(measured: Measured, only: Collection[str], sentence: Sentence, reading: Reading) -> Choice:
    """A sentence without a subject goes on about that of the one before, where both tell of measures of one family."""
    before, subject = reading.told.get(measured.measure.family, (None, ""))
    if before is not None and before == sentence.before and subject in only and not _names_others(sentence, reading):
        return Choice(
            subject=subject, why="the sentence before tells a measure of that family of it, this one names nobody else"
        )
    return Choice(subject=None, why="the text names subjects, this sentence none of them")


def _tells_on(allowed: Sequence[Named], sentence: Sentence, reading: Reading) -> bool:
    """Whether it tells a figure and does not say whose, and nobody else was named since the only subject was."""
    if not tells_its_figure(reading.text, sentence.span):
        return False
    named = between(allowed, 0, sentence.start)
    if not named:
        return False
    begin = max(named[-1].end, reading.text.find("\n") + 1)
    return all(_CALENDAR.match(found[0]) for found in _INNER_NAME.finditer(reading.text, begin, sentence.span[1]))


def _names_others(sentence: Sentence, reading: Reading) -> bool:
    """Whether a name stands in the sentence beside those of declared subjects and a first word that is common."""
    known = [(one.start, one.end) for one in between(reading.named, *sentence.span)]
    for place, found in enumerate(_WORD.finditer(sentence.text)):
        at, word = sentence.start + found.start(), found[0]
        if not word[0].isupper() or any(start <= at < end for start, end in known):
            continue
        is_common = place == 0 and re.search(rf"\b{re.escape(fold(word))}\b", reading.text) is not None
        if not is_common and word[1:2].islower():
            return True
    return False


def _bearers(measure: Measure, reading: Reading) -> Sequence[Named]:
    """The names of the text that can have a figure of the measure, in order, found once."""
    found = reading.bearers.get(measure.name)
    if found is None:
        found = [one for one in reading.named if _may_have(measure, one, reading) and not _is_teller(one, reading)]
        reading.bearers[measure.name] = found
    return found


def _may_have(measure: Measure, one: Named, reading: Reading) -> bool:
    """A conference has participants, an institution has not; a subject of no declared kind may have anything."""
    kind = reading.subjects[one.subject].kind if one.subject in reading.subjects else ""
    if kind in STANDING:
        return measure.standing or kind in measure.of
    return not kind or not measure.of or kind in measure.of


def _is_teller(one: Named, reading: Reading) -> bool:
    if one not in reading.tellers:
        reading.tellers[one] = _is_source(one, reading.text)
    return reading.tellers[one]


def _is_source(one: Named, text: str) -> bool:
    """Whether the name only says who tells it: ministry data show, said the chairman of the forum, по данным банка."""
    if _TELLS.match(text, one.end, one.end + _NEAR):
        return True
    begin = max(0, one.start - _NEAR)
    stop = max(text.rfind(sign, begin, one.start) for sign in _STOPS)
    begin = max(begin, stop + 1)
    if _TOLD_BY.search(text, begin, one.start):
        return True
    return not text[begin : one.start].isascii() and _TOLD_IN_CYRILLIC.search(text, begin, one.start) is not None


def _as_of(
    quantity: Quantity, sentence: Sentence, dates: Sequence[DateSpan], reading: Reading, subject: str
) -> tuple[date | None, str, str]:
    """The day that the figure speaks of, how it is known, and why it is no claim of the subject after all."""
    published = reading.published
    dating = _dating(quantity, sentence, dates, published)
    if dating is None or dating.hi is None:
        return published, "published", ""
    edition = reading.subjects[subject].edition if subject in reading.subjects else None
    if edition and edition.isdigit() and dating.precision in {"year", "range"} and str(dating.hi.year) != edition:
        return None, "", f"a figure of {dating.hi.year}, not of the edition of {edition}"
    return dating.hi, f"dated in the sentence: {dating.text}", ""


def _dating(
    quantity: Quantity, sentence: Sentence, dates: Sequence[DateSpan], published: date | None
) -> DateSpan | None:
    """The date in the same clause that is over: "in 2017, it drew 800", "as of 1 July"."""
    if published is None:
        return None
    near = []
    begin = quantity.start if quantity.since is None else quantity.since
    for span in dates:
        if begin < span.start < quantity.start:
            continue  # it dates the value before
        if span.lo is None or span.hi is None or span.bound != "in" or span.hi > published:
            continue
        between = sentence.text[span.end : begin] if span.end <= begin else ""
        between = between or sentence.text[quantity.end : span.start]
        if len(between) > _NEAR or any(char.isdecimal() for char in between) or ";" in between:
            continue
        is_old = published - span.hi > _RECENT
        says_so = bool(_AS_OF.search(sentence.text[max(0, span.start - 30) : span.end + 30]))
        if (span.precision == "day" and not is_old) or is_old or says_so:
            near.append((len(between), span.start, span))
    return min(near)[2] if near else None


def _growth(measured: Measured) -> str:
    """Where the words do not say which of its kinds a figure is of, two that differ contradict nothing."""
    if measured.facet in _GROWING:
        return "monotone"
    return "volatile" if measured.measure.facets and not measured.facet else measured.measure.growth


def _modality(  # what it is told with
    quantity: Quantity, measured: Measured, sentence: Sentence, dates: Dates, reading: Reading
) -> Modality:
    words = lexicon(reading.lang)
    if words is not None and sentence.is_denied(words):
        return Modality.DENIED
    if measured.facet == "expected":
        return Modality.EXPECTED
    is_promised = words is not None and _is_promised(quantity, sentence, words)
    if dates.wording(quantity.start, quantity.end) <= 0 and not is_promised:
        return Modality.REPORTED
    around = sentence.text[max(0, quantity.start - _NEAR) : quantity.end + _NEAR]
    return Modality.EXPECTED if _EXPECTED.search(around) else Modality.PLANNED


def _is_promised(quantity: Quantity, sentence: Sentence, words: Lexicon) -> bool:
    """Vows to lay 400 km, обязуется построить 300; in a headline alone: Operator to lay 400 km."""
    text = sentence.lettered
    if words.verb_last:
        return words.promised.search(text, quantity.end, quantity.end + _NEAR) is not None
    begin = max(0, quantity.start - _NEAR, text.rfind(";", 0, quantity.start))
    for found in words.promised.finditer(text, begin, quantity.start):
        if not words.past.search(text, found.end(), quantity.start):
            return True
    if sentence.number:
        return False
    return any(
        not _FINITE.search(text, found.end(), quantity.start)
        for found in words.headed.finditer(text, begin, quantity.start)
    )


def spelled(value: Decimal | None) -> str:
    """A number as it is stored: no exponent, no zeros behind the point."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _mention(quantity: Quantity, sentence: Sentence, reason: str) -> JsonValue:
    return {
        "kind": "quantity",
        "text": quantity.text,
        "value": spelled(quantity.value),
        "unit": quantity.unit,
        "head": quantity.phrase,
        "start": sentence.start + quantity.start,
        "end": sentence.start + quantity.end,
        "reason": reason,
    }
