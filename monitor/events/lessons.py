"""What the linker learns from: labelled items, laid out as the streams and archives that it will meet.

Rule: the same items and seeds give the same lessons. Articles are laid on windows of several densities, whole, cut
short, as bare titles and in made-up languages; a few of them at a time make archives that have just begun; reports in
true languages make small archives; titles without dates are taken as they stand.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from monitor.events.evaluate import Labelled, incoming, labelled
from monitor.events.link import Incoming
from monitor.events.streams import Shape, Shelf, shared_names

Stream: TypeAlias = Sequence[tuple[Incoming, str | None]]

SMALL = 300  # archives of a few articles, for each seed
ARCHIVES = 50  # archives of reports in several languages, for each seed

_LANGUAGES = ("", "", "latin1", "latin2", "cyrillic1")
_FORMS = ("full", "short", "title")
_SMALL_WORTH = 3.0  # of a comparison: a narrow topic's archive is never as dense as the news of the whole world
_DAYS = (10, 20, 40)
# On what each kind is calibrated: streams as dense as the news of a general agency, two happenings a day.
_CALIBRATED = {
    "words": Shape(seed=1, days=22),
    "briefs": Shape(seed=1, days=22, forms=("short",)),
    "titles": Shape(seed=1, days=22, forms=("title",)),
}


@dataclass(frozen=True, slots=True)
class Data:
    """`articles` have texts and are laid on windows of time; `titles` are streams as they stand; `reports` are of small
    archives in several languages.
    """

    articles: tuple[Labelled, ...]
    titles: tuple[Stream, ...]
    reports: tuple[Labelled, ...] = ()

    @classmethod
    def read(cls, files: Sequence[Path]) -> "Data":
        articles: list[Labelled] = []
        reports: list[Labelled] = []
        titles: list[Stream] = []
        for file in files:
            items = [labelled(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            if len({item.lang for item in items}) > 1:
                reports += items
            elif any(item.text for item in items):
                articles += items
            else:
                titles.append([*zip(incoming(items, {}), [item.event for item in items], strict=True)])
        return cls(tuple(articles), tuple(titles), tuple(reports))

    def groups(self) -> list[str]:
        events = {item.event for item in (*self.articles, *self.reports)}
        events |= {event for some in self.titles for _, event in some}
        return sorted({group_of(event) for event in events if event})

    def of(self, groups: frozenset[str]) -> "Data":
        return Data(
            tuple(item for item in self.articles if item.event and group_of(item.event) in groups),
            tuple([one for one in some if one[1] and group_of(one[1]) in groups] for some in self.titles),
            tuple(item for item in self.reports if item.event and group_of(item.event) in groups),
        )


def group_of(event: str) -> str:
    """What must not be divided between training and test: sister events are told in one vocabulary."""
    group, _, number = event.rpartition("-")
    return group if number.isdecimal() and "-" in group else event


def lessons(data: Data, seeds: int) -> Iterator[tuple[Stream, float]]:
    """Streams, with what a comparison in them is worth."""
    for stream in (*_streams(data, seeds), *data.titles):
        yield stream, 1.0
    for stream in _small_streams(data, seeds):
        yield stream, _SMALL_WORTH


def unseen_streams(data: Data, unseen: frozenset[str]) -> Iterator[tuple[str, Stream, frozenset[str]]]:
    """The kind to calibrate, on what, and the events that count: the others are there to be confused with."""
    shelf = Shelf(data.articles, {})
    events = frozenset(item.event for item in data.articles if item.event and group_of(item.event) in unseen)
    for kind, shape in _CALIBRATED.items():
        for seed in (1, 2):
            yield kind, shelf.stream(replace(shape, seed=seed)), events
    for stream in data.of(unseen).titles:
        yield "headlines", stream, frozenset(event for _, event in stream if event)


def _streams(data: Data, seeds: int) -> Iterator[Stream]:
    """The articles in all their forms; about one stream in five asks for topics, whose names then say little."""
    shelf = Shelf(data.articles, {})
    topical = Shelf(data.articles, shared_names(shelf, group_of))
    mixed, every = ("full", "full", "short"), _FORMS
    for seed in range(100, 100 + seeds) if data.articles else ():
        for days in (15, 22, 40):
            yield shelf.stream(Shape(seed=seed, days=days, forms=mixed))
        yield shelf.stream(Shape(seed=seed, days=22, forms=("short",)))
        yield shelf.stream(Shape(seed=seed, days=22, forms=("title",)))
        yield shelf.stream(Shape(seed=seed, days=22, forms=("title",), dated=False))
        yield shelf.stream(Shape(seed=seed, days=22, forms=every, dated=False))
        yield shelf.stream(Shape(seed=seed, days=22, forms=every))
        for days in (15, 40):
            yield shelf.stream(Shape(seed=seed, days=days, forms=every, langs=_LANGUAGES))
        yield topical.stream(Shape(seed=seed, days=30, forms=mixed))
        yield topical.stream(Shape(seed=seed, days=25, forms=every, langs=_LANGUAGES))
        for thin in range(6):
            few = frozenset(item.id for item in _thinned(data, 10 * seed + thin))
            yield shelf.stream(Shape(seed=seed, days=30, forms=mixed, dated=thin % 2 == 0), few)
            yield shelf.stream(Shape(seed=seed, days=30, forms=every, langs=_LANGUAGES, dated=thin % 3 != 0), few)


def _small_streams(data: Data, seeds: int) -> Iterator[Stream]:
    """Archives of a few reports: of articles, and of true languages."""
    shelf = Shelf(data.articles, {})
    topical = Shelf(data.articles, shared_names(shelf, group_of))
    for seed in range(100, 100 + seeds):
        yield from _archives(data, seed)
        for place in range(SMALL if data.articles else 0):
            number = 1000 * seed + place
            langs = _LANGUAGES if place % 2 else ("",)
            shape = Shape(seed=number, days=_DAYS[place % 3], forms=_FORMS, langs=langs, dated=place % 5 > 0)
            few = frozenset(item.id for item in _small(data, number))
            yield (topical if place % 4 == 3 else shelf).stream(shape, few)


def _archives(data: Data, seed: int) -> Iterator[Stream]:
    """Small archives of true languages, some with dates and some without."""
    shelf, rng = Shelf(data.reports, {}), random.Random(seed)  # noqa: S311  no secret
    for place in range(ARCHIVES if data.reports else 0):
        few = frozenset(item.id for item in rng.sample(data.reports, rng.randint(8, min(40, len(data.reports)))))
        forms = ("full", "title") if place % 3 == 2 else ("full",)
        shape = Shape(seed=rng.randrange(1_000_000), days=_DAYS[place % 3], forms=forms, dated=place % 5 > 0)
        yield shelf.stream(shape, few)


def _small(data: Data, seed: int) -> list[Labelled]:
    """A few reports of few topics, as a new archive holds them: most of its words were never counted."""
    rng = random.Random(seed)  # noqa: S311  no secret
    events = sorted({item.event for item in data.articles if item.event})
    topics = sorted({group_of(event) for event in events})
    chosen = frozenset(rng.sample(topics, min(len(topics), rng.randint(1, 4))))
    room = {event: rng.choice((1, 1, 1, 2, 2, 3, 4)) for event in events if group_of(event) in chosen}
    kept = []
    for item in rng.sample(data.articles, len(data.articles)):
        if item.event and room.get(item.event, 0):
            room[item.event] -= 1
            kept.append(item)
    return kept


def _thinned(data: Data, seed: int) -> list[Labelled]:
    """One to four items of each event: most of what a narrow topic has to tell is told by few."""
    rng = random.Random(seed)  # noqa: S311  no secret
    room: dict[str | None, int] = {}
    kept = []
    for item in rng.sample(data.articles, len(data.articles)):
        left = room.setdefault(item.event, rng.randint(1, 4))
        if left:
            room[item.event] = left - 1
            kept.append(item)
    return kept
