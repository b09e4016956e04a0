"""What a word may be part of, asked once of each word and remembered: a date, a figure, a verb that claims something,
a name.

Rule: a cue may promise too much and never too little. A sentence without one is not looked at again: most sentences of
the news are told from the others by their words alone, at a twentieth of the price of reading them.
"""

from functools import reduce
from operator import or_

from monitor.events.dates import cues as date_cues
from monitor.events.phases import DENIES, TELLS, lexicon
from monitor.events.quantities import cues as figure_cues
from monitor.events.subjects import Subjects
from monitor.words import NO_WIDTH, fold, lettered, spaced

DATE, FIGURE, STATE, NAME, NUMBER, DENIAL = 1, 2, 4, 8, 16, 32  # NUMBER: a figure in words
ANY = DATE | FIGURE | STATE | NAME | NUMBER | DENIAL
READ = DATE | FIGURE | STATE | NAME  # a denial of nothing else says nothing
SAYS = DATE | FIGURE | STATE  # a name alone claims nothing

_REMEMBERED = 32_768  # words of a language
_LONGEST_WORD = 40


class Cues:
    """What the sentences of one text may hold: DATE, FIGURE and NUMBER, STATE and DENIAL, NAME, or 0."""

    def __init__(self, text: str, lang: str, subjects: Subjects) -> None:
        self.text, self.lang, self.spaced = text, lang, spaced(text)
        known = subjects.looks.get(lang)
        if known is None:
            known = subjects.looks[lang] = _Known(lang, subjects)
        self._look_up = known.__getitem__
        self._has_unseen = not text.replace("\n", " ").isprintable()

    def of(self, start: int, end: int) -> int:
        """Those of what stands from `start` to `end`."""
        if self._has_unseen and NO_WIDTH.search(self.text, start, end):
            return ANY  # what is not seen parts a word only for the eye of this module
        return reduce(or_, map(self._look_up, self.spaced[start:end].split()), 0)


class _Known(dict[str, int]):
    """What words of a language may be part of, as they are met: to ask a dict takes half as long as any cache."""

    def __init__(self, lang: str, subjects: Subjects) -> None:
        super().__init__()
        words = lexicon(lang)
        self._is_of_date, self._numbers = date_cues(lang), figure_cues(lang)
        self._begins = words.begins if words is not None else None
        self._is_name = subjects.begins

    def __missing__(self, word: str) -> int:
        if len(word) > _LONGEST_WORD:
            return ANY
        if len(self) >= _REMEMBERED:
            self.clear()
        self[word] = found = self._read(word, fold(word))
        return found

    def _read(self, word: str, folded: str) -> int:
        plain = lettered(folded)
        has_digit = not (word.isalpha() and plain.isalpha()) and any(char.isdecimal() for char in word + plain)
        lexemes = self._begins(plain) if self._begins is not None else 0
        return (
            DATE * self._is_of_date(word, folded)
            | FIGURE * has_digit
            | (FIGURE | NUMBER) * (plain in self._numbers)
            | STATE * bool(lexemes & TELLS)
            | DENIAL * bool(lexemes & DENIES)
            | NAME * self._is_name(plain)
        )
