"""Many look-ups in one statement: the values asked for stand in a common table expression that drives an index.

Rule: the statement's text depends on the number of values alone, rounded up, so that few texts are prepared. `(a, b)
IN (VALUES ...)` would be shorter, but SQLite 3.40 scans the whole table for it.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, text

_MOST = 256  # rows of values in one statement

_SIGN = re.compile(r"\?")
_PARAMETER = re.compile(r":([a-z]\w*)")

_T = TypeVar("_T")


def chunks(values: Sequence[_T], size: int = _MOST) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def rounded(count: int) -> int:
    """At least `count`, by a quarter more at most: a number of which the first three binary digits alone are set."""
    step = 1 << max(0, count.bit_length() - 3)
    return -(-count // step) * step


def driver_of(connection: Connection) -> sqlite3.Connection | None:
    """The driver's own connection, for what every poll does: SQLAlchemy takes 40 µs to pass a statement on.

    It stands in the same transaction; what it raises is translated at the same door. None where it is another driver.
    """
    driver = connection.connection.dbapi_connection if connection.dialect.paramstyle == "qmark" else None
    return driver if isinstance(driver, sqlite3.Connection) else None


def execute(connection: Connection, statement: str, values: Sequence[Any]) -> None:
    """Run a statement with `?` for its values that gives no rows."""
    if (driver := driver_of(connection)) is not None:
        driver.execute(statement, values)
    else:
        _run(connection, statement, values)


def execute_each(connection: Connection, statement: str, values: Sequence[Sequence[Any]]) -> None:
    """Run such a statement once with each of `values`."""
    if (driver := driver_of(connection)) is not None:
        driver.executemany(statement, values)
    else:
        for one in values:
            _run(connection, statement, one)


def tuples(connection: Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    """The rows of a statement with `?` for its values, each with its columns by place alone: for rows by the dozen."""
    if (driver := driver_of(connection)) is not None:
        return driver.execute(statement, values).fetchall()
    return list(_run(connection, statement, values))


def rows(connection: Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    """The same, each with its columns by name."""
    if (driver := driver_of(connection)) is not None:
        cursor = driver.execute(statement, values)
        return list(map(_row(tuple(column[0] for column in cursor.description)), cursor))
    return list(_run(connection, statement, values))


def value(connection: Connection, statement: str, values: Sequence[Any]) -> Any:
    """The first column of a statement's first row; None where there is no row."""
    found = tuples(connection, statement, values)
    return found[0][0] if found else None


def ask(
    connection: Connection, query: str, values: Sequence[tuple[Any, ...]], names: str, **parameters: Any
) -> list[Any]:
    """The rows of `query`, which joins the table `asked` with columns `names` ("scope, kind, value").

    Its `:parameters` stand behind the values. Bound by place: binding 200 names costs SQLAlchemy ten times the search.
    """
    found: list[Any] = []
    for some in chunks(values):
        size = rounded(len(some))
        width = len(some[0])
        statement, order = _statement(query, names, width, size)
        # Rows of NULL fill up to the rounded size; they equal nothing, so they find nothing.
        asked = (*chain.from_iterable(some), *[None] * ((size - len(some)) * width))
        found.extend(rows(connection, statement, (*asked, *[parameters[name] for name in order])))
    return found


def _run(connection: Connection, statement: str, values: Sequence[Any]) -> CursorResult[Any]:
    names = {f"v{place}": value for place, value in enumerate(values)}
    places = iter(names)
    return connection.execute(text(_SIGN.sub(lambda _: f":{next(places)}", statement)), names)


@lru_cache(maxsize=256)
def _row(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024  a statement's columns
    make: Callable[[Iterable[Any]], Any] = kind._make
    return make


@lru_cache(maxsize=256)
def _statement(query: str, names: str, width: int, size: int) -> tuple[str, tuple[str, ...]]:
    """The text, and the parameters of `query` in the order in which it names them."""
    row = f"({', '.join('?' * width)})"
    order = tuple(_PARAMETER.findall(query))
    return f"WITH asked({names}) AS (VALUES {', '.join([row] * size)}) {_PARAMETER.sub('?', query)}", order
