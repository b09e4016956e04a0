import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from alerts.transport import Limits, Policy
from monitor.feeds.fetch import Failed, FailureKind, Fetched, Fetcher, FetchRequest, FetchResult, FetchSettings
from tests.builders_web import (
    Behaviour,
    Peer,
    answers,
    authority_in,
    closes_after,
    drips_after,
    gzip_bomb,
    http,
    resolving,
    routes,
    serving,
    stalls_after,
)

FEED = b"<rss version='2.0'/>"
DEADLINE_S = 1.0
SETTINGS = FetchSettings(
    version="1",
    contact="",
    policy=Policy(allow_private=frozenset({"127.0.0.1"})),
    limits=Limits(deadline_s=DEADLINE_S, body_bytes=10_485_760, whole=True),
)
PATIENT = replace(SETTINGS, limits=replace(SETTINGS.limits, deadline_s=10.0))
OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Timed:
    result: FetchResult
    seconds: float

    @property
    def kind(self) -> FailureKind:
        assert isinstance(self.result, Failed), self.result
        return self.result.kind


def timed(url: str, settings: FetchSettings = SETTINGS) -> Timed:
    with closing(Fetcher(settings)) as fetcher:
        started_at = time.monotonic()
        result = fetcher.fetch(FetchRequest(url=url))
        return Timed(result, time.monotonic() - started_at)


SLOW: dict[str, Behaviour] = {
    "one byte of body at a time": drips_after(OK + b"Content-Length: 1000\r\n\r\n", b"x"),
    "a body without a length": drips_after(OK + b"\r\n", b"x"),
    "one byte of a header at a time": drips_after(OK + b"X-Slow: ", b"x"),
    "one byte of the status line at a time": drips_after(b"HTTP/1.1 200 ", b"x"),
    "one header after the other": drips_after(OK, b"A: b\r\n"),
    "interim replies": drips_after(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "one chunk at a time": drips_after(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "the size of a chunk": drips_after(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers after the last chunk": drips_after(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "the name inside a gzip header": drips_after(
        OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"x"
    ),
    "nothing at all": stalls_after(),
    "nothing after a head": stalls_after(OK + b"Content-Length: 5\r\n\r\n"),
    "the body of an error": drips_after(b"HTTP/1.1 404 Not Found\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("slowness", SLOW)
def test_a_slow_server_costs_no_more_than_the_deadline(slowness):
    with serving(SLOW[slowness]) as server:
        slow = timed(server.url())
    assert slow.kind is FailureKind.TIMEOUT
    assert DEADLINE_S - 0.1 < slow.seconds < DEADLINE_S + 1


@pytest.mark.parametrize("behaviour", [stalls_after(), drips_after(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", b"\x03")])
def test_a_slow_tls_handshake_costs_no_more_than_the_deadline(behaviour):
    with serving(behaviour, reads=False) as server:
        slow = timed(server.url().replace("http:", "https:"))
    assert slow.kind is FailureKind.TIMEOUT
    assert DEADLINE_S - 0.1 < slow.seconds < DEADLINE_S + 1


def test_a_slow_body_inside_tls_costs_no_more_than_the_deadline(tmp_path):
    authority = authority_in(tmp_path)
    settings = replace(SETTINGS, policy=replace(SETTINGS.policy, ca_file=str(authority.ca_file)))
    body = drips_after(OK + b"Content-Length: 1000\r\n\r\n", b"x")
    with serving(body, context=authority.context()) as server:
        slow = timed(server.url(), settings)
    assert slow.kind is FailureKind.TIMEOUT
    assert slow.seconds < DEADLINE_S + 1


def test_slow_hops_share_one_deadline():
    table: dict[str, bytes | Behaviour] = {"/feed": http(302, {"Location": "/b"}), "/b": stalls_after()}
    with serving(routes(table)) as server:
        slow = timed(server.url())
    assert slow.kind is FailureKind.TIMEOUT
    assert slow.seconds < DEADLINE_S + 1


def test_a_hanging_name_service_costs_no_more_than_the_deadline():
    silent = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[str]:
        silent.wait(30)
        return []

    slow = timed("http://feeds.example/", replace(SETTINGS, policy=Policy(resolve=resolve)))
    silent.set()
    assert slow.kind is FailureKind.TIMEOUT
    assert slow.seconds < DEADLINE_S + 1


def test_slow_servers_do_not_hold_up_the_good_ones():
    with serving(SLOW["one byte of body at a time"]) as slow, serving(answers(http(200, body=FEED))) as good:
        urls = [slow.url()] + [good.url(f"/{n}") for n in range(20)]
        with ThreadPoolExecutor(4) as workers:
            started_at = time.monotonic()
            results = list(workers.map(timed, urls))
        assert time.monotonic() - started_at < 5
    assert results[0].kind is FailureKind.TIMEOUT
    assert [type(each.result) for each in results[1:]] == [Fetched] * 20


def peak_rss_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@pytest.mark.parametrize("framing", [{}, {"Transfer-Encoding": "chunked"}])
def test_a_gigabyte_in_a_small_file_is_refused_at_once_and_costs_no_memory(framing):
    bomb = gzip_bomb(1_000)
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb) if framing else bomb
    with serving(answers(http(200, {"Content-Encoding": "gzip", **framing}, body))) as server:
        timed(server.url())
        before = peak_rss_bytes()
        refused = timed(server.url(), PATIENT)
        after = peak_rss_bytes()
    assert refused.kind is FailureKind.RATIO
    assert refused.seconds < 1
    assert after - before < 20 * 1_048_576


def test_a_bomb_that_keeps_to_the_ratio_ends_at_the_cap():
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, gzip_bomb(1_000)))) as server:
        lenient = replace(PATIENT, limits=replace(PATIENT.limits, ratio=10_000))
        assert timed(server.url(), lenient).kind is FailureKind.TOO_LARGE


def test_a_small_repetitive_feed_is_no_bomb():
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, gzip_bomb(10)))) as server:
        roomy = replace(PATIENT, limits=replace(PATIENT.limits, ratio_from_bytes=10_485_760))
        result = timed(server.url(), roomy).result
    assert isinstance(result, Fetched)
    assert len(result.body) == 10_485_760


def pours(head: bytes, mebibytes: int) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(head)
        for _ in range(mebibytes):
            peer.send(b"x" * 1_048_576)
        peer.close()

    return behave


@pytest.mark.parametrize("head", [OK + b"Content-Length: 52428800\r\n\r\n", OK + b"\r\n"])
def test_fifty_megabytes_are_refused(head):
    with serving(pours(head, 50)) as server:
        refused = timed(server.url(), PATIENT)
    assert refused.kind is FailureKind.TOO_LARGE
    assert refused.seconds < 5


def test_an_announced_length_is_refused_unread():
    with serving(stalls_after(OK + b"Content-Length: 99999999999999999999999\r\n\r\n")) as server:
        refused = timed(server.url(), PATIENT)
    assert refused.kind is FailureKind.TOO_LARGE
    assert refused.seconds < 1


@pytest.mark.parametrize(
    "head",
    [
        OK + b"X-A: " + b"a" * 10_000_000,
        OK + (b"X-A: " + b"a" * 50_000 + b"\r\n") * 90,
        OK + b"A: b\r\n" * 100_000,
        b"HTTP/1.1 200 " + b"a" * 10_000_000,
    ],
)
def test_a_head_without_end_is_refused(head):
    with serving(closes_after(head)) as server:
        refused = timed(server.url(), PATIENT)
    assert refused.kind in (FailureKind.TOO_LARGE, FailureKind.PROTOCOL)
    assert refused.seconds < 2


def test_a_redirect_into_the_private_net_is_refused_before_anything_is_sent():
    with serving(answers(http(200, body=b"inside"))) as inside, serving(answers(http(302))) as server:
        policy = Policy(
            allow_private=frozenset({"feeds.example"}),
            resolve=resolving({"feeds.example": ["127.0.0.1"], "rebound.example": ["127.0.0.1"]}),
        )
        settings = replace(SETTINGS, policy=policy)
        for location in (inside.url(), inside.url(host="rebound.example"), f"http://2130706433:{inside.port}/"):
            server.behaviour = answers(http(302, {"Location": location}))
            assert timed(server.url(host="feeds.example"), settings).kind is FailureKind.REFUSED_ADDRESS
        server.behaviour = answers(http(200, body=FEED))
        assert isinstance(timed(server.url(host="feeds.example"), settings).result, Fetched)
    assert inside.connection_count == 0


@pytest.mark.parametrize(
    "location", ["http://127.0.0.2/", "http://[::1]:8080/", "http://169.254.169.254/latest/meta-data/", "http://0/"]
)
def test_a_redirect_to_an_inner_address_is_refused_in_every_spelling(location):
    with serving(answers(http(302, {"Location": location}))) as server:
        assert timed(server.url()).kind is FailureKind.REFUSED_ADDRESS


def test_a_redirect_to_another_port_of_an_opened_host_is_refused():
    with serving(answers(http(200))) as other, serving(answers(http(302, {"Location": other.url()}))) as server:
        assert timed(server.url()).kind is FailureKind.REFUSED_ADDRESS
    assert other.connection_count == 0


def test_a_name_with_one_public_and_one_private_address_is_refused():
    for order in (["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"]):
        with serving(answers(http(200, body=FEED))) as server:
            policy = Policy(resolve=resolving({"mixed.example": order}))
            refused = timed(server.url(host="mixed.example"), replace(SETTINGS, policy=policy))
        assert refused.kind is FailureKind.REFUSED_ADDRESS
        assert server.connection_count == 0


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "data:,x"])
def test_a_redirect_out_of_the_web_is_refused(location):
    with serving(answers(http(302, {"Location": location}))) as server:
        assert timed(server.url()).kind is FailureKind.BAD_SCHEME


def test_a_circle_of_redirects_ends():
    table = {"/feed": http(301, {"Location": "/b"}), "/b": http(301, {"Location": "/feed"})}
    with serving(routes(table)) as server:
        assert timed(server.url()).kind is FailureKind.REDIRECT_LOOP
    assert len(server.requests) == 2


def test_redirects_to_ever_new_addresses_end():
    def ever_further(peer: Peer) -> None:
        peer.send(http(302, {"Location": peer.request.target + "x"}))

    with serving(ever_further) as server:
        assert timed(server.url()).kind is FailureKind.TOO_MANY_REDIRECTS
    assert len(server.requests) == 6


def test_a_bomb_in_the_body_of_a_redirect_is_not_unpacked():
    table = {
        "/feed": http(302, {"Location": "/b", "Content-Encoding": "gzip"}, gzip_bomb(1_000)),
        "/b": http(200, body=FEED),
    }
    with serving(routes(table)) as server:
        followed = timed(server.url())
    assert isinstance(followed.result, Fetched)


def test_an_unasked_coding_is_refused():
    with serving(answers(http(200, {"Content-Encoding": "br"}, b"\x8b\x00"))) as server:
        assert timed(server.url()).kind is FailureKind.BAD_ENCODING


@pytest.mark.parametrize("junk", [b"", b"\x00" * 100, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 \xff\xfe\r\n\r\n"])
def test_a_server_that_does_not_speak_http_is_a_failure_of_the_protocol(junk):
    with serving(closes_after(junk)) as server:
        assert timed(server.url()).kind is FailureKind.PROTOCOL


def test_after_every_sort_of_abuse_the_worker_still_works():
    abuses: list[Callable[[], Behaviour]] = [
        lambda: SLOW["nothing at all"],
        lambda: answers(http(200, {"Content-Encoding": "gzip"}, gzip_bomb(100))),
        lambda: pours(OK + b"\r\n", 15),
        lambda: closes_after(b"HTTP/1.1 200 OK\r\nCut"),
        lambda: answers(http(302, {"Location": "http://10.0.0.1/"})),
    ]
    with serving(answers(http(200, body=FEED))) as good, closing(Fetcher(SETTINGS)) as fetcher:
        for abuse in abuses:
            with serving(abuse()) as server:
                assert isinstance(fetcher.fetch(FetchRequest(url=server.url())), Failed)
            assert isinstance(fetcher.fetch(FetchRequest(url=good.url())), Fetched)
    assert good.connection_count == 1
