"""What a word may be part of, asked once of each word and remembered: a date, a figure, a verb that claims something,
a name.

Rule: a cue may promise too much and never too little. A sentence without one is not looked at again: most sentences of
the news are told from the others by their words alone, at a twentieth of the price of reading them.
"""

import re
from collections.abc import Callable
from functools import lru_cache, reduce
from operator import or_

from monitor.events.dates import cues as date_cues
from monitor.events.phases import lexicon
from monitor.events.quantities import cues as figure_cues
from monitor.events.subjects import Subjects
from monitor.words import NO_WIDTH, letters

DATE, FIGURE, STATE, NAME = 1, 2, 4, 8
ANY = DATE | FIGURE | STATE | NAME
SAYS = DATE | FIGURE | STATE  # a name alone claims nothing

_WORD = re.compile(r"[^\W_]+")
_REMEMBERED = 32_768  # words of a language
_LONGEST_WORD = 40


def cues_of(text: str, lang: str, subjects: Subjects) -> int:
    """What a sentence may hold: DATE, FIGURE, STATE and NAME, or 0."""
    if not text.isprintable() and NO_WIDTH.search(text):
        return ANY  # what is not seen parts a word only for the eye of this module
    look_up = subjects.looks.get(lang)
    if look_up is None:
        look_up = subjects.looks[lang] = _look_up(lang, subjects)
    return reduce(or_, map(look_up, _WORD.findall(text)), 0)


def _look_up(lang: str, subjects: Subjects) -> Callable[[str], int]:
    """What a word of the language may be part of."""
    words = lexicon(lang)
    is_of_date, numbers = date_cues(lang), figure_cues(lang)

    @lru_cache(maxsize=_REMEMBERED)
    def look_up(word: str) -> int:
        if len(word) > _LONGEST_WORD:
            return ANY
        plain = letters(word)
        is_number = plain in numbers or any(char.isdecimal() for char in (*word, *plain))
        tells = words is not None and f"{plain} ".startswith(words.beginnings)
        found = ((is_of_date(word), DATE), (is_number, FIGURE), (tells, STATE), (subjects.begins(plain), NAME))
        return sum(cue for holds, cue in found if holds)

    return look_up
