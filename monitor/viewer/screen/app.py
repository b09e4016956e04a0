"""The viewer itself: which pane shows what, and what each key does.

Rule: a change that arrives moves nothing under the reader's eyes; a deed shows at once and is written behind; whatever
the world has written is text.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from alerts.visible import clean
from monitor.viewer.screen.asking import Help, Prompt
from monitor.viewer.screen.beside import Beside
from monitor.viewer.screen.deeds import Deeds, Desk, Hand
from monitor.viewer.screen.keys import ACTIONS, HINTS, PAGE_HINTS
from monitor.viewer.screen.looks import Looks
from monitor.viewer.screen.panes import Detail, Hints, Panel, Timeline
from monitor.viewer.screen.sidebar import Sidebar
from monitor.viewer.screen.sight import Sight
from monitor.viewer.screen.style import CSS
from monitor.viewer.screen.window import Window
from storage.errors import Error
from storage.reading import Record
from storage.reading.paging import Lens, Place

LOOK_S = 0.4  # between two looks whether something was committed
COUNT_S = 0.2  # of rest before what the cursor passes is counted


class ViewApp(App[None]):
    """Three panes on one timeline."""

    CSS = CSS
    ENABLE_COMMAND_PALETTE = False
    TITLE = "Salname"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (66, "-narrow"), (132, "-wide")]  # noqa: RUF012  as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [Binding(keys, action, show=False) for keys, action in ACTIONS]

    def __init__(self, sight: Sight, deeds: Deeds, looks: Looks) -> None:
        self._looks = looks
        super().__init__(ansi_color=looks.palette.is_ansi)
        self.register_theme(looks.theme())
        self.theme = looks.palette.name
        self._sight, self._deeds = sight, deeds
        self._lens = Lens()
        self._words = ""
        self._news = 0
        self.desk = Desk(tell=self._say, done=self._refresh)
        self.hand = Hand(deeds, self.desk, self._say)
        palette = looks.palette
        self.side = Sidebar(palette, sight.entries())
        self.timeline = Timeline(palette, Window(self._fetch, newest_first=looks.newest_first), looks.zone)
        self.detail = Detail(palette)
        self.beside = Beside(self.detail, sight, looks)
        self.hints = Hints(palette)
        self.prompt = Prompt(self.hints)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(self._looks.palette.theme)

    def compose(self) -> ComposeResult:
        with Container(id="body"):
            yield self.side
            with Container(id="right"):
                yield self.timeline
                yield self.detail
        yield self.hints
        yield self.prompt

    def on_mount(self) -> None:
        self.side.border_title = "Salname"
        self.hints.keys = HINTS
        self.timeline.window.start()
        self._titles()
        self.timeline.focus()
        self.run_worker(self.desk.work(), group="desk")
        self.set_interval(LOOK_S, self._look)
        self.call_after_refresh(self._show_current)
        self.call_after_refresh(self._count)

    def on_panel_moved(self, event: Panel.Moved) -> None:
        match event.panel:
            case Sidebar():
                self._choose()
            case Timeline():
                self._news = 0 if self.timeline.window.is_at_newest else self._news
                self._titles()
                self.beside.mode = "event"
                self._show_current()
                self._count(after_s=COUNT_S)
            case _:
                pass

    def on_panel_opened(self) -> None:
        self.action_open()

    def on_key(self, event: events.Key) -> None:
        if self.prompt.misses(event):
            event.prevent_default().stop()
            self.post_message(events.Key(event.key, event.character))

    def on_descendant_focus(self) -> None:
        self.hints.keys = PAGE_HINTS if self.pane is self.detail else HINTS
        self.hints.refresh()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_current, keep=True)

    @property
    def pane(self) -> Panel:
        """The pane that keys move in."""
        return self.focused if isinstance(self.focused, Panel) else self.timeline

    def action_move(self, steps: int) -> None:
        self._hush()
        self.pane.move(steps)

    def action_edge(self, last: bool) -> None:
        self.pane.end() if last else self.pane.home()

    def action_page(self, screens: float) -> None:
        self.pane.page(screens)

    def action_scroll(self, lines: int) -> None:
        self.detail.wheel(lines)

    def action_day(self, days: int) -> None:
        self.timeline.go_day(days)

    def action_pane(self, steps: int) -> None:
        panes = [pane for pane in (self.side, self.timeline, self.detail) if pane.display and pane.is_on_screen]
        place = panes.index(self.pane) if self.pane in panes else 0
        panes[(place + steps) % len(panes)].focus()

    def action_open(self) -> None:
        """From the sidebar to the timeline, from there to the event, which is read by that."""
        self._hush()
        if self.pane is self.side:
            self.timeline.focus()
        elif self.pane is self.timeline and self._current is not None:
            self._mark([self._current], is_read=True)
            self.query_one("#right").add_class("-zoom")
            self.detail.focus()
            self._show_current()
        elif self.pane is self.detail:
            self.action_link()

    def action_return(self) -> None:
        self._hush()
        if self.hand.drop():
            return
        if self.beside.mode != "event":
            self.beside.mode = "event"
            self._show_current()
        elif self.pane is self.detail:
            self.query_one("#right").remove_class("-zoom")
            self.timeline.focus()
        elif self._words:
            self._find("")
        elif self._lens.until is not None:
            self._look_through(replace(self._lens, until=None))
        elif self.pane is self.side:
            self.timeline.focus()

    async def action_quit(self) -> None:
        """Nothing that was done is lost by leaving."""
        await self.desk.settled()
        self.exit()

    async def action_leave(self) -> None:
        if self.pane is self.detail:
            self.action_return()
        else:
            await self.action_quit()

    def action_unread(self, steps: int) -> None:
        """Read this one and go to the next that is not."""
        change, window = self._current, self.timeline.window
        if change is None:
            return
        older = (steps > 0) == window.newest_first
        place = self._sight.next_unread(self._lens, older=older, after=change["place"])
        if steps > 0:
            self._mark([change], is_read=True)
        if place is None:
            self._say(f"Nothing unread {'below' if steps > 0 else 'above'}.")
            return
        window.go(place)
        self.timeline.moved()

    def action_read(self) -> None:
        if self._current is not None:
            self._mark([self._current], is_read=not self._current["is_read"], undoable=True)

    def action_unread_only(self) -> None:
        self._look_through(replace(self._lens, unread=not self._lens.unread, kept=""))

    def action_read_all(self) -> None:
        """All that the timeline shows now is read."""
        if self._lens == Lens():
            self.desk.do("Everything is read", self._deeds.mark_all)
        else:
            lens = self._lens
            self.desk.do("All of these are read", lambda: self._deeds.mark(self._sight.unread_ids(lens), is_read=True))

    def action_turn(self) -> None:
        """Newest first, or oldest first; the cursor stays on its change."""
        window = Window(self._fetch, newest_first=not self.timeline.window.newest_first)
        window.top = 0
        if self._current is not None:
            window.go(self._current["place"])
            window.top = max(window.cursor - (self.timeline.window.cursor - self.timeline.window.top), 0)
        self.timeline.window = window
        self._titles()
        self.timeline.moved()

    def action_mode(self, mode: str) -> None:
        self._hush()
        item = self._item
        if mode != "facts" and item is None:
            self._say("No item stands under the cursor.")
            return
        self.beside.turn(mode)
        self._show_current(item=item)

    def action_link(self) -> None:
        if (url := self._url) is None:
            return
        if self._current is not None:
            self._mark([self._current], is_read=True)
        if self._looks.has_browser and self._looks.open_link(url):
            self._say(f"Opened {clean(url)}")
        else:
            self.action_copy()

    def action_copy(self) -> None:
        if (url := self._url) is not None:
            self.copy_to_clipboard(url)
            self._say(f"Copied {clean(url)}")

    def action_search(self) -> None:
        self.prompt.ask("/", self.pane, value=self._words, typed=self._find, ended=lambda said: self._find(said or ""))

    def action_as_of(self) -> None:
        self.prompt.ask("As known on (2025-11-18, 7d): ", self.pane, ended=self._as_of)

    def action_silence(self) -> None:
        if event := self._event:
            self.hand.silence(*event)

    def action_merge(self) -> None:
        if event := self._event:
            self.hand.merge(*event)

    def action_pin(self) -> None:
        self.hand.pin(self._item, self._event)

    def action_undo(self) -> None:
        if not self.desk.undo():
            self._say("There is nothing to undo.")

    def action_help(self) -> None:
        self.push_screen(Help(self._looks.palette))

    @property
    def _current(self) -> Record | None:
        return self.timeline.window.current

    @property
    def _event(self) -> tuple[str, str] | None:
        """The event under the cursor, with its title."""
        change = self._current
        if change is None or not change["event"]:
            self._say("No event stands under the cursor.")
            return None
        return change["event"], clean(change["event_title"] or "")

    @property
    def _url(self) -> str | None:
        """The address of what is under the cursor."""
        change = self._current
        url = self._sight.link(change, self._item) if change is not None else None
        if url is None:
            self._say("There is no address here.")
        return url

    @property
    def _item(self) -> str | None:
        """The item under the cursor: of the page while one walks it, else of the change."""
        if self.pane is self.detail and self.detail.item is not None:
            return self.detail.item
        return self._current["item"] if self._current is not None else None

    def _fetch(self, *, older: bool, after: Place | None, inclusive: bool, limit: int) -> list[Record]:
        return self._sight.rows(self._lens, older=older, after=after, inclusive=inclusive, limit=limit)

    def _choose(self) -> None:
        entry = self.side.current
        self._words, self.timeline.terms, self.detail.terms = "", (), ()
        topic = entry.id if entry.kind == "topic" else None
        self._look_through(replace(self._lens, topic=topic, events=entry.events))

    def _look_through(self, lens: Lens) -> None:
        """Another part of the timeline, from its first row on."""
        self._lens = lens
        self.timeline.uncount()
        self.timeline.window.start()
        self.beside.mode = "event"
        self._titles()
        self.timeline.redraw()
        self._show_current()
        self._count()

    def _show_current(self, *, keep: bool = False, item: str | None = None) -> None:
        """The page of what is under the cursor; `keep`: it is the same thing, seen again."""
        self.beside.show(self._current, until=self._lens.until, console=self.console, keep=keep, item=item)

    @work(exclusive=True, group="count")
    async def _count(self, *, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        change = self._current
        place = change["place"] if change else None
        counts = await asyncio.to_thread(self._sight.counted, self._lens, place)
        self.side.set_entries(counts.entries)
        self.timeline.measure(size=counts.size, newer=counts.newer, unread=counts.unread)

    def _look(self) -> None:
        count = self._sight.has_changed()
        if count is not None:
            self._news += count
            self._refresh()

    def _refresh(self) -> None:
        if self._current is not None:  # what is read under the cursor goes when the cursor does
            self._lens = replace(self._lens, kept=self._current["id"] if self._lens.unread else "")
        if self.desk.is_idle:
            self._sight.pending.clear()
        self.timeline.window.reload()
        self._titles()
        self.timeline.redraw()
        if self.beside.mode == "event":
            self._show_current(keep=True)
        self._count(after_s=COUNT_S)

    def _find(self, words: str) -> None:
        self._words = words
        if words.strip():
            self._search(words)
        else:
            self.timeline.terms = self.detail.terms = ()
            self._look_through(replace(self._lens, events=self.side.current.events))

    @work(exclusive=True, group="search")
    async def _search(self, words: str) -> None:
        found = await asyncio.to_thread(self._sight.found, words, self._looks.day)
        if found is not None and words == self._words:
            self.timeline.terms = self.detail.terms = found.terms
            self._look_through(replace(self._lens, events=found.events))

    def _as_of(self, typed: str | None) -> None:
        if typed is None or not typed.strip():
            return
        try:
            self._look_through(replace(self._lens, until=self._looks.day(typed)))
        except Error as error:
            self._say(str(error), is_warning=True)

    def _mark(self, changes: Sequence[Record], *, is_read: bool, undoable: bool = False) -> None:
        """Marked on the screen at once, in the database behind it."""
        ids = [change["id"] for change in changes if change["is_read"] != is_read]
        for change in changes:
            change["is_read"] = is_read
        self.timeline.redraw()
        if ids:
            self._sight.pending |= dict.fromkeys(ids, is_read)
            deed = partial(self._deeds.mark, ids, is_read=is_read)
            self.desk.do(("Read" if is_read else "Unread") if undoable else "", deed)

    def _say(self, said: str, *, is_warning: bool = False) -> None:
        self.hints.said, self.hints.is_warning = said, is_warning
        self.hints.refresh()

    def _hush(self) -> None:
        if self.hints.said and not self.hand.is_full:
            self._say("")

    def _titles(self) -> None:
        """What the frames say: which part, in which order, as of when."""
        entry, lens = self.side.current, self._lens
        self.timeline.describe("" if entry.kind == "all" else entry.title, words=self._words, lens=lens)
        mark = self._looks.palette.marks["up"]
        self.hints.news = f"{mark} {self._news} new" if self._news else ""
        self.hints.refresh()
