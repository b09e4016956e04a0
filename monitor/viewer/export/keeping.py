"""A document kept in step with the timeline: written when it would read otherwise, whole or not at all.

Rule: whoever reads the file sees the old document or the new one, never a part; and its time of change is that of its
contents, so that a file whose bytes would be the same is left alone.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.viewer.export import Wanted, document, gather
from storage.errors import Error
from storage.reading import opened

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
        self._seen: object = None

    def refresh(self) -> bool:
        """Write the file if something was committed since the last call, and if that changes the document."""
        stamp = _stamp(self._database)  # before reading: a commit in between is seen by the next call
        if stamp == self._seen and self.path.exists():
            return False
        with opened(self._database) as reader:
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

    def _of(self, config: "Config") -> Kept | None:
        if config.export.output is None:
            return None
        names = {topic.id: topic.names.get("en", next(iter(topic.names.values()), topic.id)) for topic in config.topics}
        wanted = Wanted(topics=config.export.topics)
        path = Path(config.export.output).expanduser()
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


def _stamp(database: Path) -> tuple[tuple[int, int], ...]:
    """Changes with every commit: it goes to the log beside the database, and from there into it."""
    files = (database, database.with_name(f"{database.name}-wal"))
    return tuple((found.st_mtime_ns, found.st_size) for found in (file.stat() for file in files if file.exists()))
