"""A text as claims: its dates and states, and beside them its figures (`figures`).

        text -> sentences -> names of subjects, dates -> clauses -> phase verb, component, tense -> claims

Rules: a date is a claim only with a phase verb in its own clause; without a declared subject only the headline and the
first sentences speak of the event, and only of a thing that they name. Whatever is read and not promoted keeps its
reason. Pure: the same words give the same claims.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from monitor.events.clauses import (
    Clause,
    Sentence,
    clauses,
    covering,
    governing,
    in_its_year,
    is_scrap,
    is_taken,
    planned_noun,
    split,
    where,
)  # fmt: skip
from monitor.events.cues import DATE, FIGURE, NAME, SAYS, STATE, Cues
from monitor.events.dates import Dates, DateSpan
from monitor.events.figures import Reading as Figures
from monitor.events.figures import figures
from monitor.events.happening import LEAD
from monitor.events.intervals import DEADLINES
from monitor.events.measures import Measures
from monitor.events.phases import Found, Lexicon, lexicon
from monitor.events.promises import COVER, UNSAID
from monitor.events.repeats import merged
from monitor.events.spoken import HELD, Speaking, Spoken
from monitor.events.states import state_of
from monitor.events.subjects import STANDING, Subjects
from monitor.words import letters
from storage.model import Claim, ClaimKind, JsonValue, Modality

UNIT = "date"
SENTENCES_LIMIT = 1_000  # of one text that hold a figure, a date or a state; no report has as many
PERIOD = timedelta(days=31)  # what is signed or adopted takes a day; longer is what it is for

_EXPECTED = ("expect", "gozlenil", "ожида")
_OF_DOCUMENTS = frozenset({"sign", "adopt"})
_MOVED = "moved"
_IN_IT = re.compile(r"(?:in|during|by|в|во|к|до)\b")
_LONG_SINCE = re.compile(r"\bhad (?:\w+ly |already |been |also |first )*$")
_READY = re.compile("ready|hazir|готов")
_NO_VERB = "no phase verb in its clause"
_AHEAD = frozenset({Modality.PLANNED, Modality.EXPECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What a version of an item says: claims without an item yet, and all that was read with the reason it was left."""

    claims: tuple[Claim, ...] = ()
    mentions: tuple[JsonValue, ...] = ()


NOTHING = Statements()


def read(  # noqa: PLR0917  a text and how to read it
    title: str, text: str, lang: str | None, published: date | None, subjects: Subjects, measures: Measures
) -> Statements:
    """All that a text claims; `published` None gives claims without a day, and no relative dates."""
    words = lexicon(lang or "")
    if words is None:
        return NOTHING
    whole = f"{title}\n{text}"
    cues = Cues(whole, lang or "", subjects)
    sentences = list(islice(split(title, text, cues), SENTENCES_LIMIT))
    if not any(one.cues & SAYS for one in sentences):
        return NOTHING
    naming = [one.span for one in sentences if one.cues & NAME]
    named = subjects.find(cues.spaced, naming) if naming else []
    kinds = {one.id: one.kind for one in subjects.declared}
    reading = _Reading(
        text=whole,
        lang=lang or "",
        published=published,
        words=words,
        about=Speaking(
            text=whole,
            words=words,
            named=[one for one in named if kinds.get(one.subject) not in STANDING],
            kinds=kinds,
        ),
        figures=Figures(
            text=whole,
            lang=lang or "",
            published=published,
            named=named,
            measures=measures,
            subjects={one.id: one for one in subjects.declared},
            lead=LEAD,
        ),
    )
    for sentence in sentences:
        if sentence.cues & SAYS:
            reading.take(sentence)
    return Statements(claims=merged(reading.claims), mentions=tuple(reading.mentions))


@dataclass(slots=True, kw_only=True)
class _Reading:
    text: str
    lang: str
    published: date | None
    words: Lexicon
    about: Speaking
    figures: Figures
    claims: list[Claim] = field(default_factory=list)
    mentions: list[JsonValue] = field(default_factory=list)
    going_on: tuple[int, str, str] = (-1, "", "")  # the last process under way: sentence, subject, component

    def take(self, sentence: Sentence) -> None:
        dates = Dates(sentence.text, self.lang, self.published, undated=not sentence.cues & DATE)
        if sentence.text.rstrip("\"'»”’) ").endswith("?"):
            for span in dates.spans:
                self._mention(sentence, span, "a question claims nothing")
            return
        if sentence.cues & FIGURE:
            said, left = figures(sentence, dates, self.figures)
            self.claims += said
            self.mentions += left
        speaks = sentence.cues & STATE and self._may_speak(sentence)
        if not dates.spans and not speaks:
            return
        if not sentence.cues & STATE or not sentence.tells(self.words):
            for span in dates.spans:
                self._mention(sentence, span, _NO_VERB)
            return
        found = clauses(sentence, self.words)
        for span in dates.spans:
            self._date(sentence, found, span, dates.spans)
        if speaks:
            self._states(sentence, found, dates.spans)

    def _may_speak(self, sentence: Sentence) -> bool:
        """Whether it tells of a state: it leads, or names a subject, or calls the only one by its kind."""
        if sentence.number <= LEAD or self.about.inside(sentence):
            return True
        return sentence.tells(self.words) and bool(self.about.called(sentence))

    def _date(self, sentence: Sentence, found: Sequence[Clause], span: DateSpan, every: Sequence[DateSpan]) -> None:
        clause, verb = self._governed(sentence, found, span)
        if verb is not None and self.lang == "en" and is_taken(clause, verb, span, every):
            self._mention(sentence, span, "another date stands behind its verb")
            return
        covered = covering(clause, span, self.words)
        if verb is None and not clause.put_off and covered is None:
            self._mention(sentence, span, _NO_VERB)
            return
        verb = verb if covered is None else None
        spoken = self._going_on(sentence, verb, self.about.of(sentence, clause, verb or covered or span))
        reason = self.about.refusal(sentence, spoken)
        phase = verb.name if verb else COVER if covered else _put_off_phase(spoken)
        if not reason and not phase:
            reason = "put off, but nothing says what was to happen on the day"
        if not reason and phase in _OF_DOCUMENTS and spoken.kind != "document":
            reason = "signed or adopted, but no document is named"
        if not reason and phase in _OF_DOCUMENTS and not clause.put_off and _is_a_period(span):
            reason = "a period, no day"
        if reason:
            self._mention(sentence, span, reason)
            return
        self._claim_date(sentence, clause, span, verb, spoken, phase)

    def _governed(self, sentence: Sentence, found: Sequence[Clause], span: DateSpan) -> tuple[Clause, Found | None]:
        """The clause of a date and its verb; "opened in Kigali, Rwanda on 6 June" has them before the comma."""
        place = max((place for place, one in enumerate(found) if one.start <= span.start), default=0)
        verb = governing(found[place], span)
        if verb is None and (noun := planned_noun(found, place)):
            return found[place], noun
        while verb is None and place and is_scrap(sentence, found[place], span):
            place -= 1
            verb = governing(found[place], span)
        return found[place], verb

    def _going_on(self, sentence: Sentence, verb: Found | None, spoken: Spoken) -> Spoken:
        """What is being made, as the sentence before says, is ready when it is made."""
        if verb is None or verb.name != "end" or spoken.component or not spoken.choice.subject:
            return spoken
        number, subject, process = self.going_on
        is_ready = _READY.match(verb.word) is not None and (number, subject) == (
            sentence.number - 1,
            spoken.choice.subject,
        )
        return replace(spoken, component=process, kind="process") if is_ready else spoken

    def _claim_date(  # noqa: PLR0917  the parts of one claim
        self, sentence: Sentence, clause: Clause, span: DateSpan, verb: Found | None, spoken: Spoken, phase: str
    ) -> None:
        modality = Modality.REPORTED if phase == COVER else self._modality(sentence, clause, span, verb)
        lo, hi = in_its_year(span, self.published, ahead=modality in _AHEAD, done=modality is Modality.DONE)
        as_of, how = self.published, "published"
        if modality is Modality.DONE and self.published and lo and lo > self.published + timedelta(days=1):
            as_of, how = None, "it tells of a later day as past: its date is not believed"
        if modality in _AHEAD and self.words.former.search(clause.text):
            as_of, how = None, "told as a plan of old: when it was made is not said"
        rule = f"{span.rule}+{phase}" + (f"+{_MOVED}" if self._is_moved(clause, modality) else "")
        self.claims.append(
            Claim(
                kind=ClaimKind.DATE,
                subject=spoken.choice.subject or "",
                measure=f"{_part(spoken, phase)}.{phase}",
                value=span.text,
                unit=UNIT,
                lo=lo,
                hi=hi,
                precision=str(span.precision),
                bound=str(span.bound),
                modality=modality,
                as_of=as_of,
                as_of_how=how,
                rule=f"{rule}; {spoken.choice.why}",
                **where(sentence, span.start, span.end),
            )
        )

    def _is_moved(self, clause: Clause, modality: Modality) -> bool:
        """Whether the words themselves say that another day was meant before."""
        return clause.put_off or (modality in _AHEAD and self.words.anew.search(clause.text) is not None)

    def _modality(self, sentence: Sentence, clause: Clause, span: DateSpan, verb: Found | None) -> Modality:
        if sentence.is_denied(self.words):
            return Modality.DENIED
        if verb is None or clause.put_off:
            return Modality.PLANNED
        if self.words.is_negated(sentence.lettered, verb):
            return Modality.DENIED
        ahead = clause.is_ahead(verb)
        first = span.lo or span.hi
        is_open = ahead is None or not self.words.past.fullmatch(verb.word.split()[-1])  # "opens", behind "burned"
        if is_open or (span.lo is None and span.bound in DEADLINES):  # nothing was done "by" a day to come
            ahead = bool(ahead) or bool(first and self.published and first > self.published)
        if not ahead:
            return Modality.DONE
        return Modality.EXPECTED if any(word in clause.text for word in _EXPECTED) else Modality.PLANNED

    def _states(self, sentence: Sentence, found: Sequence[Clause], spans: Sequence[DateSpan]) -> None:
        for clause in found:
            told = state_of(sentence, clause, spans, self.about, self.published)
            if told is None or (told[0] == "planned" and self.words.former.search(clause.text)):
                continue
            state, word = told
            spoken = self.about.of(sentence, clause, word)
            vague = state == "underway" and not spoken.component and not bool(self.about.inside(sentence))
            if vague or self.about.refusal(sentence, spoken):
                continue
            self._claim_state(sentence, state, word, spoken, self._since(sentence, clause, word, spans))

    def _since(
        self, sentence: Sentence, clause: Clause, word: Found, spans: Sequence[DateSpan]
    ) -> tuple[date | None, str]:
        """The day of a state: that on which it came to be, where it is said, else the day on which it is told."""
        dated = [
            one
            for one in spans
            if one.hi and one.lo and self.published and one.hi < self.published and governing(clause, one) == word
        ]
        if dated:
            return dated[0].hi, f"dated in the sentence: {dated[0].text}"
        if _LONG_SINCE.search(sentence.lettered[: word.start]):
            return None, "it had come to be before, and nothing says when"
        return self.published, "published"

    def _claim_state(
        self, sentence: Sentence, state: str, word: Found, spoken: Spoken, since: tuple[date | None, str]
    ) -> None:
        denied = sentence.is_denied(self.words)
        if state == "underway" and spoken.kind == "process":
            self.going_on = (sentence.number, spoken.choice.subject or "", spoken.component)
        whole = spoken.component == "construction" or (
            state == "announced" and bool(spoken.choice.subject)  # what is decided on stands behind the verb
        )
        self.claims.append(
            Claim(
                kind=ClaimKind.STATUS,
                subject=spoken.choice.subject or "",
                measure="status",
                facet="" if whole else spoken.component,
                value=state,
                modality=Modality.DENIED if denied else Modality.REPORTED,
                as_of=since[0],
                as_of_how=since[1],
                rule=f"{state}: {word.word}; {spoken.choice.why}",
                **where(sentence, word.start, word.end),
            )
        )

    def _mention(self, sentence: Sentence, span: DateSpan, reason: str) -> None:
        self.mentions.append(
            {
                "kind": "date",
                "text": span.text,
                "lo": span.lo.isoformat() if span.lo else None,
                "hi": span.hi.isoformat() if span.hi else None,
                "start": sentence.start + span.start,
                "end": sentence.start + span.end,
                "reason": reason,
            }
        )


def _put_off_phase(spoken: Spoken) -> str:
    """What is to happen on a day to which something is put off, as far as its kind tells; a law may be signed too."""
    if not spoken.choice.subject and not spoken.component:
        return ""
    is_law = spoken.kind == "document" and not spoken.component
    return UNSAID if is_law else HELD.get(spoken.kind, UNSAID)


def _is_a_period(span: DateSpan) -> bool:
    """A budget for 2026 is not adopted then, but one that is to be adopted in 2026 is."""
    lasts = span.lo is not None and span.hi is not None and span.hi - span.lo > PERIOD
    return lasts and (span.precision == "range" or _IN_IT.match(letters(span.text)) is None)


def _part(spoken: Spoken, phase: str) -> str:
    """The end of building a thing is its own."""
    whole = spoken.choice.subject and spoken.component == "construction" and phase == "end"
    return "" if whole else spoken.component
