"""One bounded HTTP exchange, for feeds and for messages.

Rule: an exchange ends within its deadline and its caps, talks only to peers that the guard lets through, follows no
redirect, keeps no cookie, obeys no environment variable, never tries a message twice by itself, and says nothing of an
address but its host. A message takes the connection of another only if it follows at once.

requests prepares and sends; its Session is left out on purpose: even told not to follow a redirect it reads the body of
one whole and unpacked before its caller sees it, and it looks for proxies and passwords in the environment.
"""

import logging
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urldefrag, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, PoolManager, Retry
from urllib3.exceptions import HTTPError

from alerts.transport.addresses import (
    DEFAULT_PORTS,
    Opened,
    Resolve,
    check_literal,
    check_port,
    opened_hosts,
    port_of,
    system_resolve,
)
from alerts.transport.body import Body, Limits, read_first, read_whole
from alerts.transport.connections import Exchange, Wire, pools
from alerts.transport.errors import (
    Broken,
    ConnectFailed,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TransportError,
    UrlRefused,
)
from alerts.transport.watchdog import Deadline, watchdog

URL_CHARS = 2_048
_KEPT_S = 1.0  # no server's idle time is as short
_ASIDE_BYTES = 16_384  # of a body that is only looked at: an error, a redirect, a receipt
_UNSENDABLE = re.compile(r"[\r\n\0]|[^\0-\xff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a worker may reach and whom it trusts.

    `allow_private`: hosts (names or addresses, with or without `:port`) that need not be public. `proxy` is a trusted
    hop: names behind it are resolved by it, and the guard looks at the proxy itself. `resolve` stands for the system.
    """

    allow_private: frozenset[str] = frozenset()
    plain_http: bool = True  # False: https only
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)
    resolve: Resolve = system_resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; `headers` are looked up in any case, their values are latin-1 as received."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_complete: bool  # the body ended where it should, and is here whole
    url: str = field(repr=False)  # as it was asked for, percent-encoded
    wire_byte_count: int = 0


def expect_allowed(url: str, policy: Policy) -> None:
    """Raises the Refused with which every exchange at this address would end; asks nobody."""
    _allowed(_prepared("GET", url, {}, None), policy, opened_hosts(policy.allow_private), home=None)


class Http:
    """Exchanges of one worker thread, over connections that are kept between them."""

    def __init__(self, policy: Policy) -> None:
        # Its lines hold whole addresses, and the address of a webhook is a password.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        self._policy = policy
        self._opened = opened_hosts(policy.allow_private)
        self._wire = Wire(policy.resolve, self._opened)
        self._adapter = _Adapter(pools(self._wire, ca_file=policy.ca_file, proxy=policy.proxy))
        self._deadline: Deadline | None = None
        self._kept_until = 0.0  # on the monotonic clock: the next message may take the connection of the one before
        self._is_hung_up_on = False  # the server closed such a connection unannounced: it gets a new one each time
        self._proxies = {"http": policy.proxy, "https": policy.proxy} if policy.proxy else None

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: Limits,
        *,
        home: str | None = None,
        is_followed: bool = False,
    ) -> Reply:
        """Send one request and read the reply; raises a TransportError and nothing else.

        `home` is the address that the configuration names: its port is allowed on its host even if it is unusual.
        Without it `url` is that address. `is_followed`: another message goes there at once, over the same connection.
        """
        request = _prepared(method, url, headers, body)
        host = _allowed(request, self._policy, self._opened, home=home)
        is_kept = is_followed and not self._is_hung_up_on
        if body is not None and not is_kept:
            request.headers["Connection"] = "close"
        with watchdog().deadline(limits.deadline_s) as deadline:
            self._deadline = deadline
            outcome = self._tried(request, host, limits, deadline)
            if self._was_stale(outcome) and request.body is None:
                outcome = self._tried(request, host, limits, deadline)
        self._is_hung_up_on |= self._was_stale(outcome) and body is not None
        self._kept_until = time.monotonic() + _KEPT_S if is_kept and isinstance(outcome, Reply) else 0.0
        if isinstance(outcome, TransportError):
            raise outcome
        self._wire.passes("after_reply")
        return outcome

    def abort(self) -> None:
        """From another thread: end the exchange in hand as a time-out."""
        if self._deadline is not None:
            self._deadline.fire()

    def close(self) -> None:
        self._adapter.close()

    def _tried(
        self, request: requests.PreparedRequest, host: str, limits: Limits, deadline: Deadline
    ) -> Reply | TransportError:
        """A reply, or what went wrong: returned, so that no foreign exception with an address inside gets chained."""
        wire, is_message = self._wire, request.body is not None
        wire.begin(Exchange(host=host, deadline=deadline, limits=limits, is_message=is_message))
        # A kept connection that the server is just closing would leave the message in doubt.
        if is_message and time.monotonic() >= self._kept_until:
            self._adapter.close()
        outcome: Reply | TransportError
        try:
            received: Any = self._adapter.send(
                request, stream=True, timeout=(limits.connect_s, limits.read_s), proxies=self._proxies
            )
            outcome = _read(received, limits, host)
        except TransportError as error:
            outcome = error
        except (requests.RequestException, HTTPError) as error:
            outcome = _translated(error, host, sent=wire.is_sent)
        if deadline.is_over:  # whatever came: a head that was cut can look like an empty 200
            return TimedOut(host, f"no whole reply within {limits.deadline_s:.0f} s", sent=wire.is_sent)
        return outcome

    def _was_stale(self, outcome: Reply | TransportError) -> bool:
        """Whether a kept connection had been closed by the server before it saw the request (RFC 9112, 9.3.1)."""
        return isinstance(outcome, Broken) and not self._wire.is_fresh and not self._wire.is_answered


class _Adapter(HTTPAdapter):
    """Sends over our connections; these verify certificates with the context they were made with."""

    def __init__(self, manager: PoolManager) -> None:
        super().__init__(max_retries=Retry(total=0))  # a retry would obey Retry-After by sleeping here, up to hours
        self._manager = manager

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> Any:
        return self._manager.connection_from_url(str(request.url))

    def cert_verify(self, *_args: Any, **_options: Any) -> None:
        pass

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Any:
        """What came, without a jar for its cookies: making one takes longer than reading a small body."""
        return _Received(url=str(req.url), raw=resp)

    def close(self) -> None:
        self._manager.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    """A reply whose head was read."""

    url: str
    raw: BaseHTTPResponse


def _prepared(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.PreparedRequest:
    parts = _parts(url.strip())
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise UrlRefused(host, "a user name or password inside the address; a feed has auth_env for them")
    fault = "a header that cannot be sent" if any(map(_UNSENDABLE.search, headers.values())) else ""
    request = requests.PreparedRequest()  # piece by piece: there are no cookies, no password and no files to prepare
    if not fault:
        try:
            request.prepare_method(method)
            request.prepare_url(url.strip(), None)
            request.prepare_headers(headers)
            request.prepare_body(body, None)
        except requests.exceptions.InvalidHeader:
            fault = "a header that cannot be sent"
        except (requests.RequestException, ValueError):
            fault = "the address cannot be read"
    if fault:  # raised out here, so that no exception holding an address or a header value is chained to it
        raise UrlRefused(host, fault)
    if len(str(request.url)) > URL_CHARS:
        raise UrlRefused(host, f"the address is longer than {URL_CHARS:,} characters")
    return request


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_readable = parts.port != 0
    except ValueError:
        parts, is_readable = SplitResult("http", "", "", "", ""), False
    if is_readable and parts.scheme not in DEFAULT_PORTS:
        raise SchemeRefused(parts.hostname or "(no host)", "no address that begins with http:// or https://")
    if not is_readable or not parts.hostname:
        raise UrlRefused(parts.hostname or "(no host)", "the address cannot be read")
    return parts


def _allowed(request: requests.PreparedRequest, policy: Policy, opened: Opened, *, home: str | None) -> str:
    """The host that may be asked; raises SchemeRefused or AddressRefused."""
    parts = _parts(str(request.url))
    host = parts.hostname or ""
    if parts.scheme != "https" and not policy.plain_http:
        raise SchemeRefused(host, "only https is allowed here, unless insecure_http = true")
    check_port(parts, _parts(home) if home else parts, opened)
    check_literal(host, port_of(parts), opened)
    return host


def _read(received: _Received, limits: Limits, host: str) -> Reply:
    raw = received.raw
    try:
        body = _body(raw, limits, host)
    finally:
        raw.close()  # also the connection, unless the body was read to its end
        raw.release_conn()
    return Reply(
        status=raw.status,
        headers=raw.headers,
        body=body.content,
        is_complete=body.is_complete,
        url=urldefrag(received.url).url,
        wire_byte_count=body.wire_byte_count,
    )


def _body(raw: BaseHTTPResponse, limits: Limits, host: str) -> Body:
    if limits.whole and 200 <= raw.status < 300:
        return read_whole(raw, limits, host)
    return read_first(raw, min(limits.body_bytes, _ASIDE_BYTES), host)


def _translated(error: Exception, host: str, *, sent: bool) -> TransportError:
    root = _root(error)
    match root:
        case TimeoutError():
            return TimedOut(host, "the other side fell silent", sent=sent)
        case ssl.SSLCertVerificationError():
            return TlsFailed(host, f"the certificate is not valid: {root.verify_message}", sent=sent)
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return Broken(host, "the connection was closed", sent=sent)
        case ssl.SSLError():
            return TlsFailed(host, f"no encrypted connection ({root.reason or type(root).__name__})", sent=sent)
    if isinstance(error, requests.exceptions.ProxyError):
        return ConnectFailed(host, "the proxy declined to connect", sent=sent)
    return Broken(host, f"the connection or the reply is broken ({type(root).__name__})", sent=sent)


def _root(error: BaseException) -> BaseException:
    """The first cause; urllib3 hands some of them on as arguments only."""
    for _ in range(10):
        inner = error.__cause__ or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error
