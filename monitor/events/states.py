"""Which state a clause tells of: the most specific one, with the word that tells it.

Rule: a state is no more than what is said. Work of which a figure tells is done in part, and what is to be done is not.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from monitor.events.clauses import Clause, Sentence, is_later, is_partly, is_past
from monitor.events.dates import DateSpan
from monitor.events.phases import DONE, Found
from monitor.events.spoken import Speaking

_OPENED = frozenset({"start", "hold"})
_SUSPENDED, _RESUMED = "suspended", "resumed"
_ARTICLE = re.compile(r"\b(?:an?|the|its|his|her|their|this) (?:\w+ly )?$")
_SIGHT = 20  # characters in which an article stands
_IN_PART = re.compile(r"\d|\b(?:half|part|section|stretch|first|most|some|hisse|yaris|birinci|част|участ|перв|половин)")
_DONE = {
    ("process", "start"): "underway",
    ("process", "end"): "done",
    ("occasion", "start"): "underway",
    ("occasion", "end"): "done",
    ("occasion", "hold"): "done",
    ("document", "sign"): "done",
    ("document", "adopt"): "done",
    ("thing", "start"): "done",
    ("thing", "end"): "done",
    ("thing", "hold"): "done",
}


class State(NamedTuple):
    """A state, the word that tells it, and its clause with the work in it that the word is of."""

    name: str
    word: Found
    clause: Clause


def state_of(
    sentence: Sentence, clause: Clause, spans: Sequence[DateSpan], about: Speaking, published: date | None
) -> State | None:
    """The most specific state that a clause says."""
    words = about.words
    told = {one.name: one for one in reversed(clause.states) if not words.is_negated(sentence.lettered, one)}
    for state in ("cancelled", "postponed", "announced"):
        if state in told and not _is_of_a_phase(sentence, clause, told[state], about):
            return State(state, told[state], clause)
    if _SUSPENDED in told and _is_told(sentence, clause, told[_SUSPENDED]):
        return State(_SUSPENDED, told[_SUSPENDED], clause)
    for verb in clause.phases:
        if verb.is_noun or clause.put_off or words.is_negated(sentence.lettered, verb):
            continue
        if by_verb := _by_verb(sentence, clause, verb, spans, about, published):
            return State(by_verb, verb, clause)
    if _RESUMED in told and _is_told(sentence, clause, told[_RESUMED]):
        return State("underway", told[_RESUMED], clause)
    for state in ("underway", "planned"):
        if state in told:
            return State(state, told[state], clause)
    return next((_finished(clause, one) for name, one in told.items() if name.startswith(DONE)), None)


def _is_told(sentence: Sentence, clause: Clause, word: Found) -> bool:
    """Whether it has happened, and is no quality: a suspended ceiling."""
    return not clause.is_ahead(word) and not _ARTICLE.search(
        sentence.lettered[max(0, word.start - _SIGHT) : word.start]
    )


def _finished(clause: Clause, word: Found) -> State | None:
    """The cable has been laid, проложен, çəkilib: all of it, where nothing says how much."""
    if clause.is_ahead(word) or _IN_PART.search(clause.text):
        return None
    work = word._replace(name=word.name.removeprefix(DONE))
    return State("done", word, replace(clause, components=[work]))


def _is_of_a_phase(sentence: Sentence, clause: Clause, word: Found, about: Speaking) -> bool:
    """Whether it is the signing that was put off, and the clause does not say of what.

    What is put off with its opening is put off itself.
    """
    own = _OPENED if word.name == "postponed" else frozenset()
    said = any(one.is_noun and one.name not in own for one in clause.phases)
    component = about.governed(sentence, clause, word)
    return said and (component is None or about.words.kinds[component.name] == "thing")


def _by_verb(  # noqa: PLR0917  a verb and where it stands
    sentence: Sentence,
    clause: Clause,
    verb: Found,
    spans: Sequence[DateSpan],
    about: Speaking,
    published: date | None,
) -> str | None:
    words = about.words
    if words.is_attributive(sentence.lettered, verb):
        return None
    ahead = clause.is_ahead(verb)
    if ahead is None:
        if sentence.number and sentence.lang == "en" and not verb.word.endswith(("s", "ed")):
            return None  # an infinitive, a name, an adjective
        ahead = any(is_later(one, published) for one in spans)
    if ahead:
        is_over = any(is_past(clause, verb, one, published) for one in spans)
        return None if is_over or verb.name == "end" else "planned"
    spoken = about.of(sentence, clause, verb)
    done = _DONE.get((spoken.kind, verb.name))
    if (spoken.kind, verb.name) == ("thing", "hold") and (spoken.component or not spoken.choice.subject):
        return None  # the office building where the talks took place
    return "underway" if done and verb.name == "end" and is_partly(sentence, verb) else done
