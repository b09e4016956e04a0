"""The rows of a timeline that lie around a cursor, fetched as they are needed.

Rule: what is held is bounded, and whatever happens to the timeline the cursor stays on its change; when that is gone,
on the next one that is there. Pure but for the function that fetches.
"""

from collections.abc import Sequence
from typing import Protocol

from storage.reading import Record
from storage.reading.paging import Place

PAGE = 100  # rows of one fetch: a screen and a half
HELD = 500  # rows at most; what lies far from the cursor is let go


class Fetch(Protocol):
    """Rows from a place on into the past or the present; `PageReading.page` behind a lens."""

    def __call__(self, *, older: bool, after: Place | None, inclusive: bool, limit: int) -> list[Record]: ...


class Window:
    """Rows in the order of the screen, the one under the cursor, and the one at the top of the screen."""

    def __init__(self, fetch: Fetch, *, newest_first: bool) -> None:
        self._fetch = fetch
        self.newest_first = newest_first
        self.rows: list[Record] = []
        self.cursor = 0
        self.top = 0
        self._is_first = self._is_last = False

    @property
    def current(self) -> Record | None:
        return self.rows[self.cursor] if self.rows else None

    @property
    def is_at_newest(self) -> bool:
        """Whether nothing newer than the row under the cursor is there."""
        if self.newest_first:
            return self._is_first and self.cursor == 0
        return self._is_last and self.cursor == len(self.rows) - 1

    @property
    def is_whole(self) -> bool:
        """Whether every row there is lies in the window."""
        return self._is_first and self._is_last

    def start(self) -> None:
        """Go to the first row."""
        self.rows = self._down(None)
        self._is_first, self._is_last = True, len(self.rows) < PAGE
        self.cursor = self.top = 0

    def finish(self) -> None:
        """Go to the last row."""
        self.rows = self._up(None)
        self._is_first, self._is_last = len(self.rows) < PAGE, True
        self.cursor = self.top = max(len(self.rows) - 1, 0)

    def go(self, place: Place) -> None:
        """Go to the row at a place, else to the next one that is there, with the screen around it as it was."""
        offset = self.cursor - self.top
        above, below = self._up(place), self._down(place, inclusive=True)
        self.rows = above + below
        self._is_first, self._is_last = len(above) < PAGE, len(below) < PAGE
        self.cursor = min(len(above), max(len(self.rows) - 1, 0))
        self.top = max(self.cursor - offset, 0)

    def reload(self) -> None:
        """See what was committed meanwhile; the cursor stays on its change and the screen where it is."""
        if self.current is None:
            self.start()
        else:
            self.go(self.current["place"])

    def move(self, steps: int) -> None:
        """Move the cursor by rows, as far as there are any."""
        self.cursor = self._step(self.cursor, steps)

    def scroll(self, steps: int) -> None:
        """Move the screen by rows; the cursor stays unless it would leave by the top."""
        self.top = self._step(self.top, steps)
        self.cursor = max(self.cursor, self.top)

    def _step(self, index: int, steps: int) -> int:
        """Where an index stands that many rows on; rows are fetched on the way, and those far away let go."""
        if not self.rows:
            return 0
        while not self._is_last and index + steps >= len(self.rows):
            steps -= len(self.rows) - 1 - index
            index = len(self.rows) - 1
            index -= self._extend_down()
        while not self._is_first and index + steps < 0:
            steps += index
            index = self._extend_up()
        return min(max(index + steps, 0), len(self.rows) - 1)

    def _extend_down(self) -> int:
        """Fetch behind the last row; how many rows were let go at the top."""
        more = self._down(self.rows[-1]["place"])
        self._is_last = len(more) < PAGE
        self.rows += more
        gone = max(len(self.rows) - HELD, 0)
        if gone:
            self.rows = self.rows[gone:]
            self._is_first = False
            self.cursor, self.top = max(self.cursor - gone, 0), max(self.top - gone, 0)
        return gone

    def _extend_up(self) -> int:
        """Fetch before the first row; how many rows there are more at the top."""
        more = self._up(self.rows[0]["place"])
        self._is_first = len(more) < PAGE
        self.rows = more + self.rows
        if len(self.rows) > HELD:
            self.rows, self._is_last = self.rows[:HELD], False
        last = len(self.rows) - 1
        self.cursor, self.top = min(self.cursor + len(more), last), min(self.top + len(more), last)
        return len(more)

    def _down(self, place: Place | None, *, inclusive: bool = False) -> list[Record]:
        return self._fetch(older=self.newest_first, after=place, inclusive=inclusive, limit=PAGE)

    def _up(self, place: Place | None) -> list[Record]:
        rows: Sequence[Record] = self._fetch(older=not self.newest_first, after=place, inclusive=False, limit=PAGE)
        return list(reversed(rows))
