"""The plain linker that every other has to beat: TF-IDF, cosine to the sum of an event, one threshold, seven days.

Rule: nothing is taken from the real linker but the cutting into words: no stems, no names, counts from a cold start.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.events.terms import WORDS_READ
from monitor.words import letters, word_list

WINDOW = timedelta(days=7)
THETA = 0.25
"""The best on `ecb_train.jsonl` laid on 22 days and on 60, where .20 loses two points or more and .30 two."""


@dataclass(slots=True)
class _Event:
    last: datetime
    length: float = 0.0  # squared
    sums: dict[str, float] = field(default_factory=dict)


class Cosine:
    """Events by likeness alone."""

    def __init__(self, theta: float = THETA, window: timedelta = WINDOW) -> None:
        self._theta, self._window = theta, window
        self._items = 0
        self._counts: Counter[str] = Counter()
        self._events: dict[int, _Event] = {}
        self._holding: dict[str, list[int]] = {}  # events by term, in the order they came to hold it

    def link(self, title: str, text: str, at: datetime) -> int:
        """The number of the event that the item joins or founds."""
        vector = self._vector(title, text)
        for old in [number for number, event in self._events.items() if abs(at - event.last) > self._window]:
            for term in self._events.pop(old).sums:
                self._holding[term].remove(old)
        dots: dict[int, float] = {}
        for term, weight in vector.items():
            for number in self._holding.get(term, ()):
                dots[number] = dots.get(number, 0.0) + weight * self._events[number].sums[term]
        likeness, best = max(
            ((dot / math.sqrt(self._events[one].length), -one) for one, dot in dots.items()), default=(0, 1)
        )
        number = -best if likeness >= self._theta else self._items
        self._join(number, vector, at)
        return number

    def _vector(self, title: str, text: str) -> dict[str, float]:
        words = word_list(letters(f"{title} {' '.join(text.split()[:WORDS_READ])}"))
        rare = {word: math.log((self._items + 1) / (self._counts[word] + 1) + 1) for word in words}
        weights = {word: (1 + math.log(times)) * rare[word] for word, times in Counter(words).items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        self._counts.update(weights.keys())
        return {word: weight / length for word, weight in weights.items()}

    def _join(self, number: int, vector: dict[str, float], at: datetime) -> None:
        event = self._events.setdefault(number, _Event(last=at))
        for term, weight in vector.items():
            before = event.sums.get(term)
            if before is None:
                self._holding.setdefault(term, []).append(number)
            event.sums[term] = (before or 0.0) + weight
            event.length += weight * (weight + 2 * (before or 0.0))
        event.last = max(event.last, at)
        self._items += 1


def link_by_cosine(items: Iterable[tuple[str, str, datetime]], theta: float = THETA) -> Iterator[str]:
    """The event of each (title, text, time)."""
    linker = Cosine(theta)
    for title, text, at in items:
        yield str(linker.link(title, text, at))
