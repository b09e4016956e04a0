"""Reads documents that may take long in processes that can be killed.

Parsing holds the interpreter's lock, and some input takes feedparser minutes: a thread could neither be stopped nor
leave the others their time. So a large or strange document goes to one of at most two workers, which is killed when
its time is up. A worker ends by itself when its parent is gone, however that came about.
"""

import atexit
import contextlib
import fcntl
import os
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.feeds.document import Document
from monitor.feeds.pages import read_page
from monitor.feeds.parse import parse, prepare, read
from monitor.turn import Turn
from storage.errors import ParseError

SMALL = 256 * 1_024  # bytes that are read in this process, unless they look slow
SMALL_FIRST = 64 * 1_024  # the same for a server's first document: nobody knows it yet
TIME_LIMIT_S = 20.0
_START_LIMIT_S = 15.0  # for a worker to import what it needs, on a machine that is busy
_GRACE_S = 5.0  # a worker ends itself so much after the time its parent should have killed it
_LIFE = 200  # documents a worker reads before it is replaced
_MEMORY_SOFT = 80 * 1_024 * 1_024  # bytes of memory after which it is replaced, whatever it read
_MEMORY_HARD = 1_024 * 1_024 * 1_024  # of address space: a bomb that found its way ends here
_LENGTH = struct.Struct("!Q")
_READY = b"ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The arguments of `parse`, or with `page`, the title of a web page, of `read_page`."""

    body: bytes
    content_type: str | None
    final_url: str
    feed_timezone: str | None
    now: datetime
    known_ranges: frozenset[bytes]
    page: str | None = None


def parse_bounded(
    body: bytes,
    content_type: str | None,
    *,
    pool: "ParserPool",
    final_url: str,
    feed_timezone: str | None,
    now: datetime,
    known_ranges: Collection[bytes] = (),
    first: bool = False,
    page: str | None = None,
    turn: Turn | None = None,
) -> Document:
    """What `parse` gives, within the pool's limit of time; `first`: no document of this feed was ever read.

    `turn` is the caller's, who leaves it to others while a worker reads.

    `page` is the title of what is a web page and no feed: those are read in a worker. Of feeds, small documents are
    read here and now, all others in a worker. Raises ParseError as `parse` does, and one that
    begins with "too slow to parse".
    """
    job = Job(
        body=body,
        content_type=content_type,
        final_url=final_url,
        feed_timezone=feed_timezone,
        now=now,
        known_ranges=frozenset(known_ranges),
        page=page,
    )
    if page is None and len(body) <= (SMALL_FIRST if first else SMALL):
        source = prepare(body, content_type, job.known_ranges)
        if not source.may_be_slow:
            known = job.known_ranges
            return read(source, final_url=final_url, feed_timezone=feed_timezone, now=now, known_ranges=known)
    with turn.let_go() if turn else contextlib.nullcontext():
        return pool.parse(job)


class ParserPool:
    """At most `size` workers, started when they are first needed; safe to use from many threads."""

    def __init__(self, *, size: int = 2, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        atexit.register(self.close)

    def parse(self, job: Job) -> Document:
        """The document, read in a worker; the time spent waiting for a free one does not count."""
        with self._free:
            worker = self._take()
            try:
                answer = worker.ask(job, time.monotonic() + self._time_limit_s)
            except TimeoutError:
                self._end(worker)
                limit = f"{self._time_limit_s:g} s"
                raise ParseError(
                    f"too slow to parse: {len(job.body)} bytes took more than {limit} and were given up"
                ) from None
            except (OSError, EOFError) as error:
                self._end(worker)
                raise ParseError(f"unreadable: the parsing worker failed: {error}") from error
            except BaseException:
                self._end(worker)
                raise
            self._give_back(worker, answer)
        if isinstance(answer.result, str):
            raise ParseError(answer.result)
        return answer.result

    def close(self) -> None:
        """Kill all workers; what they were reading fails. Returns within a second."""
        with self._lock:
            self._closed = True
            workers, self._all, self._idle = self._all, set(), []
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()
        atexit.unregister(self.close)

    def _take(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise ParseError("unreadable: the parser pool is closed")
            if self._idle:
                return self._idle.pop()
            try:
                worker = _Worker(self._time_limit_s)
            except OSError as error:
                raise ParseError(f"unreadable: no parsing worker could be started ({error})") from error
            self._all.add(worker)
            return worker

    def _give_back(self, worker: "_Worker", answer: "_Answer") -> None:
        with self._lock:
            if not self._closed and not answer.retiring:
                self._idle.append(worker)
                return
        self._end(worker)

    def _end(self, worker: "_Worker") -> None:
        with self._lock:
            self._all.discard(worker)
        worker.kill()
        worker.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A document, or the message of the ParseError; `retiring` workers take no further job."""

    result: Document | str
    retiring: bool


class _Worker:
    """One child process, and our end of the socket to it."""

    def __init__(self, time_limit_s: float) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            code = f"from monitor.feeds.parser_pool import serve; serve({theirs.fileno()}, {time_limit_s})"
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own line of code
                    [sys.executable, "-P", "-c", code],  # -P: no module of the working directory
                    stdin=subprocess.PIPE,  # nothing is ever written: it hangs up when we are gone
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
                    start_new_session=True,  # Ctrl-C in a terminal is for us alone
                )
            except OSError:
                ours.close()
                raise
        self._socket = ours
        self._ready = False

    def ask(self, job: Job, deadline: float) -> _Answer:
        """Send a job and wait; a worker's first job starts when it is ready, and its time with it."""
        if not self._ready:
            begun = time.monotonic()
            self._await_greeting(begun + _START_LIMIT_S)
            deadline += time.monotonic() - begun
        _send(self._socket, pickle.dumps(job, pickle.HIGHEST_PROTOCOL), deadline)
        answer: _Answer = pickle.loads(_receive(self._socket, deadline))  # noqa: S301 - the child runs our own code
        return answer

    def _await_greeting(self, deadline: float) -> None:
        try:
            self._ready = _receive(self._socket, deadline) == _READY
        except TimeoutError:
            raise EOFError(f"it did not start within {_START_LIMIT_S:g} s") from None

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> None:
        self._process.wait()
        self._socket.close()
        if self._process.stdin is not None:
            self._process.stdin.close()


def _send(connection: socket.socket, message: bytes, deadline: float | None) -> None:
    connection.settimeout(_remaining(deadline))
    connection.sendall(_LENGTH.pack(len(message)) + message)


def _receive(connection: socket.socket, deadline: float | None) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, deadline))
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytes:
    message = bytearray()
    while len(message) < length:
        connection.settimeout(_remaining(deadline))
        piece = connection.recv(min(length - len(message), 1 << 20))
        if not piece:
            raise EOFError("it closed its connection")
        message += piece
    return bytes(message)


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def serve(descriptor: int, time_limit_s: float) -> None:
    """A worker's life: greet, read documents until the other end closes; runs in a process of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager tells the whole group; our parent decides
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _die_with_parent()
    with contextlib.suppress(ValueError, OSError):  # a platform that does not bound address space
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_HARD, resource.getrlimit(resource.RLIMIT_AS)[1]))
    connection = socket.socket(fileno=descriptor)
    _send(connection, _READY, None)
    for count in range(1, _LIFE + 1):
        try:
            job: Job = pickle.loads(_receive(connection, None))  # noqa: S301 - from our parent
        except (EOFError, OSError):
            return
        signal.setitimer(signal.ITIMER_REAL, time_limit_s + _GRACE_S)  # its default action ends us, should nobody else
        answer = _answer(job, retiring=count == _LIFE)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(connection, pickle.dumps(answer, pickle.HIGHEST_PROTOCOL), None)
        if answer.retiring:
            return


def _die_with_parent() -> None:
    """Have the kernel end us when the pipe on our standard input is hung up, whatever we are doing then.

    A thread that waits for it would not run while an expression of feedparser's holds the interpreter's lock. Where
    SIGIO is ignored by default (macOS), the alarm of each document takes its place.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _answer(job: Job, *, retiring: bool) -> _Answer:
    result: Document | str
    try:
        result = _read(job)
    except ParseError as error:
        result = str(error)
    except MemoryError:
        return _Answer(result="unreadable: the document takes too much memory to read", retiring=True)
    return _Answer(result=result, retiring=retiring or peak_memory() > _MEMORY_SOFT)


def _read(job: Job) -> Document:
    if job.page is not None:
        return read_page(job.body, job.content_type, title=job.page, url=job.final_url)
    return parse(
        job.body,
        job.content_type,
        final_url=job.final_url,
        feed_timezone=job.feed_timezone,
        now=job.now,
        known_ranges=job.known_ranges,
    )


def peak_memory() -> int:
    """Bytes of memory that this process held at its peak.

    Linux has it in /proc, as its getrusage() begins with what the parent held. macOS has only getrusage(), in bytes.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1_024
