"""What comes over the panes: the line that a person types into, and the page of keys."""

from collections import deque
from collections.abc import Callable

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from monitor.viewer.screen.keys import KEYS
from monitor.viewer.screen.lines import Line, strip_of
from monitor.viewer.screen.palette import Palette


class Prompt(Horizontal):
    """A line to type into, in the place of the hints; it tells each letter, and at last what was typed.

    It is there from the beginning and takes the focus at once, and keys that were on their way to a pane before are its
    own as well: what is typed ahead must not be taken for keys.
    """

    def __init__(self, hints: Widget) -> None:
        super().__init__(id="prompt")
        self._hints = hints
        self._label, self._input = Static(markup=False), Input(compact=True, select_on_focus=False)
        self._back: Widget = hints
        self._heard: deque[events.Key] = deque(maxlen=64)
        self._value = ""
        self._typed: Callable[[str], None] = lambda _: None
        self._ended: Callable[[str | None], None] = lambda _: None
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._input

    def ask(
        self,
        label: str,
        back: Widget,
        *,
        value: str = "",
        typed: Callable[[str], None] = lambda _: None,
        ended: Callable[[str | None], None],
    ) -> None:
        """Let a person type; `ended` is told what was typed, or None when it was given up, and the focus goes back."""
        self._back, self._value, self._typed, self._ended = back, value, typed, ended
        self._label.update(label)
        self._input.value = value
        self._input.cursor_position = len(value)
        self._hints.display, self.display = False, True
        self.screen.set_focus(self._input)

    def on_key(self, event: events.Key) -> None:
        self._heard.append(event)

    def misses(self, event: events.Key) -> bool:
        """Whether a key that comes from below was meant for this line and went to a pane."""
        return self.display and not any(event is one for one in self._heard)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display and event.value != self._value:
            self._value = event.value
            self._typed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end(event.value)

    def key_escape(self) -> None:
        self._end(None)

    def _end(self, said: str | None) -> None:
        self._hints.display, self.display = True, False
        self.screen.set_focus(self._back)
        self._ended(said)


class Help(ModalScreen[None]):
    """The page of keys; any key closes it."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette

    def compose(self) -> ComposeResult:
        yield KeyPage(self._palette)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        self.dismiss()


class KeyPage(Widget):
    """The keys in columns where they fit side by side, else below one another."""

    def __init__(self, palette: Palette) -> None:
        super().__init__(id="keys")
        self.border_title = "Keys"
        self._palette = palette
        self._lines = list(_key_lines(palette))
        self.styles.height = len(self._lines) + 2

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else []
        return strip_of(line, self.content_size.width, self._palette.base)


def _key_lines(look: Palette) -> list[Line]:
    lines: list[Line] = []
    for title, keys in KEYS:
        for place, (key, what) in enumerate(keys):
            head = f" {title:<10}" if place == 0 else " " * 11
            lines.append([(head, look.dim), (f"{key:<16}", look.accent), (what, look.text), ("", Style())])
    return lines
