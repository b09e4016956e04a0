"""An address as it may be shown: whoever reads along learns where it leads, and nothing that opens a door.

Rule: what is printed, logged or handed to another program of an address to poll goes through here; the address itself
stays in the configuration, in the row of its feed and in a list of feeds that a person asked for.
"""

import re
from collections.abc import Iterable

HIDDEN = "***"

_USER = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#@]*@", re.IGNORECASE)
_PAIR = re.compile(r"(?P<before>[?&;])(?P<key>[^=&;#]+)=(?P<value>[^&;#]+)")
_TELLING = re.compile(
    r"token|secret|passw|pwd|auth|sig$|signature|credential|session|^sid$|(?:api|access|private|feed|rss|user)?[-_]?key$",
    re.IGNORECASE,
)
# A long word of letters and digits that nothing names is as likely a key as not; an id is told by its name.
_LONG = re.compile(r"(?=[^&;#]*\d)(?=[^&;#]*[A-Za-z])[A-Za-z0-9_\-.~%]{20,}")
_NAMING = re.compile(r"(?:^|[-_])(?:id|q|query|search|channel|list|topic|topics|name|url|feed|tag)s?$", re.IGNORECASE)


def shown(address: str) -> str:
    """The address without user name and password, and without the values of keys that look like secrets."""
    return _PAIR.sub(_pair, _USER.sub(rf"\g<scheme>{HIDDEN}@", address))


def holds_secret(address: str) -> bool:
    """Whether something of it is hidden when it is shown."""
    return shown(address) != address


def named_by(text: str, addresses: Iterable[str]) -> str | None:
    """The one of several addresses that a text names, whole or as it is shown; None if none does or several do."""
    found = {one for one in addresses if text in {one, shown(one)}}
    return text if text in found else found.pop() if len(found) == 1 else None


def _pair(found: re.Match[str]) -> str:
    key, value = found["key"], found["value"]
    is_secret = _TELLING.search(key) or (_LONG.fullmatch(value) and not _NAMING.search(key))
    return f"{found['before']}{key}={HIDDEN}" if is_secret else found[0]
