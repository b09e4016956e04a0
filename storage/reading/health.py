"""Whether a database can be worked with, asked without SQLAlchemy and without changing it.

Rule: looking upgrades nothing; an older database is as good as a newest one, for it is brought there when it is opened.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile

from storage import migrations
from storage.errors import SchemaTooNew, StoreError
from storage.reading import opened


def expect_sound(path: Path) -> None:
    """Raise StoreError where the database at `path` is damaged, not ours, too new or cannot be written.

    Where there is none yet: if its folder takes no files.
    """
    _expect_room_for_files(path)
    if not path.exists():
        return
    with opened(path):
        pass
    try:
        # The lock alone tells whether it can be written.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=10.0)) as connection:
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be written: {error}") from None
    if version not in migrations.revisions():
        raise SchemaTooNew(migrations.too_new(path, str(version)))


def _expect_room_for_files(path: Path) -> None:
    """The log and the lock stand beside the database: its folder, or the one that it will be made in, takes files."""
    folder = next(parent for parent in path.parents if parent.exists())
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {folder} takes no files ({error.strerror})") from None
