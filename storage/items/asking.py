"""Many look-ups in one statement: the values asked for stand in a common table expression that drives an index.

Rule: the statement's text depends on the number of values alone, rounded up, so that it is prepared once. `(a, b) IN
(VALUES ...)` would be shorter, but SQLite 3.40 scans the whole table for it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, TextClause, text

_MOST = 256  # rows of values in one statement

_T = TypeVar("_T")


def chunks(values: Sequence[_T], size: int = _MOST) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def ask(
    connection: Connection, query: str, values: Sequence[tuple[Any, ...]], names: str, **parameters: Any
) -> list[Row[Any]]:
    """The rows of `query`, which joins the table `asked` with columns `names` ("scope, kind, value")."""
    found: list[Row[Any]] = []
    for some in chunks(values):
        size = 1 << (len(some) - 1).bit_length()
        width = len(some[0])
        bound = {f"v{row}_{place}": value for row, each in enumerate(some) for place, value in enumerate(each)}
        # Rows of NULL fill up to the rounded size; they equal nothing, so they find nothing.
        filled = {f"v{row}_{place}": None for row in range(len(some), size) for place in range(width)}
        found.extend(connection.execute(_statement(query, names, width, size), {**bound, **filled, **parameters}))
    return found


@lru_cache(maxsize=256)
def _statement(query: str, names: str, width: int, size: int) -> TextClause:
    rows = ", ".join("(" + ", ".join(f":v{row}_{place}" for place in range(width)) + ")" for row in range(size))
    return text(f"WITH asked({names}) AS (VALUES {rows}) {query}")
