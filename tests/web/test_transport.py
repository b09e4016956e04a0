import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from alerts.transport import (
    AddressRefused,
    Broken,
    ConnectFailed,
    DnsFailed,
    Http,
    Limits,
    Policy,
    Refused,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    UrlRefused,
    expect_allowed,
)
from tests.builders_web import (
    LOOPBACK,
    RECEIPT,
    WHOLE,
    Authority,
    Peer,
    Server,
    answers,
    ask,
    authority_in,
    closes_after,
    http,
    resolving,
    serving,
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return authority_in(tmp_path)


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


def follow(client: Http, server: Server, *bodies: bytes) -> None:
    """Messages that follow each other at once."""
    for number, body in enumerate(bodies, start=1):
        client.exchange("POST", server.url(), {}, body, RECEIPT, is_followed=number < len(bodies))


def test_messages_that_follow_each_other_at_once_share_a_connection_that_the_last_one_ends():
    with serving(answers(http(200, body=b"ok"))) as server, closing(Http(LOOPBACK)) as client:
        follow(client, server, b"one", b"two", b"three")
        follow(client, server, b"four")
    assert [asked.body for asked in server.requests] == [b"one", b"two", b"three", b"four"]
    assert [asked.headers.get("connection") for asked in server.requests] == [None, None, "close", "close"]
    assert server.connection_count == 2


def test_a_message_that_follows_late_gets_a_connection_of_its_own(monkeypatch: pytest.MonkeyPatch):
    with serving(answers(http(200, body=b"ok"))) as server, closing(Http(LOOPBACK)) as client:
        follow(client, server, b"one", b"two")
        assert server.connection_count == 1
        monkeypatch.setattr("alerts.transport.http._KEPT_S", 0.0)
        follow(client, server, b"three", b"four")
    assert server.connection_count == 3


def test_a_server_that_hangs_up_on_a_shared_connection_is_in_doubt_once_and_gets_new_ones_from_then_on():
    def hangs_up_on_the_second(peer: Peer) -> None:
        if peer.request.body == b"two":
            peer.close()
        else:
            peer.send(http(200, body=b"ok"))

    with serving(hangs_up_on_the_second) as server, closing(Http(LOOPBACK)) as client:
        client.exchange("POST", server.url(), {}, b"one", RECEIPT, is_followed=True)
        with pytest.raises(Broken) as caught:
            client.exchange("POST", server.url(), {}, b"two", RECEIPT, is_followed=True)
        follow(client, server, b"three", b"four")
    assert caught.value.sent
    assert [asked.body for asked in server.requests] == [b"one", b"two", b"three", b"four"]  # none of them twice
    assert server.connection_count == 3


def test_a_message_never_takes_the_connection_of_another_request_and_is_never_sent_twice():
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


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "a.example",
        "https://[a/",
        "http://a.example/",
        "https://me:x@a.example/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://a.example/" + "x" * 2_048,
    ],
)
def test_what_every_exchange_would_refuse_is_told_beforehand_in_the_same_words(url: str):
    policy = Policy(plain_http=False)
    with pytest.raises(Refused) as beforehand:
        expect_allowed(url, policy)
    with pytest.raises(Refused) as tried:
        ask(url, policy=policy)
    assert (type(beforehand.value), str(beforehand.value)) == (type(tried.value), str(tried.value))


def test_a_name_is_asked_for_only_when_something_is_sent_to_it():
    asked: list[str] = []
    policy = Policy(plain_http=False, resolve=resolving({}, asked))
    expect_allowed("https://nowhere.example:8443/x", policy)
    assert asked == []
    with pytest.raises(DnsFailed):
        ask("https://nowhere.example:8443/x", policy=policy)
    assert asked


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
        wait_until(lambda: messages(server) == what_arrived)  # the server may still be reading what the child left
    assert child.returncode == (0 if point == "elsewhere" else 137)
    assert child.stdout.split() == [b"polled", b"sent"][: 2 if point == "elsewhere" else 1]
    assert messages(server) == what_arrived


def messages(server: Server) -> list[bytes]:
    return [asked.body for asked in server.requests if asked.method == "POST"]


def wait_until(happened: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 5
    while not happened() and time.monotonic() < give_up_at:
        time.sleep(0.01)


def test_every_refusal_is_known_as_one():
    assert all(issubclass(kind, Refused) for kind in (AddressRefused, SchemeRefused, UrlRefused))
