"""The pane at the side: everything, topics, storylines, each with what nobody has read.

Rule: the cursor stays on its entry, whatever is counted or appears.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from monitor.viewer.screen.lines import Line, spread, strip_of
from monitor.viewer.screen.palette import Palette
from monitor.viewer.screen.panes import Panel
from storage.reading.paging import MOST_UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the sidebar: everything, a topic, a storyline; or a heading, which cannot be chosen."""

    kind: str  # all | topic | story | heading
    id: str = ""
    title: str = ""
    events: tuple[str, ...] | None = None
    unread: int | None = None  # None: not counted yet


class Sidebar(Panel):
    """What there is to look at, with the number of changes that nobody has read."""

    def __init__(self, palette: Palette, entries: Sequence[Entry]) -> None:
        super().__init__(palette, id="side")
        self.entries = list(entries)
        self.cursor = self.top = 0

    @property
    def current(self) -> Entry:
        return self.entries[self.cursor]

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """New entries or new counts; the cursor stays on its entry."""
        name = (self.current.kind, self.current.id)
        self.entries = list(entries)
        self.cursor = next((n for n, one in enumerate(entries) if (one.kind, one.id) == name), 0)
        self.redraw()

    def move(self, steps: int) -> None:
        target = min(max(self.cursor + steps, 0), len(self.entries) - 1)
        if self.entries[target].kind == "heading":
            target += 1 if steps > 0 else -1
        if 0 <= target < len(self.entries) and target != self.cursor:
            self.cursor = target
            self.moved()

    def home(self) -> None:
        self.move(-len(self.entries))

    def end(self) -> None:
        self.move(len(self.entries))

    def point(self, y: int) -> None:
        if 0 <= self.top + y < len(self.entries):
            self.move(self.top + y - self.cursor)

    def strips(self, width: int, height: int) -> list[Strip]:
        self.top = min(max(self.top, self.cursor - height + 1), self.cursor)
        shown = enumerate(self.entries[self.top : self.top + height], self.top)
        return [self._strip(entry, width, here=place == self.cursor) for place, entry in shown]

    def _strip(self, entry: Entry, width: int, *, here: bool) -> Strip:
        look = self.palette
        if entry.kind == "heading":
            rule = look.marks["rule"] * width
            return strip_of([(f" {entry.title} ", look.dim), (rule, look.faint)], width, look.base, more="")
        count = "" if not entry.unread else f"{MOST_UNREAD - 1}+" if entry.unread >= MOST_UNREAD else str(entry.unread)
        title = (entry.title, look.strong if entry.unread or here else look.text)
        line: Line = [self.bar(here), title]
        right = [(f" {count} ", look.unread)] if count else []
        return self.drawn(spread(line, right, width, more=look.marks["more"]), width, here=here)
