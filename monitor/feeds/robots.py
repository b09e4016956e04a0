"""robots.txt (RFC 9309): what a site asks programs to leave alone, and the answers of sites kept for a day.

Rule: a web page is asked for only after its site's robots.txt was read. A site without one (4xx) allows everything; one
that cannot be reached allows nothing until it can. The standard library's reader knows neither wildcards nor the rule
that the longest match decides, so the matching is done here, in time linear in the length of the address.
"""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from monitor.feeds.fetch import Failed, FailureKind, Fetched, FetchRequest, FetchResult

PRODUCT = "salname"  # the token that groups of rules name us by
KEPT = timedelta(hours=24)  # RFC 9309 2.4
RETRY = timedelta(minutes=15)  # after a robots.txt that could not be had
_ACCEPT = "text/plain, */*;q=0.1"
_BYTES = 512 * 1_024  # RFC 9309 2.5: at least 500 KiB are read
_SITES = 2_000  # whose answers are kept
_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:\s*(.*?)\s*")
_TOKEN = re.compile(r"\*|[A-Za-z_-]+")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_AS_THEY_ARE = "%!#$&'()*+,/:;=?@[]~"
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules that hold for us: (pattern, whether it allows)."""

    rules: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> "Robots":
        """The rules of all groups that name us, else of those for everyone; senseless lines are passed over."""
        groups: dict[str, list[tuple[str, bool]]] = {PRODUCT: [], "*": []}
        named, agents, in_rules = False, set[str](), False
        for field, value in _lines(body[:_BYTES].decode("utf-8-sig", "replace")):
            if field == "user-agent":
                if in_rules:
                    agents, in_rules = set(), False
                token = _TOKEN.match(value)
                agents.add(token[0].lower() if token else "")  # ascii protocol word
                named = named or PRODUCT in agents
            elif field in {"allow", "disallow"}:
                in_rules = True
                for agent in agents & groups.keys():
                    groups[agent] += [(_plain(value), field == "allow")] if value else []
        return cls(tuple(groups[PRODUCT] if named else groups["*"]))

    def allows(self, url: str) -> bool:
        """Whether `url` may be asked for: the longest matching pattern decides, of equals the one that allows."""
        parts = urlsplit(url)
        path = _plain((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        if path == "/robots.txt":
            return True
        found = [(len(pattern), allows) for pattern, allows in self.rules if _matches(pattern, path)]
        return max(found)[1] if found else True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    until: datetime
    robots: Robots | None = None
    failed: Failed | None = None


class Permissions:
    """The robots.txt of each site, fetched when it is first needed and again after a day; safe in many threads."""

    def __init__(self, fetch: Callable[[FetchRequest], FetchResult], *, clock: Callable[[], datetime]) -> None:
        self._fetch, self._clock = fetch, clock
        self._answers: dict[str, _Answer] = {}
        self._lock = threading.Lock()

    def refusal(self, url: str) -> Failed | None:
        """Why `url` must not be asked for, if so."""
        parts = urlsplit(url)
        answer = self._answer(f"{parts.scheme}://{parts.netloc}")
        if answer.robots is None:
            return answer.failed
        if answer.robots.allows(url):
            return None
        return Failed(
            kind=FailureKind.ROBOTS,
            detail=f"{parts.hostname}: its robots.txt asks programs not to read this page",
        )

    def _answer(self, site: str) -> _Answer:
        now = self._clock()
        with self._lock:
            known = self._answers.get(site)
        if known is not None and now < known.until:
            return known
        result = self._fetch(FetchRequest(url=f"{site}/robots.txt", unconditional=True, accept=_ACCEPT))
        answer = self._read(result, known, now)
        with self._lock:
            self._answers.pop(site, None)
            self._answers[site] = answer
            while len(self._answers) > _SITES:
                del self._answers[next(iter(self._answers))]
        return answer

    def _read(self, result: FetchResult, known: _Answer | None, now: datetime) -> _Answer:
        match result:
            case Fetched():
                return _Answer(until=now + KEPT, robots=Robots.parse(result.body))
            case Failed(status=int(status)) if _is_without(status):
                return _Answer(until=now + KEPT, robots=Robots())
            case _ if known is not None and known.robots is not None:  # what it said last holds meanwhile
                return _Answer(until=now + RETRY, robots=known.robots)
            case Failed():
                return _Answer(until=now + RETRY, failed=_unreachable(result))
            case _:  # a 304 that nobody asked for
                return _Answer(until=now + KEPT, robots=Robots())


def _is_without(status: int) -> bool:
    """Whether an answer says that there is no robots.txt (RFC 9309 2.3.1.3); 429 says that we ask too much."""
    return 400 <= status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS


def _unreachable(failed: Failed) -> Failed:
    return Failed(
        kind=failed.kind,
        detail=f"its robots.txt cannot be read, so the page is not ({failed.detail})",
        status=failed.status,
        retry_after_s=failed.retry_after_s,
    )


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r"[\r\n]", text):
        found = _LINE.fullmatch(line.partition("#")[0])
        if found:
            yield found[1].lower(), found[2]  # ascii protocol word


def _plain(path: str) -> str:
    """One form of a path or pattern (RFC 9309 2.2.2): what needs no encoding has none, all else is in upper case."""
    return _ENCODED.sub(_decoded, quote(path, safe=_AS_THEY_ARE, errors="replace"))


def _decoded(found: re.Match[str]) -> str:
    sign = chr(int(found[1], 16))
    return sign if _UNRESERVED.fullmatch(sign) else found[0].upper()  # ascii protocol word


def _matches(pattern: str, path: str) -> bool:
    """Whether the path begins as the pattern says: * is anything, $ at the end is the end."""
    whole = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at, last = len(first), others.pop() if whole and others else None
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if not whole:
        return True
    return at == len(path) if last is None else path.endswith(last) and len(path) - len(last) >= at
