"""stdout is data, stderr narrates: the one place that writes to either.

Text of the world is cleaned of control characters before a terminal sees it; JSON carries it as it is stored.
"""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SCHEMA = 1  # of the JSON contract; higher when a field is renamed or removed

T = TypeVar("T")
Advance = Callable[[int], None]
Begin = Callable[[int], None]


def open_streams(*, json: bool) -> None:
    """JSON is UTF-8 wherever it goes; where a terminal's encoding has no letter for something, it is spelled out."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if json else None, errors="backslashreplace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How this run speaks: to a program (json) or to a person, loudly or quietly, in colour or not."""

    json: bool = False
    quiet: bool = False
    color: bool = True

    def data(self, value: object) -> None:
        """One JSON document on stdout."""
        from json import dumps

        sys.stdout.write(dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")

    def line(self, value: object) -> None:
        """One line of JSON Lines, at once."""
        from json import dumps

        sys.stdout.write(dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def version(self, version: str) -> None:
        if self.json:
            self.data({"version": version, "schema": SCHEMA})
        else:
            sys.stdout.write(f"salname {version}\n")

    def say(self, text: str) -> None:
        """One line for a person, on stdout."""
        sys.stdout.write(text + "\n")

    def clean(self, text: str) -> str:
        """Text of the world as one line that no terminal obeys."""
        from alerts.visible import clean

        return clean(text)

    def remark(self, text: str) -> None:
        """One line of narration on stderr; nothing when quiet."""
        if not self.quiet:
            sys.stderr.write(text + "\n")

    def error(self, text: str) -> None:
        """One line that an operator can act on, on stderr, quiet or not."""
        sys.stderr.write(f"salname: {text}\n")

    @property
    def rich(self) -> bool:
        """Whether a person looks at a terminal; a pipe gets plain lines, and rich is not even imported."""
        return sys.stdout.isatty()

    def lines(self, lines: Iterable[str]) -> None:
        """Plain lines on stdout, each as it comes."""
        for line in lines:
            self.say(line)

    def show(self, page: "RenderableType") -> None:
        """A page for a terminal; feed text goes in as Text, never as markup, and addresses may overrun the edge."""
        self.shower()(page)

    def shower(self) -> "Callable[[RenderableType], None]":
        """`show` for many pages one after another: what the terminal can do is asked once."""
        return partial(self._console(sys.stdout.isatty(), stderr=False).print, crop=False)

    def _console(self, terminal: bool, *, stderr: bool) -> "Console":
        from rich.console import Console

        plain = not self.color or not terminal or bool(os.environ.get("NO_COLOR"))
        width = None if terminal or os.environ.get("COLUMNS") else 100
        return Console(
            stderr=stderr, no_color=plain, highlight=False, markup=False, emoji=False, soft_wrap=False, width=width
        )

    def progress(self, things: Iterable[T], *, total: int, what: str) -> Iterator[T]:
        """Pass `things` on, with a bar on stderr if it takes more than a second and a person is watching."""
        if self.quiet or not sys.stderr.isatty():
            yield from things
            return
        with self.bar(total=total, what=what) as advance:
            for thing in things:
                yield thing
                advance(1)

    @contextmanager
    def bar(self, *, total: int | None, what: str) -> "Iterator[Advance]":
        """A function that moves a bar on stderr; the bar appears after a second, and only in a terminal."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _: None
            return
        from monitor.viewer.progress import late_bar

        with late_bar(self._console(True, stderr=True), total=total, what=what) as advance:
            yield advance

    @contextmanager
    def counting(self, what: str) -> "Iterator[tuple[Begin, Advance]]":
        """Two functions: one is told the total when it is known, the other moves the bar."""
        stack = ExitStack()
        moves: list[Advance] = []

        def begin(total: int) -> None:
            moves.append(stack.enter_context(self.bar(total=total, what=what)))

        with stack:
            yield begin, lambda count: moves[-1](count) if moves else None

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A plain table for a person."""
        if self.rich:
            from monitor.viewer.render import table

            self.show(table(columns, rows))
            return
        from monitor.viewer.plain import table as plain_table

        self.lines(plain_table(columns, rows))
