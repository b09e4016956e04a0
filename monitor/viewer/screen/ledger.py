"""What became of each fact of an event, read from its timeline: every value it had, in order, and who said so.

Rule: it is the timeline that is read, so a page as of a day shows what was known that day. Pure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.visible import clean
from monitor.viewer.phrases import Record

MOVES = frozenset({"fact.changed", "status.changed", "date.slipped"})
CONFLICTS = frozenset({"fact.conflict"})
PROMISES = frozenset({"promise.overdue"})

_NUMBER = re.compile(r"^[^\d]{0,3}(?P<digits>\d[\d,\u00a0 ]*(?:\.\d+)?)\s*(?P<scale>thousand|million|billion)?")
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, None: 1.0}
_DATE = re.compile(r"\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|^(?:1[89]|2[01])\d\d$")
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(slots=True)
class Track:
    """One fact: what it is called, its values from the first to the present one, and the changes that told them."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    note: str = ""  # of the last step: by how much, the how manieth slip
    steps: list[Record] = field(default_factory=list)


def tracks(changes: Iterable[Record], kinds: frozenset[str]) -> list[Track]:
    """The facts that changes of these kinds tell of, in the order in which they were first heard of."""
    found: dict[str, Track] = {}
    for change in changes:
        if change["kind"] not in kinds:
            continue
        name, _, said = clean(change["summary"] or "").partition(": ")
        track = found.setdefault(name, Track(name, change["kind"]))
        old, new = (clean(str(side)) if side is not None else "" for side in (change["old"], change["new"]))
        if old and (not track.values or track.values[-1] != old):
            track.values.append(old)
        if new:
            track.values.append(new)
        note = re.search(r"\(([^()]*)\)$", said)
        track.note, track.kind = note[1] if note else "", change["kind"]
        track.steps.append(change)
    return list(found.values())


def sparkline(values: Sequence[str]) -> str:
    """A bar for each value, if all are numbers and there are two or more; else nothing."""
    numbers = [_number(value) for value in values]
    known = [number for number in numbers if number is not None]
    if len(known) < max(len(values), 2):
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    return "".join(_BARS[round((number - low) / span * (len(_BARS) - 1))] for number in known)


def _number(value: str) -> float | None:
    found = _NUMBER.match(value)
    if found is None or _DATE.search(value):
        return None
    return float(re.sub(r"[^\d.]", "", found["digits"])) * _SCALES[found["scale"]]
