"""A document kept in step with the timeline: written when it would read otherwise, whole or not at all.

Rule: whoever reads the file sees the old document or the new one, never a part; and its time of change is that of its
contents, so that a file whose bytes would be the same is left alone.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.viewer.export import Wanted, document, gather
from storage.errors import Error
from storage.reading import Reader, opened, translated

if TYPE_CHECKING:
    from monitor.config import Config


class Kept:
    """One file in one format, told of `wanted` from the database at `database`."""

    def __init__(
        self, path: Path, kind: str, database: Path, wanted: Wanted, *, zone: ZoneInfo, names: Mapping[str, str]
    ) -> None:
        self.path = path
        self._kind, self._database, self._wanted = kind, database, wanted
        self._zone, self._names = zone, names
        self._commits = _Commits(database)
        self._seen: tuple[int, int] | None = None

    def refresh(self) -> bool:
        """Write the file if something was committed since the last call, and if that changes the document."""
        try:
            with translated(self._database):
                return self._refresh()
        except Error:
            self.close()
            raise

    def close(self) -> None:
        self._commits.close()

    def _refresh(self) -> bool:
        reader, stamp = self._commits.look()  # before reading: a commit in between is seen by the next call
        if stamp == self._seen and self.path.exists():
            return False
        chronicle = gather(reader, self._wanted, zone=self._zone, names=self._names)
        written = put(self.path, document(chronicle, self._kind))
        self._seen = stamp
        return written


class ConfiguredExport:
    """The file that `[export]` asks for; a trouble that lasts is told once."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._asked: Config | None = None
        self._kept: Kept | None = None
        self._trouble = ""

    def keep(self, config: "Config") -> Path | None:
        """Bring the file up to date; its path if it was written."""
        if config is not self._asked:
            self.close()
            self._asked, self._kept, self._trouble = config, self._of(config), ""
        try:
            written = self._kept is not None and self._kept.refresh()
        except Error as error:
            told, self._trouble = self._trouble, str(error)
            if self._trouble != told:
                raise
            return None
        self._trouble = ""
        return self._kept.path if self._kept and written else None

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    def _of(self, config: "Config") -> Kept | None:
        if config.export.output is None:
            return None
        names = {topic.id: topic.names.get("en", next(iter(topic.names.values()), topic.id)) for topic in config.topics}
        wanted = Wanted(topics=config.export.topics)
        path = Path(config.export.output)
        return Kept(path, config.export.format, self._database, wanted, zone=ZoneInfo(config.timezone), names=names)


def put(path: Path, content: bytes) -> bool:
    """Replace the file in one step; False when it held exactly this."""
    try:
        with suppress(FileNotFoundError):
            if path.read_bytes() == content:
                return False
        _replace(path, content)
    except OSError as error:
        raise Error(f"{path} cannot be written ({error.strerror}): check the folder and its permissions") from None
    return True


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(_mode(path))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """As the file had it; of a new one what the process gives its files, which a temporary one is denied."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


class _Commits:
    """A database that is kept open for reading, and whether something was committed to it.

    SQLite itself is asked: its files change before a commit can be seen, and by then their times have long changed.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._opened = ExitStack()
        self._reader: Reader | None = None
        self._inode = 0

    def look(self) -> tuple[Reader, tuple[int, int]]:
        """The database as it is, and a stamp that differs after every commit; opened anew where it was replaced."""
        inode = self._database.stat().st_ino if self._database.exists() else 0
        if self._reader is None or inode != self._inode:
            self.close()
            self._reader, self._inode = self._opened.enter_context(opened(self._database, shared=True)), inode
        return self._reader, (inode, self._reader.pages.data_version())

    def close(self) -> None:
        self._reader = None
        self._opened.close()
