"""A read-only connection that gives rows as mappings, and the spelling of values in the JSON contract."""

import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]  # one JSON object

# The event that :event names or was merged into, and all that were merged into it.
OF_EVENT = """
    SELECT coalesce(merged_into, id) FROM event WHERE id = :event
    UNION ALL SELECT id FROM event WHERE merged_into = (SELECT coalesce(merged_into, id) FROM event WHERE id = :event)
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_decoded = json.JSONDecoder().raw_decode  # half the time of json.loads, for text that json.dumps has written


class Connection:
    """Runs named SQL; a row answers to its column names."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._connection = connection

    def all(self, sql: str, values: Mapping[str, object] | Sequence[object] = ()) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Mapping[str, object] | Sequence[object] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def close(self) -> None:
        self._connection.close()


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return int((at - _EPOCH) / timedelta(microseconds=1))


def moment(value: int | None) -> str | None:
    """An instant as ISO 8601 in UTC with Z, to the second."""
    if value is None:
        return None
    return f"{(_EPOCH + timedelta(seconds=value // 1_000_000)).isoformat()[:19]}Z"


def text(blob: bytes | None) -> str:
    return zlib.decompress(blob).decode("utf-8", "replace") if blob else ""


def value(stored: str | bytes | None) -> Any:
    """A JSON column, whether packed or not."""
    if stored is None:
        return None
    return _decoded(stored if isinstance(stored, str) else zlib.decompress(stored).decode())[0]


def marks(count: int) -> str:
    return ",".join("?" * count)
