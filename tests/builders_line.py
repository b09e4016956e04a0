"""A world on loopback: feeds that say what a test wants, and a monitor that polls them by an invented clock."""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape

from monitor.app import Monitor, Polled
from monitor.config import Config, parse_config
from monitor.pipeline.read import PollOptions
from storage.model import Change
from storage.reading import Record, opened

START = datetime(2025, 11, 18, 6, 0, tzinfo=UTC)

OUTLET_TEXT = "Delegates spent the morning on broadband in villages and the evening on its price in towns."
TOPICS = """
[terms.itu]
en = ["ITU", "International Telecommunication Union"]
az = ["BTİ"]
ru = ["МСЭ"]
[[topics]]
id = "itu"
names = { en = "ITU" }
must = ["itu"]
"""


def an_entry(
    slug: str,
    title: str,
    text: str = "",
    *,
    at: datetime | None = START - timedelta(hours=1),
    guid: str | None = "",
    link: str | None = "",
) -> str:
    """An RSS item; guid and link are made of the slug unless they are given, None leaves them out."""
    guid = f"guid-{slug}" if guid == "" else guid
    link = f"https://outlet.example/news/{slug}" if link == "" else link
    parts = [f"<title>{escape(title)}</title>"]
    parts += [f"<link>{escape(link)}</link>"] if link else []
    parts += [f'<guid isPermaLink="false">{escape(guid)}</guid>'] if guid else []
    parts += [f"<description>{escape(text)}</description>"] if text else []
    parts += [f"<pubDate>{format_datetime(at)}</pubDate>"] if at else []
    return f"<item>{''.join(parts)}</item>"


def a_document(*entries: str, title: str = "Outlet") -> bytes:
    items = "\n".join(entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://outlet.example/</link>\n{items}\n</channel></rss>"
    ).encode()


@dataclass(slots=True)
class Page:
    """What an address answers; `validators` False sends none and always the whole body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    validators: bool = True
    etag: str | None = None
    requests: list[Mapping[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


class Site:
    """A publisher on 127.0.0.1; pages may be changed while it serves."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.pages))
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

    def url(self, name: str) -> str:
        return f"http://{self.netloc}/{name}"

    def publishes(self, *entries: str, name: str = "feed", **page: object) -> Page:
        """Serve these entries as the feed `name` from now on."""
        return self.serves(a_document(*entries), name=name, **page)

    def serves(self, body: bytes, *, name: str = "feed", **page: object) -> Page:
        known = self.pages.get(f"/{name}")
        made = Page(body=body, **page)  # type: ignore[arg-type]  # a test's own words
        if known is not None:
            made.requests, made.statuses = known.requests, known.statuses
        self.pages[f"/{name}"] = made
        return made


def _handler(pages: Mapping[str, Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = pages.get(self.path) or Page(status=404)
            page.requests.append({name.lower(): value for name, value in self.headers.items()})
            etag = page.etag or f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
            known = page.validators and page.status == 200 and self.headers.get("If-None-Match") == etag
            status = 304 if known else page.status
            page.statuses.append(status)
            self.send_response(status)
            if page.validators and page.status == 200:
                self.send_header("ETag", etag)
            for name, value in page.headers.items():
                self.send_header(name, value)
            body = b"" if known else page.body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class World:
    """A monitor with its database in `folder`, polling `site` by a clock that a test turns on."""

    def __init__(
        self, site: Site, folder: Path, *, feeds: Sequence[str] = ("feed",), extra: str = "", topics: str = TOPICS
    ) -> None:
        self.site, self.folder = site, folder
        self.now = START
        self.database = folder / "salname.db"
        self.text = self.configuration(feeds, extra, topics)
        self.config: Config = parse_config(self.text)
        self.monitor = Monitor.open(self.config, f"sqlite:///{self.database}")
        self.monitor.clock = lambda: self.now

    def configuration(self, feeds: Sequence[str], extra: str, topics: str) -> str:
        made = [f'[[feeds]]\nname = "{name}"\nurl = "{self.site.url(name)}"\n' for name in feeds]
        head = (
            f'timezone = "Asia/Baku"\n[http]\nallow_private = ["{self.site.netloc}"]\n'
            '[polling]\nhost_spacing = "0s"\nhost_connections = 8\nthreads = 4\n'
        )
        return head + topics + "\n" + "\n".join(made) + extra

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.monitor.close()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def polls(
        self, *names: str, options: PollOptions | None = None, after: timedelta = timedelta(minutes=20)
    ) -> list[Polled]:
        """Poll the named feeds, or all of them, `after` the last poll."""
        self.now += after
        return self.monitor.poll(list(names), everything=not names, options=options)

    def changes(self, kind: str = "") -> list[Record]:
        with opened(self.database) as reader:
            return [
                one for one in reader.timeline.changes(limit=1000, world_only=False) if one["kind"].startswith(kind)
            ]

    def items(self) -> list[Record]:
        with opened(self.database) as reader:
            return reader.items.newest(limit=1000)

    def verdicts(self, polled: Sequence[Polled]) -> list[str]:
        """What the polls decided, as words: "NEW", "REVISED"."""
        return [verdict.kind.value for one in polled for verdict in one.plan.verdicts]


def kinds(changes: Sequence[Change] | Sequence[Record]) -> list[str]:
    return [one["kind"] if isinstance(one, dict) else one.kind for one in changes]


Turn = Callable[[World], None]
