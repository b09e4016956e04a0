"""Keeping the database: consistent copies, bringing one back, and the ballast that is dropped when the disk is full.

Rule: a copy has its final name only when it is whole, checked and on the disk; what is replaced is kept aside.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from storage import migrations
from storage.crash import crash_point
from storage.engine import database_path, translated
from storage.errors import SchemaTooNew, StoreError
from storage.room import BALLAST_BYTES, ballast_of
from storage.store.lock import instance_lock


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent copy of an open database to `target`, replacing a file of that name at the last moment."""
    part = target.with_name(target.name + ".part")
    try:
        if target.is_dir() or target.resolve() == source.resolve():
            raise StoreError(f"{target} cannot be a backup of {source}: name another file")
        part.unlink(missing_ok=True)
        with translated(target), closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
            # In one step: copied page by page it starts again at every write and may never end.
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
            _expect_sound(new, target, "quick_check")
        crash_point("mid_backup")
        part.chmod(source.stat().st_mode & 0o777)
        _make_durable(part)
        part.replace(target)
        _make_durable(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written ({error.strerror}): check the folder and its room") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def restore(file: Path, url: str) -> Path | None:
    """Put a checked copy of `file` in the place of the database; the old one is kept aside, at the path returned."""
    path = database_path(url)
    if not file.is_file():
        raise StoreError(f"there is no file {file} to restore from")
    _check_backup(file)
    with instance_lock(path):
        fresh = path.with_name(path.name + ".restored")
        copy_database(file, fresh)
        try:
            aside = _set_aside(path)
            fresh.replace(path)
            _make_durable(path.parent)
        except OSError as error:
            raise StoreError(f"{path} cannot be replaced ({error.strerror}): check its folder") from None
    return aside


def state_name(path: Path) -> str:
    """When the database was last written, for the name of a copy of it: 20251201T050607Z."""
    files = (path, path.with_name(path.name + "-wal"))
    written = max(file.stat().st_mtime for file in files if file.exists())
    return datetime.fromtimestamp(written, UTC).strftime("%Y%m%dT%H%M%SZ")


def ensure_ballast(path: Path) -> bool:
    """Keep a file of 1 MiB beside the database; False when there is no room for it (any more)."""
    ballast = ballast_of(path)
    with suppress(OSError):
        if ballast.stat().st_size == BALLAST_BYTES:
            return True
    try:
        # Random bytes: a file system that compresses would store zeros in no room at all.
        ballast.write_bytes(os.urandom(BALLAST_BYTES))
        _make_durable(ballast)
    except OSError:
        drop_ballast(path)
        return False
    return True


def drop_ballast(path: Path) -> bool:
    """Free the ballast's room; False when there was none."""
    try:
        ballast_of(path).unlink()
    except OSError:
        return False
    return True


def _check_backup(file: Path) -> None:
    with _read_as_backup(file), closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as found:
        _expect_sound(found, file, "integrity_check")
        tables = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        versions = found.execute("SELECT version_num FROM alembic_version").fetchall() if "feed" in tables else []
    if not versions:
        raise StoreError(f"{file} is no backup of Salname: it holds other tables")
    if versions[0][0] not in migrations.revisions():
        raise SchemaTooNew(migrations.too_new(file, versions[0][0]))


@contextmanager
def _read_as_backup(file: Path) -> Iterator[None]:
    """Say of what cannot be restored what it is, and not that a backup would help."""
    with translated(file):
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # errors of the Python module itself carry none
            if code == sqlite3.SQLITE_NOTADB:
                raise StoreError(f"{file} is no backup of Salname: it is no database at all") from None
            if code == sqlite3.SQLITE_CORRUPT:
                raise StoreError(f"{file} is damaged ({error}): use another backup") from None
            raise


def _expect_sound(connection: sqlite3.Connection, path: Path, check: str) -> None:
    (first,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
    if first != "ok":
        raise StoreError(f"{path} is damaged ({first}): use another backup")


def _set_aside(path: Path) -> Path | None:
    """Give the database another name, which says until when it served, and free its own; None when there is none."""
    if not path.exists():
        for companion in _companions(path):
            companion.unlink(missing_ok=True)
        return None
    aside = path.with_name(f"{path.name}.replaced-{state_name(path)}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.replaced-{state_name(path)}-{count}")
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=1)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.replace(aside)
    for companion, other in zip(_companions(path), _companions(aside), strict=True):
        with suppress(FileNotFoundError):
            companion.replace(other)
    return aside


def _companions(path: Path) -> tuple[Path, Path]:
    """The log of writes not folded in yet, and its index; a stray one would be played into the next database."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
