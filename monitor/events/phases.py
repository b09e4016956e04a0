"""Which thing a clause speaks of, and whether it is to begin, was finished, or was put off: lexemes of three languages.

Rule: the words live in phases.toml, one line a language; a new language is a new line.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

from monitor.words import marked_runs

LANGUAGES = ("en", "az", "ru")
FAR_LEFT, FAR_RIGHT = 60, 45  # characters between a verb and its date

_BREAKS = {
    "en": r"[;:,–—()]| and | but | while | which | where ",
    "az": r"[;:,–—()]| ve | amma | lakin | ki ",
    "ru": r"[;:,–—()]| и | но | а | однако | котор\w+ ",
}


class Found(NamedTuple):
    """A lexeme in a sentence: its name (a component, a phase, a state) and place."""

    name: str
    start: int
    end: int
    word: str
    is_noun: bool = False


Mark = tuple[int, int]
"""Where a word begins that may begin a lexeme, and of which kinds: the bits of `_COMPONENT` and its like."""

_COMPONENT, _VERB, _NOUN, _STATE, _IDIOM = 1, 2, 4, 8, 16
TELLS = 32  # of a word without whose like no clause has a verb, a noun or a state
DENIES = 64  # and no sentence denies anything
_TELLING = _VERB | _NOUN | _STATE

_ADVERBIAL = {
    "en": r"\b(?:in|at|near|from|on|by|after|before|with|between|through|into|over|against|during|serving) "
    r"(?:[^\s.,;:]+ ){0,4}$",
    "az": r"(?!)",
    "ru": r"(?<!\w)(?:в|во|на|из|с|со|от|у|при|после|до|около|возле|через|между|по|к|о|об) (?:[^\s.,;:]+ ){0,2}$",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What is looked for in the sentences of one language, as `letters` leaves them."""

    components: re.Pattern[str]
    verbs: re.Pattern[str]
    nouns: re.Pattern[str]
    states: re.Pattern[str]
    idioms: re.Pattern[str]
    future: re.Pattern[str]
    past: re.Pattern[str]
    promised: re.Pattern[str]  # what makes a plan of a figure: vows to
    headed: re.Pattern[str]  # what does so in a headline alone: Operator to lay
    supposed: re.Pattern[str]  # behind what nothing is told for certain: if, once, whether
    plans: re.Pattern[str]  # what makes a plan of a noun: the opening is scheduled
    former: re.Pattern[str]  # what makes it a plan of old, told as background
    anew: re.Pattern[str]  # what makes a plan a new one: now expected, только к концу года
    negated: re.Pattern[str]
    denied: re.Pattern[str]
    breaks: re.Pattern[str]
    adverbial: re.Pattern[str]  # what stands before a noun that says where
    begins: Callable[[str], int]  # the kinds of lexemes that a word may begin, and TELLS
    kinds: Mapping[str, str]  # component -> process, occasion, document, thing
    verb_last: bool = False  # the verb ends the clause in its own tense: nothing before it is its auxiliary

    def marks(self, sentence: str) -> list[Mark]:
        """The words that may begin a lexeme, in order: at other places none is looked for."""
        return marked_runs(sentence, self.begins)

    def tells(self, sentence: str, marks: Iterable[Mark]) -> bool:
        """Whether a verb, a noun or a state stands there."""
        for place, bits in marks:
            if bits & _TELLING and (
                (bits & _VERB and self.verbs.match(sentence, place))
                or (bits & _NOUN and self.nouns.match(sentence, place))
                or (bits & _STATE and self.states.match(sentence, place))
            ):
                return True
        return False

    def lexemes_in(self, sentence: str, marks: Sequence[Mark], start: int, end: int) -> tuple[list[Found], ...]:
        """The components, the phases and the states of a clause, whose marks these are."""
        bits = 0
        for one in marks:
            bits |= one[1]
        return (
            self.components_in(sentence, marks, start, end) if bits & _COMPONENT else [],
            self.phases_in(sentence, marks, start, end) if bits & (_VERB | _NOUN) else [],
            self.states_in(sentence, marks, start, end) if bits & _STATE else [],
        )

    def components_in(self, sentence: str, marks: Sequence[Mark], start: int, end: int) -> list[Found]:
        """Those between `start` and `end`, as in all that follow."""
        return _found(self.components, _COMPONENT, sentence, marks, start, end)

    def phases_in(self, sentence: str, marks: Sequence[Mark], start: int, end: int) -> list[Found]:
        """Phase verbs, and the nouns that say a phase by themselves; idioms are passed over."""
        verbs = _found(self.verbs, _VERB, sentence, marks, start, end)
        nouns = [one._replace(is_noun=True) for one in _found(self.nouns, _NOUN, sentence, marks, start, end)]
        if not verbs and not nouns:
            return []
        idioms = _found(self.idioms, _IDIOM, sentence, marks, start, end)
        taken = {one.end for one in nouns}  # "the launch" is no verb
        found = [one for one in (*verbs, *nouns) if one.is_noun or one.end not in taken]
        found = [one for one in found if sentence[one.end : one.end + 1] != "-"]  # open-topped
        return [one for one in found if not any(idiom.start <= one.start < idiom.end for idiom in idioms)]

    def states_in(self, sentence: str, marks: Sequence[Mark], start: int, end: int) -> list[Found]:
        return _found(self.states, _STATE, sentence, marks, start, end)

    def clauses(self, sentence: str) -> list[tuple[int, int]]:
        """Spans between commas and conjunctions, in order."""
        spans, begin = [], 0
        for found in self.breaks.finditer(sentence):
            spans.append((begin, found.start()))
            begin = found.end()
        return [*spans, (begin, len(sentence))]

    def is_adjunct(self, sentence: str, noun: Found) -> bool:
        """Whether a noun only says where something happens: in the centre of the town, mərkəzdə, в центре."""
        before = self.adverbial.search(sentence[max(0, noun.start - _PHRASE) : noun.start])
        return before is not None or (self.verb_last and bool(_LOCATIVE.search(noun.word)))

    def is_attributive(self, sentence: str, verb: Found) -> bool:
        """Whether an English verb in -ing only describes: a holding centre, before launching it."""
        if not verb.word.endswith("ing") or verb.is_noun:
            return False
        return not _GOING_ON.search(sentence[: verb.start])

    def is_negated(self, sentence: str, one: Found) -> bool:
        """Whether one of the three words before negates it, or the Azerbaijani verb itself does."""
        before = sentence[: one.start].rsplit(None, 3)[-3:]
        if any(self.negated.fullmatch(word.strip("'")) for word in before):
            return True
        after = sentence[one.end :].split(None, 1)[:1]
        return bool(_AZERBAIJANI_NOT.search(one.word)) or bool(after and after[0].strip(".,") in {"deyil", "yox"})

    def is_ahead(self, one: Found, ahead: Sequence[int], behind: Sequence[int]) -> bool | None:
        """Whether the verb speaks of the future (True) or the past (False); None where neither is said.

        The verb's own form counts first, then the nearest sign before it, then any in the clause: `ahead` and `behind`
        are the places of these.
        """
        last = one.word.split()[-1]
        own = (bool(self.future.fullmatch(last)), bool(self.past.fullmatch(last)))
        left_ahead = [place for place in ahead if place < one.start]
        left_behind = [place for place in behind if place < one.start]
        if own == (True, False):
            return True
        if self.verb_last and own == (False, True):
            return _later(ahead, one)
        if left_ahead and max(left_ahead) >= max(left_behind, default=-1):
            return True
        if own == (False, True) or left_behind:
            return bool([place for place in ahead if place >= one.end]) if own != (False, True) else _later(ahead, one)
        return True if ahead else False if behind else None


_WORDS_REMEMBERED = 32_768  # of a language
_CERTAIN = re.compile(r"(?:[^\W_](?![?*{]))*")
_PHRASE = 40  # characters of it before its noun
_LOCATIVE = re.compile(r"d[ae](?:n|ki)?$")
_GOING_ON = re.compile(
    r"\b(?:is|are|was|were|be|been|being|begins?|began|starts?|started|of) (?:now |already |still )?$"
)
_AZERBAIJANI_NOT = re.compile(r"(?:ma|me)(?:yib|yacaq|yecek|di|mis|sin)\w*$")


@cache
def lexicon(lang: str) -> Lexicon | None:
    """The lexemes of a language; None for one that has none here."""
    if lang not in LANGUAGES:
        return None
    told = tomllib.loads(resources.files("monitor.events").joinpath("phases.toml").read_text(encoding="utf-8"))
    phases = told["phases"]
    verbs = {name: one[lang] for name, one in phases.items()}
    nouns = {name: one["nouns"][lang] for name, one in phases.items() if one["nouns"][lang]}
    states = {name: one[lang] for name, one in told["status"].items()}
    components = {name: one[lang] for name, one in told["components"].items()}
    idioms = told["idioms"][lang]
    lexemes = {_COMPONENT: components, _VERB: verbs, _NOUN: nouns, _STATE: states, _IDIOM: {"": idioms}}
    kinds = {kind: beginnings("|".join(some.values()), the_first) for kind, some in lexemes.items()}
    telling = beginnings("|".join((*verbs.values(), *nouns.values(), *states.values())))
    denying = beginnings(told["signs"]["denied"][lang])
    return Lexicon(
        components=_alternatives(components),
        verbs=_alternatives(verbs),
        nouns=_alternatives(nouns),
        states=_alternatives(states),
        begins=Beginnings(kinds | {TELLS: telling, DENIES: denying}).__getitem__,
        idioms=re.compile(rf"\b(?:{idioms})\b"),
        breaks=re.compile(_BREAKS[lang]),
        adverbial=re.compile(_ADVERBIAL[lang]),
        verb_last=lang == "az",
        kinds={name: one["kind"] for name, one in told["components"].items()},
        **{
            name: re.compile(rf"\b(?:{told['signs'][name][lang]})\b")
            for name in (
                "future",
                "past",
                "promised",
                "headed",
                "supposed",
                "plans",
                "former",
                "anew",
                "negated",
                "denied",
            )
        },
    )


_Choice = Callable[[Iterable[set[str]]], set[str]]


def _the_longest(some: Iterable[set[str]]) -> set[str]:
    """Of equal ones the last: before it stand auxiliaries, which are everywhere."""
    return max(reversed([*some]), key=lambda one: min(map(len, one)))


def the_first(some: Iterable[set[str]]) -> set[str]:
    return next(iter(some))


def beginnings(pattern: str, choose: _Choice = _the_longest) -> set[str]:
    """For each alternative of a pattern how a word begins that it cannot do without, the longest; " " ends a word.

    It knows what phases.toml is written with: letters, groups, sets of letters, and what repeats them.
    """
    found: set[str] = set()
    for one in _parted(pattern, "|"):
        found |= choose(_begun(word, choose) for word in _parted(one, " "))
    return found


def _begun(word: str, choose: _Choice) -> set[str]:
    """How a word begins that a part of a pattern finds; "" where it does not say."""
    if word.isalnum():
        return {f"{word} "}
    first = _CERTAIN.match(word)
    if first is not None and first[0]:
        return {first[0]}
    if not word.startswith(("(?:", "[")):
        return {""}
    end = _closing(word)
    found = beginnings(word[3:end] if word.startswith("(?:") else "|".join(word[1:end]), choose)
    if end == len(word) - 1:
        return found
    found = {one.rstrip() for one in found}
    return found | _begun(word[end + 2 :], choose) if word[end + 1] in "?*" else found


class Beginnings(dict[str, int]):
    """The kinds of what a word may begin, by how each kind begins; each word is looked up once and remembered."""

    def __init__(self, kinds: Mapping[int, Iterable[str]]) -> None:
        super().__init__()
        some_of: dict[str, list[tuple[str, int]]] = {}
        for kind, some in kinds.items():
            for one in some:
                if not one:
                    msg = "a pattern that any word may begin cannot be told by its words"
                    raise ValueError(msg)
                some_of.setdefault(one[:2], []).append((one, kind))
        # By their first two letters, or the only one: all together, which is asked at once, and each with its kind.
        self._kinds = {begin: (tuple(one for one, _ in some), tuple(some)) for begin, some in some_of.items()}

    def __missing__(self, word: str) -> int:
        if len(self) >= _WORDS_REMEMBERED:
            self.clear()
        ended, found = f"{word} ", 0
        for first in (ended[:2], ended[:1]):
            every = self._kinds.get(first)
            if every is not None and ended.startswith(every[0]):
                for begin, kind in every[1]:
                    if ended.startswith(begin):
                        found |= kind
        self[word] = found
        return found


def _parted(pattern: str, sign: str) -> Iterator[str]:
    """A pattern at each `sign` that stands in no bracket and is not optional."""
    depth, begin = 0, 0
    for place, one in enumerate(pattern):
        depth += (one in "([") - (one in ")]")
        if one == sign and depth == 0 and pattern[place + 1 : place + 2] not in {"?", "*"}:
            yield pattern[begin:place]
            begin = place + 1
    yield pattern[begin:]


def _closing(pattern: str) -> int:
    """Where the bracket closes that a pattern begins with."""
    depth = 0
    for place, one in enumerate(pattern):
        depth += (one in "([") - (one in ")]")
        if depth == 0:
            return place
    return len(pattern)


def _alternatives(patterns: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(f"(?P<{name}>{one})" for name, one in patterns.items()) + r")\b")


def _found(  # noqa: PLR0917  what is looked for, and where
    pattern: re.Pattern[str], kind: int, sentence: str, marks: Sequence[Mark], start: int, end: int
) -> list[Found]:
    """As the pattern would be found from `start` to `end`, if it were looked for everywhere."""
    found = []
    for place, bits in marks:
        if bits & kind and start <= place < end and (match := pattern.match(sentence, place, end)):
            start = match.end()
            found.append(Found(match.lastgroup or "", place, start, match[0]))
    return found


def _later(ahead: Sequence[int], one: Found) -> bool:
    """An Azerbaijani clause ends in its tense: gets finished, it is expected."""
    return any(place >= one.end for place in ahead)
