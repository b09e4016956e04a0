"""Which state a clause tells of: the most specific one, with the word that tells it.

Rule: a state is no more than what is said. Work of which a share is told is done in part, and what is ahead is not.
"""

import re
from collections.abc import Sequence
from datetime import date

from monitor.events.clauses import Clause, Sentence, is_later, is_past
from monitor.events.dates import DateSpan
from monitor.events.phases import Found
from monitor.events.spoken import Speaking

_OPENED = frozenset({"start", "hold"})
_SHARE = 25  # characters between a share and what is done of it
_PERCENT = re.compile(r"(\d+)(?:[.,]\d+)? ?(?:%|percent|per cent|faiz|процент)")
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


def state_of(
    sentence: Sentence, clause: Clause, spans: Sequence[DateSpan], about: Speaking, published: date | None
) -> tuple[str, Found] | None:
    """The most specific state that a clause says, with the word that says it."""
    words = about.words

    def is_told(word: Found) -> bool:
        supposed = words.supposed.search(sentence.lettered, clause.start, word.end)
        return not supposed and not words.is_negated(sentence.lettered, word)

    told = {one.name: one for one in reversed(clause.states) if is_told(one)}
    for state in ("cancelled", "postponed", "announced"):
        if state in told and not _is_of_a_phase(sentence, clause, told[state], about):
            return state, told[state]
    for verb in clause.phases:
        if verb.is_noun or clause.put_off or not is_told(verb):
            continue
        if by_verb := _by_verb(sentence, clause, verb, spans, about, published):
            return by_verb, verb
    return next(((state, told[state]) for state in ("underway", "planned") if state in told), None)


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
    return "underway" if done and verb.name == "end" and _is_partly(sentence, verb) else done


def _is_partly(sentence: Sentence, verb: Found) -> bool:
    """75 percent completed, 75 faiz başa çatıb, завершён на 75 %."""
    around = sentence.lettered[max(0, verb.start - _SHARE) : verb.end + _SHARE]
    return any(found[1] != "100" for found in _PERCENT.finditer(around))
