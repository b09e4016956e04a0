"""Lines of a terminal as runs of text in a style, and the strips that Textual draws.

Rule: text of the world comes in cleaned and stays text: nothing here reads markup.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from monitor.viewer.search import hits_in
from storage.reading.search import Term

Run: TypeAlias = tuple[str, Style]
Line: TypeAlias = list[Run]

NOTHING: Run = ("", Style())


def strip_of(line: Sequence[Run], width: int, base: Style, *, more: str = "…", flat: bool = False) -> Strip:
    """A line in exactly `width` cells on a style of its own; too long, it ends in `more`.

    `flat`: the runs' own styles are left out, as where the whole line is reversed.
    """
    segments, left = [], width
    for text, style in line:
        cells = cell_len(text)
        if cells > left:
            text = set_cell_size(text, max(left - cell_len(more), 0)) + more if left > 0 else ""  # noqa: PLW2901
            cells = left
        if text:
            segments.append(Segment(text, base if flat else base + style))
        left -= cells
        if left <= 0:
            break
    if left > 0:
        segments.append(Segment(" " * left, base))
    return Strip(segments, width)


def spread(left: Sequence[Run], right: Sequence[Run], width: int, *, more: str = "…") -> Line:
    """A line with something at its right end; the left part gives way."""
    room = width - width_of(right)
    if room < width // 3:
        return list(left)
    return [*fitted(left, room, more=more), *right]


def fitted(line: Sequence[Run], width: int, *, more: str = "…") -> Line:
    """The runs cut or filled up to exactly `width` cells."""
    fitting: Line = []
    left = width
    for text, style in line:
        cells = cell_len(text)
        if cells > left:
            fitting.append((set_cell_size(text, max(left - cell_len(more), 0)) + more, style))
            return fitting
        fitting.append((text, style))
        left -= cells
    return [*fitting, (" " * left, Style())]


def width_of(line: Iterable[Run]) -> int:
    return sum(cell_len(text) for text, _ in line)


def wrapped(line: Sequence[Run], width: int, console: Console, *, lead: Run = NOTHING) -> list[Line]:
    """The runs as lines of at most `width` cells, broken between words, long words folded; `lead` begins the first.

    The lines that follow are indented by the lead's width.
    """
    indent = cell_len(lead[0])
    text = Text.assemble(*line, end="")
    lines = text.wrap(console, max(width - indent, 8), overflow="fold", tab_size=1)
    made: list[Line] = []
    for one in lines:
        one.rstrip()
        runs = [(segment.text, segment.style or Style()) for segment in one.render(console) if segment.text]
        made.append([lead if not made else (" " * indent, Style()), *runs])
    return made or [[lead]]


def marked(line: Iterable[Run], terms: Sequence[Term], style: Style) -> Line:
    """The runs with the words that were searched for in a style of their own."""
    made: Line = []
    for text, plain in line:
        end = 0
        for start, stop in hits_in(text, terms):
            made += [(text[end:start], plain), (text[start:stop], plain + style)]
            end = stop
        made.append((text[end:], plain))
    return [run for run in made if run[0]]
