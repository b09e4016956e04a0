"""How weights.json is made: `python -m monitor.events.train DATA… --output FILE` learns it from labelled files.

Rule: the same files give the same weights. What is learned from is in lessons.py. The linker first learns with every
item in its true event, then once more from the events that it made itself, whose errors it has to live with.

Every weight has the sign that its name promises: likeness never speaks against an event, contradiction never for it.
Without that, regression plays likenesses against each other in ways that hold for its own data only.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Self, TypeAlias

from monitor.events.evaluate import bcubed, link_all
from monitor.events.features import NAMES, Pair, compare, is_comparable, kind_of
from monitor.events.lessons import Data, Stream, lessons, unseen_streams
from monitor.events.link import LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.weights import KINDS, Model, Weights

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
    *("cohesion", "faint"),
}
# What contradicts has at least the weight, and at most, that common sense gives it: the data hold few such cases.
_UNLIKE: Mapping[str, Bound] = {
    "faint": (None, 0.0),
    "faint_sounds": (None, 0.0),
    "numbers_apart": (-3.5, 0.0),
    "days_apart": (-2.5, 0.0),
    "years_apart": (-3.0, -1.0),
    "editions_apart": (-4.0, -2.0),
    "names_apart": (-3.0, 0.0),
    "turns_apart": (-3.0, 0.0),
    "length": (-0.5, 0.5),  # says nothing of the event: more than this would be a bias
    "since_last": (None, 0.0),
    "silence": (None, -5.0),  # another happening of one thread comes a week or two later
    "since_first": (None, 0.0),
}
_NOTHING: Bound = (0.0, 0.0)
_TOLD: Bound = (-3.0, -2.0)  # a short report says what happened and little else: another turn says much
_OF_KIND: Mapping[str, Mapping[str, Bound]] = {
    # An item without a date lacks the evidence of time, which holds sister events apart more than all else.
    "undated": {"words": (None, -3.0), "briefs": (None, -3.0), "across": (None, -1.5)},
    # Across languages names and figures are all there is, and a single one may be the name of the topic that all of
    # them share: several have to agree. Within a language words say more, and this says nothing that they do not.
    "particulars": {**dict.fromkeys(KINDS, _NOTHING), "across": (2.5, None)},
    "names_apart": {
        "briefs": (-3.0, -1.5),
        "titles": (-3.0, -1.8),
        "across": _NOTHING,
    },  # there they are written in other ways
    "turns_apart": {"briefs": _TOLD, "titles": _TOLD, "across": _TOLD},
    "novice": dict.fromkeys(KINDS, _NOTHING),  # is set when all else is learned, which would make up for it
}
# In a new archive each name looks rare, and the reports of one topic name the same people and places: the news that is
# learned from is of twenty topics.
_NOVICE = {"words": -1.6, "briefs": -1.6, "titles": -0.5, "across": -1.1}
_CAUTIOUS = NAMES.index("novice")
_PENALTY = 3.0  # on the squares of the weights of standardised features
# No bias is raised but that of bare titles without a date: a stream of them is an aggregator's, of few, large stories.
_SHIFTS = {
    **dict.fromkeys(("words", "briefs", "titles"), (-1.0, -0.5, 0.0)),
    "headlines": (0.0, 0.5, 1.0, 1.5, 2.0),
}
_CAUTION = 0.004  # of F1 is given away for fewer false joins: they are harder to see than false splits


@dataclass(slots=True)
class Rows:
    """Comparisons by kind: the values of the features, and whether the item belongs to the event."""

    values: dict[str, list[list[float]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    right: dict[str, list[bool]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    worth: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def __iadd__(self, other: "Rows") -> Self:
        for kind in KINDS:
            self.values[kind] += other.values[kind]
            self.right[kind] += other.right[kind]
            self.worth[kind] += other.worth[kind]
        return self


def learn(data: Data, seeds: int = SEEDS) -> Weights:
    """The weights of the decision, before they are calibrated."""
    taught = [*lessons(data, seeds)]
    found = Rows()
    for stream, worth in taught:
        found += rows(stream, worth=worth)
    weights = fit(found)
    for stream, worth in taught:
        found += rows(stream, weights, worth=worth)
    return fit(found)


def calibrated(weights: Weights, shifts: Mapping[str, float]) -> Weights:
    """The weights with the bias of each kind moved, so that `THETA` is the best threshold for all."""
    models = {}
    for kind, model in weights.models.items():
        known = [*model.weights]
        known[_CAUTIOUS] = _NOVICE.get(kind, 0.0)
        models[kind] = replace(model, bias=model.bias + shifts.get(kind, 0.0), weights=tuple(known))
    return Weights(models=models)


def shifts(data: Data, seeds: int = 2) -> dict[str, float]:
    """By kind, the shift of the bias that links groups best which training has not seen."""
    groups = data.groups()
    scores: dict[tuple[str, float], list[float]] = {}
    for part in (0, 1):
        weights = learn(data.of(frozenset(groups[part::2])), seeds)
        unseen = frozenset(groups[1 - part :: 2])
        for kind, stream, events in unseen_streams(data, unseen):
            for shift in _SHIFTS[kind]:
                moved = calibrated(weights, {kind: shift})
                linked = link_all([item for item, _ in stream], LinkSettings(window=WINDOW, theta=THETA), moved)
                found = [one.event for one in linked]
                wanted = [event if event in events else None for _, event in stream]
                scores.setdefault((kind, shift), []).append(bcubed(found, wanted).f1)
    return {kind: _chosen({shift: _smooth(scores, kind, shift) for shift in _SHIFTS[kind]}) for kind in _SHIFTS}


def rows(stream: Stream, weights: Weights | None = None, *, worth: float = 1.0) -> Rows:
    """Every comparison of a stream: with the true events, or with those that `weights` make of it."""
    live = LiveEvents(LinkSettings(window=WINDOW, theta=THETA), weights or _no_weights())
    members: dict[str, Counter[str | None]] = {}
    found = Rows()
    for item, event in stream:
        vectors = live.weigh(item)
        look = live.look(item, vectors)
        best, chosen = 0.0, ""
        for pair in filter(is_comparable, map(partial(Pair, look), live.candidates(look))):
            kind, values, candidate = kind_of(pair), compare(pair), pair.event
            found.values[kind].append(values)
            found.worth[kind].append(worth)
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
    return Weights(models={kind: _fitted(kind, found) for kind in KINDS})


def bounds(kind: str) -> list[Bound]:
    """What each weight may be."""
    return [_bound(kind, name) for name in NAMES]


def _bound(kind: str, name: str) -> Bound:
    if kind == "across" and name in _WORDS_ALONE:
        return (0.0, 0.0)
    usual = (0.0, None) if name in _LIKE else _UNLIKE.get(name, (None, None))
    return _OF_KIND.get(name, {}).get(kind, usual)


def _fitted(kind: str, found: Rows) -> Model:
    import numpy as np  # the extra `train`; deciding needs none of it
    from scipy.optimize import minimize

    table, times = np.array(found.values[kind]), np.array(found.worth[kind])
    usual, spread = table.mean(0), np.maximum(table.std(0), 1e-3)
    scaled, sign = (table - usual) / spread, np.where(found.right[kind], 1.0, -1.0)

    def loss(weights: "np.ndarray") -> tuple[float, "np.ndarray"]:
        margin = sign * (scaled @ weights[:-1] + weights[-1])
        low = np.exp(-np.abs(margin))
        wrong = np.where(margin > 0, low / (1 + low), 1 / (1 + low))
        total = times @ (np.maximum(-margin, 0) + np.log1p(low)) + 0.5 * _PENALTY * weights[:-1] @ weights[:-1]
        slope = -sign * wrong * times
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


def _chosen(scores: Mapping[float, float]) -> float:
    """The most cautious shift that is nearly the best."""
    return min(shift for shift, score in scores.items() if score >= max(scores.values()) - _CAUTION)


def _smooth(scores: Mapping[tuple[str, float], list[float]], kind: str, shift: float) -> float:
    """A shift with its neighbours: the middle of a plateau, not a peak."""
    place = _SHIFTS[kind].index(shift)
    near = _SHIFTS[kind][max(0, place - 1) : place + 2]
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
