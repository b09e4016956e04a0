"""The words of an item as its search finds them: folded, without diacritics, each in the one form its forms share.

Rule: what writes the index and what reads it call the same functions here, and neither waits for a stemmer: endings are
taken off by rule, as topics do, because loading stemmers of thirty languages takes longer than a search.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.events.forms import name_stem
from monitor.words import letters, word_list

if TYPE_CHECKING:
    from storage.model import Item, SearchText

LANGUAGES = ("en", "az", "ru")  # a query says none: each word is looked for as each of them would write it

_LONGEST = 20_000  # words of a text that are indexed; a long read has 5,000
_SHORTEST = 4  # letters of an English word that may lose an ending
_REMEMBERED = 65_536
_SIBILANT = ("sses", "shes", "ches", "xes", "zes")
_NO_PLURAL = ("ss", "us", "is")
_SOFTENING = frozenset({"az", "tr"})
_VOWELS = frozenset("aeiouy")


def searchable(title: str, text: str, *, lang: str | None) -> "SearchText":
    """What is stored of an item for searching; `marks` are added by `marked`."""
    from storage.model import SearchText

    return SearchText(title=_tokens(title, lang), text=_tokens(text, lang), marks="")


def marked(words: "SearchText", item: "Item", topics: Iterable[str]) -> "SearchText":
    """The words with what filters ask for: the topics, the language, the feed and the outlet's name."""
    spoken = letters(item.lang or "")
    languages = dict.fromkeys(filter(None, (spoken, spoken.partition("-")[0])))
    sources = dict.fromkeys(word_list(letters(item.source_name or "")))
    marks = (
        *(f"topic:{topic}" for topic in sorted(set(topics))),
        *(f"lang:{lang}" for lang in languages),
        f"feed:{item.feed_id}",
        *(f"source:{word}" for word in sources),
    )
    return replace(words, marks=" ".join("".join(mark.split()) for mark in marks))


@lru_cache(maxsize=_REMEMBERED)
def token(word: str, lang: str) -> str:
    """The form that a word stands under; `word` as `monitor.words.letters` leaves it, `lang` "" where unknown."""
    if lang == "en" and word.isascii():
        return _english(word)
    stem = name_stem(word, lang)
    while lang in _SOFTENING and len(stem) > _SHORTEST and stem[-1] in "kqg" and stem[-2] in _VOWELS:
        stem = name_stem(stem[:-1], lang)  # nazirlik, nazirliyi; torpaq, torpağı
    return stem


def forms_of(word: str) -> tuple[str, ...]:
    """Every token that a word of a query may stand under, its own letters among them."""
    return tuple(dict.fromkeys((word, *(token(word, lang) for lang in LANGUAGES))))


def _tokens(text: str, lang: str | None) -> str:
    spoken = lang or "en"  # of a language that nobody could tell, Latin words lose what English ones do
    return " ".join([token(word, spoken) for word in word_list(letters(text))[:_LONGEST]])


def _english(word: str) -> str:
    """networks, network; opened, opening, opens, open; policies, policy; one token each."""
    if len(word) < _SHORTEST or not word.isalpha():
        return word
    stem = _singular(word)
    for ending in ("ing", "ed"):
        rest = stem.removesuffix(ending)
        if rest != stem and len(rest) >= _SHORTEST - 1 and not _VOWELS.isdisjoint(rest):
            stem = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    stem = stem.removesuffix("e") if len(stem) >= _SHORTEST else stem
    return f"{stem[:-1]}i" if stem.endswith("y") and len(stem) >= _SHORTEST else stem


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST:
        return f"{word[:-3]}y"
    if word.endswith(_SIBILANT):
        return word[:-2]
    return word.removesuffix("s") if not word.endswith(_NO_PLURAL) else word
