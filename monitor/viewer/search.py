"""What a person types to search, and the place in the original where it was found.

        ferry "opened in spring" konfrans* -drill topic:harbours source:gazette lang:az since:30d

Words are found in any of their forms and however their letters were typed; `"…"` is a phrase, `*` goes on, `-` leaves
out. Rule: a snippet is cut from the words as they were published; folding decides only where.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from monitor.events.searching import LANGUAGES, forms_of, token
from monitor.words import fold, letters, word_list
from storage.errors import ConfigError
from storage.reading import Reader, Record
from storage.reading.search import Asked, Term

SNIPPET = 160  # characters, about two lines

_ASKED = re.compile(r'(?:(?P<filter>topic|source|lang|since):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>\S+))', re.ASCII)
_SHORTEST_PREFIX = 3  # letters; "ba*" stands in every item of a large archive
_SPELLINGS = 24  # of one phrase; a longer one is looked for as one language writes it
_WRITTEN = re.compile(r"[^\W_]+")
_PROBE = 2  # letters that every form of a word begins with


@dataclass(frozen=True, slots=True)
class Snippet:
    """Words of an original, cut out, and where in them the hits stand: (start, end) in characters."""

    text: str
    hits: tuple[tuple[int, int], ...]

    def shown(self, before: str, after: str) -> str:
        """The text with something around each hit."""
        parts: list[str] = []
        end = 0
        for start, stop in self.hits:
            parts += (self.text[end:start], before, self.text[start:stop], after)
            end = stop
        return "".join([*parts, self.text[end:]])


def parse(text: str, *, moment: Callable[[str], datetime]) -> Asked:
    """What is asked for; `moment` reads the day or span behind `since:`. ConfigError names what cannot be read."""
    terms: list[Term] = []
    filters: dict[str, list[str]] = {"topic": [], "source": [], "lang": []}
    since: datetime | None = None
    for found in _ASKED.finditer(text):
        said = (found["phrase"] if found["phrase"] is not None else found["word"]).strip()
        if found["filter"] == "since":
            since = moment(said)
        elif found["filter"]:
            if not word_list(letters(said)):
                raise ConfigError(f"{found['filter']}: names nothing; write {found['filter']}:NAME")
            filters[found["filter"]].append(said)
        elif term := _term(said, phrase=found["phrase"] is not None):
            terms.append(term)
    if not any(term.wanted for term in terms) and not any(filters.values()):
        raise ConfigError("nothing to search for: name a word, or a filter such as topic:ID")
    return Asked(
        terms=tuple(terms),
        topics=tuple(fold(one) for one in filters["topic"]),
        languages=tuple(letters(one) for one in filters["lang"]),
        sources=tuple(tuple(word_list(letters(one))) for one in filters["source"]),
        since=since,
    )


def search(reader: Reader, asked: Asked, *, limit: int = 20) -> list[Record]:
    """Items, best first, with `score`, `snippet` and the places of its `hits`."""
    found = reader.search.find(asked, feeds=_feeds(reader, asked), limit=limit)
    for item in found:
        snippet = cut(item["title"], item.pop("text"), asked)
        item["snippet"], item["hits"] = snippet.text, [list(hit) for hit in snippet.hits]
    return found


def cut(title: str, text: str, asked: Asked) -> Snippet:
    """The stretch of the text that holds most of what was asked for; of the title where the text holds nothing."""
    terms = [term for term in asked.terms if term.wanted]
    hits = hits_in(text, terms)
    if not hits and (in_title := hits_in(title, terms)):
        text, hits = title, in_title
    return _stretch(text or title, hits)


def hits_in(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where a term stands in a text as it was published: (start, end) in characters, in order."""
    if not terms or not text:
        return []
    probes = {words[0][:_PROBE] for term in terms for words in term.spellings}
    written = [(found.start(), found.end(), letters(found[0])) for found in _WRITTEN.finditer(text)]
    spelled = [_spellings(word) if word[:_PROBE] in probes else frozenset((word,)) for _, _, word in written]
    hits: dict[int, int] = {}
    for place, (start, _, word) in enumerate(written):
        if word[:_PROBE] in probes:
            for length in filter(None, (_match(term, spelled, place) for term in terms)):
                hits[start] = max(hits.get(start, 0), written[place + length - 1][1])
    return list(hits.items())


def _term(said: str, *, phrase: bool) -> Term | None:
    wanted = phrase or not (said.startswith("-") and said[1:2].isalpha())
    words = word_list(letters(said.rstrip("*") if wanted else said[1:].rstrip("*")))
    if not words:
        return None
    prefix = said.endswith("*") and len(words[-1]) >= _SHORTEST_PREFIX
    forms = [forms_of(word) for word in words]
    if prefix:  # what is stored may be shorter than what was typed: cable* stands under "cabl" too
        forms[-1] = tuple(form for form in forms[-1] if len(form) >= _SHORTEST_PREFIX)
    spellings = list(product(*forms))
    if len(spellings) > _SPELLINGS:  # nobody writes a phrase in two languages at once
        spellings = [tuple(token(word, lang) for word in words) for lang in ("", *LANGUAGES)]
    return Term(spellings=tuple(dict.fromkeys(spellings)), prefix=prefix, wanted=wanted)


def _feeds(reader: Reader, asked: Asked) -> list[list[int]]:
    """For each source asked for, the feeds in whose names its words stand."""
    if not asked.sources:
        return []
    known = [(feed, f" {' '.join(word_list(letters(names)))} ") for feed, names in reader.search.feeds()]
    return [[feed for feed, names in known if f" {' '.join(words)} " in names] for words in asked.sources]


def _spellings(word: str) -> frozenset[str]:
    return frozenset(forms_of(word))


def _match(term: Term, spelled: Sequence[frozenset[str]], place: int) -> int:
    """How many written words from `place` on are the term; 0: it does not stand there."""
    for words in term.spellings:
        there = spelled[place : place + len(words)]
        if len(there) == len(words) and all(
            word in forms or (term.prefix and last and any(form.startswith(word) for form in forms))
            for word, forms, last in zip(words, there, _lasts(len(words)), strict=True)
        ):
            return len(words)
    return 0


def _lasts(count: int) -> Iterator[bool]:
    return (place == count - 1 for place in range(count))


def _stretch(text: str, hits: Sequence[tuple[int, int]]) -> Snippet:
    """At most SNIPPET characters around the densest hits, between words, with … where something was left out."""
    if len(text) <= SNIPPET:
        return Snippet(text, tuple(hits))
    first = max(hits, key=lambda hit: sum(hit[0] <= start < hit[0] + SNIPPET for start, _ in hits), default=(0, 0))[0]
    begin = max(0, min(first - SNIPPET // 4, len(text) - SNIPPET))
    end = begin + SNIPPET
    if begin:
        begin = text.find(" ", begin, first) + 1 or begin
    if end < len(text):
        end = max(text.rfind(" ", first, end), first + 1)
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(before) - begin
    inside = tuple((start + shift, stop + shift) for start, stop in hits if start >= begin and stop <= end)
    return Snippet(f"{before}{text[begin:end]}{after}", inside)
