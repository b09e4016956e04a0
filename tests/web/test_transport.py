import gzip
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import zlib
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.transport import (
    AddressRefused,
    Broken,
    ConnectFailed,
    DnsFailed,
    EncodingRefused,
    Http,
    Limits,
    Policy,
    Refused,
    Reply,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    TransportError,
    UrlRefused,
)
from tests.builders_web import (
    Authority,
    Peer,
    answers,
    authority_in,
    closes_after,
    gzip_bomb,
    http,
    proxying,
    resolving,
    serving,
    stalls_after,
)

LOOPBACK = Policy(allow_private=frozenset({"127.0.0.1"}))
RECEIPT = Limits(deadline_s=3.0)
WHOLE = Limits(deadline_s=3.0, body_bytes=1_000_000, whole=True)
TOKEN = "token-in-the-path"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return authority_in(tmp_path)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def ask(url, limits=WHOLE, policy=LOOPBACK, *, method="GET", headers=None, body=None, home=None) -> Reply:
    with closing(Http(policy)) as client:
        return client.exchange(method, url, headers or {}, body, limits, home=home)


def named(*opened: str, **addresses: str) -> Policy:
    """Names that lead to loopback, of which some may."""
    table = {f"{name}.example": addresses.get(name, "127.0.0.1").split() for name in ("feeds", "other", *addresses)}
    return Policy(allow_private=frozenset(opened), resolve=resolving(table))


def test_a_reply_comes_back_with_its_status_its_headers_and_its_bytes():
    with serving(answers(http(200, {"ETag": 'W/"á"', "X-Two": "b"}, b"\x00hello"))) as server:
        reply = ask(server.url("/feed?q=%C9%99#part"), headers={"Accept": "x/y"})
    assert (reply.status, reply.body, reply.is_complete, reply.wire_byte_count) == (200, b"\x00hello", True, 6)
    assert reply.headers["etag"] == 'W/"á"'
    assert reply.url == server.url("/feed?q=%C9%99")
    assert server.requests[0].target == "/feed?q=%C9%99"
    assert server.requests[0].headers["accept"] == "x/y"


def test_a_message_is_sent_whole_with_its_length():
    with serving(answers(http(200, body=b"ok"))) as server:
        reply = ask(server.url(), RECEIPT, method="POST", body=b'{"a":1}', headers={"Content-Type": "application/json"})
    assert reply.body == b"ok"
    assert (server.requests[0].method, server.requests[0].body) == ("POST", b'{"a":1}')
    assert server.requests[0].headers["content-type"] == "application/json"


def test_connections_are_kept_between_requests_of_a_worker():
    with serving(answers(http(304), http(200, body=b"x"))) as server, closing(Http(LOOPBACK)) as client:
        statuses = [client.exchange("GET", server.url(), {}, None, WHOLE).status for _ in range(4)]
    assert statuses == [304, 200, 200, 200]
    assert server.connection_count == 1


def test_a_kept_connection_that_the_server_closed_is_replaced_without_a_word():
    def one_reply_a_connection(peer: Peer) -> None:
        if peer.request.target == "/first":
            peer.send(http(200, body=b"first"))
        elif len(server.requests) == 2:
            peer.close()  # reads the second request and hangs up, as a server does whose idle time has just run out
        else:
            peer.send(http(200, body=b"second"))

    with serving(one_reply_a_connection) as server, closing(Http(LOOPBACK)) as client:
        client.exchange("GET", server.url("/first"), {}, None, WHOLE)
        assert client.exchange("GET", server.url("/second"), {}, None, WHOLE).body == b"second"
    assert [asked.target for asked in server.requests] == ["/first", "/second", "/second"]


def test_a_new_connection_that_the_server_closes_is_not_tried_again():
    with serving(closes_after(b"")) as server, pytest.raises(Broken) as caught:
        ask(server.url())
    assert caught.value.sent
    assert len(server.requests) == 1


def test_a_message_never_goes_over_a_kept_connection_and_is_never_sent_twice():
    def hangs_up_on_messages(peer: Peer) -> None:
        if peer.request.method == "POST":
            peer.close()
        else:
            peer.send(http(200, body=b"x"))

    with serving(hangs_up_on_messages) as server, closing(Http(LOOPBACK)) as client:
        client.exchange("GET", server.url(), {}, None, WHOLE)
        with pytest.raises(Broken) as caught:
            client.exchange("POST", server.url(), {}, b"message", RECEIPT)
    assert caught.value.sent  # it may have been read: in doubt
    assert [asked.method for asked in server.requests] == ["GET", "POST"]
    assert server.connection_count == 2


def test_redirects_are_handed_over_and_not_followed():
    with serving(answers(http(302, {"Location": "/elsewhere"}))) as server:
        reply = ask(server.url())
    assert (reply.status, reply.headers["location"]) == (302, "/elsewhere")
    assert len(server.requests) == 1


def test_cookies_are_not_kept():
    with serving(answers(http(200, {"Set-Cookie": "a=b; Path=/"}))) as server, closing(Http(LOOPBACK)) as client:
        assert "a=b" in client.exchange("GET", server.url(), {}, None, WHOLE).headers["set-cookie"]
        client.exchange("GET", server.url(), {}, None, WHOLE)
    assert "cookie" not in server.requests[1].headers


def test_the_environment_has_no_say(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with serving(answers(http(200, body=b"direct"))) as server:
        assert ask(server.url()).body == b"direct"
    assert "authorization" not in server.requests[0].headers


def test_a_private_host_is_refused_before_anything_is_sent_unless_it_is_opened():
    with serving(answers(http(200))) as server:
        assert ask(server.url(), policy=LOOPBACK).status == 200
        with pytest.raises(AddressRefused) as caught:
            ask(server.url(), policy=Policy())
        assert not caught.value.sent
    assert server.connection_count == 1


def test_opening_one_name_opens_no_other_at_the_same_address():
    with serving(answers(http(200))) as server:
        policy = named("feeds.example")
        assert ask(server.url(host="feeds.example"), policy=policy).status == 200
        with pytest.raises(AddressRefused):
            ask(server.url(host="other.example"), policy=policy)
    assert server.connection_count == 1


def test_a_name_with_one_private_address_among_public_ones_is_refused():
    with (
        serving(answers(http(200))) as server,
        pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is no public address"),
    ):
        ask(server.url(host="mixed.example"), policy=named(mixed="93.184.216.34 127.0.0.1"))
    assert server.connection_count == 0


def test_the_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to():
    asked: list[str] = []
    policy = Policy(
        allow_private=frozenset({"feeds.example"}), resolve=resolving({"feeds.example": ["127.0.0.1"]}, asked)
    )
    with serving(answers(http(200))) as server:
        ask(server.url(host="feeds.example"), policy=policy)
    assert asked == ["feeds.example"]
    assert server.requests[0].headers["host"] == f"feeds.example:{server.port}"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"])
def test_a_private_address_is_caught_in_every_spelling(host):
    with pytest.raises(AddressRefused, match="no public address"):
        ask(f"http://{host}:8080/", policy=Policy())


def test_an_unusual_port_belongs_to_the_configured_address_only():
    with serving(answers(http(200))) as server, socket.create_server(("127.0.0.1", 0)) as other:
        other_port = other.getsockname()[1]
        assert ask(server.url("/b"), home=server.url("/a")).status == 200
        with pytest.raises(AddressRefused, match=f"port {other_port} is used only where"):
            ask(f"http://127.0.0.1:{other_port}/", home=server.url())


def test_an_opened_host_with_its_port_may_be_reached_from_elsewhere():
    with serving(answers(http(200))) as server:
        policy = Policy(allow_private=frozenset({server.address}))
        assert ask(server.url(), policy=policy, home="http://feeds.example/").status == 200


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "feed.xml", "//a/"])
def test_only_http_and_https_are_spoken(url):
    with pytest.raises(SchemeRefused):
        ask(url)


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[::1", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://*.a/"],
)
def test_an_address_that_cannot_be_read_is_refused(url):
    with pytest.raises(UrlRefused, match="the address cannot be read"):
        ask(url, policy=Policy())


def test_an_endless_address_is_refused():
    with serving(answers(http(200))) as server:
        longest = server.url("/" + "a" * (2_048 - len(server.url("/"))))
        assert ask(longest).status == 200
        with pytest.raises(UrlRefused, match="longer than 2,048"):
            ask(longest + "a")


def test_a_password_inside_an_address_is_refused_and_not_repeated():
    with pytest.raises(UrlRefused, match="auth_env") as caught:
        ask("http://user:hidden@127.0.0.1:8080/")
    assert "hidden" not in str(caught.value)


def test_plain_http_is_refused_where_only_https_is_wanted():
    policy = Policy(allow_private=LOOPBACK.allow_private, plain_http=False)
    with serving(answers(http(200))) as server, pytest.raises(SchemeRefused, match="only https"):
        ask(server.url(), policy=policy)
    assert server.connection_count == 0


def test_a_closed_port_is_a_failure_to_connect_and_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectFailed, match=rf"no connection to port {port} \(ConnectionRefusedError\)") as caught:
        ask(f"http://127.0.0.1:{port}/", method="POST", body=b"x")
    assert not caught.value.sent


def test_the_next_address_of_a_name_is_tried_when_one_does_not_answer():
    with serving(answers(http(200, body=b"here"))) as server:
        policy = named("twice.example", twice="127.0.0.2 127.0.0.1")
        assert ask(server.url(host="twice.example"), policy=policy).body == b"here"


@pytest.mark.skipif(sys.platform != "linux", reason="how a full backlog is treated")
@pytest.mark.parametrize(
    ("connect_s", "deadline_s", "said"), [(0.3, 5.0, "no connection to port"), (5.0, 0.5, "within")]
)
def test_a_host_that_does_not_answer_is_left_after_the_time_to_connect(connect_s, deadline_s, said):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as crowd:
        for _ in range(4):
            one = crowd.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        started_at = time.monotonic()
        with pytest.raises(TimedOut, match=said) as caught:
            ask(
                f"http://127.0.0.1:{listener.getsockname()[1]}/",
                Limits(connect_s=connect_s, deadline_s=deadline_s),
                method="POST",
                body=b"x",
            )
        assert time.monotonic() - started_at < 2
    assert not caught.value.sent


def test_an_unknown_name_is_a_failure_of_the_name_service():
    with pytest.raises(DnsFailed):
        ask("http://unknown.example/", policy=named())


def test_a_name_service_that_hangs_does_not_outlast_the_deadline():
    silent = threading.Event()

    def resolve(_host, _port):
        silent.wait(30)
        return []

    started_at = time.monotonic()
    with pytest.raises(TimedOut):
        ask("http://feeds.example/", Limits(deadline_s=0.5), Policy(resolve=resolve))
    assert time.monotonic() - started_at < 2
    silent.set()


def test_the_certificate_must_prove_the_name_and_the_name_is_told(authority):
    seen: list[str | None] = []
    with serving(answers(http(200, body=b"safe")), context=authority.context(seen)) as server:
        policy = Policy(
            allow_private=frozenset({"feeds.example"}),
            ca_file=str(authority.ca_file),
            resolve=resolving({"feeds.example": ["127.0.0.1"]}),
        )
        assert ask(server.url(host="feeds.example"), policy=policy).body == b"safe"
    assert seen == ["feeds.example"]


def test_a_certificate_for_another_name_is_refused_before_the_message_is_sent(authority):
    with serving(answers(http(200)), context=authority.context()) as server:
        policy = Policy(
            allow_private=frozenset({"other.example"}),
            ca_file=str(authority.ca_file),
            resolve=resolving({"other.example": ["127.0.0.1"]}),
        )
        with pytest.raises(TlsFailed, match="Hostname mismatch") as caught:
            ask(server.url(host="other.example"), policy=policy, method="POST", body=b"x")
    assert not caught.value.sent
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(authority):
    with (
        serving(answers(http(200)), context=authority.context()) as server,
        pytest.raises(TlsFailed, match="the certificate is not valid"),
    ):
        ask(server.url())
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_a_failure_of_tls():
    with serving(closes_after(b"HTTP/1.1 400 Bad\r\n\r\n"), reads=False) as server, pytest.raises(TlsFailed):
        ask(server.url().replace("http:", "https:"))


def test_a_reply_after_the_deadline_is_a_time_out_on_a_kept_connection_too():
    def quick_then_silent(peer: Peer) -> None:
        if len(server.requests) == 1:
            peer.send(http(200, body=b"x"))
        else:
            peer.stall()

    with serving(quick_then_silent) as server, closing(Http(LOOPBACK)) as client:
        assert client.exchange("GET", server.url(), {}, None, WHOLE).status == 200
        started_at = time.monotonic()
        with pytest.raises(TimedOut) as caught:
            client.exchange("GET", server.url(), {}, None, Limits(deadline_s=1.0))
        assert 0.9 < time.monotonic() - started_at < 2
        assert caught.value.sent
        assert server.connection_count == 1


def test_a_head_that_the_deadline_cut_is_a_time_out_and_no_empty_200():
    with serving(stalls_after(b"HTTP/1.1 200 OK\r\nContent-Ty")) as server, pytest.raises(TimedOut):
        ask(server.url(), Limits(deadline_s=0.7))


def test_a_silent_server_is_left_after_the_longest_wait_for_a_byte():
    started_at = time.monotonic()
    with serving(stalls_after(b"HTTP/1.1 200 OK\r\n")) as server, pytest.raises(TimedOut, match="fell silent"):
        ask(server.url(), Limits(deadline_s=20, read_s=0.5))
    assert time.monotonic() - started_at < 3


def test_a_body_that_stops_coming_is_a_time_out():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    with serving(stalls_after(head)) as server, pytest.raises(TimedOut, match="the body stopped coming"):
        ask(server.url(), Limits(deadline_s=20, read_s=0.5, whole=True))


def test_a_server_that_reads_no_message_is_a_time_out_and_the_message_was_not_sent():
    with serving(stalls_after(), reads=False) as server, pytest.raises(TimedOut) as caught:
        ask(server.url(), Limits(deadline_s=1.0), method="POST", body=b"x" * 30_000_000)
    assert not caught.value.sent


def test_an_exchange_can_be_ended_from_another_thread():
    with serving(stalls_after()) as server, closing(Http(LOOPBACK)) as client:
        client.abort()  # nothing in hand: harmless
        timer = threading.Timer(0.3, client.abort)
        timer.start()
        started_at = time.monotonic()
        with pytest.raises(TimedOut):
            client.exchange("GET", server.url(), {}, None, Limits(deadline_s=20))
        assert time.monotonic() - started_at < 3
        timer.join()


def test_many_exchanges_leave_no_descriptors_behind():
    with serving(answers(http(200, body=b"x"), http(304))) as server, closing(Http(LOOPBACK)) as client:
        client.exchange("GET", server.url(), {}, None, WHOLE)
        before = open_files()
        for _ in range(200):
            client.exchange("GET", server.url(), {}, None, WHOLE)
        assert open_files() <= before


def test_a_head_that_was_cut_is_broken_and_no_empty_200():
    for cut in (b"HTTP/1.1 200 OK\r\nContent-Ty", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200"):
        with serving(closes_after(cut)) as server, pytest.raises(Broken, match="IncompleteRead"):
            ask(server.url())


def test_a_head_without_end_is_refused_at_its_cap():
    line = b"X-Long: " + b"a" * 60_000 + b"\r\n"
    with (
        serving(closes_after(b"HTTP/1.1 200 OK\r\n" + line * 5 + b"\r\n")) as server,
        pytest.raises(TooLarge, match="the head exceeds"),
    ):
        ask(server.url())
    with serving(closes_after(b"HTTP/1.1 200 OK\r\n" + line * 4 + b"Content-Length: 0\r\n\r\n")) as server:
        assert ask(server.url()).status == 200


def test_interim_replies_without_end_are_refused():
    with (
        serving(closes_after(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 20_000)) as server,
        pytest.raises((TooLarge, Broken)),
    ):
        ask(server.url())


def test_what_is_not_http_is_broken():
    with serving(closes_after(b"220 mail.example ESMTP\r\n"), reads=False) as server, pytest.raises(Broken):
        ask(server.url())


def test_a_compressed_body_is_unpacked_member_by_member():
    members = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + bytes(8)
    with serving(answers(http(200, {"Content-Encoding": "GZIP"}, members))) as server:
        reply = ask(server.url())
    assert (reply.body, reply.is_complete, reply.wire_byte_count) == (b"one two", True, len(members))


def test_a_body_compressed_without_a_gzip_header_is_unpacked_too():
    with serving(answers(http(200, {"Content-Encoding": "deflate"}, zlib.compress(b"one")))) as server:
        assert ask(server.url()).body == b"one"


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 900_000])
def test_a_body_of_any_size_arrives_unchanged(size):
    body = os.urandom(size // 2) + b"a" * (size - size // 2)
    packed = gzip.compress(body)
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:10], packed[10:])) + b"0\r\n\r\n"
    replies = (
        http(200, body=body),
        http(200, {"Content-Encoding": "gzip"}, packed),
        http(200, {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}, chunked),
    )
    with serving(answers(*replies)) as server, closing(Http(LOOPBACK)) as client:
        for _ in replies:
            reply = client.exchange("GET", server.url(), {}, None, WHOLE)
            assert reply.body == body
            assert reply.is_complete
    assert server.connection_count == 1


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_a_coding_that_was_not_asked_for_is_refused(coding):
    with serving(answers(http(200, {"Content-Encoding": coding}, b"x"))) as server, pytest.raises(EncodingRefused):
        ask(server.url())


def test_a_damaged_compressed_body_is_refused():
    packed = bytearray(gzip.compress(os.urandom(5_000)))
    packed[-6] ^= 0xFF  # the checksum
    with (
        serving(answers(http(200, {"Content-Encoding": "gzip"}, bytes(packed)))) as server,
        pytest.raises(EncodingRefused, match="damaged"),
    ):
        ask(server.url())


def test_what_follows_a_compressed_body_counts_against_the_cap():
    padded = gzip.compress(b"one") + bytes(999_000)
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, padded))) as server:
        assert ask(server.url()).body == b"one"
    with (
        serving(closes_after(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + padded * 2)) as server,
        pytest.raises(TooLarge),
    ):
        ask(server.url())


def test_a_gzip_stream_of_countless_empty_members_is_refused():
    empty = gzip.compress(b"", mtime=0)
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, empty * 900))) as server:
        assert ask(server.url()).body == b""
    with (
        serving(answers(http(200, {"Content-Encoding": "gzip"}, empty * 40_000))) as server,
        pytest.raises(EncodingRefused, match="parts"),
    ):
        ask(server.url())


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
    ],
)
def test_a_body_that_was_cut_is_kept_and_marked(reply):
    for limits in (WHOLE, RECEIPT):
        with serving(closes_after(reply)) as server:
            got = ask(server.url(), limits)
        assert (got.status, got.body, got.is_complete) == (200, b"half", False)


def test_a_compressed_body_that_was_cut_is_kept_and_marked():
    packed = gzip.compress(os.urandom(50_000))
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, packed[:25_000]))) as server:
        reply = ask(server.url())
    assert 20_000 < len(reply.body) < 50_000
    assert not reply.is_complete


def test_a_receipt_is_read_up_to_its_cap_and_not_unpacked():
    with serving(answers(http(200, {"Content-Encoding": "gzip"}, gzip_bomb(100)))) as server:
        reply = ask(server.url(), RECEIPT, method="POST", body=b"x")
    assert (reply.status, len(reply.body), reply.is_complete) == (200, 16_384, False)


def test_a_receipt_of_any_length_is_a_receipt():
    def pours(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
        for _ in range(200):
            peer.send(b"x" * 1_048_576)

    with serving(pours) as server:
        started_at = time.monotonic()
        assert len(ask(server.url(), RECEIPT, method="POST", body=b"x").body) == 16_384
        assert time.monotonic() - started_at < 2


def test_the_body_of_a_redirect_is_never_unpacked():
    packed = {"Content-Encoding": "gzip", "Location": "/b"}
    with serving(answers(http(302, packed, gzip_bomb(1_000)))) as server:
        started_at = time.monotonic()
        reply = ask(server.url())
        assert time.monotonic() - started_at < 2
    assert (reply.status, len(reply.body)) == (302, 16_384)


def test_a_reset_after_the_message_leaves_it_in_doubt():
    def resets(peer: Peer) -> None:
        peer.reset()

    with serving(resets) as server, pytest.raises(Broken) as caught:
        ask(server.url(), RECEIPT, method="POST", body=b"x")
    assert caught.value.sent
    assert server.requests[0].body == b"x"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=80).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail)))
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nab")
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nab")
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nffffffffffffffff\r\nab")
@example(b"HTTP/9.9 200 OK\r\n\r\n")
@example(b"HTTP/1.1 099 OK\r\n\r\n")
def test_whatever_a_server_says_the_outcome_is_a_reply_or_one_of_our_errors(said):
    with serving(closes_after(said)) as server:
        outcome: Reply | TransportError
        try:
            outcome = ask(server.url())
        except TransportError as error:
            outcome = error
    assert isinstance(outcome, Reply) or str(outcome).startswith("127.0.0.1: ")


def failures(authority: Authority) -> list[TransportError]:
    """One error of nearly every sort, each for an address that holds the token."""
    found = []
    plain = [
        closes_after(b""),
        closes_after(b"HTTP/1.1 200 OK\r\nCont"),
        closes_after(b"nonsense\r\n"),
        closes_after(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"),
        answers(http(200, {"Content-Encoding": "br"}, b"x")),
        answers(http(200, body=b"x" * 1_000_001)),
        stalls_after(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"),
    ]
    for behaviour in plain:
        with serving(behaviour) as server:
            found.append(failure(server.url(f"/{TOKEN}?{TOKEN}")))
            found.append(failure(server.url(f"/{TOKEN}"), policy=Policy()))
            found.append(failure(server.url(f"/{TOKEN}").replace("http:", "https:")))
    with serving(answers(http(200)), context=authority.context()) as server:
        found.append(failure(server.url(f"/{TOKEN}")))
    found.append(failure(server.url(f"/{TOKEN}")))
    found.append(failure(f"http://127.0.0.1:99999/{TOKEN}"))
    found.append(failure(f"http://{TOKEN}:{TOKEN}@127.0.0.1/{TOKEN}"))
    found.append(failure(f"http://127.0.0.1/{TOKEN}" + "a" * 2_048))
    found.append(failure("http://127.0.0.1:8080/", headers={"X-Key": TOKEN + "\nX: y"}))
    found.append(failure("http://127.0.0.1:8080/", headers={"X-Key": TOKEN + "\u0259"}))
    found.append(failure("http://127.0.0.1:8080/", headers={TOKEN + ":": "x"}))
    return found


def failure(url, **options) -> TransportError:
    with pytest.raises(TransportError) as caught:
        ask(url, Limits(deadline_s=0.5, body_bytes=1_000_000, whole=True), **options)
    return caught.value


def test_no_error_no_traceback_and_no_log_line_tells_more_than_the_host(authority, caplog):
    caplog.set_level(logging.DEBUG)
    found = failures(authority)
    assert len({type(error) for error in found}) >= 7
    for error in found:
        assert TOKEN not in str(error) + repr(error) + "".join(traceback.format_exception(error))
        assert error.__context__ is None or TOKEN not in str(error.__context__)
    assert TOKEN not in caplog.text


def test_a_reply_and_a_policy_do_not_print_their_secrets():
    policy = Policy(allow_private=LOOPBACK.allow_private, proxy=f"http://user:{TOKEN}@proxy.example/")
    with serving(answers(http(200, body=TOKEN.encode()))) as server:
        assert TOKEN not in repr(ask(server.url(f"/{TOKEN}"))) + repr(policy)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00b", "\u0259", "\nleading"])
def test_a_header_that_cannot_be_sent_is_refused(value):
    with serving(answers(http(200))) as server, pytest.raises(UrlRefused, match="a header that cannot be sent"):
        ask(server.url(), headers={"X-Key": value})
    assert server.connection_count == 0


def test_plain_requests_go_through_the_proxy_which_resolves_the_name():
    with serving(proxying) as proxy:
        policy = Policy(
            proxy=f"http://user:pass@127.0.0.1:{proxy.port}",
            allow_private=LOOPBACK.allow_private,
            resolve=resolving({}),
        )
        reply = ask("http://feeds.example/feed", policy=policy)
    assert reply.body == b"by proxy: http://feeds.example/feed"
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"


def test_encrypted_requests_go_through_a_tunnel_and_the_certificate_proves_the_far_name(authority):
    context = authority.context()
    with serving(proxying) as proxy, serving(answers(http(200, body=b"far")), context=context) as server:
        policy = Policy(
            proxy=f"http://127.0.0.1:{proxy.port}",
            allow_private=LOOPBACK.allow_private,
            ca_file=str(authority.ca_file),
            resolve=resolving({}),
        )
        assert ask(server.url(host="feeds.example"), policy=policy).body == b"far"
        with pytest.raises(TlsFailed, match="Hostname mismatch"):
            ask(server.url(host="other.example"), policy=policy)
    assert proxy.requests[0].target == f"feeds.example:{server.port}"


def test_a_tunnel_through_an_encrypted_proxy_is_kept_and_watched(authority):
    def quick_then_silent(peer: Peer) -> None:
        if len(server.requests) == 1:
            peer.send(http(200, body=b"far"))
        else:
            peer.stall()

    with serving(proxying, context=authority.context()) as proxy:
        policy = Policy(
            proxy=f"https://127.0.0.1:{proxy.port}",
            allow_private=LOOPBACK.allow_private,
            ca_file=str(authority.ca_file),
            resolve=resolving({}),
        )
        with serving(quick_then_silent, context=authority.context()) as server, closing(Http(policy)) as client:
            url = server.url(host="feeds.example")
            assert client.exchange("GET", url, {}, None, WHOLE).body == b"far"
            with pytest.raises(TimedOut):
                client.exchange("GET", url, {}, None, Limits(deadline_s=0.7))
            assert len(server.requests) == 2
    assert proxy.connection_count == 1


def test_the_guard_looks_at_the_proxy_and_at_numbers_behind_it():
    with serving(proxying) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        with pytest.raises(AddressRefused, match=r"127\.0\.0\.1"):
            ask("http://feeds.example/", policy=Policy(proxy=url))
        opened = Policy(proxy=url, allow_private=frozenset({proxy.address}))
        assert ask("http://feeds.example/", policy=opened).status == 200
        with pytest.raises(AddressRefused):
            ask("http://0x7f.1/", policy=opened)
    assert len(proxy.requests) == 1


def test_a_proxy_that_declines_is_a_failure_to_connect():
    with serving(closes_after(http(403))) as proxy:
        policy = Policy(proxy=f"http://127.0.0.1:{proxy.port}", allow_private=LOOPBACK.allow_private)
        with pytest.raises(ConnectFailed, match="the proxy declined") as caught:
            ask("https://feeds.example/", policy=policy, method="POST", body=b"x")
    assert not caught.value.sent


CHILD = """
import sys
from alerts.transport import Http, Limits, Policy
client = Http(Policy(allow_private=frozenset({"127.0.0.1"})))
client.exchange("GET", sys.argv[1] + "?poll", {}, None, Limits())
print("polled", flush=True)
client.exchange("POST", sys.argv[1], {}, b"message", Limits())
print("sent", flush=True)
"""


@pytest.mark.parametrize(
    ("point", "what_arrived"),
    [
        ("after_connect", []),
        ("after_headers", [b""]),
        ("after_body", [b"message"]),
        ("after_reply", [b"message"]),
        ("elsewhere", [b"message"]),
    ],
)
def test_a_crash_point_lies_where_its_name_says_and_polls_pass_none(point, what_arrived):
    with serving(answers(http(200, body=b"ok"))) as server:
        child = subprocess.run(
            [sys.executable, "-c", CHILD, server.url()],
            env={**os.environ, "SALNAME_CRASH_AT": f"{point}:1"},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert child.returncode == (0 if point == "elsewhere" else 137)
    assert child.stdout.split() == [b"polled", b"sent"][: 2 if point == "elsewhere" else 1]
    assert [asked.body for asked in server.requests if asked.method == "POST"] == what_arrived


def test_every_refusal_is_known_as_one():
    assert all(issubclass(kind, Refused) for kind in (AddressRefused, SchemeRefused, UrlRefused))
