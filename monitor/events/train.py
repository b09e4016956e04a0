"""How weights.json is made: `python -m monitor.events.train DATA… --output FILE` learns it from labelled files.

Rule: the same files give the same weights. Articles are laid on windows of several densities, whole, cut short, as bare
titles and in made-up languages; titles without dates are taken as they stand. The linker first learns with every item
in its true event, then once more from the events that it made itself, whose errors it has to live with.

Every weight has the sign that its name promises: likeness never speaks against an event, contradiction never for it.
Without that, regression plays likenesses against each other in ways that hold for its own data only.
"""

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Self, TypeAlias

from monitor.events.evaluate import Labelled, bcubed, incoming, labelled, link_all
from monitor.events.features import NAMES, Look, Pair, compare, is_comparable, kind_of
from monitor.events.link import Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.streams import Shape, Shelf, shared_names
from monitor.events.weights import KINDS, Model, Weights

Stream: TypeAlias = Sequence[tuple[Incoming, str | None]]
Bound: TypeAlias = tuple[float | None, float | None]

WINDOW = timedelta(days=30)
THETA = 0.5
SEEDS = 3

_LIKE = {
    *("words", "title", "names", "numbers", "dates", "sounds", "title_told", "nearest", "mean", "farthest", "overall"),
    *("names_covered", "names_covering", "words_covered", "words_covering", "sounds_covered", "numbers_shared"),
}
_WORDS_ALONE = {
    *("words", "title", "title_told", "nearest", "mean", "farthest", "overall", "words_covered", "words_covering"),
    "cohesion",
}
# What contradicts has at least the weight, and at most, that common sense gives it: the data hold few such cases.
_UNLIKE: Mapping[str, Bound] = {
    "numbers_apart": (-3.5, 0.0),
    "days_apart": (-2.5, 0.0),
    "years_apart": (-3.0, -1.0),
    "editions_apart": (-4.0, -2.0),
    "since_last": (None, 0.0),
    "silence": (None, -5.0),  # another happening of one thread comes a week or two later
    "since_first": (None, 0.0),
}
# An item without a date lacks the evidence of time, which holds sister events apart more than all else.
_UNDATED = {"words": -3.0, "briefs": -3.0, "across": -1.5}
# Across languages names and figures are all there is, and a single one may be the name of the topic that all of them
# share: several have to agree. Within a language words say more, and this says nothing that they do not.
_PARTICULARS: Bound = (2.5, None)
_PENALTY = 3.0  # on the squares of the weights of standardised features
_LANGUAGES = ("", "", "latin1", "latin2", "cyrillic1")
_SHIFTS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # more would join bare titles that have nothing in common
# No bias is raised above these. The news that is learned from is of the whole world; that of one topic is more alike
# without being one happening, and true languages agree by chance in more than made-up ones. The common words were
# counted in the very articles that are learned from, so that calibration on them is bolder than it may be on others.
# And a bare title must have something in common with what it joins.
_AT_MOST = {"words": -1.2, "briefs": -1.0, "titles": -0.2, "across": -0.7}
_CAUTION = 0.004  # of F1 is given away for fewer false joins: they are harder to see than false splits
# On what each kind is calibrated: streams as dense as the news of a general agency, two happenings a day.
_CALIBRATED = {
    "words": Shape(seed=1, days=22),
    "briefs": Shape(seed=1, days=22, forms=("short",)),
    "titles": Shape(seed=1, days=22, forms=("title",)),
    "headlines": Shape(seed=1, days=22, forms=("title",), dated=False),
}


@dataclass(slots=True)
class Rows:
    """Comparisons by kind: the values of the features, and whether the item belongs to the event."""

    values: dict[str, list[list[float]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    right: dict[str, list[bool]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def __iadd__(self, other: "Rows") -> Self:
        for kind in KINDS:
            self.values[kind] += other.values[kind]
            self.right[kind] += other.right[kind]
        return self


@dataclass(frozen=True, slots=True)
class Data:
    """`articles` have texts and are laid on windows of time; `titles` are streams as they stand."""

    articles: tuple[Labelled, ...]
    titles: tuple[Stream, ...]

    @classmethod
    def read(cls, files: Sequence[Path]) -> "Data":
        articles: list[Labelled] = []
        titles: list[Stream] = []
        for file in files:
            items = [labelled(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            if any(item.text for item in items):
                articles += items
            else:
                titles.append([*zip(incoming(items, {}), [item.event for item in items], strict=True)])
        return cls(tuple(articles), tuple(titles))

    def groups(self) -> list[str]:
        events = {item.event for item in self.articles} | {event for some in self.titles for _, event in some}
        return sorted({group_of(event) for event in events if event})

    def of(self, groups: frozenset[str]) -> "Data":
        return Data(
            tuple(item for item in self.articles if item.event and group_of(item.event) in groups),
            tuple([one for one in some if one[1] and group_of(one[1]) in groups] for some in self.titles),
        )


def group_of(event: str) -> str:
    """What must not be divided between training and test: sister events are told in one vocabulary."""
    group, _, number = event.rpartition("-")
    return group if number.isdecimal() and "-" in group else event


def learn(data: Data, seeds: int = SEEDS) -> Weights:
    """The weights of the decision, before they are calibrated."""
    streams = [*_streams(data, seeds), *data.titles]
    found = Rows()
    for stream in streams:
        found += rows(stream)
    weights = fit(found)
    for stream in streams:
        found += rows(stream, weights)
    return fit(found)


def calibrated(weights: Weights, shifts: Mapping[str, float]) -> Weights:
    """The weights with the bias of each kind moved, so that `THETA` is the best threshold for all."""
    models = {kind: replace(model, bias=model.bias + shifts.get(kind, 0.0)) for kind, model in weights.models.items()}
    return Weights(models=models)


def shifts(data: Data, seeds: int = 2) -> dict[str, float]:
    """By kind, the shift of the bias that links groups best which training has not seen."""
    groups = data.groups()
    scores: dict[tuple[str, float], list[float]] = {}
    for part in (0, 1):
        weights = learn(data.of(frozenset(groups[part::2])), seeds)
        unseen = frozenset(groups[1 - part :: 2])
        for kind, stream, events in _unseen_streams(data, unseen):
            for shift in _SHIFTS:
                moved = calibrated(weights, {kind: shift})
                linked = link_all([item for item, _ in stream], LinkSettings(window=WINDOW, theta=THETA), moved)
                found = [one.event for one in linked]
                wanted = [event if event in events else None for _, event in stream]
                scores.setdefault((kind, shift), []).append(bcubed(found, wanted).f1)
    chosen = {kind: _chosen({shift: _smooth(scores, kind, shift) for shift in _SHIFTS}) for kind in _CALIBRATED}
    return {kind: min(chosen.get(kind, 0.0), _AT_MOST.get(kind, math.inf)) for kind in KINDS}


def rows(stream: Stream, weights: Weights | None = None) -> Rows:
    """Every comparison of a stream: with the true events, or with those that `weights` make of it."""
    live = LiveEvents(LinkSettings(window=WINDOW, theta=THETA), weights or _no_weights())
    members: dict[str, Counter[str | None]] = {}
    found = Rows()
    for item, event in stream:
        vectors = live.weigh(item)
        look = Look(item, vectors)
        best, chosen = 0.0, ""
        for pair in filter(is_comparable, map(partial(Pair, look), live.candidates(look))):
            kind, values, candidate = kind_of(pair), compare(pair), pair.event
            found.values[kind].append(values)
            found.right[kind].append(event is not None and _truth(members[candidate.event_id]) == event)
            score = weights.likeness(kind, values) if weights else 0.0
            if score >= THETA and score > best:
                best, chosen = score, candidate.event_id
        given = chosen or item.new_event_id if weights else event or item.new_event_id
        members.setdefault(given, Counter())[event] += 1
        live.add(item, vectors, given)
    return found


def fit(found: Rows) -> Weights:
    """Bounded logistic regression for each kind."""
    return Weights(models={kind: _fitted(kind, found.values[kind], found.right[kind]) for kind in KINDS})


def bounds(kind: str) -> list[Bound]:
    """What each weight may be."""
    return [_bound(kind, name) for name in NAMES]


def _bound(kind: str, name: str) -> Bound:
    if kind == "across" and name in _WORDS_ALONE:
        return (0.0, 0.0)
    if name == "particulars":
        return _PARTICULARS if kind == "across" else (0.0, 0.0)
    if name == "undated" and kind in _UNDATED:
        return (None, _UNDATED[kind])
    return (0.0, None) if name in _LIKE else _UNLIKE.get(name, (None, None))


def _fitted(kind: str, values: list[list[float]], right: list[bool]) -> Model:
    import numpy as np  # the extra `train`; deciding needs none of it
    from scipy.optimize import minimize

    table = np.array(values)
    usual, spread = table.mean(0), np.maximum(table.std(0), 1e-3)
    scaled, sign = (table - usual) / spread, np.where(right, 1.0, -1.0)

    def loss(weights: "np.ndarray") -> tuple[float, "np.ndarray"]:
        margin = sign * (scaled @ weights[:-1] + weights[-1])
        low = np.exp(-np.abs(margin))
        wrong = np.where(margin > 0, low / (1 + low), 1 / (1 + low))
        total = (np.maximum(-margin, 0) + np.log1p(low)).sum() + 0.5 * _PENALTY * weights[:-1] @ weights[:-1]
        slope = -sign * wrong
        return float(total), np.append(scaled.T @ slope + _PENALTY * weights[:-1], slope.sum())

    limits = [
        (None if low is None else low * by, None if high is None else high * by)
        for (low, high), by in zip(bounds(kind), spread.tolist(), strict=True)
    ]
    start = [min(max(0.0, low if low is not None else 0.0), high if high is not None else 0.0) for low, high in limits]
    best = minimize(loss, [*start, 0.0], jac=True, method="L-BFGS-B", bounds=[*limits, (None, None)]).x
    weights = best[:-1] / spread
    return Model(
        bias=round(float(best[-1] - weights @ usual), 4),
        weights=tuple(round(float(weight), 4) for weight in weights),
        usual=tuple(round(float(value), 4) for value in usual),
    )


def _streams(data: Data, seeds: int) -> Iterator[Stream]:
    """The articles in all their forms; about one stream in five asks for topics, whose names then say little."""
    shelf = Shelf(data.articles, {})
    topical = Shelf(data.articles, shared_names(shelf, group_of))
    mixed, every = ("full", "full", "short"), ("full", "short", "title")
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
            few = _thinned(data, 10 * seed + thin)
            yield Shelf(few, {}).stream(Shape(seed=seed, days=30, forms=mixed, dated=thin % 2 == 0))
            yield Shelf(few, {}).stream(Shape(seed=seed, days=30, forms=every, langs=_LANGUAGES, dated=thin % 3 != 0))


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


def _unseen_streams(data: Data, unseen: frozenset[str]) -> Iterator[tuple[str, Stream, frozenset[str]]]:
    """What each kind is calibrated on, and the events that count: the others are there to be confused with."""
    shelf = Shelf(data.articles, {})
    events = frozenset(item.event for item in data.articles if item.event and group_of(item.event) in unseen)
    for kind, shape in _CALIBRATED.items():
        for seed in (1, 2):
            yield kind, shelf.stream(replace(shape, seed=seed)), events
    for stream in data.of(unseen).titles:
        yield "headlines", stream, frozenset(event for _, event in stream if event)


def _chosen(scores: Mapping[float, float]) -> float:
    """The most cautious shift that is nearly the best."""
    return min(shift for shift, score in scores.items() if score >= max(scores.values()) - _CAUTION)


def _smooth(scores: Mapping[tuple[str, float], list[float]], kind: str, shift: float) -> float:
    """A shift with its neighbours: the middle of a plateau, not a peak."""
    place = _SHIFTS.index(shift)
    near = _SHIFTS[max(0, place - 1) : place + 2]
    return fmean(fmean(scores[kind, one]) for one in (*near, shift))


def _truth(members: Counter[str | None]) -> str | None:
    return members.most_common(1)[0][0]


def _no_weights() -> Weights:
    nothing = (0.0,) * len(NAMES)
    return Weights(models={kind: Model(bias=0.0, weights=nothing, usual=nothing) for kind in KINDS})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m monitor.events.train", description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="+", type=Path, help="labelled files, in the format of `salname evaluate`")
    parser.add_argument("--output", type=Path, required=True, help="where the weights go")
    parser.add_argument("--made-on", default="", help="the day, for the record")
    options = parser.parse_args(arguments)
    data = Data.read(options.data)
    moved = shifts(data)
    weights = calibrated(learn(data), moved)
    told = {
        "version": 1,
        "provenance": {
            "data": [file.name for file in options.data],
            "articles": len(data.articles),
            "titles": sum(len(stream) for stream in data.titles),
            "seeds": SEEDS,
            "shifts": moved,
            "made_on": options.made_on,
        },
        "models": {
            kind: {
                "bias": round(model.bias, 4),
                "weights": dict(zip(NAMES, model.weights, strict=True)),
                "usual": dict(zip(NAMES, model.usual, strict=True)),
            }
            for kind, model in weights.models.items()
        },
    }
    options.output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"{options.output}: {', '.join(f'{kind} {shift:+}' for kind, shift in moved.items())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
