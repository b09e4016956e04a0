"""Which topics an entry is about, and the words that say so.

        title, text | folded once | terms that may stand there: substrings | terms that do: patterns | topics

A topic matches if none of its `not` terms hits and either one `enough` term hits, or every `must` group does and, if
there are any, one `any` term. A decision keeps its evidence: the words that matched can be shown.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Literal

from monitor.words import has_cyrillic, letters, word_list
from storage.errors import ConfigError
from storage.model import TopicMatch

RULES = 1  # to be raised whenever the same terms would match other words

_ACRONYM_LENGTH = 8
_START, _SHORTEST = 3, 2  # letters, by which the terms that a word may begin are found; of a term of less, all
_WORDS_KEPT, _LONGEST = 16_384, 64
_AZERBAIJANI = re.compile("[əğışçöüİƏĞŞÇÖÜ]")
_PARTS = re.compile(r"([\s‐‑–—-]+)")
_SPACE, _HYPHEN = r"[\W_]{1,3}", r"[\W_]{0,2}"
_NO_LETTER, _NO_DIGIT, _NEITHER = r"(?![^\W\d_])", r"(?!\d)", r"(?![^\W_])"
_REST_OF_WORD = r"[^\W_]*+"
_BETWEEN = "\n" * 4  # title and text stand farther apart than the words of one term may

_ENGLISH_ENDINGS = "(?:'s|s'|es|s)?"
_TURKIC_ENDINGS = (
    "(?:['-]?(?:l[ae]r|[sy]?[iu]n?|n[iu]n?|[iu]m[iu]z|n?[dt][ae]n?|[ny]?[ae]|k[iu]|l[iu][kg]?|y?l[ae]|s[iu]z|d[iu]r"
    "|c[ae]){1,4})?"
)
_SOFTENED = {"k": "[kyg]", "q": "[qg]"}  # agentlik, agentliyi
_RUSSIAN_ENDINGS = (
    "(?:иями|иях|иям|ием|ией|ого|его|ому|ему|ыми|ими|ами|ями|ый|ий|ой|ей|ая|яя|ое|ее|ые|ие|ую|юю|ою|ею|ым|им|ом|ем|ам"
    "|ям|ых|их|ах|ях|ов|ев|ия|ии|ию|ью|[аяоеыиуюьй])?"
)
_RUSSIAN_STEMS = re.compile("(.{4,})(?:[ыио]й|[ая]я|[ое]е|[ыи]е)"), re.compile("(.{4,})[аеиоуыэюяьй]")
_RUSSIAN_VOWELS = tuple("аеиоуыэюяьй")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """When an entry is about a topic: `must` names groups of terms, the others hold (language, term).

    An empty language is told by the letters of the term, see `language_of`.
    """

    id: str
    must: tuple[str, ...] = ()
    any: tuple[tuple[str, str], ...] = ()
    enough: tuple[tuple[str, str], ...] = ()
    not_: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Topics ready to be looked for; `hash` changes with every topic, term and rule."""

    hash: str
    conditions: tuple["_Conditions", ...] = field(repr=False)
    gates: "_Gates" = field(repr=False)

    @classmethod
    def compile(cls, terms: Mapping[str, Mapping[str, Sequence[str]]], topics: Sequence[TopicSpec]) -> "Matcher":
        """From groups of terms by language, and topics; a ConfigError lists every group and term that cannot match."""
        compiler = _Compiler(terms)
        conditions = tuple(compiler.conditions(topic) for topic in topics)
        if compiler.problems:
            raise ConfigError(*compiler.problems)
        return cls(hash=_hash(terms, topics), conditions=conditions, gates=_Gates.of(compiler.known.values()))

    def match(
        self, title: str, text: str, *, assume: Collection[str] = (), only: Collection[str] = ()
    ) -> tuple[TopicMatch, ...]:
        """The evidence for every topic that matches: its `enough` term, or one of each `must` group and of `any`.

        Title and text are plain and in NFC, as `Content` holds them. Groups in `assume` count as hit by the feed; if
        `only` names topics, no others are looked for. `offset` counts characters in the title or the text and `words`
        stands there; where folding changed lengths (… is three dots) it is the whole written words around the match.
        """
        reading = _Reading.of(title, text, self.gates)
        if not reading.possible and not assume:
            return ()
        return tuple(
            match
            for conditions in self.conditions
            if (assume or not conditions.terms.isdisjoint(reading.possible)) and (not only or conditions.topic in only)
            for match in _evidence(conditions, reading, assume)
        )


def language_of(term: str) -> str:
    """ru, az or en, by the letters of a term that stands in no table by language."""
    if has_cyrillic(term):
        return "ru"
    return "az" if _AZERBAIJANI.search(term) else "en"


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """One term. `gate` must occur for it to match, `pattern` may match only where `head` stands at a word's start."""

    term: str
    cased: bool
    gate: str
    head: str
    pattern: re.Pattern[str]

    @property
    def beginning(self) -> str:
        """The head as a lettered text has it."""
        return letters(self.head) if self.cased else self.head

    def find(self, text: str) -> tuple[int, int] | None:
        at = text.find(self.head)
        while at >= 0:
            if (at == 0 or not text[at - 1].isalnum()) and (found := self.pattern.match(text, at)):
                return found.span()
            at = text.find(self.head, at + 1)
        return None


class _ByWord(dict[str, tuple[_Term, ...]]):
    """The terms that may begin with a word; most words are met again and again, and begin none."""

    def __init__(self, terms: Iterable[_Term]) -> None:
        super().__init__()
        self._by_start: dict[str, list[_Term]] = {}
        for term in terms:
            self._by_start.setdefault(term.beginning[:_START], []).append(term)

    def __missing__(self, word: str) -> tuple[_Term, ...]:
        plain = word.lstrip("+-")  # as stand before numbers
        near = chain.from_iterable(self._by_start.get(plain[:size], ()) for size in (_SHORTEST, _START))
        found = tuple(term for term in near if plain.startswith(term.beginning))
        if len(word) <= _LONGEST:
            if len(self) >= _WORDS_KEPT:
                self.clear()
            self[word] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gates:
    """Which terms can match at all: most texts hold none, and looking for each was most of the work."""

    by_word: _ByWord
    others: tuple[_Term, ...]  # whose beginning is no part of one word, or next to nothing
    cased: tuple[_Term, ...]

    @classmethod
    def of(cls, terms: Iterable[_Term]) -> "_Gates":
        known = tuple(terms)
        worded = {term for term in known if len(term.beginning) >= _SHORTEST and term.beginning.isalnum()}
        return cls(
            by_word=_ByWord(term for term in known if term in worded),
            others=tuple(term for term in known if term not in worded),
            cased=tuple(term for term in known if term.cased),
        )

    def open(self, capitals: str, lettered: str, words: Iterable[str]) -> frozenset[_Term]:
        """The terms that begin as one of the `words` does and whose gates occur in the text."""
        # What vanishes in folding parts words before.
        found = {*self.others, *(() if capitals.isascii() else self.cased)}
        found.update(*filter(None, map(self.by_word.__getitem__, words)))
        return frozenset([term for term in found if term.gate in (capitals if term.cased else lettered)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conditions:
    topic: str
    terms: frozenset[_Term]  # that can make it match
    must: tuple[tuple[str, tuple[_Term, ...]], ...]
    any: tuple[_Term, ...]
    enough: tuple[_Term, ...]
    not_: tuple[_Term, ...]


@dataclass(slots=True)
class _Compiler:
    groups: Mapping[str, Mapping[str, Sequence[str]]]
    known: dict[tuple[str, str], _Term] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def conditions(self, topic: TopicSpec) -> _Conditions:
        place = f"topics.{topic.id}"
        if not (topic.must or topic.any or topic.enough):
            self.problems.append(f"{place}: matches nothing; give it must, any or enough")
        must = tuple((group, self._group(f"{place}.must", group)) for group in topic.must)
        wanted, enough = self._terms(f"{place}.any", topic.any), self._terms(f"{place}.enough", topic.enough)
        return _Conditions(
            topic=topic.id,
            terms=frozenset((*chain.from_iterable(terms for _, terms in must), *wanted, *enough)),
            must=must,
            any=wanted,
            enough=enough,
            not_=self._terms(f"{place}.not", topic.not_),
        )

    def _group(self, place: str, group: str) -> tuple[_Term, ...]:
        if group not in self.groups:
            self.problems.append(f"{place}: no group of terms is named {group!r}; known are {', '.join(self.groups)}")
        languages = self.groups.get(group, {})
        return self._terms(f"terms.{group}", ((lang, term) for lang, terms in languages.items() for term in terms))

    def _terms(self, place: str, terms: Iterable[tuple[str, str]]) -> tuple[_Term, ...]:
        compiled = []
        for lang, term in terms:
            spoken = (lang or language_of(term), term)
            if spoken not in self.known:
                found = _compiled(*spoken)
                if found is None:
                    self.problems.append(f"{place}: {term!r} holds a part without letters or digits and cannot match")
                    continue
                self.known[spoken] = found
            compiled.append(self.known[spoken])
        return tuple(compiled)


def _compiled(lang: str, term: str) -> _Term | None:
    """The term as patterns over letters, or over capitals if it is an acronym; None if a part of it says nothing."""
    bare = unicodedata.normalize("NFC", term).strip()
    exact = bare.startswith("=")
    bare = bare.lstrip("= ")
    cased = len(bare.rstrip("*")) <= _ACRONYM_LENGTH and bare.isupper()
    parts = _PARTS.split(_capitals(bare) if cased else letters(bare))
    stems, pattern = [], ""
    for part, separator in zip(parts[::2], [*parts[1::2], None], strict=True):
        literal = part.rstrip("*")
        if not any(char.isalnum() for char in literal):
            return None
        if part != literal:
            stem, piece = literal, re.escape(literal) + _REST_OF_WORD
        elif cased or exact:
            stem, piece = literal, re.escape(literal)
        else:
            stem, piece = _inflected(lang, literal)
        stems.append(stem)
        pattern += piece if separator is None else piece + (_SPACE if " " in separator else _HYPHEN)
    end = _NEITHER
    if cased and not exact and not bare.endswith("*"):
        # EXPO stands in EXPO25, yet EXPO-2 not in EXPO-25.
        end = _NO_LETTER + _NO_DIGIT if bare[-1].isdecimal() else _NO_LETTER
    return _Term(term, cased, max(stems, key=len), stems[0], re.compile(pattern + end))


def _capitals(text: str) -> str:
    return text.replace("İ", "I")


def _inflected(lang: str, word: str) -> tuple[str, str]:
    """The part of a word that stays, and a pattern for its forms: endings of the term's language, no dictionary."""
    stem, softened, endings = word, "", ""
    inflects = len(word) >= (3 if lang == "en" else 4) and word[-1].isalpha()
    if inflects and lang == "en":
        endings = _ENGLISH_ENDINGS
    elif inflects and lang in {"az", "tr"}:
        endings = _TURKIC_ENDINGS
        if len(word) > 4 and word[-1] in _SOFTENED:
            stem, softened = word[:-1], _SOFTENED[word[-1]]
    elif inflects and lang == "ru":
        cut = next((found for ending in _RUSSIAN_STEMS if (found := ending.fullmatch(word))), None)
        stem = cut[1] if cut else word
        endings = _RUSSIAN_ENDINGS if cut or not word.endswith(_RUSSIAN_VOWELS) else ""
    return stem, re.escape(stem) + softened + endings


def _hash(terms: Mapping[str, Mapping[str, Sequence[str]]], topics: Sequence[TopicSpec]) -> str:
    told = {
        "rules": RULES,
        "terms": {group: {lang: sorted(said) for lang, said in spoken.items()} for group, spoken in terms.items()},
        "topics": {topic.id: asdict(topic) for topic in topics},
    }
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Title and text in the two forms that terms are looked for in, with what was looked for already."""

    title: str
    text: str
    capitals: str
    lettered: str
    title_length: int  # in `lettered`
    possible: frozenset[_Term]
    found: dict[_Term, tuple[int, int] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, title: str, text: str, gates: _Gates) -> "_Reading":
        capitals = _capitals(f"{title}{_BETWEEN}{text}")
        lettered_title, lettered_text = letters(title), letters(text)
        lettered = f"{lettered_title}{_BETWEEN}{lettered_text}"
        return cls(
            title=title,
            text=text,
            capitals=capitals,
            lettered=lettered,
            title_length=len(lettered_title),
            possible=gates.open(capitals, lettered, chain(word_list(lettered_title), word_list(lettered_text))),
        )

    def first(self, terms: Iterable[_Term]) -> _Term | None:
        """The first of the terms that hits."""
        return next((term for term in terms if term in self.possible and self._span(term)), None)

    def evidence(self, topic: str, group: str, term: _Term) -> TopicMatch:
        start, end = self._span(term) or (0, 0)
        length = len(self.title) if term.cased else self.title_length
        where: Literal["title", "text"] = "title" if start < length else "text"
        begin = 0 if where == "title" else length + len(_BETWEEN)
        start, end = start - begin, end - begin
        written = self.title if where == "title" else self.text
        if not term.cased:
            lettered = self.lettered[begin:] if begin else self.lettered[:length]
            start, end = _written_span(written, lettered, start, end)
        return TopicMatch(topic=topic, group=group, term=term.term, words=written[start:end], where=where, offset=start)

    def _span(self, term: _Term) -> tuple[int, int] | None:
        if term not in self.found:
            self.found[term] = term.find(self.capitals if term.cased else self.lettered)
        return self.found[term]


def _evidence(conditions: _Conditions, reading: _Reading, assume: Collection[str]) -> Iterator[TopicMatch]:
    topic = conditions.topic
    if reading.first(conditions.not_):
        return
    if enough := reading.first(conditions.enough):
        yield reading.evidence(topic, "enough", enough)
        return
    hits: list[tuple[str, _Term | None]] = []
    for group, terms in conditions.must:
        hit = reading.first(terms)
        if hit is None and group not in assume:
            return
        hits.append((group, hit))
    wanted = reading.first(conditions.any)
    if (conditions.any and not wanted) or not (hits or wanted):
        return
    for group, hit in hits:
        if hit:
            yield reading.evidence(topic, group, hit)
        else:
            yield TopicMatch(topic=topic, group=group, term="", words="", where="feed", offset=0)
    if wanted:
        yield reading.evidence(topic, "any", wanted)


def _written_span(written: str, lettered: str, start: int, end: int) -> tuple[int, int]:
    """Where the letters from `start` to `end` are written: exactly there, else in the words of the same number."""
    if len(written) == len(lettered) and letters(written[start:end]) == lettered[start:end]:
        return start, end
    first, last = lettered.count(" ", 0, start), lettered.count(" ", 0, end)
    before = written.split(" ", first)
    start = len(written) - len(before[-1])
    end = start + len(" ".join(before[-1].split(" ", last - first + 1)[: last - first + 1]))
    while end - start > 1 and not written[start].isalnum():
        start += 1
    while end - start > 1 and not written[end - 1].isalnum():
        end -= 1
    return start, end
