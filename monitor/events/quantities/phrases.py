"""The words behind a figure that name what is counted: adjectives, then the first noun in the plural.

Rule: a phrase ends at a preposition, a verb or a sign, and never leaves its sentence.
"""

import re
from typing import NamedTuple

from monitor.events.quantities.words import LANGUAGES

REACH = 90  # characters to each side of a figure
SENTENCE_END = re.compile(r"[.!?…;\n](?:(?<=\n)|\s)")  # a set of signs first: so it is looked for at once

_HEAD_WORDS = 5
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|[^\w\s]|\d")
_PEOPLE = frozenset({"people", "men", "women", "children", "media", "personnel", "staff", "police", "youth"})
_NO_PLURAL = ("ss", "us", "is", "'s")
_RUSSIAN_ADJECTIVE = re.compile(r"[а-я-]+(?:ых|их|ые|ие|ого|его|ой|ый|ий|ая|ое|ным|ими|ыми)")
_OF = re.compile(r"\s?of (?:the |its |their |all |our )?")
_CAME_TO = re.compile(
    r"\b(?=[cdfgijrs])(?:rose|risen|rise|grew|grown|grow|increased?|climb(?:ed)?|jump(?:ed)?|surged?|soar(?:ed)?|fell|"
    r"fallen|fall|dropp?(?:ed)?|declined?|decreased?|shrank|shrunk|reach(?:ed)?)(?: [^\W\d_]+){0,3} $"
)
_WHAT_CAME = re.compile(
    r"\b([^\W\d_]{3,}s)(?: of(?: [^\W\d_]+){1,5})?(?: (?:has|have|had|will))?(?: (?:also|now|already|since))? $"
)
_NUMBER_OF = {
    "en": re.compile(r"number of ((?:[^\W\d_]+ ){0,2}[^\W\d_]+s)(?: [^\W\d_]+){1,8} $"),
    "az": re.compile(r"([^\W\d_]{3,}?)(?:nin|nun|in|un) (?:umumi )?sayi (?:[^\W\d_]+ ){0,6}$"),
    "ru": re.compile(r"(?:число|количество) ((?:[а-я-]+[ыи]х )?[^\W\d_]+) (?:[^\W\d_]+ ){0,8}$"),
}
_GENITIVE = re.compile(r"(\w{3,}?)(?:nin|nun|in|un) (?:texminen |teqriben )?$")


class Phrase(NamedTuple):
    """`head` counted, `modifiers` of it, all `words` in their order, and the `tail` behind them."""

    head: str
    modifiers: tuple[str, ...]
    words: str
    tail: str


def phrase(plain: str, end: int, lang: str, *, of: bool = False) -> Phrase:
    """The phrase that begins at `end` of a folded text; `of` takes "65 % of the population" as well."""
    stops = LANGUAGES[lang].stops
    window = plain[end : end + REACH]
    stop = SENTENCE_END.search(window)
    window = window[: stop.start()] if stop else window.rstrip(".")
    link = _OF.match(window) if of else None
    at = link.end() if link else 0
    words: list[str] = []
    for found in _WORD.finditer(window, at):
        word = found[0]
        if not word[0].isalpha() or word in stops or len(words) == _HEAD_WORDS:
            break
        words.append(word)
        behind = window[found.end() :]
        if _is_head(word, behind, lang, stops):
            return Phrase(word, tuple(words[:-1]), " ".join(words), behind.strip())
    head = "" if not words or (lang == "en" and not of) else words[-1] if of else words[0]
    return Phrase(head, tuple(word for word in words if word != head), " ".join(words), window[at:].strip())


def owner(plain: str, start: int, found: Phrase, lang: str, *, share: bool) -> Phrase:
    """What stands before its figure: əhalinin 65 faizi, the number of users reached 2.3 million, users rose to 3."""
    if found.head:
        return found
    before = plain[max(0, start - REACH) : start]
    if share:
        owned = _GENITIVE.search(before)
    else:
        before = SENTENCE_END.split(before)[-1]
        owned = _NUMBER_OF[lang].search(before) or (_what_came_to(before) if lang == "en" else None)
    return Phrase(owned[1].split()[-1], (), owned[1], found.tail) if owned else found


def _what_came_to(before: str) -> re.Match[str] | None:
    """Users of the network rose to."""
    came = _CAME_TO.search(before)
    return _WHAT_CAME.search(before, 0, came.start()) if came else None


def _is_head(word: str, behind: str, lang: str, stops: frozenset[str]) -> bool:
    if lang == "en":
        if not _is_plural(word, stops):
            return False
        following = _WORD.match(behind.lstrip())
        return following is None or not _is_plural(following[0], stops)  # "sports events"
    return lang == "ru" and not _RUSSIAN_ADJECTIVE.fullmatch(word)


def _is_plural(word: str, stops: frozenset[str]) -> bool:
    return word in _PEOPLE or (
        len(word) > 3 and word.endswith("s") and not word.endswith(_NO_PLURAL) and word not in stops
    )
