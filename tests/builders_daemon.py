"""The real program as a process: a configuration on disk, a publisher and a receiver on loopback."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.builders_line import TOPICS, Site

TOP = Path(__file__).parents[1]
STARTED_S = 60.0  # on a machine that is busy


class Receiver:
    """A webhook's other end: it logs each message by its id and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bool, dict[str, Any]]] = []  # id, marked as a possible repeat, body
        self.status = 200
        self.delay_s = 0.0  # before it answers
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                marked = self.headers.get("X-Salname-Possible-Repeat") == "1"
                receiver.received.append((self.headers["webhook-id"], marked, body))
                time.sleep(receiver.delay_s)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"


@dataclass(slots=True)
class Program:
    """`salname` with its configuration in `folder`."""

    folder: Path
    site: Site
    receiver: Receiver
    feeds: Sequence[str] = ("feed",)
    extra: str = ""
    polling: str = ""
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
            f'allow_private = ["{self.receiver.netloc}"]\n'
            f'[[routes]]\nname = "all"\nchannels = ["hook"]\ngroup_wait = "0s"\n{TOPICS}\n{feeds}\n{self.extra}',
            encoding="utf-8",
        )
        return self

    def __call__(
        self, *arguments: str, crash_at: str = "", timeout_s: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(self.config), *arguments],
            capture_output=True, text=True, timeout=timeout_s, cwd=TOP, env=self._environ(crash_at), check=False,
        )  # fmt: skip

    def start(self, crash_at: str = "") -> subprocess.Popen[str]:
        """Start the daemon and wait until it says that it is ready."""
        log = (self.folder / "daemon.log").open("a+", encoding="utf-8")
        log.seek(0, os.SEEK_END)
        begin = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "--config", str(self.config), "run"],
            stdout=log, stderr=log, text=True, cwd=TOP, env=self._environ(crash_at),
        )  # fmt: skip
        log.close()
        until(lambda: '"ready"' in self.log(begin) or process.poll() is not None, STARTED_S)
        return process

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
