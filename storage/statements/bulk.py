"""Many rows of one statement, without SQLAlchemy's work on each value.

Rule: statements and the types of their columns come from `tables`; only the loop over the rows is ours. Storing 10,000
items, 500 a commit: executed as Core the statements reach 0.45 of the speed of plain sqlite3, executed here 0.7.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Insert, Table, Update
from sqlalchemy.dialects.sqlite import Insert as Upsert
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.statements.asking import chunks, driver_of, rounded, tuples
from storage.tables.columns import converter, json_text, restorer

_Converters = tuple[tuple[int, Callable[[Any], Any]], ...]


def replacing(table: Table, *key: str) -> Upsert:
    """Insert a row, or replace all of the one that has its `key` but a number that only storage gives ("id")."""
    statement = upsert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in {*key, "id"}}
    return statement.on_conflict_do_update(index_elements=list(key), set_=rest)


def columns_of(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.c)


class Bulk:
    """An insert or an update by rows that hold the parameters `names`, those of columns in the order of the table.

    `stored`: the values are what the driver stores already.
    """

    def __init__(self, statement: Insert | Update, names: Iterable[str], *, stored: bool = False) -> None:
        self._statement = statement
        self._names = list(names)
        columns = _columns_of(statement)
        kinds = [(place, columns[name].type) for place, name in enumerate(self._names) if name in columns]
        found = [(place, converter(kind)) for place, kind in kinds if not stored]
        self._converters: _Converters = tuple((place, each) for place, each in found if each is not None)

    def write(self, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        converted = list(rows)
        if not converted:
            return
        if self._converters:
            converted = self._converted(converted)
        text = _text(self._statement, tuple(self._names), connection.dialect)
        if (driver := driver_of(connection)) is not None:
            driver.executemany(text, converted)
        elif connection.dialect.positional:
            connection.exec_driver_sql(text, converted)
        else:
            connection.exec_driver_sql(text, [dict(zip(self._names, row, strict=True)) for row in converted])

    def _converted(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Column by column: most of the work was to take each row apart and to put it together again."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, convert in self._converters:
            knows_none = convert is json_text
            columns[place] = [None if value is None and not knows_none else convert(value) for value in columns[place]]
        return list(zip(*columns, strict=True))


class ByNumber:
    """Rows of `table` as tuples of the columns `names`, found by the numbers or ids in its column `by`.

    A document's known items are read at every poll, and making them costs more than finding them. `words` says what a
    word of a column stands for.
    """

    def __init__(
        self, table: Table, names: Iterable[str], *, by: str, words: Mapping[str, Callable[[str], Any]] | None = None
    ) -> None:
        columns: list[Column[Any]] = [table.c[name] for name in names]
        made = [(words or {}).get(column.name) or restorer(column.type) for column in columns]
        self._converters: _Converters = tuple((place, each) for place, each in enumerate(made) if each is not None)
        self._text = f"SELECT {', '.join(column.name for column in columns)} FROM {table.name} WHERE {by} IN "  # noqa: S608  names of our own tables

    def read(self, connection: Connection, ids: Collection[Any]) -> Iterator[list[Any]]:
        for some in chunks(sorted(ids)):
            size = rounded(len(some))  # few texts, so that each is prepared seldom; NULL equals nothing
            values = (*some, *[None] * (size - len(some)))
            for row in tuples(connection, f"{self._text}({', '.join('?' * size)})", values):
                yield self._restored(row)

    def _restored(self, row: Iterable[Any]) -> list[Any]:
        values = list(row)
        for place, restore in self._converters:
            if values[place] is not None:
                values[place] = restore(values[place])
        return values


@lru_cache(maxsize=64)
def _text(statement: Insert | Update, names: tuple[str, ...], dialect: Dialect) -> str:
    keys = list(names) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    if dialect.positional and compiled.positiontup != list(names):
        raise ValueError(f"the parameters of {compiled} stand in another order than {names}")
    return str(compiled)


def _columns_of(statement: Insert | Update) -> Mapping[str, Column[Any]]:
    table = statement.table
    assert isinstance(table, Table)  # noqa: S101  rows are written to tables alone
    return {column.name: column for column in table.c}
