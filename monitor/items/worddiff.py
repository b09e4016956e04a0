"""Which words changed between two texts, for people: `a cable of [-40 km-]{+44 km+}`.

Sentences are aligned first, and words only within those that differ. Repeated words make their alignment cost the cube
of their number: where that would be felt, sentences stand as wholes, for a feed's author may be hostile.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from monitor.words import fold, sentences, words

Op: TypeAlias = Literal["=", "-", "+", "~"]
WordDiff: TypeAlias = list[tuple[Op, str, str]]

MOST_WORDS = 4_000  # a side; longer texts are compared by sentences alone
CONTEXT_WORDS = 8  # shown on each side of a change

_MOST_STEPS = 40_000_000  # of the matcher, at the very worst: about two seconds
_UNITS = (
    "% percent faiz процентов процента км km m м kg кг t т ha га mw gw kwh мвт mb gb tb mbps gbps tbps mbit gbit tbit "
    "min thousand mln milyon million bn billion mlrd milyard тыс млн млрд миллионов миллиардов "
    "usd eur azn dollars euros manat manats долларов евро манатов"
)
_UNIT_WORDS = frozenset(_UNITS.split())


def word_diff(old: str, new: str) -> WordDiff:
    """(op, old words, new words) in order: "=" kept, "-" removed, "+" added, "~" replaced.

    Words that differ in punctuation or case alone are kept. Joined, the new words are the new text but for white space.
    """
    by_words = max(old.count(" "), new.count(" ")) < MOST_WORDS
    runs: list[_Run] = []
    for left, right, same in _aligned(sentences(old), sentences(new)):
        before, after = " ".join(left), " ".join(right)
        if same or not by_words:
            runs.append((before.split(), after.split(), same))
        else:
            runs += _word_runs(_tokens(before), _tokens(after))
    return [_op(left, right, same) for left, right, same in _with_units(_joined(runs)) if left or right]


def render_diff(diff: WordDiff, *, context: int | None = CONTEXT_WORDS) -> str:
    """`[-old-]{+new+}` amid the words that stayed; of those only `context` beside a change, None for all."""
    parts = []
    for place, (op, old, new) in enumerate(diff):
        if op == "=":
            parts.append(_shortened(new, context, opens=place == 0, closes=place == len(diff) - 1))
        else:
            parts.append((f"[-{old}-]" if old else "") + (f"{{+{new}+}}" if new else ""))
    return " ".join(parts)


_Run: TypeAlias = tuple[list[str], list[str], bool]  # old words, new words, whether they are the same


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Both sequences in runs that are equal or differ, as slices of each."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield old[:start], new[:start], True
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if _is_costly(left, right):
        yield left, right, False
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
            yield left[i1:i2], right[j1:j2], tag == "equal"
    yield old[len(old) - end :], new[len(new) - end :], True


def _is_costly(old: Sequence[str], new: Sequence[str]) -> bool:
    counts = Counter(new)
    pairs = sum(count * counts[word] for word, count in Counter(old).items())
    return (pairs + len(old)) * min(len(old), len(new)) > _MOST_STEPS


def _tokens(text: str) -> list[str]:
    """The words with the punctuation around them; a dash that stands alone goes with the word before it."""
    tokens: list[str] = []
    for token in text.split():
        if tokens and not any(char.isalnum() for char in token):
            tokens[-1] += " " + token
        else:
            tokens.append(token)
    return tokens


def _word_runs(old: list[str], new: list[str]) -> Iterator[_Run]:
    old_at = new_at = 0
    for left, right, same in _aligned([_key(token) for token in old], [_key(token) for token in new]):
        yield old[old_at : old_at + len(left)], new[new_at : new_at + len(right)], same
        old_at, new_at = old_at + len(left), new_at + len(right)


def _key(token: str) -> str:
    return words(fold(token))


def _joined(runs: Sequence[_Run]) -> list[_Run]:
    joined: list[_Run] = []
    for left, right, same in runs:
        if not left and not right:
            continue
        if joined and joined[-1][2] is same:
            joined[-1] = (joined[-1][0] + left, joined[-1][1] + right, same)
        else:
            joined.append((left, right, same))
    return joined


def _with_units(runs: list[_Run]) -> Iterator[_Run]:
    """A number that changed takes its unit along: 44 alone says less than 44 km."""
    for place, (left, right, same) in enumerate(runs):
        following = runs[place + 1] if place + 1 < len(runs) else ([], [], False)
        preceding = runs[place - 1] if place else ([], [], True)
        if same:
            taken = 1 if _takes_unit(preceding, (left, right, same)) else 0
            yield left[taken:], right[taken:], same
        elif _takes_unit((left, right, same), following):
            yield left + following[0][:1], right + following[1][:1], same
        else:
            yield left, right, same


def _takes_unit(changed: _Run, kept: _Run) -> bool:
    old, new, same = changed
    if same or not kept[2] or not kept[1] or _key(kept[1][0]) not in _UNIT_WORDS:
        return False
    return bool(old and new) and old[-1][-1].isdigit() and new[-1][-1].isdigit()


def _op(left: list[str], right: list[str], same: bool) -> tuple[Op, str, str]:
    op: Op = "=" if same else "~" if left and right else "-" if left else "+"
    return op, " ".join(left), " ".join(right)


def _shortened(kept: str, context: int | None, *, opens: bool, closes: bool) -> str:
    tokens = kept.split()
    if context is None or len(tokens) <= 2 * context:
        return kept
    before = [] if opens else tokens[:context]
    after = [] if closes else tokens[-context:]
    return " ".join([*before, "…", *after])
