"""The real program as a process: a configuration on disk, a publisher and a receiver on loopback.

Runs are forked from a process that has loaded the program (tests/run/nursery.py): a start from nothing costs more than
a second of CPU.
"""

import atexit
import functools
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from tests.builders_line import TOPICS, Site

TOP = Path(__file__).parents[1]
STARTED_S = 60.0  # on a machine that is busy


# "silent" and "hangs" take the message and give no answer, "drips" one that never ends.
Fault: TypeAlias = Literal["", "fails", "limits", "silent", "drips", "hangs"]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        pass  # the peer was killed


class Receiver:
    """A webhook's other end: it logs each message that it takes by its id, and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bool, dict[str, Any]]] = []  # id, marked as a possible repeat, body
        self.answered: Counter[Fault] = Counter()
        self.faults: Callable[[], Fault] = lambda: ""
        self.status = 200
        self.delay_s = 0.0  # before it answers
        self.patience_s = 2.0  # in which a fault of silence lasts
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                said = self.rfile.read(length := int(self.headers["Content-Length"]))
                if len(said) < length:
                    self.close_connection = True  # the sender died on the way
                    return
                fault = receiver.faults()
                receiver.answered[fault] += 1
                if fault not in {"fails", "limits"}:
                    marked = self.headers.get("X-Salname-Possible-Repeat") == "1"
                    receiver.received.append((self.headers["webhook-id"], marked, json.loads(said)))
                time.sleep(receiver.delay_s)
                with suppress(OSError):
                    receiver._answer(self, fault)

            def log_message(self, *_: object) -> None:
                pass

        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def _answer(self, handler: BaseHTTPRequestHandler, fault: Fault) -> None:
        handler.close_connection = handler.close_connection or bool(fault)
        match fault:
            case "silent":
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "hangs":
                self.stopped.wait(self.patience_s)
            case "drips":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                for _ in range(int(self.patience_s * 10)):
                    handler.wfile.write(b"x")
                    self.stopped.wait(0.1)
            case _:
                handler.send_response({"": self.status, "fails": 500, "limits": 429}[fault])
                if fault == "limits":
                    handler.send_header("Retry-After", "1")
                handler.send_header("Content-Length", "0")
                handler.end_headers()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"


class Nursery:
    """The process that forks the runs of these tests; it ends with the process of the tests."""

    def __init__(self) -> None:
        command = [sys.executable, str(TOP / "tests" / "run" / "nursery.py")]
        environment = {**os.environ, "PYTHONPATH": str(TOP)}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=TOP, env=environment, stdin=pipe, stdout=pipe, text=True)
        self._lock = threading.Lock()
        atexit.register(self._end)

    def asks(self, order: Mapping[str, object]) -> dict[str, int | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer: dict[str, int | None] = json.loads(self._process.stdout.readline())
        return answer

    def _end(self) -> None:
        self._process.communicate()


@functools.cache
def nursery() -> Nursery:
    return Nursery()


@dataclass(slots=True)
class Life:
    """One run of the program, as `subprocess.Popen` would give it."""

    nursery: Nursery
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.nursery.asks({"ended": self.pid})["status"]
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int:
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("salname", timeout)
            time.sleep(0.01)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass(slots=True)
class Program:
    """`salname` with its configuration in `folder`."""

    folder: Path
    site: Site
    receiver: Receiver
    feeds: Sequence[str] = ("feed",)
    extra: str = ""
    polling: str = ""
    channel: str = ""  # more of its settings
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def database(self) -> Path:
        return self.folder / "salname.db"

    def configure(self) -> Self:
        feeds = "".join(f'[[feeds]]\nname = "{name}"\nurl = "{self.site.url(name)}"\n' for name in self.feeds)
        self.config.write_text(
            f'[storage]\nurl = "sqlite:///{self.database}"\n[http]\nallow_private = ["{self.site.netloc}"]\n'
            '[polling]\nhost_spacing = "0s"\nhost_connections = 8\nthreads = 2\nfloor = "1s"\nceiling = "1s"\n'
            f"{self.polling}\n[channels.hook]\n"
            f'kind = "webhook"\nurl = "http://{self.receiver.netloc}/hook"\ninsecure_http = true\nrate = "50/s"\n'
            f'allow_private = ["{self.receiver.netloc}"]\n{self.channel}\n'
            f'[[routes]]\nname = "all"\nchannels = ["hook"]\ngroup_wait = "0s"\n{TOPICS}\n{feeds}\n{self.extra}',
            encoding="utf-8",
        )
        return self

    def __call__(
        self, *arguments: str, crash_at: str = "", timeout_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            code = self._run(arguments, crash_at, out, err).wait(timeout_s)
            said, warned = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(arguments, code, said, warned)

    def start(self, crash_at: str = "") -> "Life":
        """Start the daemon and wait until it says that it is ready."""
        path = self.folder / "daemon.log"
        path.touch()
        begin = path.stat().st_size
        life = self._run(["run"], crash_at, path, path)
        until(lambda: '"ready"' in self.log(begin) or life.poll() is not None, STARTED_S)
        return life

    def _run(self, arguments: Sequence[str], crash_at: str, out: Path, err: Path) -> "Life":
        order = {
            "arguments": ["--config", str(self.config), *arguments],
            "environment": self._environ(crash_at),
            "folder": str(TOP),
            "out": str(out),
            "err": str(err),
        }
        return Life(nursery(), nursery().asks(order)["pid"] or 0)

    def log(self, begin: int = 0) -> str:
        with (self.folder / "daemon.log").open(encoding="utf-8") as file:
            file.seek(begin)
            return file.read()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def _environ(self, crash_at: str) -> Mapping[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SALNAME_", "COV_"))}
        return clean | self.environment | ({"SALNAME_CRASH_AT": crash_at} if crash_at else {})


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for something that another process does; whether it came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def told(program: Program) -> set[str]:
    """Titles of the items in the messages that arrived."""
    return {item["title"] for _, _, body in program.receiver.received for item in body["data"].get("items", ())}


def told_or_silent(program: Program) -> set[str]:
    """Titles that were told, and those whose silence has a reason: the baseline, or one more report of an event."""
    silent = program.rows(
        "SELECT i.title FROM item i JOIN event_item l ON l.item_id = i.id "
        "WHERE i.origin = 'baseline' OR l.how IN ('joined', 'reprint')"
    )
    return told(program) | {title for (title,) in silent}


@contextmanager
def running(program: Program):
    """The daemon for the length of a block; killed at its end if it still lives."""
    process = program.start()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
