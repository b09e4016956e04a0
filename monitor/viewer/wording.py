"""Marked words for a terminal: a word diff, in the styles of whoever shows it."""

import re
from collections.abc import Iterator
from typing import TypeVar

from alerts.visible import clean

Style = TypeVar("Style")

DIFF = re.compile(r"\[-(?P<old>.*?)-\]|\{\+(?P<new>.*?)\+\}", re.DOTALL)


def diff_runs(diff: str, was: Style, now: Style, plain: Style) -> list[tuple[str, Style]]:
    """`[-old-]{+new+}` as runs in styles; the marks stay, for it must be read without colours too."""
    return [(text, style) for text, style in _runs(diff, was, now, plain) if text]


def on_one_line(diff: str) -> str:
    """A diff with a mark where the title ends and the text begins."""
    return diff.replace("\n", " · ")


def _runs(diff: str, was: Style, now: Style, plain: Style) -> Iterator[tuple[str, Style]]:
    diff = on_one_line(diff)
    end = 0
    for found in DIFF.finditer(diff):
        yield _spaced(diff, end, found.start()), plain
        yield clean(found[0]), was if found["old"] is not None else now
        end = found.end()
    yield _spaced(diff, end, len(diff)), plain


def _spaced(diff: str, start: int, end: int) -> str:
    """What stands between two marks, with the blanks at its ends, of which each counts as one."""
    between = diff[start:end]
    before = " " if between[:1].isspace() else ""
    after = " " if between[-1:].isspace() and between.strip() else ""
    return f"{before}{clean(between)}{after}"
