"""The sentences of a text and their clauses, and which verb and year a date in one belongs to.

Rule: everything keeps its place in "headline, line end, text", so that each claim can show its words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from monitor.events.cues import DENIAL, READ, Cues
from monitor.events.dates import DateSpan
from monitor.events.phases import FAR_LEFT, FAR_RIGHT, Found, Lexicon, Mark
from monitor.events.speakers import may_tell, speaker_of
from monitor.words import letters, sentences

LONGEST = 4_000  # characters of a sentence that are read: no sentence is longer, and a hostile one has no end
QUOTE = 400  # characters of a sentence that are kept

_NAME_WORDS = 3
_RELATIVE = (" which ", " where ")
_RESUMED = ("has ", "had ", "is ", "are ", "was ", "were ", "will ")
_FOLDED = re.compile(
    r"(?:\S+ ){0,6}?(?:will|would|is|are|was|were|has|had|can|could|may|must|should) (?:\S+ ){1,3}?"
    r"(?=(?:has|had|is|are|was|were|will) (?:\S+ ){0,3}?\w+)"
)
_YEAR = re.compile(r"\d{4}")
_DIGIT = re.compile(r"\d")


@dataclass(slots=True, kw_only=True)
class Sentence:
    """A sentence of the headline (number 0) or the text, at its place in both with a line end between."""

    number: int
    start: int
    text: str
    cues: int
    before: tuple[int, int] | None
    whole: str  # the headline and the text
    lang: str
    _names_speaker: bool | None = None
    _lettered: str | None = None
    _denied: bool | None = None
    _marks: list[Mark] | None = None
    _tells: bool | None = None
    _components: list[Found] | None = None

    @property
    def lettered(self) -> str:
        """Its words as they are compared, made when they are asked for."""
        if self._lettered is None:
            self._lettered = letters(self.text)
        return self._lettered

    def is_denied(self, words: Lexicon) -> bool:
        """Whether it says that something is not so."""
        if self._denied is None:
            self._denied = bool(self.cues & DENIAL) and words.denied.search(self.lettered) is not None
        return self._denied

    def marks(self, words: Lexicon) -> list[Mark]:
        """Its words that may begin a lexeme."""
        if self._marks is None:
            self._marks = words.marks(self.lettered)
        return self._marks

    def tells(self, words: Lexicon) -> bool:
        """Whether a phase or a state stands in it."""
        if self._tells is None:
            self._tells = words.tells(self.lettered, self.marks(words))
        return self._tells

    def components(self, words: Lexicon) -> list[Found]:
        """The things that it names, across its clauses."""
        if self._components is None:
            self._components = words.components_in(self.lettered, self.marks(words), 0, len(self.lettered))
        return self._components

    def speaker(self, start: int, end: int) -> str:
        """Who says its words from `start` to `end`, "" where nobody is named."""
        before = self.whole[slice(*self.before)] if self.before else ""
        if self._names_speaker is None:
            self._names_speaker = may_tell(self.text, before, self.lang)
        return speaker_of(self.text, before, self.lang, start, end) if self._names_speaker else ""

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.start + len(self.text)

    @property
    def quote(self) -> str:
        if len(self.text) <= QUOTE:
            return self.text
        return self.text[:QUOTE].rsplit(" ", 1)[0] + "…"


@dataclass(slots=True, kw_only=True)
class Clause:
    """A clause with what it inherits from the one before: the thing it speaks of, and that it was put off."""

    words: Lexicon
    start: int
    text: str
    phases: list[Found]
    states: list[Found]
    components: list[Found]  # of the clause, else those of the one before
    put_off: bool = False

    _signs: tuple[list[int], list[int]] | None = None

    def is_ahead(self, verb: Found) -> bool | None:
        """Whether a verb of the clause speaks of the future; None where that is not said."""
        if self._signs is None:
            future, past = self.words.future.finditer(self.text), self.words.past.finditer(self.text)
            self._signs = [self.start + one.start() for one in future], [self.start + one.start() for one in past]
        return self.words.is_ahead(verb, *self._signs)


def clauses(sentence: Sentence, words: Lexicon) -> list[Clause]:
    """The clauses of a sentence, in order."""
    found: list[Clause] = []
    before: Clause | None = None
    text, marks = sentence.lettered, sentence.marks(words)
    for start, end in _unfolded(text, words.clauses(text)):
        if len(found) > 1 and text.startswith(_RESUMED, start) and _end(found[-1]) == start:
            before = found[-2]  # behind "along which it will be laid" the sentence goes on about what it began with
        some = [one for one in marks if start <= one[0] < end]
        own, phases, states = words.lexemes_in(text, some, start, end)
        made = Clause(
            words=words,
            start=start,
            text=text[start:end],
            phases=phases,
            states=states,
            components=own or (before.components if before else []),
        )
        still = before is not None and before.put_off and all(_takes_place(one) for one in made.phases)
        made.put_off = still or any(one.name == "postponed" for one in made.states)
        if still and before and made.phases:  # its opening is late and will take place in May
            made.phases = [*(one for one in before.phases if one.is_noun), *made.phases]
        found.append(made)
        before = made
    return found


def _takes_place(phase: Found) -> bool:
    return phase.name == "hold" and not phase.is_noun


def _unfolded(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The clauses, a relative one that ends without a comma parted: "which will be laid | has been completed"."""
    for start, end in spans:
        folded = _FOLDED.match(text, start, end) if text.endswith(_RELATIVE, 0, start) else None
        if folded is not None:
            yield start, folded.end()
        yield folded.end() if folded else start, end


def _end(clause: Clause) -> int:
    return clause.start + len(clause.text)


def split(title: str, text: str, cues: Cues) -> Iterator[Sentence]:
    """The headline and the sentences of the text in which a word may be read, each with its place in both."""
    whole, lang = cues.text, cues.lang
    if (found := cues.of(0, min(len(title), LONGEST))) & READ:
        yield Sentence(number=0, start=0, text=title[:LONGEST], cues=found, before=None, whole=whole, lang=lang)
    at = len(title) + 1
    before = None
    for number, one in enumerate(sentences(text), 1):
        end = at + len(one)
        if (found := cues.of(at, min(end, at + LONGEST))) & READ:
            yield Sentence(
                number=number, start=at, text=one[:LONGEST], cues=found, before=before, whole=whole, lang=lang
            )
        before = (at, end)
        at = end + 1


def governing(clause: Clause, span: DateSpan) -> Found | None:
    """The phase verb nearest to a date; a noun (the signing) only where its clause plans it or puts it off."""
    near = []
    for one in clause.phases:
        if one.is_noun and not (clause.put_off or clause.words.plans.search(clause.text)):
            continue
        left, right = span.start - one.end, one.start - span.end
        if 0 <= left <= FAR_LEFT or 0 <= right <= FAR_RIGHT:
            near.append((max(left, right), one.start, one))
    if not near:
        return None
    verb = min(near)[2]
    nouns = [one for one in clause.phases if one.is_noun and one.name != verb.name]
    return nouns[0] if verb.name == "hold" and nouns else verb  # the opening takes place


def planned_noun(found: Sequence[Clause], place: int) -> Found | None:
    """Completion, originally planned for May, is expected in June: the noun of which clauses without one tell."""
    told = found[place]
    signs = told.words.plans.match(told.text.lstrip()) or told.words.former.match(told.text.lstrip())
    if told.phases or not signs:
        return None
    before = next((one for one in reversed(found[:place]) if one.phases), None)
    nouns = [one for one in before.phases if one.is_noun] if before else []
    return nouns[-1] if nouns and before and len(nouns) == len(before.phases) else None


def is_scrap(sentence: Sentence, clause: Clause, span: DateSpan) -> bool:
    """Whether a clause holds no more than a name before its date, behind a comma: ", Rwanda on 6 June"."""
    if sentence.lettered[clause.start - 1 : clause.start] != "," or clause.phases or clause.states:
        return False
    before, behind = sentence.text[clause.start : span.start].split(), clause.text[span.end - clause.start :]
    is_name = len(before) <= _NAME_WORDS and all(word[0].isupper() for word in before)
    return is_name and not any(char.isalnum() for char in behind)


def covering(clause: Clause, span: DateSpan, words: Lexicon) -> Found | None:
    """The document that whole years are for: a roadmap for 2026-2029, 2026-2030-cu illər üçün strategiya."""
    lo, hi = span.lo, span.hi
    if span.precision != "range" or lo is None or hi is None or lo.year == hi.year:
        return None
    if (lo.month, lo.day, hi.month, hi.day) != (1, 1, 12, 31):
        return None
    near = [
        (max(left, right), one.start, one)
        for one in clause.components
        if words.kinds[one.name] == "document" and one.start >= clause.start
        for left, right in [(span.start - one.end, one.start - span.end)]
        if 0 <= left <= FAR_LEFT or 0 <= right <= FAR_RIGHT
    ]
    return min(near)[2] if near else None


def is_taken(clause: Clause, verb: Found, span: DateSpan, every: Sequence[DateSpan]) -> bool:
    """Whether an English verb has another date behind it: shot two years ago, the trial starts Monday."""
    end = clause.start + len(clause.text)
    return span.end <= verb.start and any(verb.end <= one.start < min(end, verb.end + FAR_RIGHT) for one in every)


def lacks_year(span: DateSpan) -> bool:
    """Whether a day or month stands there without its year."""
    return (
        str(span.precision) in {"day", "month", "part", "range"}
        and not _YEAR.search(span.text)
        and (_DIGIT.search(span.text) is not None or str(span.precision) == "month")
    )


def in_its_year(span: DateSpan, published: date | None, *, ahead: bool, done: bool) -> tuple[date | None, date | None]:
    """A day without a year is where its verb wants it: what is planned lies ahead, what was done lies behind."""
    last, first = span.hi or span.lo, span.lo or span.hi
    if published is None or last is None or first is None or not lacks_year(span):
        return span.lo, span.hi
    if ahead and last < published:
        return years_on(span.lo, 1), years_on(span.hi, 1)
    if done and first > published + timedelta(days=1):
        return years_on(span.lo, -1), years_on(span.hi, -1)
    return span.lo, span.hi


def years_on(day: date | None, years: int) -> date | None:
    if day is None:
        return None
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)


def is_later(span: DateSpan, published: date | None) -> bool:
    first = span.lo or span.hi
    return bool(first and published and first > published)


def is_past(clause: Clause, verb: Found, span: DateSpan, published: date | None) -> bool:
    """Whether the date that a verb governs was over when it was told: an old plan, told again."""
    last = span.hi or span.lo
    near = governing(clause, span) if last and published and last < published else None
    return near is not None and near.start == verb.start


class Where(TypedDict):
    sentence: int
    start: int
    end: int
    quote: str
    speaker: str


def where(sentence: Sentence, start: int, end: int) -> Where:
    return {
        "sentence": sentence.number,
        "start": sentence.start + start,
        "end": sentence.start + end,
        "quote": sentence.quote,
        "speaker": sentence.speaker(start, end),
    }
