"""The publisher of the corpus, in a process of its own, so that its work is on nobody's bill.

        python -m tests.bench.server --feeds 200        prints its port, serves /f/0 ... /f/199 on 127.0.0.1

`GET /control?generation=1&validators=0` changes what it serves, and answers with what it has counted since the last
time. It ends when its standard input does.
"""

import argparse
import asyncio
import hashlib
import json
import sys
from collections import Counter
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from tests.bench.corpus import standard

_HEAD_END = b"\r\n\r\n"


class _Shelf:
    """The documents of all generations, made when they are first asked for."""

    def __init__(self, feeds: int) -> None:
        self.feeds, self.generation, self.validators = feeds, 0, True
        self.counts: Counter[str] = Counter()
        self._made: dict[tuple[int, int], tuple[bytes, bytes, bytes]] = {}

    def fill(self) -> None:
        for feed in range(self.feeds):
            self._get(feed)

    def answer(self, path: str, asked: bytes) -> bytes:
        name = path.rpartition("/")[2]
        if not name.isdigit() or int(name) >= self.feeds:
            self.counts["404"] += 1
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        body, etag, modified = self._get(int(name))
        validators = b"ETag: " + etag + b"\r\nLast-Modified: " + modified + b"\r\n" if self.validators else b""
        if self.validators and etag in asked:
            self.counts["304"] += 1
            return b"HTTP/1.1 304 Not Modified\r\n" + validators + b"\r\n"
        self.counts["200"] += 1
        length = b"Content-Length: %d\r\n" % len(body)
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\n"
            + validators
            + length
            + b"\r\n"
            + body
        )

    def _get(self, feed: int) -> tuple[bytes, bytes, bytes]:
        place = (self.generation, feed)
        if place not in self._made:
            made = standard().document(feed, self.generation)
            tag = f'"{hashlib.blake2b(made.body, digest_size=8).hexdigest()}"'.encode()
            self._made[place] = (made.body, tag, format_datetime(made.modified_at, usegmt=True).encode())
        return self._made[place]

    def control(self, query: str) -> bytes:
        asked = {name: int(values[-1]) for name, values in parse_qs(query).items()}
        self.generation = asked.get("generation", self.generation)
        self.validators = bool(asked.get("validators", self.validators))
        said, self.counts = json.dumps(dict(self.counts)).encode(), Counter()
        self.fill()
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(said) + said


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as much of it as a GET needs."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf, self._buffer = shelf, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._shelf.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while _HEAD_END in self._buffer and self._transport:
            head, _, self._buffer = self._buffer.partition(_HEAD_END)
            address = urlsplit(head.split(b" ", 2)[1].decode())
            if address.path == "/control":
                self._shelf.counts["connections"] -= 1
                self._transport.write(self._shelf.control(address.query))
                self._transport.close()
                return
            self._transport.write(self._shelf.answer(address.path, head))


async def serve(feeds: int) -> None:
    shelf = _Shelf(feeds)
    shelf.fill()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(shelf), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=200)
    asyncio.run(serve(parser.parse_args().feeds))
