"""One instance a database: a lock on `<database>.lock` that ends with the process, however it ends.

Rule: a lock that cannot be trusted is refused. On a network file system neither this one nor SQLite's own holds.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import AlreadyRunning, StoreError

_NETWORK = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "9p", "fuse.sshfs", "ncpfs"}
)
_MOUNTS = Path("/proc/mounts")

_held: set[int] = set()


@contextmanager
def instance_lock(path: Path) -> Iterator[None]:
    """Hold the database at `path` for this process; AlreadyRunning names the process that holds it."""
    kind = network_file_system(path.parent.resolve())
    if kind:
        raise StoreError(f"{path} lies on a network file system ({kind}), where locks do not hold: use a local disk")
    lock = path.with_name(path.name + ".lock")
    descriptor = _open(lock)
    try:
        _take(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        _held.add(descriptor)
        yield
        # The file stays: whoever removes it lets two processes lock two files of one name.
        os.ftruncate(descriptor, 0)
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def network_file_system(folder: Path, mounts: str | None = None) -> str | None:
    """The kind of the network file system that holds `folder`, as far as the kernel's list of mounts tells."""
    if mounts is None:
        with suppress(OSError):
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    best, kind = -1, ""
    for line in (mounts or "").splitlines():
        _, point, found, *_ = line.split(" ")
        place = Path(point.replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), found
    return kind if kind in _NETWORK else None


def _open(lock: Path) -> int:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{lock} cannot be written ({error.strerror}): check the folder and its permissions") from None


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        pid = int(text) if text.isdecimal() else None
        who = f"process {pid}" if pid else "another process"
        raise AlreadyRunning(f"{path} is in use by {who}: stop it first, or wait until it is done", pid) from None


def _let_go() -> None:
    """A forked child shares the lock; it must not keep it alive when this process is killed."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)
