"""An incoming webhook on loopback that says ok and keeps what it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Slack:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.agents: set[str] = set()
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                slack.agents.add(self.headers["User-Agent"])
                slack.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stops(self) -> None:
        """Close the port; a second call changes nothing."""
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@contextmanager
def slack_server() -> Iterator[Slack]:
    slack = Slack()
    try:
        yield slack
    finally:
        slack.stops()
