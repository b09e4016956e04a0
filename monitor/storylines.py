"""A person's rulings about storylines: named, merged, split, and each of these taken back.

They are rows that are laid over the suggestions when those are read; see storage/reading/storylines.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.app import Monitor
from monitor.events.rulings import split_event_id
from storage.errors import ConfigError
from storage.model import JsonValue, Ruling, RulingKind

_KINDS = frozenset({RulingKind.NAME_STORYLINE, RulingKind.MERGE_STORYLINES, RulingKind.SPLIT_STORYLINE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    ruling: Ruling
    summary: str


class Storylines:
    """A person's rulings about storylines; `known` tells which storylines there are, with their events."""

    def __init__(self, monitor: Monitor, known: Mapping[str, Sequence[str]], *, author: str) -> None:
        self._monitor, self._known, self._author = monitor, known, author

    def name(self, storyline: str, title: str) -> Ruled:
        """Call a storyline by a name of one's own."""
        found = self._expect(storyline)
        title = " ".join(title.split())
        if not title:
            raise ConfigError("a name needs a word")
        return self._rule(
            RulingKind.NAME_STORYLINE, {"storyline": found, "title": title}, f"{found} is called “{title}”"
        )

    def merge(self, keep: str, gone: str) -> Ruled:
        """Make one storyline of two; the first one stays."""
        one, other = self._expect(keep), self._expect(gone)
        if one == other:
            raise ConfigError(f"{keep} and {gone} are one storyline already")
        return self._rule(RulingKind.MERGE_STORYLINES, {"keep": one, "gone": other}, f"{other} is part of {one}")

    def split(self, storyline: str, events: Sequence[str]) -> Ruled:
        """Make the events a storyline of their own."""
        found = self._expect(storyline)
        members = set(self._known[found])
        parted = sorted({event.upper() for event in events})  # ascii protocol word
        for event in parted:
            if event not in members:
                raise ConfigError(f"event {event} does not stand in storyline {found}")
        if members <= set(parted):
            raise ConfigError(f"these are all events of storyline {found}: nothing would stay in it")
        listed: list[JsonValue] = [*parted]
        return self._rule(
            RulingKind.SPLIT_STORYLINE,
            {"storyline": found, "events": listed},
            f"{', '.join(parted)}: parted from {found}",
        )

    def undo(self, ruling_id: int | None = None) -> Ruled:
        """Take a ruling about storylines back, the last one unless another is named."""
        now = self._monitor.clock()
        with self._monitor.store.writing() as tx:
            held = [one for one in tx.rulings.active() if one.kind in _KINDS and ruling_id in {None, one.id}]
            if not held:
                raise ConfigError("no such ruling about storylines holds")
            tx.rulings.undo(held[-1].id, now)
        return Ruled(ruling=replace(held[-1], undone_at=now), summary=f"ruling {held[-1].id} is taken back")

    def _expect(self, storyline: str) -> str:
        found = storyline.upper()  # ascii protocol word
        if found not in self._known:
            raise ConfigError(f'there is no storyline "{storyline}"; see: salname storylines')
        return found

    def _rule(self, kind: RulingKind, payload: Mapping[str, JsonValue], summary: str) -> Ruled:
        with self._monitor.store.writing() as tx:
            number = tx.rulings.next_id()
            if kind is RulingKind.SPLIT_STORYLINE:
                payload = {**payload, "into": split_event_id(number)}
            ruling = Ruling(id=number, kind=kind, at=self._monitor.clock(), payload=payload, author=self._author)
            tx.rulings.add(ruling)
        return Ruled(ruling=ruling, summary=summary)
