"""A text as claims: its dates and states, and beside them its figures (`figures`).

        text -> sentences -> names of subjects, dates -> clauses -> phase verb, component, tense -> claims

Rules: a date is a claim only with a phase verb in its own clause; without a declared subject only the headline and the
first sentences speak of the event, and only of a thing that they name. Whatever is read and not promoted keeps its
reason. Pure: the same words give the same claims.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypedDict

from monitor.events.dates import DateSpan
from monitor.events.dates import scan as scan_dates
from monitor.events.figures import Reading as Figures
from monitor.events.figures import figures
from monitor.events.measures import Measures
from monitor.events.phases import FAR_LEFT, FAR_RIGHT, Found, Lexicon, lexicon
from monitor.events.subjects import Choice, Named, Subjects, choose, points_back
from monitor.words import letters, sentences
from storage.model import Claim, ClaimKind, JsonValue, Modality

QUOTE = 400  # characters of a sentence that are kept
LEAD = 2  # sentences of the text that speak of the event itself, besides the headline
UNIT = "date"

_EXPECTED = ("expect", "gozlenil", "ожида")
_HELD = {"occasion": "hold", "document": "sign"}  # what is put off, where no verb says it
_OF_DOCUMENTS = frozenset({"sign", "adopt"})
_MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the headline (number 0) or the text, at its place in both with a line end between."""

    number: int
    start: int
    text: str
    lettered: str
    before: tuple[int, int] | None

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.start + len(self.text)

    @property
    def quote(self) -> str:
        if len(self.text) <= QUOTE:
            return self.text
        return self.text[:QUOTE].rsplit(" ", 1)[0] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What a version of an item says: claims without an item yet, and all that was read with the reason it was left."""

    claims: tuple[Claim, ...] = ()
    mentions: tuple[JsonValue, ...] = ()


NOTHING = Statements()


@dataclass(slots=True, kw_only=True)
class _Clause:
    """A clause with what it inherits from the one before: the thing it speaks of, and that it was put off."""

    start: int
    text: str
    components: list[Found] = field(default_factory=list)  # of the clause, else those of the one before
    phases: list[Found] = field(default_factory=list)
    states: list[Found] = field(default_factory=list)
    put_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """What a verb is about."""

    choice: Choice
    component: str  # "" for the subject as a whole
    kind: str


def split(title: str, text: str) -> list[Sentence]:
    """The headline and the sentences of the text, each with its place."""
    found = [Sentence(number=0, start=0, text=title, lettered=letters(title), before=None)]
    at = len(title) + 1
    for number, one in enumerate(sentences(text), 1):
        before = found[-1].span if number > 1 else None
        found.append(Sentence(number=number, start=at, text=one, lettered=letters(one), before=before))
        at += len(one) + 1
    return found


def read(  # noqa: PLR0917  a text and how to read it
    title: str, text: str, lang: str | None, published: date | None, subjects: Subjects, measures: Measures
) -> Statements:
    """All that a text claims; `published` None gives claims without a day, and no relative dates."""
    words = lexicon(lang or "")
    if words is None:
        return NOTHING
    whole = f"{title}\n{text}"
    named = subjects.find(whole)
    reading = _Reading(
        text=whole,
        lang=lang or "",
        published=published,
        words=words,
        named=named,
        kinds={one.id: one.kind for one in subjects.declared},
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
    for sentence in split(title, text):
        reading.take(sentence)
    return Statements(claims=tuple(_once(reading.claims)), mentions=tuple(reading.mentions))


@dataclass(slots=True, kw_only=True)
class _Reading:
    text: str
    lang: str
    published: date | None
    words: Lexicon
    named: Sequence[Named]
    kinds: dict[str, str]
    figures: Figures
    claims: list[Claim] = field(default_factory=list)
    mentions: list[JsonValue] = field(default_factory=list)

    def take(self, sentence: Sentence) -> None:
        spans = scan_dates(sentence.text, self.lang, self.published)
        speaks = sentence.number <= LEAD or any(self._inside(sentence))
        said, left = figures(sentence, spans, self.figures)
        self.claims += said
        self.mentions += left
        if not spans and not speaks:
            return
        clauses = list(self._clauses(sentence))
        for span in spans:
            self._date(sentence, clauses, span)
        if speaks:
            self._states(sentence, clauses, spans)

    def _inside(self, sentence: Sentence) -> Iterator[Named]:
        start, end = sentence.span
        return (one for one in self.named if start <= one.start < end)

    def _clauses(self, sentence: Sentence) -> Iterator[_Clause]:
        components: list[Found] = []
        put_off = False
        for start, end in self.words.clauses(sentence.lettered):
            text = sentence.lettered[start:end]
            made = _Clause(start=start, text=text, phases=self.words.phases_in(text, start))
            made.states = self.words.states_in(text, start)
            made.components = self.words.components_in(text, start) or components
            made.put_off = any(one.name == "postponed" for one in made.states) or (put_off and not made.phases)
            components, put_off = made.components, made.put_off
            yield made

    def _date(self, sentence: Sentence, clauses: Sequence[_Clause], span: DateSpan) -> None:
        clause = next((one for one in reversed(clauses) if one.start <= span.start), clauses[0])
        verb = _governing(clause, span)
        if verb is None and not clause.put_off:
            self._mention(sentence, span, "no phase verb in its clause")
            return
        spoken = self._spoken(sentence, clause, verb or span)
        reason = self._refusal(sentence, spoken)
        phase = verb.name if verb else _HELD.get(spoken.kind, "")
        if not reason and not phase:
            reason = "put off, but nothing says what was to happen on the day"
        if not reason and phase in _OF_DOCUMENTS and spoken.kind != "document":
            reason = "signed or adopted, but no document is named"
        if reason:
            self._mention(sentence, span, reason)
            return
        self._claim_date(sentence, clause, span, verb, spoken, phase)

    def _claim_date(  # noqa: PLR0917  the parts of one claim
        self, sentence: Sentence, clause: _Clause, span: DateSpan, verb: Found | None, spoken: _Spoken, phase: str
    ) -> None:
        modality = self._modality(sentence, clause, span, verb)
        as_of, how = self.published, "published"
        if modality is Modality.DONE and self.published and span.lo and span.lo > self.published + timedelta(days=1):
            as_of, how = None, "it tells of a later day as past: its date is not believed"
        rule = f"{span.rule}+{phase}" + (f"+{_MOVED}" if clause.put_off else "")
        self.claims.append(
            Claim(
                kind=ClaimKind.DATE,
                subject=spoken.choice.subject or "",
                measure=f"{_part(spoken, phase)}.{phase}",
                value=span.text,
                unit=UNIT,
                lo=span.lo,
                hi=span.hi,
                precision=str(span.precision),
                bound=str(span.bound),
                modality=modality,
                as_of=as_of,
                as_of_how=how,
                rule=f"{rule}; {spoken.choice.why}",
                **_where(sentence, span.start, span.end),
            )
        )

    def _modality(self, sentence: Sentence, clause: _Clause, span: DateSpan, verb: Found | None) -> Modality:
        if self.words.denied.search(sentence.lettered):
            return Modality.DENIED
        if verb is None or clause.put_off:
            return Modality.PLANNED
        if self.words.is_negated(sentence.lettered, verb):
            return Modality.DENIED
        ahead = self.words.is_ahead(clause.text, verb, clause.start)
        if ahead is None:
            first = span.lo or span.hi
            ahead = bool(first and self.published and first > self.published)
        if not ahead:
            return Modality.DONE
        return Modality.EXPECTED if any(word in clause.text for word in _EXPECTED) else Modality.PLANNED

    def _states(self, sentence: Sentence, clauses: Sequence[_Clause], spans: Sequence[DateSpan]) -> None:
        for clause in clauses:
            found = self._state(sentence, clause, spans)
            if found is None:
                continue
            state, word = found
            spoken = self._spoken(sentence, clause, word)
            vague = state == "underway" and not spoken.component and not any(self._inside(sentence))
            if vague or self._refusal(sentence, spoken):
                continue
            self._claim_state(sentence, state, word, spoken)

    def _claim_state(self, sentence: Sentence, state: str, word: Found, spoken: _Spoken) -> None:
        denied = self.words.denied.search(sentence.lettered) is not None
        whole = spoken.component == "construction" and state == "underway"
        self.claims.append(
            Claim(
                kind=ClaimKind.STATUS,
                subject=spoken.choice.subject or "",
                measure="status",
                facet="" if whole else spoken.component,
                value=state,
                modality=Modality.DENIED if denied else Modality.REPORTED,
                as_of=self.published,
                as_of_how="published",
                rule=f"{state}: {word.word}; {spoken.choice.why}",
                **_where(sentence, word.start, word.end),
            )
        )

    def _state(self, sentence: Sentence, clause: _Clause, spans: Sequence[DateSpan]) -> tuple[str, Found] | None:
        """The most specific state that the clause says, with the word that says it."""
        told = {one.name: one for one in reversed(clause.states) if not self.words.is_negated(sentence.lettered, one)}
        for state in ("cancelled", "postponed", "announced"):
            if state in told:
                return state, told[state]
        for verb in clause.phases:
            if verb.is_noun or self.words.is_negated(sentence.lettered, verb):
                continue
            if by_verb := self._by_verb(sentence, clause, verb, spans):
                return by_verb, verb
        return ("underway", told["underway"]) if "underway" in told else None

    def _by_verb(self, sentence: Sentence, clause: _Clause, verb: Found, spans: Sequence[DateSpan]) -> str | None:
        ahead = self.words.is_ahead(clause.text, verb, clause.start)
        if ahead is None:
            if sentence.number and self.lang == "en" and not verb.word.endswith(("s", "ed")):
                return None  # an infinitive, a name, an adjective
            ahead = any(_is_later(one, self.published) for one in spans)
        if ahead:
            return "planned" if verb.name != "end" else None
        return _DONE.get((self._spoken(sentence, clause, verb).kind, verb.name))

    def _spoken(self, sentence: Sentence, clause: _Clause, verb: Found | DateSpan) -> _Spoken:
        """The subject of a verb, and the part of it: a process or document, or an occasion that is not the subject."""
        choice = self._chosen(sentence, sentence.start + verb.start)
        component = self._governed(sentence, clause, verb)
        kind = self.words.kinds[component.name] if component else "thing"
        if not choice.subject:
            return _Spoken(choice=choice, component=component.name if component else "", kind=kind)
        own = self.kinds.get(choice.subject, "")
        if component is not None and kind != "thing" and component.name != own:
            return _Spoken(choice=choice, component=component.name, kind=kind)
        return _Spoken(choice=choice, component="", kind="occasion" if own == "conference" else "thing")

    def _chosen(self, sentence: Sentence, at: int) -> Choice:
        """Where a sentence names nobody, the only subject of the text is meant in its beginning, and no event."""
        choice = choose(self.named, self.text, sentence.span, sentence.before, at)
        only = {one.subject for one in self.named}
        if choice.subject != "" or not only:
            return choice
        if len(only) == 1 and (sentence.number <= LEAD or points_back(self.text, sentence.span)):
            return Choice(subject=next(iter(only)) or None, why="the only subject that the text names")
        return Choice(subject=None, why="the text names subjects, this sentence none of them")

    def _governed(self, sentence: Sentence, clause: _Clause, verb: Found | DateSpan) -> Found | None:
        """The noun that a verb is about: what can be done rather than a thing, the nearest one, no part of a name."""
        free = [one for one in clause.components if not self._is_name(sentence, one)]
        if not free:
            return None
        return min(free, key=lambda one: (self.words.kinds[one.name] == "thing", abs(one.start - verb.start)))

    def _is_name(self, sentence: Sentence, component: Found) -> bool:
        """Whether the noun is part of the subject's own name."""
        at = sentence.start + component.start
        return any(one.start <= at < one.end for one in self.named)

    def _refusal(self, sentence: Sentence, spoken: _Spoken) -> str:
        if spoken.choice.subject is None:
            return spoken.choice.why
        if spoken.choice.subject:
            return ""
        if sentence.number > LEAD:
            return "no declared subject, and too far down to be about the event itself"
        return "" if spoken.component else "no declared subject, and no thing is named"

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


_DONE = {
    ("process", "start"): "underway",
    ("process", "end"): "done",
    ("occasion", "start"): "underway",
    ("occasion", "end"): "done",
    ("occasion", "hold"): "done",
    ("document", "sign"): "done",
    ("document", "adopt"): "done",
    ("thing", "start"): "done",
    ("thing", "end"): "done",
}


def _part(spoken: _Spoken, phase: str) -> str:
    """The end of building a thing is its own."""
    whole = spoken.choice.subject and spoken.component == "construction" and phase == "end"
    return "" if whole else spoken.component


def _governing(clause: _Clause, span: DateSpan) -> Found | None:
    """The phase verb nearest to a date; a noun (the signing) only where its clause says that it was put off."""
    near = []
    for one in clause.phases:
        if one.is_noun and not clause.put_off:
            continue
        left, right = span.start - one.end, one.start - span.end
        if 0 <= left <= FAR_LEFT or 0 <= right <= FAR_RIGHT:
            near.append((max(left, right), one.start, one))
    return min(near)[2] if near else None


class _Where(TypedDict):
    sentence: int
    start: int
    end: int
    quote: str


def _where(sentence: Sentence, start: int, end: int) -> _Where:
    return {
        "sentence": sentence.number,
        "start": sentence.start + start,
        "end": sentence.start + end,
        "quote": sentence.quote,
    }


def _is_later(span: DateSpan, published: date | None) -> bool:
    first = span.lo or span.hi
    return bool(first and published and first > published)


def _once(claims: Sequence[Claim]) -> Iterator[Claim]:
    """A text that says a thing twice says it once, in the first words that do."""
    seen: set[tuple[object, ...]] = set()
    for claim in claims:
        value = claim.value if claim.kind is ClaimKind.STATUS else ""
        said = (claim.subject, claim.measure, claim.facet, value, claim.lo, claim.hi, claim.modality)
        if said not in seen:
            seen.add(said)
            yield claim
