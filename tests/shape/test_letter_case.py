"""Text from a feed changes case in `monitor.words` alone: elsewhere İKTA would be lost to a plain `.lower()`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MONITOR = Path(__file__).parents[2] / "monitor"
FEED_TEXT = ("feeds", "items", "events")
CASE = {"lower", "casefold"}
BLOCK = "\\u0400"  # where the block of Cyrillic letters begins, as a source spells it
ALLOWED = "# ascii protocol word"


def changes_of_case(source: str) -> list[int]:
    """The lines on which `.lower` or `.casefold` is called or handed on, but for those marked as protocol words."""
    lines = source.splitlines()
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in CASE
        if not any(ALLOWED in line for line in lines[node.lineno - 1 : node.end_lineno])
    )


def modules() -> Iterator[Path]:
    for package in FEED_TEXT:
        yield from sorted((MONITOR / package).rglob("*.py"))


@pytest.mark.parametrize("module", [*modules()], ids=lambda module: str(module.relative_to(MONITOR)))
def test_feed_text_changes_case_in_words_alone(module):
    found = changes_of_case(module.read_text(encoding="utf-8"))
    assert found == [], f"fold the text with monitor.words.fold, or mark the line {ALLOWED!r} if no feed wrote the text"


def test_the_packages_that_read_feeds_are_looked_through():
    assert {module.parent.name for module in modules()} >= set(FEED_TEXT)


def test_a_change_of_case_is_found_wherever_it_hides():
    source = """
title.lower()
names = map(str.casefold, names)
name = header.lower()  # ascii protocol word
'lower' in text.upper()
value = (entry
    .title.lower())
"""
    assert changes_of_case(source) == [2, 3, 6]


def test_whether_letters_are_cyrillic_is_asked_in_words_alone():
    asking = [str(path.relative_to(MONITOR)) for path in MONITOR.rglob("*.py") if BLOCK in path.read_text("utf-8")]
    assert asking == ["words.py"]


def test_words_itself_is_where_it_happens():
    assert changes_of_case((MONITOR / "words.py").read_text(encoding="utf-8"))
