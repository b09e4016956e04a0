"""The connection classes under requests, where addresses are checked and the head of a reply is bounded.

Rule: a connection is made to a checked address only, is known to the deadline of the exchange from its first byte, and
tells how far the request got. Connections outlive an exchange; the `Wire` that they share says what is going on now.

The classes inherit because urllib3 and http.client offer no other place to stand; only the overridden steps are ours.
"""

import functools
import http.client
import io
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_auth_from_url
from urllib3 import PoolManager, ProxyManager, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from alerts.transport.addresses import Opened, Resolve, checked, resolved
from alerts.transport.body import Limits
from alerts.transport.errors import ConnectFailed, TimedOut, TooLarge
from alerts.transport.watchdog import Deadline
from storage.crash import crash_point

HEAD_BYTES = 262_144  # status line and headers together; browsers give up at this size, too
KEPT_HOSTS = 10  # hosts to which a worker keeps an idle connection, one each


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What the connections must know of the exchange at hand."""

    host: str
    deadline: Deadline
    limits: Limits
    is_message: bool  # the request carries a body, which must not be sent twice


class Wire:
    """Where the connections of one worker meet the exchange at hand, and what has happened in it so far."""

    __slots__ = ("_opened", "_resolve", "exchange", "is_answered", "is_fresh", "is_sent")

    def __init__(self, resolve: Resolve, opened: Opened) -> None:
        self._resolve = resolve
        self._opened = opened

    def begin(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.is_fresh = False  # connected during this exchange
        self.is_sent = False  # the last byte of the request was handed over
        self.is_answered = False  # the first byte of a reply came

    def connect(self, host: str, port: int) -> socket.socket:
        """A connected socket; raises AddressRefused, DnsFailed, ConnectFailed or TimedOut."""
        now = self.exchange
        addresses = self._addresses(host, port, min(now.limits.read_s, now.deadline.remaining_s))
        failure: TimedOut | ConnectFailed = TimedOut(host, "no connection in time")
        for address in addresses:
            seconds = min(now.limits.connect_s, now.deadline.remaining_s)
            if seconds <= 0:
                break
            try:
                sock = _connected(address, port, seconds)
            except TimeoutError:
                failure = TimedOut(host, f"no connection to port {port} within {seconds:.0f} s")
            except OSError as error:
                failure = ConnectFailed(host, f"no connection to port {port} ({type(error).__name__})")
            else:
                self.is_fresh = True
                now.deadline.watch(sock)
                return sock
        raise failure

    def reuse(self, sock: socket.socket) -> None:
        self.exchange.deadline.watch(sock)

    def passes(self, point: str) -> None:
        if self.exchange.is_message:
            crash_point(point)

    def _addresses(self, host: str, port: int, seconds: float) -> tuple[IPv4Address | IPv6Address, ...]:
        try:
            names = [str(ipaddress.ip_address(host))]
        except ValueError:
            names = list(resolved(host, port, self._resolve, seconds))
        return checked(host, port, names, self._opened)


def pools(wire: Wire, *, ca_file: str | None, proxy: str | None) -> PoolManager:
    """A manager of guarded connections, direct or through `proxy`, whose address may hold `user:password@`."""
    context = tls_context(ca_file)
    manager: _Pools
    if proxy is None:
        manager = _Pools(KEPT_HOSTS, maxsize=1, cert_reqs="CERT_REQUIRED", ssl_context=context)
    else:
        manager = _ProxyPools(
            proxy,
            KEPT_HOSTS,
            maxsize=1,
            cert_reqs="CERT_REQUIRED",
            ssl_context=context,
            proxy_ssl_context=context,
            proxy_headers=_proxy_headers(proxy),
        )
    manager.wire = wire
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


@functools.cache
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """One for all connections that trust these authorities: reading them costs 20 ms, so never once a connection."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(ca_file or DEFAULT_CA_BUNDLE_PATH)
    return context


def _connected(address: IPv4Address | IPv6Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((str(address), port))
    except OSError:
        sock.close()
        raise
    return sock


def _proxy_headers(proxy: str) -> Mapping[str, str]:
    user, password = get_auth_from_url(proxy)
    return make_headers(proxy_basic_auth=f"{user}:{password}") if user else {}


class _Head:
    """The head of a reply, given up when it is endless or was cut.

    http.client takes the end of the stream for the end of the headers: half a head would be an empty 200.
    """

    def __init__(self, stream: io.BufferedReader, wire: Wire) -> None:
        self.stream = stream
        self._wire = wire
        self._left = HEAD_BYTES

    def readline(self, limit: int) -> bytes:
        line = self.stream.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise TooLarge(self._wire.exchange.host, f"the head exceeds {HEAD_BYTES:,} bytes", sent=self._wire.is_sent)
        if line:
            self._wire.is_answered = True
        if self._wire.is_answered and len(line) < limit and not line.endswith(b"\n"):
            raise http.client.IncompleteRead(line)
        return line

    def close(self) -> None:
        self.stream.close()


class _Response(http.client.HTTPResponse):
    wire: Wire

    def begin(self) -> None:
        stream: Any = self.fp
        head: Any = _Head(stream, self.wire)
        self.fp = head
        try:
            super().begin()
        finally:
            if self.fp is head:  # else there is no body, and it was closed
                self.fp = stream


class _Connection(HTTPConnection):
    wire: Wire

    def _new_conn(self) -> socket.socket:
        return self.wire.connect(self._dns_host, self.port)

    def connect(self) -> None:
        super().connect()
        self.wire.passes("after_connect")

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        if self.sock is not None and not self.wire.is_fresh:
            self.wire.reuse(self.sock)
            self.wire.passes("after_connect")
        super().request(method, url, body=body, headers=headers, **options)
        self.wire.is_sent = True
        self.wire.passes("after_body")

    def endheaders(self, message_body: Any = None, *, encode_chunked: bool = False) -> None:
        super().endheaders(message_body, encode_chunked=encode_chunked)
        self.wire.passes("after_headers")

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *args: Any, **options: Any
    ) -> _Response:
        response = _Response(sock, *args, **options)
        response.wire = self.wire
        return response


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection
    wire: Wire

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.wire = self.wire
        return connection


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Pools(PoolManager):
    wire: Wire

    def _new_pool(self, scheme: str, host: str, port: int, request_context: Any = None) -> Any:
        pool: Any = super()._new_pool(scheme, host, port, request_context)
        pool.wire = self.wire
        return pool


class _ProxyPools(_Pools, ProxyManager):
    pass
