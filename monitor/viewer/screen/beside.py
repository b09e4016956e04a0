"""What stands beside the timeline: a page on what is under the cursor, as an event, its facts, a word diff, or why.

Rule: the page follows the cursor; what was asked for once, a diff or the reasons, holds for one change alone.
"""

from datetime import datetime

from rich.console import Console

from monitor.viewer.screen.looks import Looks
from monitor.viewer.screen.page import PageLine, Pen
from monitor.viewer.screen.panes import Detail
from monitor.viewer.screen.sight import Sight
from storage.reading import Record

_TITLES = {"event": "Event", "diff": "What changed", "why": "Why", "facts": "Facts"}


class Beside:
    """Fills a pane with the page that is asked for."""

    def __init__(self, pane: Detail, sight: Sight, looks: Looks) -> None:
        self._pane, self._sight, self._looks = pane, sight, looks
        self.mode = "event"

    def turn(self, mode: str) -> None:
        """Another page; the one that is shown already gives way to the event."""
        self.mode = "event" if self.mode == mode else mode

    def show(
        self, change: Record | None, *, until: datetime | None, console: Console, keep: bool, item: str | None = None
    ) -> None:
        """The page of a change, or of an item of its event; `keep`: it is the same thing, seen again."""
        pen = Pen(self._looks.palette, self._pane.content_size.width - 2, self._looks.zone, console)
        lines: list[PageLine] | None = None
        item = item or (change["item"] if change else None)
        if change is not None and self.mode in {"diff", "why"} and item is not None:
            lines = self._sight.item_lines(item, self.mode, pen)
        elif change is not None:
            lines = self._sight.event_lines(change, self.mode, pen, until=until)
        self._pane.border_title = _TITLES[self.mode]
        self._pane.show(lines or [], keep=keep)
