"""How well the linker does on events that it did not learn from, beside a plain cosine of the same run.

        python -m tests.bench.held_out ARTICLES.jsonl TITLES.jsonl [--several F] [--pairs F] [--seeds 5] [--shuffles 3]

The files are those of `python -m monitor.events.train`. Half of the topics are learned from, and the thresholds chosen
on them; the other half is scored, among items of the first that are there to be confused with; then the other way
round. `--several` holds events told in several languages, `--pairs` two reports a line that are of one happening or are
not: both are linked by the shipped weights, which learned from neither. Nothing is passed or failed here.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

from monitor.events.cosine import link_by_cosine
from monitor.events.evaluate import Labelled, bcubed, incoming, labelled, link_all, pairwise
from monitor.events.lessons import Data, group_of
from monitor.events.link import Incoming, LinkSettings
from monitor.events.streams import Shape, Shelf, cut, laid
from monitor.events.train import THETA, WINDOW, calibrated, learn, shifts
from monitor.events.weights import Weights

_SETTINGS = LinkSettings(window=WINDOW, theta=THETA)
_SHAPES = {
    "articles in 60 days": Shape(seed=0, days=60),
    "articles in 22 days": Shape(seed=0, days=22),
    "title and 25 words, 22 days": Shape(seed=0, days=22, forms=("short",)),
    "titles in 22 days": Shape(seed=0, days=22, forms=("title",)),
}
_TITLES = "titles without dates"

Told: TypeAlias = Sequence[tuple[Incoming, Labelled]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Scores of one stream; `events` is how many were found for each true one."""

    f1: float
    pairs: float
    events: float

    @classmethod
    def of(cls, found: Sequence[str], wanted: Sequence[str | None]) -> "Figures":
        true = {event for event in wanted if event is not None}
        made = {one for one, event in zip(found, wanted, strict=True) if event is not None}
        return cls(f1=bcubed(found, wanted).f1, pairs=pairwise(found, wanted).f1, events=len(made) / len(true))


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """What was learned from one half of the topics, and the topics of the other."""

    weights: Weights
    unseen: frozenset[str]

    def wanted(self, told: Told) -> list[str | None]:
        return [item.event if item.event and group_of(item.event) in self.unseen else None for _, item in told]

    def found(self, told: Told) -> list[str]:
        return [one.event for one in link_all([one for one, _ in told], _SETTINGS, self.weights)]


def main() -> int:
    asked = _arguments()
    data = Data.read(asked.data)
    sides, streams = [*_halves(data)], _Streams(data, asked.data)
    print(f"{'':30}{'Salname':>18}{'7-day cosine':>26}")
    print(f"{'':30}" + f"{'F1':>8}{'pairs':>8}{'events':>8}  " * 2)
    for name in (*_SHAPES, *([_TITLES] if data.titles else [])):
        told = [(side, one) for side in sides for one in streams.of(name, side, asked.seeds)]
        ours = [Figures.of(side.found(one), side.wanted(one)) for side, one in told]
        plain = [Figures.of(_by_cosine(one), side.wanted(one)) for side, one in told]
        print(f"{name:30}{_mean(ours)}  {_mean(plain)}", flush=True)
    for line in _others(asked.several, asked.pairs):
        print(line, flush=True)
    if asked.shuffles:
        print("\nF1 in another order of arrival within each day: its change in the mean, without its sign, and at most")
        for name in [*_SHAPES][:2]:
            print(f"{name:30}{_moved(sides, streams, name, asked)}", flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.held_out", description="Scores on topics that were not learned from."
    )
    parser.add_argument("data", nargs="+", type=Path, help="labelled files, as for `python -m monitor.events.train`")
    parser.add_argument("--several", type=Path, help="labelled items, some events of which are told in many languages")
    parser.add_argument("--pairs", type=Path, help='{"a", "b", "same"} a line')
    parser.add_argument("--seeds", type=int, default=5, help="layouts of the articles")
    parser.add_argument("--shuffles", type=int, default=3, help="other orders of each layout")
    return parser.parse_args()


def _halves(data: Data) -> Iterator[Half]:
    groups = data.groups()
    for part in (0, 1):
        seen = data.of(frozenset(groups[part::2]))
        yield Half(weights=calibrated(learn(seen), shifts(seen)), unseen=frozenset(groups[1 - part :: 2]))


class _Streams:
    """The labelled items as they would come."""

    def __init__(self, data: Data, files: Sequence[Path]) -> None:
        self._shelf = Shelf(data.articles, {})
        self._titles = [
            [*zip(incoming(items, {}), items, strict=True)]
            for items in map(_read, files)
            if not any(item.text for item in items)
        ]

    def of(self, name: str, side: Half, seeds: int) -> Iterator[Told]:
        """Titles without dates are those of the unseen topics alone: they all come at once."""
        if name == _TITLES:
            for told in self._titles:
                yield [(one, item) for one, item in told if item.event and group_of(item.event) in side.unseen]
        else:
            for seed in range(1, seeds + 1):
                shape = replace(_SHAPES[name], seed=seed)
                items = [cut(one.item, one.form) for one in laid(self._shelf.items, shape)]
                yield [(one, item) for (one, _), item in zip(self._shelf.stream(shape), items, strict=True)]


def _by_cosine(told: Told) -> list[str]:
    return [*link_by_cosine((item.title, item.text, one.sort_at) for one, item in told)]


def _mean(some: Sequence[Figures]) -> str:
    f1, pairs, events = (fmean(getattr(one, name) for one in some) for name in ("f1", "pairs", "events"))
    return f"{f1:8.3f}{pairs:8.3f}{events:8.2f}"


def _others(several: Path | None, pairs: Path | None) -> Iterator[str]:
    """What the shipped weights make of languages and pairs, beside the cosine."""
    if several:
        items = _read(several)
        told: Told = [*zip(incoming(items, {}), items, strict=True)]
        spoken: dict[str, set[str]] = {}
        for item in items:
            spoken.setdefault(item.event or "", set()).add(item.lang or "")
        wanted = [item.event if len(spoken[item.event or ""]) > 1 else None for item in items]
        rows = [Figures.of(found, wanted) for found in (_by_shipped(told), _by_cosine(told))]
        yield f"{'events in several languages':30}" + "  ".join(_mean([row]) for row in rows)
    if pairs:
        for lang in ("ru", "en"):
            told, same = _paired(pairs, lang)
            found = [_agree(one, same) for one in (_by_shipped(told), _by_cosine(told))]
            yield f"{f'pairs, {lang}':30}{found[0]:16.3f}{found[1]:26.3f}"


def _by_shipped(told: Told) -> list[str]:
    return [one.event for one in link_all([one for one, _ in told], _SETTINGS)]


def _paired(file: Path, lang: str) -> tuple[Told, list[bool]]:
    """The reports, the two of a pair behind each other, and whether each pair is of one happening."""
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    pairs = [pair for pair in pairs if pair["a"]["language"] == lang]
    items = [
        Labelled(id=f"{number}{side}", title=pair[side]["title"], text=pair[side]["text"], lang=lang)
        for number, pair in enumerate(pairs)
        for side in ("a", "b")
    ]
    told = [*zip(incoming(items, {}), items, strict=True)]
    return told, [pair["same"] for pair in pairs]


def _agree(found: Sequence[str], same: Sequence[bool]) -> float:
    """F1 of the pairs that were put together."""
    together = [first == second for first, second in zip(found[::2], found[1::2], strict=True)]
    right = sum(made and true for made, true in zip(together, same, strict=True))
    return 2 * right / (sum(together) + sum(same)) if right else 0.0


def _moved(sides: Sequence[Half], streams: _Streams, name: str, asked: argparse.Namespace) -> str:
    """Of single streams; and of all of them taken together, which is a stream of so many events."""
    changes: list[list[float]] = [[] for _ in range(asked.shuffles)]
    events = 0
    for side in sides:
        for told in streams.of(name, side, asked.seeds):
            wanted = side.wanted(told)
            events += len({one for one in wanted if one})
            usual = Figures.of(side.found(told), wanted).f1
            for number, some in enumerate(changes):
                rng = random.Random(number)
                other = sorted(told, key=lambda pair: (pair[0].sort_at.date(), rng.random()))
                some.append(Figures.of(side.found(other), side.wanted(other)).f1 - usual)
    single = [abs(one) for some in changes for one in some]
    together = [abs(fmean(some)) for some in changes]
    return (
        f"{fmean(single):8.3f}{max(single):8.3f} of {len(single)} streams; "
        f"{fmean(together):.3f} and {max(together):.3f} of all {events} events together"
    )


def _read(file: Path) -> list[Labelled]:
    return [labelled(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
