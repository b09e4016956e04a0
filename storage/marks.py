"""What a person has read, as rows that any process may write.

Rule: a mark says what was read and never what is unread by default, so that a lost mark shows a change once more and
never hides one. Every writing method answers with what stood there before, which `restore` puts back.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select

from storage.statements import meta
from storage.statements.asking import chunks
from storage.statements.bulk import replacing
from storage.tables import CHANGE, READ_MARK
from storage.tables.columns import instant, micros

_M = READ_MARK.c
_SOME: BindParameter[Any] = bindparam("ids", expanding=True)
_STANDING = select(_M.change_id, _M.is_read).where(_M.change_id.in_(_SOME))
_GONE = delete(READ_MARK).where(_M.change_id.in_(_SOME))
_PUT = replacing(READ_MARK, "change_id")


class Marks:
    """The queries on read marks, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, change_ids: Iterable[str], *, is_read: bool, at: datetime) -> dict[str, bool | None]:
        """Mark changes as read, or as unread; what was marked before, None for what was not."""
        ids = sorted(set(change_ids))
        before = dict.fromkeys(ids, None) | self._standing(ids)
        if ids:
            self._connection.execute(_PUT, [{"change_id": one, "is_read": is_read, "at": at} for one in ids])
        return before

    def restore(self, before: Mapping[str, bool | None], at: datetime) -> None:
        """Put back what `put` found."""
        for some in chunks(sorted(one for one, was in before.items() if was is None)):
            self._connection.execute(_GONE, {"ids": some})
        rows = [{"change_id": one, "is_read": was, "at": at} for one, was in before.items() if was is not None]
        if rows:
            self._connection.execute(_PUT, rows)

    def until(self) -> datetime | None:
        """The time until which everything counts as read."""
        found = meta.read(self._connection, meta.READ_UNTIL)
        return instant(int(found)) if found else None

    def set_until(self, at: datetime | None) -> datetime | None:
        """Count everything until `at` as read, None: nothing for that reason; what held before."""
        before = self.until()
        meta.put(self._connection, meta.READ_UNTIL, None if at is None else str(micros(at)))
        return before

    def newest(self) -> datetime | None:
        """The time of the newest change."""
        found: datetime | None = self._connection.execute(select(func.max(CHANGE.c.at))).scalar()
        return found

    def _standing(self, ids: list[str]) -> dict[str, bool | None]:
        found: dict[str, bool | None] = {}
        for some in chunks(ids):
            found |= {row.change_id: row.is_read for row in self._connection.execute(_STANDING, {"ids": some})}
        return found
