import ipaddress
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.transport import AddressRefused, DnsFailed, is_public
from alerts.transport.addresses import (
    check_literal,
    check_port,
    checked,
    is_opened,
    normal_host,
    opened_hosts,
    resolved,
    system_resolve,
)

NOBODY = opened_hosts(())

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "192.31.196.1",
    "2606:4700::6810:84e5",
    "2a02:4780::1",
    "::ffff:8.8.8.8",  # IPv4-mapped
    "2002:808:808::1",  # 6to4 of 8.8.8.8
    "64:ff9b::808:808",  # NAT64 of 8.8.8.8
]
PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible, ::/96
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",  # NAT64 of loopback
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",  # local-use NAT64
    "100::1",
    "2001::1",  # Teredo
    "2001:0:5ef5:79fd::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of loopback
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1%2",  # a zone means a link of ours
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_any_special_block_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_special_is_public(address):
    if is_public(address):
        inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        assert inner.is_global
        assert not inner.is_multicast


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_in_every_ipv6_wrapping(inner):
    number = int(inner)
    wrappings = [0xFFFF << 32 | number, 0x2002 << 112 | number << 80 | 1, 0x64FF9B << 96 | number]
    assert {is_public(ipaddress.IPv6Address(wrapping)) for wrapping in wrappings} == {is_public(inner)}


def test_a_name_with_a_public_and_a_private_address_is_refused_as_a_whole():
    assert checked("feeds.example", 80, ["8.8.8.8"], NOBODY)
    with pytest.raises(AddressRefused, match=r"^feeds\.example: 10\.0\.0\.1 is no public address"):
        checked("feeds.example", 80, ["8.8.8.8", "10.0.0.1"], NOBODY)


def test_a_name_without_any_address_is_a_failure_of_the_name_service():
    with pytest.raises(DnsFailed):
        checked("feeds.example", 80, [], NOBODY)


@pytest.mark.parametrize(
    ("entry", "host", "port", "opened"),
    [
        ("intranet", "intranet", 80, True),
        ("Intranet.", "intranet", 443, True),
        ("intranet", "intranet.example", 80, False),
        ("intranet:8080", "INTRANET", 8080, True),
        ("intranet:8080", "intranet", 80, False),
        ("127.0.0.1", "127.0.0.1", 9, True),
        ("127.0.0.1", "localhost", 9, False),
        ("::1", "[::1]", 80, True),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 80, False),
        ("0:0:0:0:0:0:0:1", "::1", 80, True),
        (" 10.0.0.1:81 ", "10.0.0.1", 81, True),
    ],
)
def test_allow_private_opens_one_host_by_its_written_name(entry, host, port, opened):
    assert is_opened(host, port, opened_hosts([entry])) is opened


def test_a_host_has_one_spelling():
    assert {normal_host(host) for host in ("[2001:DB8::1]", "2001:db8:0:0::1")} == {"2001:db8::1"}


@pytest.mark.parametrize("url", ["http://a/", "https://a/", "http://a:8080/", "https://a:8443/", "https://a:80/"])
def test_the_usual_ports_are_open_to_every_address(url):
    check_port(urlsplit(url), urlsplit("http://home/"), NOBODY)


def test_an_unusual_port_is_open_on_the_host_whose_configured_address_names_it():
    home = urlsplit("http://home:8765/feed")
    check_port(urlsplit("http://HOME:8765/other"), home, NOBODY)
    for url in ("http://other:8765/", "http://home:22/", "http://home:6379/"):
        with pytest.raises(AddressRefused, match="port"):
            check_port(urlsplit(url), home, NOBODY)


def test_an_opened_host_with_a_port_opens_that_port():
    check_port(urlsplit("http://other:9000/"), urlsplit("http://home/"), opened_hosts(["other:9000"]))
    with pytest.raises(AddressRefused):
        check_port(urlsplit("http://other:9001/"), urlsplit("http://home/"), opened_hosts(["other:9000", "other"]))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "::1", "127.1"])
def test_every_spelling_of_a_private_address_is_seen_through(host):
    with pytest.raises(AddressRefused):
        check_literal(host, 80, NOBODY)


def test_a_name_or_a_public_number_is_no_private_literal():
    check_literal("feeds.example", 80, NOBODY)
    check_literal("8.8.8.8", 80, NOBODY)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1"])
def test_the_system_reads_numeric_spellings_as_the_addresses_they_mean(host):
    assert system_resolve(host, 80) == ["127.0.0.1"]


def test_a_dead_name_service_costs_no_more_than_its_share():
    silent = threading.Event()

    def resolve(_host, _port):
        silent.wait(30)
        return ["8.8.8.8"]

    started_at = time.monotonic()
    with pytest.raises(DnsFailed, match="does not answer"):
        resolved("feeds.example", 80, resolve, 0.2)
    assert time.monotonic() - started_at < 1.5
    silent.set()


def test_an_unknown_name_is_a_failure_of_the_name_service():
    def resolve(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(DnsFailed, match=r"^feeds\.example: no address for this name \(gaierror\)$"):
        resolved("feeds.example", 80, resolve, 1)


def test_a_name_that_cannot_be_encoded_is_a_failure_of_the_name_service():
    with pytest.raises(DnsFailed):
        resolved("a" * 70 + ".example", 80, system_resolve, 5)
