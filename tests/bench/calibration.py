"""What the same work costs without either program: the yardsticks of every run."""

import http.client
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.parsers import expat

import requests

from tests.bench.measuring import Publisher

Statement = tuple[str, Sequence[Sequence[object]]]


def expat_alone(bodies: Iterable[bytes]) -> None:
    for body in bodies:
        expat.ParserCreate().Parse(body, True)


def http_loop(publisher: Publisher) -> None:
    """Every feed once, over one connection, by the library that all others stand on."""
    connection = http.client.HTTPConnection("127.0.0.1", publisher.port, timeout=60)
    for feed in range(publisher.feeds):
        connection.request("GET", f"/f/{feed}")
        connection.getresponse().read()
    connection.close()


class Revalidation:
    """A bare `requests.Session` that asks for every feed with the ETag it knows."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._session = requests.Session()
        self._session.trust_env = False
        self._tags = [self._get(feed, {}).headers["ETag"] for feed in range(publisher.feeds)]

    def __call__(self) -> None:
        for feed, tag in enumerate(self._tags):
            assert self._get(feed, {"If-None-Match": tag}).status_code == 304

    def _get(self, feed: int, headers: dict[str, str]) -> requests.Response:
        return self._session.get(self._publisher.url(feed), headers=headers, timeout=60)


def sqlite_alone(path: Path, commits: Sequence[Sequence[Statement]]) -> None:
    """The same statements with the same rows, by the driver itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    for statements in commits:
        connection.execute("BEGIN IMMEDIATE")
        for text, rows in statements:
            connection.executemany(text, rows)
        connection.execute("COMMIT")
    connection.close()


def python_pass() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)
