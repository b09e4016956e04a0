"""What a sentence speaks of: the subjects that a person declared, found by their names.

Rule: better nothing than the wrong thing. Two names within `CLOSE` characters of the place that is asked for are
ambiguous; a name that two projects share counts only where the word that tells them apart stands in the text too.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from monitor.words import has_cyrillic, letters, runs

# Kinds of what is there for good: it is neither opened nor held, and most figures beside its name are of others.
STANDING = frozenset({"country", "region", "city", "body", "organisation", "organization", "institution", "union"})
NAMES_LIMIT = 300  # of one text; a report names its subjects less often
CLOSE = 20  # characters between two names that make a place ambiguous

_REMEMBERED = 32_768  # words
_ENDING = 8  # letters that an Azerbaijani word may add to its stem: mərkəzlərindəndir
_RUSSIAN_ENDING = 4
_CYRILLIC_ENDING = re.compile("(?:[аеиоуыэюяьй]|[ыиоеая][йея]|ого|его|ому|ему)$")
_POINTING = re.compile(
    r"\s*(?:(?:the|this) (?:conference|forum|summit|project|cent(?:re|er)|cable|event|office|bridge|network|tender|"
    r"meeting|programme|line|system|coalition|alliance|platform|initiative|fund)|they|it"
    r"(?! (?:should|must|can|may|is (?:\w+ly )?(?:\w+ed|important|worth|clear)|was (?:\w+ed|clear)|has been \w+ed))|"
    r"bu (?:konfrans|forum|layihə|mərkəz|kabel|tədbir|körpü|ofis|tender)|"
    r"(?:konfrans|forum|layihə|mərkəz|kabel|tədbir|körpü|ofis|tender)|"
    r"(?:эт\w+ )?(?:конференци|форум|проект|центр|кабел|мероприяти|мост|офис|тендер)\w*|он[аои]?)\b",
    re.IGNORECASE,
)
_MAY_POINT = re.compile(r"[\sbfiklmotкмопртфцэ]", re.IGNORECASE)  # how those words begin: asked at a tenth of the price

# A sentence about a figure of what was spoken of: the cost was, its length is, uzunluğu, стоимость проекта составила.
_THINGS = "project|bridge|cable|line|network|cent(?:re|er)|programme|program|fund|road|railway|tunnel|building|system"
_ITS_FIGURE = re.compile(
    r"\s*(?:(?:the|its|their) (?:(?:total|overall|full|final|whole|estimated|planned|current) )?"
    r"(?:cost|price|length|capacity|budget|coverage|depth|value|number of \w+)"
    rf"(?: of (?:(?:the|this) (?:{_THINGS})|it))? "
    r"(?:is|was|has|had|will|would|may|could|now|rose|grew|fell|reached|increased|decreased|climbed|dropped|stands|stood)|"
    r"(?:(?:onun|layihənin|körpünün|kabelin|xəttin|şəbəkənin|mərkəzin|proqramın) )?(?:ümumi |tam )?"
    r"(?:dəyəri|qiyməti|uzunluğu|tutumu|gücü|xərci|büdcəsi|dərinliyi|əhatəsi|\w+l[əa]r(?:in)?[iı]n sayı)|"
    r"(?:его |е[её] |их )?(?:(?:общ|полн|итогов|нов)\w+ )?"
    r"(?:стоимость|цена|длина|протяж[её]нность|мощность|бюджет|глубина|охват|(?:число|количество) \w+)"
    r"(?: (?:этого )?(?:проекта|моста|кабеля|линии|сети|центра|программы))? "
    r"(?:состав\w+|вырос\w*|увелич\w+|сниз\w+|сократ\w+|достиг\w*|превы[сш]\w+|оцени\w+|был[аио]?|буд[еу]т|уже|теперь|—))"
    r"(?!\w)",
    re.IGNORECASE,
)

# What a subject of a kind is called when it has been named: the country, the coalition.
_CALLED = {
    "country": r"(?:the|our|this) (?:country|republic|nation)\b|\bölkə|\bреспублик|\bстран[аеуы]\b",
    "coalition": r"(?:the|this) (?:coalition|alliance)\b|\bkoalisiya|\bкоалици",
    "conference": r"(?:the|this(?: year['’]s)?) (?:conference|forum|summit|event)\b|\bkonfrans|\bforum|"
    r"\bконференци|\bфорум",
    "line": r"(?:the|this) (?:cable|line|link)\b|\bkabel|\bкабел",
    "centre": r"(?:the|this) cent(?:re|er)\b|\bmərkəz|\bцентр",
    "programme": r"(?:the|this) (?:programme|program|initiative)\b|\bproqram|\bпрограмм",
}
_CALLING = {kind: re.compile(words, re.IGNORECASE) for kind, words in _CALLED.items()}
_RECALLED = 400  # characters from the name of a country to a sentence that calls it so: any report names several

_INTRODUCING = re.compile(r"\s*(?:An?|Another|One|Bir|Başqa|Друг[ао][яйе]|Одн[аио])\b")
_begin = attrgetter("start")
_PRONOUN = re.compile(r"it|they|он[аои]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A project, conference or institution; of one with editions each is a subject of its own.

    Each group of `requires` is a choice of words, one of which must stand in the same text.
    """

    id: str
    kind: str = ""
    edition: str | None = None
    aliases: tuple[str, ...] = ()
    requires: tuple[tuple[str, ...], ...] = ()


class Named(NamedTuple):
    """A subject's name in a text, from `start` to `end`."""

    subject: str
    start: int
    end: int


_Names = tuple[tuple[tuple[str, ...], str], ...]
"""Stems in their order, and what they name."""


class Choice(NamedTuple):
    """What is spoken of: a subject's id, "" for the event itself, None when that cannot be told; and why."""

    subject: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """All declared subjects, ready to be looked for."""

    declared: tuple[Subject, ...] = ()
    names: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = field(default_factory=dict)  # by the first stem
    looks: dict[str, dict[str, int]] = field(default_factory=dict, compare=False, repr=False)  # see cues.py
    _begun: "_Begun" = field(default_factory=lambda: _Begun({}), compare=False, repr=False)

    @classmethod
    def compile(cls, declared: Iterable[Subject]) -> "Subjects":
        found = tuple(declared)
        names: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for subject in found:
            for alias in subject.aliases:
                stems = tuple(_stem(word) for word in _words_of(alias))
                if stems:
                    names.setdefault(stems[0][:3], []).append((stems, subject.id))
        longest = {first: tuple(sorted(some, key=lambda one: (-len(one[0]), one))) for first, some in names.items()}
        return cls(declared=found, names=longest, _begun=_Begun(longest))

    def begins(self, word: str) -> bool:
        """Whether a name may begin with a word, as `letters` leaves it."""
        some = self.names.get(word[:3])
        return some is not None and any(is_form(word, stems[0]) for stems, _ in some)

    def find(self, spaced: str, stretches: Iterable[tuple[int, int]] = ()) -> list[Named]:
        """Every name in a text that stands for exactly one subject there, in order; the longest at each place.

        `spaced` is the text as `monitor.words.spaced` leaves it; `stretches` are the sentences to look at, in order;
        none: the whole text.
        """
        told: dict[tuple[int, int], set[str]] = {}
        if self.names:
            for start, end in stretches or ((0, len(spaced)),):
                if len(told) < NAMES_LIMIT:
                    told.update(islice(self._told(spaced[start:end], start), NAMES_LIMIT))
        return list(self._settled(told, spaced))

    def _told(self, stretch: str, start: int) -> Iterator[tuple[tuple[int, int], set[str]]]:
        """The places of names in a stretch that begins at `start`, and what each may stand for."""
        words = stretch.split()
        begun = [(place, some) for place, some in enumerate(map(self._begun.__getitem__, words)) if some]
        free = 0
        for place, some in begun:
            size, ids = _at(some, words, place) if place >= free else (0, set[str]())
            if size:
                free = place + size
                last = start + len(stretch) - len(stretch.split(None, free - 1)[-1])
                first = start + len(stretch) - len(stretch.split(None, place)[-1]) if size > 1 else last
                yield (first, last + len(words[free - 1])), ids

    def _settled(self, told: Mapping[tuple[int, int], set[str]], spaced: str) -> Iterator[Named]:
        """Names whose required words stand in the text; what then still means two things means none."""
        by_id = {subject.id: subject for subject in self.declared}
        asks = any(by_id[one].requires for ids in told.values() for one in ids)
        words = [*map(_lettered, spaced.split())] if asks else []
        allowed = {one: _allows(by_id[one], words) for ids in told.values() for one in ids}
        for (start, end), ids in told.items():
            left = {one for one in ids if allowed[one]}
            plain = {one for one in left if not by_id[one].requires}
            chosen = (left - plain) or plain
            if len(chosen) == 1:
                yield Named(subject=chosen.pop(), start=start, end=end)
            elif ids:
                yield Named(subject="", start=start, end=end)  # a name, but of what?


class _Begun(dict[str, _Names]):
    """The names that a word begins, the longest first; each word is looked up once and remembered."""

    def __init__(self, names: Mapping[str, _Names]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, word: str) -> _Names:
        if len(self) >= _REMEMBERED:
            self.clear()
        plain = _lettered(word)
        self[word] = found = tuple(one for one in self._names.get(plain[:3], ()) if is_form(plain, one[0][0]))
        return found


def choose(
    named: Sequence[Named],
    text: str,
    sentence: tuple[int, int],
    before: tuple[int, int] | None,
    at: int,
) -> Choice:
    """What the words at `at` are about: the nearest name in their sentence, or in the one before if this points there.

    `named` are the names of the whole text in order, `sentence` and `before` spans in it.
    """
    inside = between(named, *sentence)
    if inside:
        return _nearest(inside, at)
    if before is not None and points_back(text, sentence):
        earlier = between(named, *before)
        if earlier:
            choice = _nearest(earlier, before[1])
            return Choice(subject=choice.subject, why=f"{choice.why}, named in the sentence before")
    return Choice(subject="", why="no subject is named: it is about the event itself")


def called(named: Sequence[Named], kinds: Mapping[str, str], text: str, sentence: tuple[int, int]) -> set[str]:
    """The subjects that a sentence calls by their kind, of those that were named before it."""
    recent = {one.subject for one in between(named, max(0, sentence[0] - _RECALLED), sentence[0])}
    before = {one.subject for one in between(named, 0, sentence[0]) if kinds.get(one.subject) != "country"}
    asked = {one: _CALLING.get(kinds.get(one, "")) for one in recent | before if one}
    return {one for one, calling in asked.items() if calling is not None and calling.search(text, *sentence)}


def between(named: Sequence[Named], start: int, end: int) -> Sequence[Named]:
    """The names that begin from `start` on and before `end`; `named` are in order."""
    first = bisect_left(named, start, key=_begin)
    return named[first : bisect_left(named, end, first, key=_begin)]


def points_back(text: str, sentence: tuple[int, int], *, by_noun: bool = False) -> bool:
    """Whether a sentence begins with "the project", "it" and the like; `by_noun`: with a noun alone."""
    found = _POINTING.match(text, *sentence) if _MAY_POINT.match(text, *sentence) else None
    return found is not None and not (by_noun and _PRONOUN.fullmatch(found[0].strip()))


def tells_its_figure(text: str, sentence: tuple[int, int]) -> bool:
    """Whether a sentence begins with a figure of what was spoken of and does not say whose: the cost was."""
    return _ITS_FIGURE.match(text, *sentence) is not None


def goes_on(named: Sequence[Named], text: str, sentence: tuple[int, int]) -> bool:
    """Whether a sentence without a name may go on about one: it was named before, and nothing new is introduced."""
    return sentence[0] == 0 or (bool(between(named, 0, sentence[0])) and not _INTRODUCING.match(text, *sentence))


def _at(names: "_Names", words: Sequence[str], place: int) -> tuple[int, set[str]]:
    """How many words at `place` are one of the names that the first of them begins, and what they name."""
    size, ids = 0, set[str]()
    for stems, subject in names:
        if len(stems) < size:
            break
        if len(stems) == 1 or (
            len(stems) <= len(words) - place
            and all(is_form(_lettered(words[place + at]), stems[at]) for at in range(1, len(stems)))
        ):
            size = len(stems)
            ids.add(subject)
    return size, ids


def is_form(word: str, stem: str) -> bool:
    """Whether `word` is `stem` with an ending; short stems and numbers have none."""
    if word == stem:
        return True
    if len(stem) < 3 or stem.isdigit() or not word.startswith(stem):
        return False
    return len(word) - len(stem) <= (_RUSSIAN_ENDING if has_cyrillic(stem) else _ENDING)


def _nearest(named: Sequence[Named], at: int) -> Choice:
    """The name nearest to `at`; two of different subjects within `CLOSE` characters of it decide nothing."""
    near = sorted(named, key=lambda one: (_distance(one, at), one.start))
    first = near[0]
    if not first.subject:
        return Choice(subject=None, why="the name may mean two subjects, and no word tells which")
    others = {one.subject for one in near[1:] if _distance(one, at) - _distance(first, at) <= CLOSE}
    if others - {first.subject}:
        return Choice(subject=None, why=f"subject ambiguous: two names within {CLOSE} characters")
    return Choice(subject=first.subject, why="subject by its name in the sentence")


def _distance(one: Named, at: int) -> int:
    return max(one.start - at, at - one.end, 0)


def _allows(subject: Subject, words: Sequence[str]) -> bool:
    return all(any(_stands(term, words) for term in group) for group in subject.requires)


def _stands(term: str, words: Sequence[str]) -> bool:
    stems = [_stem(word) for word in _words_of(term)]
    return any(
        all(is_form(word, stem) for word, stem in zip(words[place:], stems, strict=False))
        for place in range(len(words) - len(stems) + 1)
    )


def _words_of(name: str) -> list[str]:
    return [letters(word) for word in runs(name)]


@lru_cache(maxsize=_REMEMBERED)
def _lettered(word: str) -> str:
    """`letters` of a word, remembered: a new one is asked for by what it may begin, and by each name before it."""
    return letters(word)


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    """A Russian word without the ending of its first form; any other as it is, for its endings are added to it."""
    if len(word) > 4 and has_cyrillic(word):
        return _CYRILLIC_ENDING.sub("", word)
    return word
