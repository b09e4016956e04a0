"""What comes over the panes: the line that a person types into, and the page of keys."""

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
    """A line to type into; it tells each letter, and at last what was typed, or None when it was given up."""

    def __init__(
        self, label: str, *, value: str, typed: Callable[[str], None], ended: Callable[[str | None], None]
    ) -> None:
        super().__init__(id="prompt")
        self._label, self._value, self._typed, self._ended = label, value, typed, ended

    def compose(self) -> ComposeResult:
        yield Static(self._label, markup=False)
        yield Input(self._value, compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._value:
            self._value = event.value
            self._typed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._ended(event.value)

    def key_escape(self) -> None:
        self._ended(None)


def ask(
    label: str,
    hints: Widget,
    back: Widget,
    *,
    value: str = "",
    typed: Callable[[str], None] = lambda _: None,
    ended: Callable[[str | None], None],
) -> None:
    """Let a person type into the last line, where the hints are; then the focus goes back."""

    def end(said: str | None) -> None:
        prompt.remove()
        hints.display = True
        back.focus()
        ended(said)

    prompt = Prompt(label, value=value, typed=typed, ended=end)
    hints.display = False
    hints.screen.mount(prompt)


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
