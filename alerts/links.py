"""Links of the world, as any channel may show them.

Rule: what leaves here is http(s) and plain ASCII, short enough for every channel, and hides no host behind a user name.
"""

from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from alerts.visible import said

_URL_LIMIT = 2_900  # Slack refuses a link of more than 3,000
_URL_LETTERS = "!#$%&'()*+,/:;=?@[]~-._"


def web_link(url: str | None) -> str | None:
    """An http(s) link in plain ASCII that no channel can misread, or None; a link that carries a user name is none."""
    parts = _split(url or "")
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    try:
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except UnicodeError:
        return None
    tail = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    link = f"{parts.scheme}://{quote(host, safe=':[].-_')}{quote(tail, safe=_URL_LETTERS, errors='ignore')}"
    return link if len(link) <= _URL_LIMIT else None


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(said(url))
    except ValueError:  # a bracket without its twin
        return None
