"""What somebody undertakes to build, lay or install by a day: a promise of the end of that work.

        will lay 300 km of cable by December, проложит … до конца года, ilin sonunadək … çəkiləcək

Rule: only a verb that says itself that it is to come, with a deadline that has not passed; who builds a thing is not
the thing that is built.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from monitor.events.clauses import Clause, Sentence
from monitor.events.dates import DateSpan
from monitor.events.phases import FAR_LEFT, FAR_RIGHT, MADE, Found
from monitor.events.subjects import Named
from monitor.words import has_cyrillic

_SIGHT = 60  # characters in which that stands which makes a plan of an infinitive
_LAYS = "cekecek"  # Azerbaijani: it lays, and it lasts until then
_LAID = re.compile(r"\d (?:min |milyon )?(?:km|kilometr|metr)|\b(?:kabel|xett|boru)")


class Making(NamedTuple):
    """A verb as the end of its work, its clause with the work as what it speaks of, and its date as a deadline."""

    clause: Clause
    verb: Found
    span: DateSpan
    is_passive: bool


def making(sentence: Sentence, clause: Clause, span: DateSpan, published: date | None) -> Making | None:
    """What is to be made by a date; None where the date is no such deadline."""
    if span.hi is None or (published is not None and span.hi < published):
        return None
    text, words = sentence.lettered, clause.words
    found = [
        (max(span.start - one.end, one.start - span.end), one.start, one)
        for one in words.makes_in(text, sentence.marks(words), clause.start, clause.start + len(clause.text))
        if 0 <= span.start - one.end <= FAR_LEFT or 0 <= one.start - span.end <= FAR_RIGHT
    ]
    if not found:
        return None
    verb = min(found)[2]
    if not _is_due(text, span, verb) or not _is_to_come(sentence, clause, verb):
        return None
    work = verb._replace(name=verb.name.removeprefix(MADE))
    is_passive = verb.name.startswith(MADE)
    return Making(replace(clause, components=[work]), verb._replace(name="end"), span._replace(bound="by"), is_passive)


def builds(made: Making, sentence: Sentence, named: Sequence[Named]) -> bool:
    """Whether those whom a sentence names do the building: they stand before a verb that is no passive."""
    if made.is_passive or made.clause.components[0].name != "construction":
        return False
    return bool(named) and all(one.start < sentence.start + made.verb.start for one in named)


def _is_due(text: str, span: DateSpan, verb: Found) -> bool:
    """Whether it is to be done by the date; "sonunadək çəkəcək" may lay something, or last until then."""
    if span.bound == "until" and verb.word.startswith(_LAYS):
        return _LAID.search(text, min(span.start, verb.start), verb.start) is not None
    return span.bound in {"by", "before"}


def _is_to_come(sentence: Sentence, clause: Clause, verb: Found) -> bool:
    """Проложит and çəkəcək are futures themselves; an infinitive is to come where something says so."""
    if clause.words.verb_last or (has_cyrillic(verb.word) and not verb.word.endswith(("ть", "ти"))):
        return True
    text = sentence.lettered
    if clause.words.obliged.search(text, max(clause.start, verb.start - _SIGHT), verb.start):
        return True
    return not sentence.number and any(one.end() >= verb.end for one in clause.words.headed.finditer(text, 0, verb.end))
