"""Small servers on loopback that speak HTTP as well, or as badly, as a test wants.

    with serving(answers(http(200, body=b"<rss/>"))) as server:
        ... server.url("/feed") ... server.requests[0].headers["user-agent"]

A behaviour is a function of one `Peer`, called for each request of a connection; it may send anything, at any speed, or
nothing at all.
"""

import contextlib
import gzip
import io
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from alerts.transport import Http, Limits, Policy, Reply

Behaviour: TypeAlias = Callable[["Peer"], None]


@dataclass(frozen=True)
class Asked:
    """A request as the server read it; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Peer:
    """The client's end of a connection, as a behaviour sees it; `asked` is None where the server does not read."""

    sock: socket.socket
    stopped: threading.Event
    asked: Asked | None = None
    closing: bool = False

    @property
    def request(self) -> Asked:
        assert self.asked is not None
        return self.asked

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, byte: bytes, every_s: float = 0.05) -> None:
        """The same byte again and again until the test is over."""
        while not self.stopped.wait(every_s):
            self.send(byte)

    def stall(self) -> None:
        """Say nothing more and keep the connection open."""
        self.stopped.wait(30)

    def close(self) -> None:
        self.closing = True

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closing = True


@dataclass
class Server:
    behaviour: Behaviour
    context: ssl.SSLContext | None
    reads: bool
    port: int
    requests: list[Asked] = field(default_factory=list)
    connection_count: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    _sockets: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def url(self, path: str = "/feed", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def accept_on(self, listener: socket.socket) -> None:
        while not self.stopped.is_set():
            if select.select([listener], [], [], 0.05)[0]:
                sock, _ = listener.accept()
                self.connection_count += 1
                self._sockets.append(sock)
                self._threads.append(threading.Thread(target=self._talk, args=(sock,), daemon=True))
                self._threads[-1].start()

    def stop(self) -> None:
        self.stopped.set()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _talk(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError), contextlib.ExitStack() as stack:
            sock = stack.enter_context(plain)
            if self.context is not None:
                sock = stack.enter_context(self.context.wrap_socket(plain, server_side=True))
            stream = stack.enter_context(sock.makefile("rb"))
            peer = Peer(sock, self.stopped)
            while not peer.closing and not self.stopped.is_set():
                if self.reads:
                    peer.asked = _read(stream)
                    self.requests.append(peer.asked)
                self.behaviour(peer)
                peer.closing = peer.closing or not self.reads


@contextlib.contextmanager
def serving(behaviour: Behaviour, *, context: ssl.SSLContext | None = None, reads: bool = True) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1; with `reads=False` the behaviour runs as soon as the connection stands."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(behaviour, context, reads, listener.getsockname()[1])
        thread = threading.Thread(target=server.accept_on, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            thread.join(10)
            server.stop()


def http(status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """A well-formed reply; Content-Length is added unless the headers give one or choose another framing."""
    lines = {name.lower(): value for name, value in (headers or {}).items()}
    if "transfer-encoding" not in lines and status not in (204, 304):
        lines.setdefault("content-length", str(len(body)))
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode("latin-1") + b"\r\n" + body


def answers(*replies: bytes) -> Behaviour:
    """Gives the replies in order, whatever is asked, and the last one for ever."""
    left = list(replies)

    def behave(peer: Peer) -> None:
        peer.send(left.pop(0) if len(left) > 1 else left[0])

    return behave


def routes(table: Mapping[str, bytes | Behaviour]) -> Behaviour:
    """Answers by path; 404 for any other."""

    def behave(peer: Peer) -> None:
        match table.get(peer.request.target, http(404)):
            case bytes() as reply:
                peer.send(reply)
            case action:
                action(peer)

    return behave


def closes_after(data: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(data)
        peer.close()

    return behave


def drips_after(data: bytes, byte: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(data)
        peer.drip(byte)

    return behave


def stalls_after(data: bytes = b"") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(data)
        peer.stall()

    return behave


def gzip_bomb(unpacked_mib: int) -> bytes:
    """A small file of many gzip members, each ten megabytes of one letter."""
    return gzip.compress(b"A" * 10_485_760, 9, mtime=0) * (unpacked_mib // 10)


def proxying(peer: Peer) -> None:
    """A forward proxy: absolute addresses are answered here, CONNECT opens a tunnel to loopback."""
    if peer.request.method != "CONNECT":
        peer.send(http(200, body=b"by proxy: " + peer.request.target.encode()))
        return
    port = int(peer.request.target.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as far:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ends = {peer.sock: far, far: peer.sock}
        while not peer.stopped.is_set():
            for end in select.select(list(ends), [], [], 0.05)[0]:
                if not (data := _received(end)):
                    peer.close()
                    return
                ends[end].sendall(data)


@dataclass(frozen=True)
class Authority:
    """A made-up certificate authority, and a server that it vouches for as feeds.example, localhost and 127.0.0.1."""

    ca_file: Path
    server_file: Path

    def context(self, seen_names: list[str | None] | None = None) -> ssl.SSLContext:
        """For a server; the names that clients ask for (SNI) are added to `seen_names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file)
        if seen_names is not None:
            context.sni_callback = lambda _sock, name, _context: seen_names.append(name)
        return context


def authority_in(folder: Path) -> Authority:
    authority = Authority(folder / "ca.pem", folder / "server.pem")
    authority.ca_file.write_text(_CA)
    authority.server_file.write_text(_SERVER)
    return authority


LOOPBACK = Policy(allow_private=frozenset({"127.0.0.1"}))
RECEIPT = Limits(deadline_s=3.0)
WHOLE = Limits(deadline_s=3.0, body_bytes=1_000_000, whole=True)


def ask(
    url: str,
    limits: Limits = WHOLE,
    policy: Policy = LOOPBACK,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    home: str | None = None,
) -> Reply:
    """One exchange of a client that is made for it."""
    with contextlib.closing(Http(policy)) as client:
        return client.exchange(method, url, headers or {}, body, limits, home=home)


def resolving(
    table: Mapping[str, Sequence[str]], asked: list[str] | None = None
) -> Callable[[str, int], Sequence[str]]:
    """A name service that knows these names only; each question is added to `asked`."""

    def resolve(host: str, port: int) -> Sequence[str]:
        if asked is not None:
            asked.append(host)
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return table[host]

    return resolve


def _received(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    while isinstance(sock, ssl.SSLSocket) and sock.pending():  # decrypted already, so that select would not tell
        data += sock.recv(65_536)
    return data


def _read(stream: io.BufferedReader) -> Asked:
    if not (line := stream.readline()):
        raise EOFError
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, target, headers, stream.read(int(headers.get("content-length", 0))))


# Made for these tests alone, valid from 2020 to 2120; the authority's own key was thrown away.
_CA = """\
-----BEGIN CERTIFICATE-----
MIIBdjCCARygAwIBAgICEAAwCgYIKoZIzj0EAwIwITEfMB0GA1UEAwwWU2FsbmFt
ZSB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAw
MFowITEfMB0GA1UEAwwWU2FsbmFtZSB0ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABM0K9cwbO10BmCkeJfeHUI6k6pvVIoxiIws4x8sAI6WF
0vzW5HAH5iA8ZsGncyW9prLRXn0XnW+R7Ipy+R3uWpmjQjBAMA8GA1UdEwEB/wQF
MAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBTAZ5EmIIgJOtPH80Y/SSQc
z4LbxTAKBggqhkjOPQQDAgNIADBFAiEAsLLNnCq7sfqu2haAUpIheFHed7/FEOMW
LlZvgrPxDMICIGhOOpHyxP+PhSXNrI8MY+8Jueynse+3UctSD1SLcD64
-----END CERTIFICATE-----
"""
_SERVER = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglYAMxK0zYMKHV+Ri
LoThHat6vQAbgpkRcvqKIyQPmhihRANCAARF8Kwcw7b5s1Be/gdc6rOnDBqdodNM
gJIgiEPkKrS3s2v2DzwC9sFModGBaIvDCt/ff0dYsRlaHNA9ynLwq8AQ
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBzjCCAXOgAwIBAgICEAEwCgYIKoZIzj0EAwIwITEfMB0GA1UEAwwWU2FsbmFt
ZSB0ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAw
MFowGDEWMBQGA1UEAwwNZmVlZHMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABEXwrBzDtvmzUF7+B1zqs6cMGp2h00yAkiCIQ+QqtLeza/YPPAL2wUyh
0YFoi8MK399/R1ixGVoc0D3KcvCrwBCjgaEwgZ4wDAYDVR0TAQH/BAIwADAOBgNV
HQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFEjvgBoN
RaR0hVvh82Y+NVsoNCE7MB8GA1UdIwQYMBaAFMBnkSYgiAk608fzRj9JJBzPgtvF
MCkGA1UdEQQiMCCCDWZlZWRzLmV4YW1wbGWCCWxvY2FsaG9zdIcEfwAAATAKBggq
hkjOPQQDAgNJADBGAiEA0U/tl9IeT9cmm1JEzUGFTpIwanXJk3oq07S91EKj5XoC
IQDZL2cMcAH/sMjc4agZU5wKtOwU0VsN0BZvcVbft6kxxw==
-----END CERTIFICATE-----
"""
