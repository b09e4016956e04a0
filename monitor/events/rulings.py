"""A person is right: what their rulings make of what the linker decided.

Rule: where an item stands is a function of the linker's decision about it and of the rulings that hold, taken in the
order they were made. So taking one back, in whatever order, leaves what there would be without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, cast

from storage.model import Key, KeyKind, Ruling, RulingKind, event_id

_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """The rulings that hold, as the linker asks for them; read once a transaction.

    `vanished` names events that no item stands in and the event that answers for each.
    """

    held: tuple[Ruling, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[int, str] = field(default_factory=dict)
    kept: Mapping[int, frozenset[str]] = field(default_factory=dict)
    vanished: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        held: Sequence[Ruling],
        decided: Mapping[int, str | None] | None = None,
        *,
        vanished: Mapping[str, str] | None = None,
    ) -> Self:
        """`held` in the order they were made; `decided` is the event that the linker chose for each item they name.

        Of an item that is not in `decided`, a split is taken to have found it where it says.
        """
        fold = _Fold(decided=decided or {}, known=decided is not None, vanished=vanished or {})
        for ruling in held:
            fold.take(ruling)
        return cls(
            held=tuple(held),
            redirects=fold.redirects,
            places={item: fold.resolve(event) for item, event in fold.places.items()},
            kept={item: frozenset(map(fold.resolve, events)) for item, events in fold.kept.items()},
            vanished=fold.vanished,
        )

    def resolve(self, event: str) -> str:
        """The event that `event` was merged into, over however many merges, or itself."""
        return _resolved(event, self.redirects, self.vanished)

    def pinned(self, item_id: int) -> str | None:
        """The event in which a person wants the item; None: nobody said."""
        return self.places.get(item_id)

    def kept_from(self, item_id: int) -> frozenset[str]:
        """The events that the item was split from and does not join again."""
        return self.kept.get(item_id, _NOWHERE) - {self.places.get(item_id)}

    def place(self, item_id: int, decided: str | None) -> str | None:
        """Where the item stands, for which the linker chose the event `decided`."""
        chosen = self.places.get(item_id, decided)
        return None if chosen is None else self.resolve(chosen)


def split_event_id(ruling_id: int) -> str:
    """The name of the event that a split makes: of the ruling, for its items may have founded another."""
    return event_id(Key(0, KeyKind.HASH, f"split {ruling_id}"))


def named_items(rulings: Iterable[Ruling]) -> set[int]:
    """The items that rulings speak of."""
    found: set[int] = set()
    for ruling in rulings:
        match ruling.kind:
            case RulingKind.SPLIT:
                found.update(items_of(ruling))
            case RulingKind.PIN:
                found.add(int(str(ruling.payload["item"])))
            case _:
                pass
    return found


def named_events(rulings: Iterable[Ruling]) -> set[str]:
    """The events that rulings speak of, the ones they made too."""
    return {str(ruling.payload[name]) for ruling in rulings for name in _EVENTS.get(ruling.kind, ())}


def items_of(split: Ruling) -> tuple[int, ...]:
    return tuple(cast("Sequence[int]", split.payload["items"]))


_EVENTS: Mapping[RulingKind, tuple[str, ...]] = {
    RulingKind.MERGE: ("keep", "gone"),
    RulingKind.SPLIT: ("event", "into"),
    RulingKind.PIN: ("event",),
}


def _resolved(event: str, redirects: Mapping[str, str], vanished: Mapping[str, str]) -> str:
    seen = set()
    while event not in seen and (target := redirects.get(event) or vanished.get(event)):
        seen.add(event)  # who answers for a vanished event may have been merged into it
        event = target
    return event


@dataclass(slots=True, kw_only=True)
class _Fold:
    """One ruling after the other."""

    decided: Mapping[int, str | None]
    known: bool
    vanished: Mapping[str, str]
    redirects: dict[str, str] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    kept: dict[int, set[str]] = field(default_factory=dict)

    def resolve(self, event: str) -> str:
        return _resolved(event, self.redirects, self.vanished)

    def take(self, ruling: Ruling) -> None:
        match ruling.kind:
            case RulingKind.MERGE:
                self._merge(str(ruling.payload["keep"]), str(ruling.payload["gone"]))
            case RulingKind.SPLIT:
                self._split(items_of(ruling), str(ruling.payload["event"]), str(ruling.payload["into"]))
            case RulingKind.PIN:
                self._pin(int(str(ruling.payload["item"])), str(ruling.payload["event"]))
            case _:
                pass  # storylines do not move items

    def _merge(self, keep: str, gone: str) -> None:
        keep, gone = self.resolve(keep), self.resolve(gone)
        if keep != gone:
            self.redirects[gone] = keep

    def _split(self, items: Iterable[int], event: str, into: str) -> None:
        """An item that does not stand in the event, since another ruling was taken back, stays where it is."""
        event = self.resolve(event)
        for item in items:
            stands = self.places.get(item) or (self.decided.get(item) if self.known else event)
            if stands is not None and self.resolve(stands) == event:
                self.places[item] = into
                self.kept.setdefault(item, set()).add(event)

    def _pin(self, item: int, event: str) -> None:
        self.places[item] = event
        self.kept.pop(item, None)
