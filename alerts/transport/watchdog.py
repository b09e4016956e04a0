"""Ends exchanges that last too long, from outside.

Rule: after its deadline an exchange is over, whatever it is waiting for. A time-out of the socket restarts with every
byte, and a test inside a reading loop never runs while one read waits; so one thread keeps all deadlines in a heap and
shuts the sockets of the late ones down. A reply that was cut in this way can look like an empty 200: ask `is_over`
before believing anything.
"""

import contextlib
import functools
import heapq
import itertools
import os
import socket
import threading
import time
from types import TracebackType
from typing import Self


class Watchdog:
    """One thread and a heap of deadlines; started with the first one."""

    def __init__(self) -> None:
        self.changed = threading.Condition()  # its lock also guards every deadline
        self._heap: list[tuple[float, int, Deadline]] = []
        self._ended_count = 0
        self._order = itertools.count()
        self._thread: threading.Thread | None = None

    def deadline(self, seconds: float) -> "Deadline":
        deadline = Deadline(self, time.monotonic() + seconds)
        with self.changed:
            is_first = not self._heap or deadline.at < self._heap[0][0]
            heapq.heappush(self._heap, (deadline.at, next(self._order), deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_watch, name="watchdog", daemon=True)
                self._thread.start()
            elif is_first:
                self.changed.notify()
        return deadline

    def note_end(self) -> None:
        """Count an ended deadline, lock held; they are swept out once they are the greater part of the heap."""
        self._ended_count += 1
        if self._ended_count > 64 and self._ended_count * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if not entry[2].ended]
            heapq.heapify(self._heap)
            self._ended_count = 0

    def _keep_watch(self) -> None:
        with self.changed:
            while True:
                self._fire_late_ones()
                self.changed.wait(max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None)

    def _fire_late_ones(self) -> None:
        while self._heap and (self._heap[0][2].ended or self._heap[0][0] <= time.monotonic()):
            deadline = heapq.heappop(self._heap)[2]
            if deadline.ended:
                self._ended_count -= 1
            else:
                deadline.fire()


class Deadline:
    """The time that one exchange has, and the sockets to shut when it is up; a context manager for its life."""

    __slots__ = ("_dog", "_fired", "_sockets", "at", "ended")

    def __init__(self, dog: Watchdog, at: float) -> None:
        self.at = at  # on the monotonic clock
        self.ended = False
        self._dog = dog
        self._fired = False
        self._sockets: list[socket.socket] = []

    @property
    def remaining_s(self) -> float:
        return self.at - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self._fired or self.remaining_s <= 0

    def watch(self, sock: socket.socket) -> None:
        """Shut this connection down, too, when time is up.

        A duplicate is kept: wrapping in TLS detaches the original, and a reply may outlive its connection object.
        """
        copy = socket.socket(fileno=os.dup(sock.fileno()))
        with self._dog.changed:
            self._sockets.append(copy)
            if self._fired:
                self._shut()

    def fire(self) -> None:
        """Time is up now; harmless after the end."""
        with self._dog.changed:
            if not self.ended:
                self._fired = True
                self._shut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._dog.changed:
            self.ended = True
            self._dog.note_end()
        for sock in self._sockets:
            sock.close()
        self._sockets.clear()

    def _shut(self) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):  # the other side was quicker
                sock.shutdown(socket.SHUT_RDWR)


@functools.cache
def watchdog() -> Watchdog:
    """The one of this process."""
    return Watchdog()
