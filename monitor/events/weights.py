"""The weights of the decision: read from weights.json, where they stand with the data and the day they were learned on.

Rule: deciding is an inner product and needs no library; how weights.json is made again is in train.py.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path

from monitor.events.features import NAMES, SPOKEN

KINDS = ("words", "briefs", "titles", "headlines", "across")

_REASONS = 3
_SHIPPED = Path(__file__).with_name("weights.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A logistic regression: the weight of each feature, and its usual value between an item and a candidate."""

    bias: float
    weights: tuple[float, ...]
    usual: tuple[float, ...]

    def needs(self) -> frozenset[str]:
        """The features that weigh anything."""
        return frozenset(name for name, weight in zip(NAMES, self.weights, strict=True) if weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A model for each kind of comparison; see `features.kind_of`."""

    models: Mapping[str, Model]

    def likeness(self, kind: str, values: Sequence[float]) -> float:
        """The probability that the item tells of the event."""
        model = self.models[kind]
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, model.bias + sum(map(mul, model.weights, values))))))

    def reasons(self, kind: str, values: Sequence[float]) -> tuple[tuple[str, float], ...]:
        """The features that moved the decision most, against a comparison like any other, the largest first."""
        model = self.models[kind]
        parts = [
            (weight * (value - usual), name)
            for weight, value, usual, name in zip(model.weights, values, model.usual, NAMES, strict=True)
            if weight
        ]
        parts.sort(key=lambda part: (-abs(part[0]), part[1]))
        return tuple((SPOKEN[name], round(part, 4)) for part, name in parts[:_REASONS] if round(part, 4))


def read(text: str) -> Weights:
    """The weights of a file as train.py writes it; a feature that it lacks weighs nothing."""
    told = json.loads(text)["models"]
    return Weights(
        models={
            kind: Model(
                bias=told[kind]["bias"],
                weights=tuple(told[kind]["weights"].get(name, 0.0) for name in NAMES),
                usual=tuple(told[kind]["usual"].get(name, 0.0) for name in NAMES),
            )
            for kind in KINDS
        }
    )


@cache
def shipped() -> Weights:
    return read(_SHIPPED.read_text(encoding="utf-8"))
