"""The web pages of items: whose turn it is, and what the last visit found.

Rule: the next visit is written before the page is asked for, so that a process that dies in the middle neither forgets
a page nor hammers its server.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, null, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import ArticlePage, KeyKind, Plan, page_name
from storage.rows import PAGE_COLUMNS, page_from, page_row
from storage.statements.asking import rows
from storage.statements.bulk import Bulk, replacing
from storage.tables import ITEM_KEY, PAGE
from storage.tables.columns import micros

_P = PAGE.c
_DUE = f"""\
SELECT {", ".join(PAGE_COLUMNS)}, min(due_at) FROM page WHERE due_at <= ? GROUP BY feed_id ORDER BY min(due_at)"""  # noqa: S608  constants
_PUT = Bulk(replacing(PAGE, "item_id"), PAGE_COLUMNS)


class Pages:
    """The queries on pages of items, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, now: datetime) -> list[ArticlePage]:
        """The page of each feed that has waited longest, where one is due; the longest overdue first."""
        return [page_from(row) for row in rows(self._connection, _DUE, (micros(now),))]

    def take(self, page: ArticlePage, source_id: int, due_at: datetime | None) -> None:
        """Write a page's next visit before this one; it answers to its name under `source_id` from now on."""
        statement = update(PAGE).where(_P.item_id == page.item_id).values(due_at=null() if due_at is None else due_at)
        self._connection.execute(statement)
        named = {"scope": source_id, "kind": KeyKind.GUID, "value": page_name(page.item_id), "barred": False}
        self._connection.execute(upsert(ITEM_KEY).values(**named, item_id=page.item_id).on_conflict_do_nothing())

    def feeds(self) -> list[int]:
        """The numbers of the feeds for whose items a page is still to be asked for."""
        found = self._connection.execute(select(_P.feed_id).where(_P.due_at.is_not(None)).distinct())
        return list(found.scalars())

    def drop(self, feed_ids: Iterable[int]) -> None:
        """Ask for no page of these feeds any more."""
        statement = update(PAGE).where(_P.feed_id.in_(list(feed_ids)), _P.due_at.is_not(None))
        self._connection.execute(statement.values(due_at=null()))

    def apply(self, plan: Plan) -> None:
        _PUT.write(self._connection, [page_row(page) for page in plan.pages])
