"""The invented world of the demo: its archive, read from package data, and a web server that publishes it on loopback.

The rule it protects: nothing outside this machine is asked, and what is served depends on the archive and
the round alone.
"""

import hashlib
import re
import sys
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from types import TracebackType
from typing import Any, Self

from monitor.demo.documents import ArchiveEdit, ArchiveEntry, ArchiveFeed, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One poll of all feeds; `at` is the invented now, aware."""

    number: int
    at: datetime
    failing: frozenset[str] = frozenset()  # ids of feeds that answer 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An answer to an unconditional request; the validators are None on a failure."""

    status: int
    body: bytes
    content_type: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Everything the invented outlets publish, over all rounds."""

    rounds: tuple[Round, ...]
    feeds: tuple[ArchiveFeed, ...]

    @classmethod
    def load(cls) -> Self:
        """The archive that is shipped with the package, feeds in the order of their ids."""
        folder = files("monitor.demo") / "archive"
        tables = {
            file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
            for file in folder.iterdir()
            if file.name.endswith(".toml")
        }
        rounds = tables.pop("archive")["rounds"]
        return cls(
            rounds=tuple(_round(table) for table in rounds),
            feeds=tuple(_feed(feed_id, tables[feed_id]) for feed_id in sorted(tables)),
        )

    def feed(self, feed_id: str) -> ArchiveFeed:
        """The feed with this id; KeyError when there is none."""
        for feed in self.feeds:
            if feed.id == feed_id:
                return feed
        raise KeyError(feed_id)

    def round(self, number: int) -> Round:
        """The round with this number; KeyError when there is none."""
        for found in self.rounds:
            if found.number == number:
                return found
        raise KeyError(number)

    def document(self, feed_id: str, number: int) -> Served:
        """What a feed answers in a round; KeyError for an unknown feed or round."""
        feed, current = self.feed(feed_id), self.round(number)
        if feed_id in current.failing:
            return Served(status=HTTPStatus.INTERNAL_SERVER_ERROR, body=b"out of order\n", content_type="text/plain")
        times = {each.number: each.at for each in self.rounds}
        body, content_type = render(feed, number, times)
        return Served(
            status=HTTPStatus.OK,
            body=body,
            content_type=content_type,
            etag=f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"',
            last_modified=_http_date(self._since(feed, body, number, times)),
        )

    def _since(self, feed: ArchiveFeed, body: bytes, number: int, times: Mapping[int, datetime]) -> datetime:
        """When the document got its present form: at the first of the unbroken run of rounds with the same bytes."""
        since = times[number]
        for earlier in reversed([each.number for each in self.rounds if each.number < number]):
            if render(feed, earlier, times)[0] != body:
                break
            since = times[earlier]
        return since


class DemoSite:
    """Serves one round of an archive at `url(feed_id)` while the context is open; threads end with it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._server = _Server(archive)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def set_round(self, number: int) -> datetime:
        """Publish the documents of round `number` (1 at the start) and give its invented now."""
        self._server.round = self._archive.round(number)
        return self._server.round.at

    @property
    def now(self) -> datetime:
        return self._server.round.at

    @property
    def netloc(self) -> str:
        """Host and port, as `allow_private` wants them."""
        return f"127.0.0.1:{self._server.server_port}"

    def url(self, feed_id: str) -> str:
        return f"http://{self.netloc}/{feed_id}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.round = archive.rounds[0]
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is no news; anything else keeps its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers GET /<feed-id>, conditionally too (RFC 9110 13.1.2, 13.1.3, 13.2.2: the tag wins over the date)."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        try:
            served = self.server.archive.document(self.path.removeprefix("/"), self.server.round.number)
        except KeyError:
            served = Served(status=HTTPStatus.NOT_FOUND, body=b"no such feed\n", content_type="text/plain")
        fresh = _is_fresh(served, self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since"))
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else served.status)
        if served.etag and served.last_modified:
            self.send_header("ETag", served.etag)
            self.send_header("Last-Modified", served.last_modified)
        if not fresh:
            self.send_header("Content-Type", served.content_type)
            self.send_header("Content-Length", str(len(served.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if not fresh:
            self.wfile.write(served.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name in http.server
        """The demo speaks for itself; its server keeps quiet."""


def _is_fresh(served: Served, tags: str | None, since: str | None) -> bool:
    if served.etag is None or served.last_modified is None:
        return False
    if tags is not None:
        return served.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    if since is None:
        return False
    try:
        return parsedate_to_datetime(served.last_modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone: the condition is ignored (RFC 9110 13.1.3)
        return False


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _round(table: Mapping[str, Any]) -> Round:
    return Round(number=table["number"], at=table["at"], failing=frozenset(table.get("failing", ())))


def _feed(feed_id: str, table: Mapping[str, Any]) -> ArchiveFeed:
    fields = {**table, "entries": tuple(_entry(table["site"], entry) for entry in table["entries"])}
    return ArchiveFeed(id=feed_id, **fields)


def _entry(site: str, table: Mapping[str, Any]) -> ArchiveEntry:
    fields = {"guid": f"tag:{site.removeprefix('https://')},2025:{table['id']}", "text": "", **table}
    fields["first"] = fields.pop("from", 1)
    fields["text"] = _unwrapped(fields["text"])
    fields["edits"] = tuple(_edit(edit) for edit in table.get("edits", ()))
    return ArchiveEntry(**fields)


def _edit(table: Mapping[str, Any]) -> ArchiveEdit:
    text = table.get("text")
    return ArchiveEdit(
        round=table["round"],
        title=table.get("title"),
        text=None if text is None else _unwrapped(text),
        link=table.get("link"),
    )


def _unwrapped(text: str) -> str:
    """The line breaks of the archive's files are for their readers."""
    return re.sub(r"[ \n]+", " ", text).strip()
