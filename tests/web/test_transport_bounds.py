import gzip
import os
import threading
import time
import zlib
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.transport import (
    Broken,
    EncodingRefused,
    Http,
    Limits,
    Reply,
    TimedOut,
    TooLarge,
    TransportError,
)
from tests.builders_web import (
    LOOPBACK,
    RECEIPT,
    WHOLE,
    Peer,
    answers,
    ask,
    closes_after,
    gzip_bomb,
    http,
    serving,
    stalls_after,
)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


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


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
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
