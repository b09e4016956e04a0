"""What the linker is asked and what it answers: an item on its way to an event, and the decision with its reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from storage.model import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """For how long an event runs after its last item, and the likeness from which an item joins it."""

    window: timedelta = timedelta(days=30)
    theta: float = 0.5
    windows: Mapping[str, timedelta] = field(default_factory=dict)  # of topics that have one of their own

    @property
    def longest(self) -> timedelta:
        return max(self.window, *self.windows.values()) if self.windows else self.window

    def window_of(self, topics: Iterable[str]) -> timedelta:
        """The longest that one of an item's topics asks for."""
        return max((self.windows.get(topic, self.window) for topic in topics), default=self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An item that looks for its event; `new_event_id` is the name of the one that it would found."""

    item_id: int
    new_event_id: str
    analysis: Analysis
    sort_at: datetime
    dated: bool  # False: sort_at is when it was first seen
    outlet: str
    lang: str | None
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`event_id` None: a new event.

    `score` is the likeness, 0 to 1, of the likeliest event, and `reasons` say what makes it up, the largest part first;
    `related` holds other events that are nearly as like.
    """

    event_id: str | None
    how: Literal["founded", "joined", "reprint", "revived", "pinned"]
    score: float
    reasons: tuple[tuple[str, float], ...]
    related: tuple[tuple[str, float], ...] = ()
