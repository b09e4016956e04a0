"""What a verb or a date is about: the subject, and the part of it that is begun, finished, signed or held.

Rule: better nothing than the wrong thing. Without a declared subject only the first sentences speak of the event, and
only of a thing that they name.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from monitor.events.clauses import Clause, Sentence
from monitor.events.dates import DateSpan
from monitor.events.happening import LEAD
from monitor.events.phases import FAR_LEFT, Found, Lexicon
from monitor.events.subjects import Choice, Named, between, choose, goes_on, points_back

NOUNS = 30  # characters between two nouns of one phrase
HELD = {"occasion": "hold", "document": "sign", "process": "start"}  # what is put off, where no verb says it

_OCCASIONS = frozenset(
    {"conference", "forum", "summit", "congress", "fair", "exhibition", "meeting", "event", "festival"}
)
_DOCUMENTS = frozenset({"document", "law", "act", "code", "treaty", "agreement", "memorandum", "strategy", "charter"})
_COMPLEMENT = re.compile(r" (?:for|of|на|по)\b[^,.;:]*$")
_OF_OCCASIONS = frozenset({"registration", "negotiations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a verb is about."""

    choice: Choice
    component: str  # "" for the subject as a whole
    kind: str


@dataclass(slots=True, kw_only=True)
class Speaking:
    """A text in which names stand, and who is meant where."""

    text: str
    words: Lexicon
    named: Sequence[Named]
    kinds: dict[str, str]  # of the declared subjects

    def inside(self, sentence: Sentence) -> Sequence[Named]:
        return between(self.named, *sentence.span)

    def of(self, sentence: Sentence, clause: Clause, verb: Found | DateSpan) -> Spoken:
        """The subject of a verb, and the part of it: a process or document, or an occasion that is not the subject."""
        component = self.governed(sentence, clause, verb)
        choice = self._chosen(sentence, sentence.start + verb.start, component)
        kind = self.words.kinds[component.name] if component else "thing"
        if not choice.subject and component is not None and self.words.is_adjunct(sentence.lettered, component):
            component, kind = None, "thing"
        if not choice.subject:
            return Spoken(choice=choice, component=component.name if component else "", kind=kind)
        subject, own = choice.subject, self.kinds.get(choice.subject, "")
        if component is not None and not self._may_have(own, component):
            why = f"a {own} has no {component.name}"
            meant = self._by_kind(sentence, component)
            own = self.kinds.get(meant or "", "")
            if meant is None or not self._may_have(own, component):
                return Spoken(choice=Choice(subject=None, why=why), component="", kind=kind)
            subject, choice = meant, Choice(subject=meant, why="the only subject of its kind that the text names")
        if (component is None or component.name == own) and self._is_far(sentence, subject, component, verb):
            why = "its name stands too far from the verb, and nothing else is named"
            return Spoken(choice=Choice(subject=None, why=why), component="", kind=kind)
        if component is not None and kind != "thing" and component.name != own:
            return Spoken(choice=choice, component=component.name, kind=kind)
        return Spoken(choice=choice, component="", kind=self._kind(own))

    def _kind(self, own: str) -> str:
        """What a declared subject is: a conference is held, a law adopted, anything else opened and finished."""
        if own in _DOCUMENTS:
            return "document"
        kind = "occasion" if own in _OCCASIONS else self.words.kinds.get(own, "thing")
        return kind if kind in HELD and kind != "process" else "thing"

    def refusal(self, sentence: Sentence, spoken: Spoken) -> str:
        if spoken.choice.subject is None:
            return spoken.choice.why
        if spoken.choice.subject:
            return ""
        if sentence.number > LEAD:
            return "no declared subject, and too far down to be about the event itself"
        return "" if spoken.component else "no declared subject, and no thing is named"

    def called(self, sentence: Sentence) -> set[str]:
        """Subjects that the text names and the sentence calls by their kind: the cable."""
        said = sentence.components(self.words)
        if not said:
            return set()
        pointing = points_back(self.text, sentence.span, by_noun=True)
        kinds = {one.name for one in said if sentence.lettered.endswith("the ", 0, one.start)}
        kinds |= {one.name for one in said[:1] if pointing}
        if not kinds:
            return kinds
        return {one.subject for one in self.named if self.kinds.get(one.subject) in kinds}

    def _by_kind(self, sentence: Sentence, component: Found | None) -> str | None:
        """The one subject that the sentence calls by its kind, of those that may have the part that is spoken of."""
        meant = {
            one
            for one in self.called(sentence)
            if component is None or self._may_have(self.kinds.get(one, ""), component)
        }
        return meant.pop() if len(meant) == 1 else None

    def governed(self, sentence: Sentence, clause: Clause, verb: Found | DateSpan) -> Found | None:
        """The noun that a verb is about: what can be done rather than a thing, the nearest one, no part of a name."""
        free = [one for one in clause.components if not self._is_name(sentence, one)]
        if not free:
            return None
        kinds = self.words.kinds
        nearest = min(free, key=lambda one: (kinds[one.name] == "thing", abs(one.start - verb.start)))
        if kinds[nearest.name] != "process":
            return self._head(sentence, free, nearest)
        heads = [
            one
            for one in free
            if (kinds[one.name] == "document" or one.name == "tender") and abs(one.start - nearest.start) <= NOUNS
        ]
        return heads[0] if heads else nearest  # the contract for the laying, the tender for the works

    def _head(self, sentence: Sentence, free: Sequence[Found], noun: Found) -> Found:
        """The tender, of "the tender for licences"."""
        for one in free:
            is_before = one.end < noun.start <= one.end + NOUNS and self.words.kinds[one.name] != "thing"
            if is_before and _COMPLEMENT.match(sentence.lettered, one.end, noun.start):
                return one
        return noun

    def _may_have(self, own: str, component: Found) -> bool:
        """A conference is no building site: what is laid, built or switched on in its reports is another's."""
        if self.words.kinds.get(own) != "occasion" or component.name == own:
            return True
        return self.words.kinds[component.name] in {"occasion", "document"} or component.name in _OF_OCCASIONS

    def _is_far(self, sentence: Sentence, subject: str, noun: Found | None, verb: Found | DateSpan) -> bool:
        at = sentence.start + verb.start
        places = [(one.start, one.end) for one in self.inside(sentence) if one.subject == subject]
        places += [(sentence.start + noun.start, sentence.start + noun.end)] if noun else []
        return bool(places) and all(at - end > FAR_LEFT or start - at > FAR_LEFT for start, end in places)

    def _chosen(self, sentence: Sentence, at: int, component: Found | None) -> Choice:
        """Where a sentence names nobody, the only subject of the text is meant in its beginning, and no event."""
        choice = choose(self.named, self.text, sentence.span, sentence.before, at)
        if choice.subject != "" or not self.named:
            return choice
        only = {one.subject for one in self.named}
        if (meant := self._by_kind(sentence, component)) is not None:
            return Choice(subject=meant, why="the only subject of its kind that the text names")
        pointed = points_back(self.text, sentence.span, by_noun=True)
        leads = sentence.number <= LEAD and goes_on(self.named, self.text, sentence.span)
        if len(only) == 1 and (leads or pointed):
            return Choice(subject=next(iter(only)) or None, why="the only subject that the text names")
        return Choice(subject=None, why="the text names subjects, this sentence none of them")

    def _is_name(self, sentence: Sentence, component: Found) -> bool:
        """Whether the noun is part of the subject's own name."""
        at = sentence.start + component.start
        place = bisect_right(self.named, at, key=attrgetter("start"))
        return place > 0 and at < self.named[place - 1].end
