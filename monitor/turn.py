"""The right to keep the interpreter busy: whatever the number of threads, one of them has it at a time.

Rule: whoever computes has the turn, whoever waits for a server or a worker has not; and who holds the database never
waits for it. Without it the writer lets go of the interpreter's lock at every step of SQLite, and a thread that reads a
document takes it, and back: six hundred calls of the kernel a feed, a tenth of a poll that finds one new entry.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """Taken with `with`; not by a thread that has it already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Leave the turn to others while what is inside waits."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
