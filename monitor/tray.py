"""A bounded queue between many threads and one that takes what they bring by the batch.

Rule: who takes is waked once a batch. A queue that hands over one thing at a time wakes it for each, and a switch from
thread to thread costs as much as a tenth of a fetch.
"""

import threading
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Tray(Generic[_T]):
    """Holds at most `size` things; full enough to be emptied at half of that, or when they weigh `weight` together."""

    def __init__(self, size: int, *, weight: int) -> None:
        self._size, self._enough = size, weight
        lock = threading.Lock()
        self._brought, self._taken = threading.Condition(lock), threading.Condition(lock)
        self._waiting: list[_T] = []
        self._weight = 0
        self._wanted = 1  # how many things who takes is waiting for
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= self._size

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def put(self, thing: _T, timeout_s: float, *, weight: int = 0) -> bool:
        """Whether there was room for it within `timeout_s`."""
        with self._taken:
            if not self._taken.wait_for(lambda: not self.is_full, timeout_s):
                return False
            self._waiting.append(thing)
            self._weight += weight
            if self._is_there():
                self._brought.notify()
            return True

    def take(self, timeout_s: float) -> list[_T]:
        """All that waits, as soon as there is any; nothing after `timeout_s`, or once the tray is closed."""
        return self._taken_when(1, timeout_s)

    def gather(self, timeout_s: float) -> list[_T]:
        """All that waits, as soon as it is enough, or after `timeout_s`, or once the tray is closed."""
        return self._taken_when(max(self._size // 2, 1), timeout_s)

    def close(self) -> None:
        """No more will come: nobody waits for it from now on."""
        with self._brought:
            self._is_closed = True
            self._brought.notify()

    def _taken_when(self, count: int, timeout_s: float) -> list[_T]:
        with self._brought:
            self._wanted = count
            self._brought.wait_for(lambda: self._is_there() or self._is_closed, timeout_s)
            found, self._waiting, self._weight = self._waiting, [], 0
            self._taken.notify_all()
            return found

    def _is_there(self) -> bool:
        return len(self._waiting) >= self._wanted or self._weight >= self._enough
