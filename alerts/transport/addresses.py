"""Which peers we talk to: public ones, and those that the configuration names.

Rule: a name is resolved once, refused unless every address behind it is public, and connected to exactly at a checked
address; a name that changes its mind between check and connect gains nothing. The tables are our own: `is_global` of
Python 3.11 says yes to 64:ff9b::7f00:1, 2002:7f00:1::, ::127.0.0.1 and 224.0.0.1, and other versions differ.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias
from urllib.parse import SplitResult

from alerts.transport.errors import AddressRefused, DnsFailed

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]  # (host, port) -> numeric addresses; raises OSError
Opened: TypeAlias = frozenset[tuple[str, int | None]]  # hosts that may be private; port None = any

PORTS = frozenset({80, 443, 8080, 8443})
DEFAULT_PORTS = {"http": 80, "https": 443}

# IANA IPv4 Special-Purpose Address Registry, multicast, and class E.
_CLOSED_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# The only block that IANA allocates to the public internet. Outside lie ::/96, 64:ff9b:1::/48, 100::/64, 5f00::/16,
# fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
_OPEN_6 = IPv6Network("2000::/3")
# Inside it: protocol assignments with Teredo, and the two documentation blocks.
_CLOSED_6 = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet; IPv4 inside mapped, 6to4 and NAT64 addresses is unwrapped."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is None:
            return address.scope_id is None and address in _OPEN_6 and not any(address in net for net in _CLOSED_6)
        address = inner
    return not any(address in net for net in _CLOSED_4)


def opened_hosts(entries: Iterable[str]) -> Opened:
    """Read `allow_private`: host names or addresses, each with or without `:port` (`[::1]:8080` for IPv6)."""
    return frozenset(_entry(entry) for entry in entries)


def is_opened(host: str, port: int, opened: Opened) -> bool:
    name = normal_host(host)
    return (name, None) in opened or (name, port) in opened


def normal_host(host: str) -> str:
    """One spelling for a host: lower case, no brackets, no trailing dot, IPv6 compressed."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def port_of(parts: SplitResult) -> int:
    return parts.port or DEFAULT_PORTS[parts.scheme]


def check_port(parts: SplitResult, home: SplitResult, opened: Opened) -> None:
    """Refuse a port that is neither usual for the web, nor that of the configured address `home` on its own host."""
    host, port = parts.hostname or "", port_of(parts)
    if port in PORTS:
        return
    at_home = port == port_of(home) and (host == home.hostname or normal_host(host) == normal_host(home.hostname or ""))
    if not at_home and (normal_host(host), port) not in opened:
        raise AddressRefused(host, f"port {port} is used only where the configuration names it")


def check_literal(host: str, port: int, opened: Opened) -> None:
    """Refuse a private address written as a number before anybody is asked: a proxy would connect to it for us."""
    try:
        found = socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return  # a name: it is looked at when it is resolved; a proxy is trusted with that
    checked(host, port, [str(info[4][0]) for info in found], opened)


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system; numeric spellings such as 2130706433 and 0x7f.1 come back as the addresses they mean."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def resolved(host: str, port: int, resolve: Resolve, seconds: float) -> Sequence[str]:
    """Addresses of a host within `seconds`; raises DnsFailed.

    `getaddrinfo` cannot be interrupted and waits 10-30 s for a dead name server: it runs beside us and is left behind.
    """
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, TimeoutError):
        raise DnsFailed(host, "the name service does not answer")
    if isinstance(answer, Exception):
        raise DnsFailed(host, f"no address for this name ({type(answer).__name__})")
    return answer


def checked(host: str, port: int, addresses: Iterable[str], opened: Opened) -> tuple[IPv4Address | IPv6Address, ...]:
    """The addresses that may be connected to; raises AddressRefused if any of them is not public, DnsFailed if none."""
    found = tuple(ipaddress.ip_address(address) for address in addresses)
    if not found:
        raise DnsFailed(host, "no address for this name")
    private = [address for address in found if not is_public(address)]
    if private and not is_opened(host, port, opened):
        raise AddressRefused(host, f'{private[0]} is no public address; "{host}" in allow_private would open it')
    return found


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _entry(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.strip().rpartition(":")
    if colon and port.isascii() and port.isdigit() and (":" not in host or host.startswith("[")):
        return normal_host(host), int(port)
    return normal_host(entry.strip()), None
