"""The door to the database file: connections with the right pragmas, transactions begun as what they are.

Rule: a writing transaction takes the write lock before it reads. With the driver's own deferred transactions two
threads that look and then insert both find nothing and both insert; BEGIN IMMEDIATE lets the second one look after the
first has committed. Every error of the driver leaves here as one of ours, in one line that says what to do.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import DiskFull, Locked, StoreError

_INCREMENTAL = 2  # as SQLite numbers the kinds of auto_vacuum
_STATEMENTS = 512  # that stay prepared: those that ask for many values have a text for each number of them
_ROOM = 65_536  # bytes: two steps of the log's index
BUSY_TIMEOUT_S = 10.0


def database_path(url: str) -> Path:
    """The file of an SQLite URL such as `sqlite:////var/lib/salname/salname.db`; StoreError for any other kind."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"{url!r} is no database URL: write sqlite:/// and the path of a file") from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"{parsed.render_as_string()} cannot be used: write sqlite:/// and the path of a file")
    return Path(parsed.database)


def open_engine(url: str, busy_timeout_s: float = BUSY_TIMEOUT_S, *, pool_size: int = 8) -> Engine:
    """An engine whose connections wait at most `busy_timeout_s` for another process's lock; opens nothing yet."""
    path = database_path(url)
    settings = {"timeout": busy_timeout_s, "cached_statements": _STATEMENTS}
    engine = create_engine(f"sqlite:///{path}", connect_args=settings, pool_size=pool_size, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        driver: Any = connection
        driver.execute(f"PRAGMA busy_timeout={int(busy_timeout_s * 1000)}")  # first: the others may meet a lock
        if driver.execute("PRAGMA auto_vacuum").fetchone() != (_INCREMENTAL,):
            # Has its effect on a new file only, and only before WAL; on any file it takes the write lock.
            driver.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a commit that was acknowledged survives a power cut
            "foreign_keys=ON",
        ):
            driver.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = bool(connection.get_execution_options().get("writing", False))
        # Past SQLAlchemy, which takes longer to pass a pragma on than SQLite to obey.
        driver: Any = connection.connection.dbapi_connection
        # The pragma outlives the transaction on a pooled connection, so it is set to what this one needs.
        if connection.info.get("writing") is not writing:
            driver.execute(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
            connection.info["writing"] = writing
        driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the driver raises inside into Locked, DiskFull or StoreError."""
    try:
        yield
    except DBAPIError as error:
        original = error.orig
        raise (_translate(original, path) if isinstance(original, sqlite3.Error) else _refused(error, path)) from error
    except SQLAlchemyError as error:
        raise _refused(error, path) from error
    except sqlite3.Error as error:
        raise _translate(error, path) from error


def _translate(error: sqlite3.Error, path: Path) -> StoreError:  # noqa: PLR0911  a table of cases
    # Extended result codes carry the primary one in their low byte; errors of the Python module itself carry none.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Locked(f"{path} stayed locked by another process: nothing was written, try again when it is done")
        case sqlite3.SQLITE_FULL:
            return _full(path)
        # The index of the log is mapped into memory: where it cannot grow, SQLite calls it an I/O error.
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN if _has_no_room(path):
            return _full(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreError(f"{path} is damaged or no database ({error}): bring a backup back with `salname restore`")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return StoreError(f"{path} cannot be opened for writing ({error}): check the path and its permissions")
        case sqlite3.SQLITE_IOERR:
            return StoreError(f"the disk under {path} fails ({error}): check it, then `salname backup` to another one")
        case _:
            return _refused(error, path)


def _full(path: Path) -> DiskFull:
    return DiskFull(f"no space is left for {path}: nothing was written, free some and try again")


def _has_no_room(path: Path) -> bool:
    try:
        disk = shutil.disk_usage(path.parent)
    except OSError:
        return False
    return bool(disk.total) and disk.free < _ROOM  # /proc and its like have no size: they are never full


def _refused(error: Exception, path: Path) -> StoreError:
    line = " ".join(str(error).split("\n[SQL", maxsplit=1)[0].split())
    return StoreError(f"{path} refused a statement, nothing was written: {line}")
