"""What a person has read, as rows that any process may write.

Rule: a mark says what was read and never what is unread by default, so that a lost mark shows a change once more and
never hides one. Every writing method answers with what stood there before, which `restore` puts back.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from storage.statements.asking import chunks
from storage.tables import CHANGE, META, READ_MARK

READ_UNTIL = "read_until"  # in `meta`: microseconds until which everything counts as read

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_M = READ_MARK.c
_SOME: BindParameter[Any] = bindparam("ids", expanding=True)
_STANDING = select(_M.change_id, _M.is_read).where(_M.change_id.in_(_SOME))
_GONE = delete(READ_MARK).where(_M.change_id.in_(_SOME))
_PUT = insert(READ_MARK)
_PUT = _PUT.on_conflict_do_update(
    index_elements=[_M.change_id], set_={"is_read": _PUT.excluded.is_read, "at": _PUT.excluded.at}
)


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
        found = self._connection.execute(select(META.c.value).where(META.c.key == READ_UNTIL)).scalar()
        return _EPOCH + timedelta(microseconds=int(found)) if found else None

    def set_until(self, at: datetime | None) -> datetime | None:
        """Count everything until `at` as read, None: nothing for that reason; what held before."""
        before = self.until()
        self._connection.execute(delete(META).where(META.c.key == READ_UNTIL))
        if at is not None:
            value = str((at - _EPOCH) // timedelta(microseconds=1))
            self._connection.execute(insert(META).values(key=READ_UNTIL, value=value))
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
