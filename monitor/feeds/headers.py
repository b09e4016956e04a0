"""How long a reply says it stays fresh; pure.

Rule: a feed is not asked again before the time its own server names, and nothing is guessed: neither a heuristic nor
`s-maxage`, which speaks to shared caches, counts.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from alerts.transport import http_date

FRESH_CAP_S = 86_400.0

_DIRECTIVE = re.compile(r'([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]+)))?', re.ASCII | re.IGNORECASE)


def freshness_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds for which a reply stays fresh, at most a day: max-age, else Expires - Date, less Age (RFC 9111, 4.2).

    None where the reply sets no bound: nothing said, nonsense, no-cache, no-store, or stale on arrival.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return None
    lifetime = _seconds(directives["max-age"]) if "max-age" in directives else _expiry_s(headers, now)
    if lifetime is None:
        return None
    left = lifetime - (_seconds(headers.get("age", "")) or 0.0)
    return min(left, FRESH_CAP_S) if left > 0 else None


def _directives(value: str) -> Mapping[str, str]:
    """The first value of each directive; names in lower case."""
    found: dict[str, str] = {}
    for name, quoted, plain in _DIRECTIVE.findall(value):
        found.setdefault(name.lower(), quoted or plain)  # ascii protocol word
    return found


def _seconds(value: str) -> float | None:
    text = value.strip()
    return float(text[:18]) if text.isascii() and text.isdigit() else None


def _expiry_s(headers: Mapping[str, str], now: datetime) -> float | None:
    expires = http_date(headers.get("expires"), now)
    if expires is None:
        return None
    return (expires - (http_date(headers.get("date"), now) or now)).total_seconds()
