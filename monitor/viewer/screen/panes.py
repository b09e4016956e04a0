"""The panes, drawn line by line: what is not seen is not drawn, and what was drawn is not drawn again.

Rule: a pane knows how to show and to move; what a key means is decided by the app alone.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from monitor.viewer.phrases import local
from monitor.viewer.screen.lines import Line, marked, spread, strip_of
from monitor.viewer.screen.page import PageLine
from monitor.viewer.screen.palette import Palette
from monitor.viewer.screen.rows import change_lines, day_line
from monitor.viewer.screen.window import Window
from storage.reading import Record
from storage.reading.connection import micros
from storage.reading.paging import MOST_UNREAD, Lens, Place
from storage.reading.search import Term

ROOMY = 26  # lines of a timeline from which a change has two of them
WHEEL = 3  # rows that one notch of the wheel moves

_NONE = Style()
_LAST_ROW = 1 << 62
_MOMENT = timedelta(microseconds=1)  # the last one of a day is before the next day's first


class Panel(Widget, can_focus=True):
    """A frame with a title, and lines in it."""

    class Moved(Message):
        """Something else lies under the cursor."""

        def __init__(self, panel: "Panel") -> None:
            super().__init__()
            self.panel = panel

    class Opened(Message):
        """What lies under the cursor was clicked twice."""

    def __init__(self, palette: Palette, *, id: str) -> None:  # noqa: A002  Textual's name for it
        super().__init__(id=id)
        self.palette = palette
        self.terms: Sequence[Term] = ()  # words to mark
        self._strips: list[Strip] | None = None
        self._drawn = Size()  # for which they were made

    def redraw(self) -> None:
        """Draw the lines that are others now; drawing all of them costs ten times as much as making them."""
        before, size = self._strips, self.content_size
        if before is None or self._drawn != size:
            self._strips = None
            self.refresh()
            return
        self._strips = self.strips(size.width, size.height)
        for y in range(max(len(before), len(self._strips))):
            if before[y : y + 1] != self._strips[y : y + 1]:
                self.refresh(Region(0, y, size.width, 1))

    def render_line(self, y: int) -> Strip:
        size = self.content_size
        if self._strips is None or self._drawn != size:
            self._strips, self._drawn = self.strips(size.width, size.height), size
        return self._strips[y] if y < len(self._strips) else Strip.blank(size.width, self.palette.base)

    def on_resize(self) -> None:
        self.redraw()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def strips(self, width: int, height: int) -> list[Strip]:
        raise NotImplementedError

    def move(self, steps: int) -> None:
        raise NotImplementedError

    def home(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def point(self, y: int) -> None:
        """Put the cursor on what is shown on that line."""
        raise NotImplementedError

    def wheel(self, steps: int) -> None:
        self.move(steps)

    def page(self, screens: float) -> None:
        self.move(int(screens * max(self.content_size.height - 2, 1)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.wheel(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.wheel(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None:
            self.point(offset.y)
            if event.chain == 2:
                self.post_message(self.Opened())

    def moved(self) -> None:
        self.redraw()
        self.post_message(self.Moved(self))

    def drawn(self, line: Sequence[tuple[str, Style]], width: int, *, here: bool) -> Strip:
        """A line, the one under the cursor on the cursor's colour."""
        look = self.palette
        if self.terms:
            line = marked(line, self.terms, look.hit)
        if not here:
            return strip_of(line, width, look.base, more=look.marks["more"])
        base = look.base + (look.cursor if self.has_focus else look.cursor_idle)
        return strip_of(line, width, base, more=look.marks["more"], flat=look.is_ansi and self.has_focus)

    def bar(self, here: bool) -> tuple[str, Style]:
        return (self.palette.marks["bar"], self.palette.bar) if here else (" ", _NONE)


class Timeline(Panel):
    """Changes under their days."""

    def __init__(self, palette: Palette, window: Window, zone: ZoneInfo) -> None:
        super().__init__(palette, id="timeline")
        self.window = window
        self.zone = zone
        self.thumb: tuple[float, float] | None = None  # where the screen begins and how much it shows, of 1
        self.empty = ""
        self._part = ""
        self._said: list[str] = []
        self._place: tuple[int, int, int] | None = None  # of the cursor, of how many, and how many are unread
        self._shown: list[int | None] = []  # the row on each line

    def move(self, steps: int) -> None:
        self.window.move(steps)
        self.moved()

    def home(self) -> None:
        self.window.start()
        self.moved()

    def end(self) -> None:
        self.window.finish()
        self.moved()

    def wheel(self, steps: int) -> None:
        self.window.scroll(steps)
        shown = [row for row in self._shown if row is not None]
        room = max(len(set(shown)) - 1, 0)
        self.window.cursor = min(self.window.cursor, self.window.top + room)
        self.moved()

    def page(self, screens: float) -> None:
        lines = 2 if self.is_roomy else 1
        self.move(int(screens * max((self.content_size.height - 1) // lines - 1, 1)))

    def point(self, y: int) -> None:
        row = self._shown[y] if 0 <= y < len(self._shown) else None
        if row is not None:
            self.move(row - self.window.cursor)

    def go_day(self, days: int) -> None:
        """Down to the first change of the next day on the screen, or up to that of this day or of the one before."""
        window, here = self.window, self.window.current
        if here is None:
            return
        if days > 0:
            window.go(self._edge(here, is_first=False))
        else:
            window.go(self._edge(here, is_first=True))
            if window.current is not None and window.current["id"] == here["id"]:
                window.move(-1)
                window.go(self._edge(window.current, is_first=True))
        self.moved()

    def _edge(self, change: Record, *, is_first: bool) -> Place:
        """The place at which the day of a change begins on the screen, or the one behind its end."""
        day = local(change["at"], self.zone).date()
        starts, ends = (micros(datetime.combine(one, time.min, self.zone)) for one in (day, day + timedelta(days=1)))
        if self.window.newest_first:
            return Place((ends if is_first else starts) - 1, _LAST_ROW)
        return Place(starts if is_first else ends, 0)

    def describe(self, part: str, *, words: str, lens: Lens) -> None:
        """Say on the frame which part is shown, in which order, as of when."""
        until = lens.until
        known = [f"as known on {(until - _MOMENT).astimezone(self.zone):%-d %b %Y}"] if until else []
        fresh = ["unread only"] if lens.unread else []
        order = "newest first" if self.window.newest_first else "oldest first"
        found = [f"“{words}”"] if words else []
        self._part = part
        self._said = [*found, *known, *fresh, order]
        self._tell_place()
        nothing = "Nothing is unread here; U shows all." if lens.unread else "Nothing has happened here yet."
        self.empty = " Nothing is found." if words else f" {nothing}"

    def measure(self, *, size: int, newer: int, unread: int) -> None:
        """How many changes there are, how many of them nobody has read, how many are newer than the cursor's."""
        window = self.window
        self._place = (newer + 1 if window.newest_first else size - newer, size, unread) if size else None
        self._tell_place()
        before = newer if window.newest_first else size - newer - 1
        above = max(before - (window.cursor - window.top), 0)
        self.thumb = (above / max(size, 1), min(self.content_size.height / max(size, 1), 1.0))
        self.redraw()

    def uncount(self) -> None:
        """What was measured was another part of the timeline."""
        self._place = self.thumb = None

    def _tell_place(self) -> None:
        """Like a pager: which row the cursor is on, of how many; in a long timeline how far down it is."""
        number, size, unread = self._place or (0, 0, 0)
        window = self.window
        place = f"{number / size:.0%}" if size else ""
        if window.is_whole:
            place = f"{window.cursor + 1}/{len(window.rows)}" if window.rows else ""
        fresh = f"{min(unread, MOST_UNREAD - 1)}{'+' if unread >= MOST_UNREAD else ''} unread" if unread else ""
        self.border_title = Content(" · ".join(filter(None, ("Timeline", fresh, self._part))))
        self.border_subtitle = Content(" · ".join(filter(None, (*self._said, place))))

    @property
    def is_roomy(self) -> bool:
        return self.content_size.height >= ROOMY

    def strips(self, width: int, height: int) -> list[Strip]:
        rows = self.window.rows
        if not rows:
            return [strip_of([(self.empty, self.palette.dim)], width, self.palette.base)]
        top = min(self.window.top, self.window.cursor)
        made, self._shown = self._from(top, width, height)
        while self.window.cursor not in self._whole(height) and top < self.window.cursor:
            top += max(1, (self.window.cursor - top) // 2) if self.window.cursor - top > height else 1
            made, self._shown = self._from(top, width, height)
        self.window.top = top
        return self._with_thumb(made[:height], width, height)

    def _whole(self, height: int) -> set[int]:
        """The rows that can be seen to their last line."""
        hidden = set(self._shown[height:])
        return {row for row in self._shown[:height] if row is not None and row not in hidden}

    def _from(self, top: int, width: int, height: int) -> tuple[list[Strip], list[int | None]]:
        """The lines from a row on; the first line always tells its day."""
        made: list[Strip] = []
        shown: list[int | None] = []
        day = None
        for place in range(top, len(self.window.rows)):
            change = self.window.rows[place]
            at = local(change["at"], self.zone).date()
            if at != day:
                day = at
                made.append(strip_of(day_line(day, self.palette, width - 1), width, self.palette.base))
                shown.append(None)
            here = place == self.window.cursor
            for line in change_lines(change, self.palette, width - 2, self.zone, roomy=self.is_roomy):
                made.append(self.drawn([self.bar(here), *line], width - 1, here=here))
                shown.append(place)
            if len(made) >= height:
                break
        return made, shown

    def _with_thumb(self, made: list[Strip], width: int, height: int) -> list[Strip]:
        start, share = self.thumb or (0.0, 1.0)
        first = min(int(start * height), height - 1)
        last = first + max(int(share * height), 1)
        bar = self.palette.marks["quote"]
        look = self.palette
        return [
            Strip.join(
                [
                    one.adjust_cell_length(width - 1),
                    strip_of([(bar if first <= y < last else " ", look.faint)], 1, look.base),
                ]
            )
            if share < 1
            else one
            for y, one in enumerate(made)
        ]


class Detail(Panel):
    """A page of lines with a cursor that is seen while the pane has the focus."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(palette, id="detail")
        self.lines: list[PageLine] = []
        self.cursor = self.top = 0

    def show(self, lines: Sequence[PageLine], *, keep: bool) -> None:
        """Another page; `keep`: the same one as it is now, seen from where it was."""
        self.lines = list(lines)
        self.cursor, self.top = (self.cursor, self.top) if keep else (0, 0)
        self._clamp()
        self.redraw()

    @property
    def item(self) -> str | None:
        """The item that the line under the cursor tells of."""
        return self.lines[self.cursor].item if self.lines else None

    def move(self, steps: int) -> None:
        self.cursor += steps
        self._clamp()
        self.moved()

    def home(self) -> None:
        self.move(-len(self.lines))

    def end(self) -> None:
        self.move(len(self.lines))

    def wheel(self, steps: int) -> None:
        self.top = min(max(self.top + steps, 0), max(len(self.lines) - self.content_size.height, 0))
        self.cursor = min(max(self.cursor, self.top), self.top + max(self.content_size.height - 1, 0))
        self._clamp()
        self.moved()

    def point(self, y: int) -> None:
        self.move(self.top + y - self.cursor)

    def strips(self, width: int, height: int) -> list[Strip]:
        self.top = min(max(self.top, self.cursor - height + 1), self.cursor)
        shown = enumerate(self.lines[self.top : self.top + height], self.top)
        return [self._strip(line, width, here=self.has_focus and place == self.cursor) for place, line in shown]

    def _strip(self, line: PageLine, width: int, *, here: bool) -> Strip:
        return self.drawn([self.bar(here), *line.runs], width, here=here)

    def _clamp(self) -> None:
        self.cursor = min(max(self.cursor, 0), max(len(self.lines) - 1, 0))


class Hints(Widget):
    """The last line: what can be done here, or what was done; at its end what is new."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="hints")
        self.palette = palette
        self.keys: Sequence[tuple[str, str]] = ()
        self.said = ""
        self.is_warning = False
        self.news = ""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  there is one
        look = self.palette
        left: Line = [(" ", _NONE)]
        if self.said:
            left.append((self.said, look.warn if self.is_warning else look.accent))
        else:
            for place, (key, what) in enumerate(self.keys):
                left += [("  " if place else "", _NONE), (key, look.accent), (f" {what}", look.dim)]
        width = self.size.width
        return strip_of(
            spread(left, [(f" {self.news} ", look.unread)], width), width, look.base, more=look.marks["more"]
        )
