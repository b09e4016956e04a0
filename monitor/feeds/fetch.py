"""One polite, bounded fetch: a request and up to five redirects, ending in a value and never in an exception.

Rule: a server is asked for what changed since its own last answer and given the time it asks for; every hop passes the
guard of `alerts.transport`; secrets go to the configured host alone; the result says what happened, and the decision
what to make of it (moved, gone, throttled) falls elsewhere, over several polls.
"""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Literal, TypeAlias
from urllib.parse import urldefrag, urljoin, urlsplit

from alerts.transport import (
    AddressRefused,
    Broken,
    ConnectFailed,
    DnsFailed,
    EncodingRefused,
    Http,
    Limits,
    Policy,
    RatioExceeded,
    Reply,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    TransportError,
    UrlRefused,
    retry_after,
)
from monitor.feeds.headers import freshness_s

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
FEED_LIMITS = Limits(deadline_s=45.0, body_bytes=10_485_760, whole=True)
MAX_HOPS = 5
RETRY_CAP_S = 7 * 86_400.0
_VALIDATOR_CHARS = 4_096  # servers refuse a request whose head exceeds about 8 KiB

_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WHOLE = frozenset({200, 203})


class FailureKind(StrEnum):
    """Why there is no document."""

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TOO_LARGE = "too_large"
    RATIO = "ratio"
    REFUSED_ADDRESS = "refused_address"  # by our guard
    REDIRECT_LOOP = "redirect_loop"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_SCHEME = "bad_scheme"
    HTTP_ERROR = "http_error"
    THROTTLED = "throttled"  # 429, 503
    REFUSED = "refused"  # 401, 403
    GONE = "gone"  # 410
    NOT_FOUND = "not_found"  # 404
    BAD_ENCODING = "bad_encoding"
    PROTOCOL = "protocol"
    ROBOTS = "robots"  # the site asks programs to keep away
    NOT_A_FEED = "not_a_feed"  # a document came, and could not be read
    INTERNAL = "internal"  # a defect of ours: the feed backs off like any other


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """What all fetches of a worker share; `contact` is the address that stands in the User-Agent."""

    version: str
    contact: str
    policy: Policy = field(default_factory=Policy)
    limits: Limits = FEED_LIMITS  # deadline_s is for all hops together


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What to ask for. Validators are sent to `validators_url` alone: the address that gave them.

    `declared_url` is the address in the configuration, if `url` has moved on from it: its host may get the secrets, and
    its port is allowed. `auth` is "user:password".
    `refusal` is asked before each hop whether it must not be taken.
    """

    url: str
    declared_url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    unconditional: bool = False
    user_agent: Literal["default", "compatible"] = "default"
    accept: str = ACCEPT
    auth: str | None = field(default=None, repr=False)
    extra_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    refusal: Callable[[str], "Failed | None"] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document, as bytes in whatever charset it has.

    `partial`: a 226 that was not asked for, so what is absent is not gone. `truncated`: the connection or the
    compressed stream ended early; the validators are withheld, because they belong to the whole.
    """

    body: bytes = field(repr=False)
    status: int
    content_type: str | None
    etag: str | None
    last_modified: str | None
    fresh_s: float | None  # seconds not to ask again; None = the server sets no bound
    final_url: str
    permanent_to: str | None  # where an unbroken chain of 301 and 308 from the first hop led
    redirect_statuses: tuple[int, ...]
    partial: bool = False
    truncated: bool = False
    link: str | None = None  # the Link header (RFC 8288)
    wire_byte_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304; validators are those of its headers, else those that were sent."""

    etag: str | None
    last_modified: str | None
    fresh_s: float | None
    final_url: str
    permanent_to: str | None
    redirect_statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No document; `detail` is one line that names the host and the cause, and nothing secret."""

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after_s: float | None = None
    fresh_s: float | None = None


FetchResult: TypeAlias = Fetched | NotModified | Failed


class Fetcher:
    """Fetches of one worker thread, over connections that are kept between them."""

    def __init__(self, settings: FetchSettings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._clock = clock
        self._http = Http(settings.policy)

    def fetch(self, request: FetchRequest) -> FetchResult:
        give_up_at = time.monotonic() + self._settings.limits.deadline_s
        trail = _Trail(url=request.url.strip().partition("#")[0])
        while True:
            if request.refusal is not None and (refused := request.refusal(trail.url)) is not None:
                return refused
            try:
                reply = self._ask(request, trail.url, give_up_at - time.monotonic())
            except TransportError as error:
                return Failed(kind=_KINDS[type(error)], detail=str(error))
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not location:
                return self._result(request, reply, trail)
            match trail.followed(reply, location):
                case Failed() as failed:
                    return failed
                case _Trail() as longer:
                    trail = longer

    def abort(self) -> None:
        """From another thread: end the fetch in hand as a time-out."""
        self._http.abort()

    def close(self) -> None:
        self._http.close()

    def _ask(self, request: FetchRequest, url: str, seconds: float) -> Reply:
        home = request.declared_url or request.url
        secrets = _secrets(request)
        headers = {
            **(secrets if secrets and _may_have_secrets(url, home) else {}),
            **(_validators(request) if _is_conditional(request, url) else {}),
            "accept": request.accept,
            "accept-encoding": "gzip",
            "user-agent": _user_agent(request, self._settings),
        }
        limits = replace(self._settings.limits, deadline_s=max(seconds, 0.0))
        return self._http.exchange("GET", url, headers, None, limits, home=home)

    def _result(self, request: FetchRequest, reply: Reply, trail: "_Trail") -> FetchResult:
        fresh_s = freshness_s(reply.headers, self._clock())
        if reply.status == HTTPStatus.NOT_MODIFIED and _is_conditional(request, trail.url):
            return NotModified(
                etag=_validator(reply, "etag") or request.etag,
                last_modified=_validator(reply, "last-modified") or request.last_modified,
                fresh_s=fresh_s,
                final_url=trail.url,
                permanent_to=trail.permanent_to,
                redirect_statuses=trail.statuses,
            )
        if reply.status not in _WHOLE and reply.status != HTTPStatus.IM_USED:
            return self._refusal(reply, fresh_s)
        if not reply.body and not reply.is_complete:
            host = urlsplit(trail.url).hostname
            return Failed(kind=FailureKind.PROTOCOL, detail=f"{host}: the connection was closed before the body")
        return Fetched(
            body=reply.body,
            status=reply.status,
            content_type=reply.headers.get("content-type"),
            etag=_validator(reply, "etag") if reply.is_complete else None,
            last_modified=_validator(reply, "last-modified") if reply.is_complete else None,
            fresh_s=fresh_s,
            final_url=trail.url,
            permanent_to=trail.permanent_to,
            redirect_statuses=trail.statuses,
            partial=reply.status == HTTPStatus.IM_USED,
            truncated=not reply.is_complete,
            link=reply.headers.get("link"),
            wire_byte_count=reply.wire_byte_count,
        )

    def _refusal(self, reply: Reply, fresh_s: float | None) -> Failed:
        kind = _STATUS_KINDS.get(reply.status, FailureKind.HTTP_ERROR)
        wait_s = retry_after(reply.headers.get("retry-after"), self._clock(), cap_s=RETRY_CAP_S)
        return Failed(kind=kind, detail=_status_line(reply), status=reply.status, retry_after_s=wait_s, fresh_s=fresh_s)


_KINDS: Mapping[type[TransportError], FailureKind] = {
    AddressRefused: FailureKind.REFUSED_ADDRESS,
    Broken: FailureKind.PROTOCOL,
    ConnectFailed: FailureKind.CONNECT,
    DnsFailed: FailureKind.DNS,
    EncodingRefused: FailureKind.BAD_ENCODING,
    RatioExceeded: FailureKind.RATIO,
    SchemeRefused: FailureKind.BAD_SCHEME,
    TimedOut: FailureKind.TIMEOUT,
    TlsFailed: FailureKind.TLS,
    TooLarge: FailureKind.TOO_LARGE,
    UrlRefused: FailureKind.PROTOCOL,
}
_STATUS_KINDS: Mapping[int, FailureKind] = {
    401: FailureKind.REFUSED,
    403: FailureKind.REFUSED,
    404: FailureKind.NOT_FOUND,
    410: FailureKind.GONE,
    429: FailureKind.THROTTLED,
    503: FailureKind.THROTTLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trail:
    """The hops so far, `url` being the next."""

    url: str
    seen: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    permanent_to: str | None = None

    def followed(self, reply: Reply, location: str) -> "_Trail | Failed":
        """The trail one hop longer, or why it ends here."""
        target = _absolute(reply.url, location)
        longer = _Trail(
            url=target,
            seen=(*self.seen, self.url, reply.url),
            statuses=(*self.statuses, reply.status),
            permanent_to=target if _PERMANENT.issuperset((*self.statuses, reply.status)) else self.permanent_to,
        )
        stray = longer.stray()
        if stray is None:
            return longer
        kind, cause = stray
        return Failed(kind=kind, status=reply.status, detail=f"{urlsplit(reply.url).hostname}: {cause}")

    def stray(self) -> tuple[FailureKind, str] | None:
        """Why the next hop must not be taken, if so."""
        if not self.url:
            return FailureKind.PROTOCOL, "redirects to an unreadable address"
        if urlsplit(self.url).scheme == "http" and urlsplit(self.seen[-1]).scheme == "https":
            return FailureKind.BAD_SCHEME, "redirects from https to plain http"
        if self.url in self.seen:
            return FailureKind.REDIRECT_LOOP, "redirects in a circle"
        if len(self.statuses) > MAX_HOPS:
            return FailureKind.TOO_MANY_REDIRECTS, f"more than {MAX_HOPS} redirects"
        return None


def _absolute(base: str, location: str) -> str:
    """The target of a redirect, "" if unreadable; servers send raw UTF-8 where only ASCII is allowed."""
    try:
        text = location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = location
    try:
        return urldefrag(urljoin(base, text.strip())).url
    except ValueError:
        return ""


def _may_have_secrets(url: str, home: str) -> bool:
    """Whether this is the configured origin, or the same host by https where plain http was configured."""
    asked, configured = _origin(url), _origin(home)
    is_upgrade = configured[::2] == ("http", 80) and asked == ("https", configured[1], 443)
    return asked == configured or is_upgrade


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:  # the exchange will say so
        return "", "", 0
    return parts.scheme, parts.hostname or "", port


def _secrets(request: FetchRequest) -> Mapping[str, str]:
    secrets = {name.lower(): value for name, value in request.extra_headers}  # ascii protocol word
    if request.auth is not None:
        secrets["authorization"] = "Basic " + base64.b64encode(request.auth.encode()).decode()
    return secrets


def _is_conditional(request: FetchRequest, url: str) -> bool:
    return not request.unconditional and url == request.validators_url and bool(_validators(request))


def _validators(request: FetchRequest) -> Mapping[str, str]:
    """Byte for byte as they came; a date is never invented (RFC 9110, 13.1)."""
    sent = {"if-none-match": request.etag, "if-modified-since": request.last_modified}
    return {name: value for name, value in sent.items() if value}


def _validator(reply: Reply, name: str) -> str | None:
    """A validator that can be sent back unchanged, else None."""
    value = reply.headers.get(name)
    if not value or len(value) > _VALIDATOR_CHARS or value != value.strip() or re.search(r"[\x00-\x1f\x7f]", value):
        return None
    return value


def _user_agent(request: FetchRequest, settings: FetchSettings) -> str:
    contact = f"+{settings.contact}" if settings.contact else ""
    if request.user_agent == "compatible":
        return f"Mozilla/5.0 (compatible; {'; '.join(filter(None, [f'salname/{settings.version}', contact]))})"
    return f"salname/{settings.version}" + (f" ({contact})" if contact else "")


def _status_line(reply: Reply) -> str:
    host = urlsplit(reply.url).hostname
    try:
        phrase = f" {HTTPStatus(reply.status).phrase}"
    except ValueError:
        phrase = ""
    said = reply.headers.get("cf-mitigated", "").lower()  # ascii protocol word
    mitigated = re.sub(r"[^a-z-]", "", said)[:20]
    return f"{host}: HTTP {reply.status}{phrase}" + (f" (cf-mitigated: {mitigated})" if mitigated else "")
