"""What a viewer reads: named SQL over the standard library's sqlite3, opened read-only.

Rule: nothing here imports SQLAlchemy, so that reading the timeline costs milliseconds; each method gives plain values
in the shape of the JSON contract: times ISO 8601 in UTC with Z, days as YYYY-MM-DD, ids as text, absent values None.
What a newer Salname wrote is refused here as everywhere: its rows may mean something else.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import SchemaTooNew, StoreError
from storage.reading.connection import Connection, Record

if TYPE_CHECKING:
    from storage.reading.alerts import AlertReading
    from storage.reading.chains import ChainReading
    from storage.reading.claims import ClaimReading
    from storage.reading.decisions import DecisionReading
    from storage.reading.events import EventReading
    from storage.reading.feeds import FeedReading
    from storage.reading.items import ItemReading
    from storage.reading.paging import PageReading
    from storage.reading.search import SearchReading
    from storage.reading.storylines import StorylineReading
    from storage.reading.timeline import TimelineReading

__all__ = ["Reader", "Record", "opened", "translated"]


NEWEST = "0001"  # the newest schema that is understood: the last of the migrations, which need not be listed for it


class Reader:
    """A database, looked at; every call sees what is committed at that moment.

    Each noun's queries are loaded when they are asked for: a command reads one or two of them.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = Connection(connection)

    @cached_property
    def timeline(self) -> "TimelineReading":
        from storage.reading.timeline import TimelineReading

        return TimelineReading(self._connection)

    @cached_property
    def storylines(self) -> "StorylineReading":
        from storage.reading.storylines import StorylineReading

        return StorylineReading(self._connection)

    @cached_property
    def claims(self) -> "ClaimReading":
        from storage.reading.claims import ClaimReading

        return ClaimReading(self._connection)

    @cached_property
    def items(self) -> "ItemReading":
        from storage.reading.items import ItemReading

        return ItemReading(self._connection)

    @cached_property
    def events(self) -> "EventReading":
        from storage.reading.events import EventReading

        return EventReading(self._connection)

    @cached_property
    def feeds(self) -> "FeedReading":
        from storage.reading.feeds import FeedReading

        return FeedReading(self._connection)

    @cached_property
    def chains(self) -> "ChainReading":
        from storage.reading.chains import ChainReading

        return ChainReading(self._connection)

    @cached_property
    def pages(self) -> "PageReading":
        from storage.reading.paging import PageReading

        return PageReading(self._connection)

    @cached_property
    def search(self) -> "SearchReading":
        from storage.reading.search import SearchReading

        return SearchReading(self._connection)

    @cached_property
    def alerts(self) -> "AlertReading":
        from storage.reading.alerts import AlertReading

        return AlertReading(self._connection)

    @cached_property
    def decisions(self) -> "DecisionReading":
        from storage.reading.decisions import DecisionReading

        return DecisionReading(self._connection)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def opened(path: Path, *, shared: bool = False) -> Iterator[Reader]:
    """Open the database at `path` for reading; raises StoreError when there is none or it is not ours.

    `shared`: several threads use it, one at a time.
    """
    if not path.exists():
        raise StoreError(
            f"there is no timeline yet ({path} does not exist); "
            "`salname poll` makes one, `salname init` its configuration"
        )
    with translated(path):
        address = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=10.0, check_same_thread=not shared)
    try:
        with translated(path):
            connection.execute("PRAGMA query_only = ON")
            _expect_ours(connection, path)
            yield Reader(connection)
    finally:
        connection.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the driver raises inside into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from None


def _expect_ours(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "change", "item"} <= tables:
        raise StoreError(f"{path} is no database of Salname: check [storage] url")
    for (version,) in connection.execute("SELECT version_num FROM alembic_version"):
        if version > NEWEST:
            from storage.migrations import too_new

            raise SchemaTooNew(too_new(path, version))
