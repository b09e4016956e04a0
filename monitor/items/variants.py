"""A reprint that says otherwise: where its numbers or dates differ from those of the item that it repeats.

Rule: what only one of the two tells is no difference. A sentence differs when the other item has one like it, in nearly
the same words, and the facts in it are others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.items.content import facts
from monitor.words import fold, sentences, word_list
from storage.model import Content

ALIKE = 0.6  # of the words of two sentences, those that both have
_SENTENCES = 100  # of each that the other does not have as they are
_LEAST_WORDS = 4  # beside the facts: shorter ones are alike by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A sentence of the original and how the reprint tells it."""

    original: str
    reprint: str


def differences(original: Content, reprint: Content) -> tuple[Difference, ...]:
    """Where the facts of a reprint are others than its original's, in the reprint's order; titles are sentences too."""
    if original.facts_hash == reprint.facts_hash:
        return ()
    told, retold = _own(original, reprint), _own(reprint, original)
    found = []
    for sentence in retold:
        like = max(told, key=lambda other: (_likeness(sentence, other), -other.place), default=None)
        if like is not None and _likeness(sentence, like) >= ALIKE and sentence.facts - like.facts:
            found.append(Difference(original=like.text, reprint=sentence.text))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    place: int
    text: str
    words: frozenset[str]  # but those that hold a digit
    facts: frozenset[str]


def _own(content: Content, other: Content) -> Sequence[_Sentence]:
    """The sentences that hold facts and that the other content does not have as they are."""
    theirs = {_plain(one) for one in _told(other)}
    mine = (one for one in _told(content) if _plain(one) not in theirs)
    read = (_read(place, one) for place, one in enumerate(islice(mine, _SENTENCES)))
    return [one for one in read if one.facts and len(one.words) >= _LEAST_WORDS]


def _told(content: Content) -> list[str]:
    return [content.title, *sentences(content.text)]


def _plain(sentence: str) -> str:
    return " ".join(word_list(fold(sentence)))


def _read(place: int, sentence: str) -> _Sentence:
    folded = fold(sentence)
    words = frozenset(word for word in word_list(folded) if word.isalpha())
    return _Sentence(place=place, text=sentence, words=words, facts=facts(folded))


def _likeness(one: _Sentence, other: _Sentence) -> float:
    together = len(one.words | other.words)
    return len(one.words & other.words) / together if together else 0.0
