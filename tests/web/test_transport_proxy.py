from contextlib import closing
from pathlib import Path

import pytest

from alerts.transport import (
    AddressRefused,
    ConnectFailed,
    Http,
    Limits,
    Policy,
    TimedOut,
    TlsFailed,
)
from tests.builders_web import (
    LOOPBACK,
    WHOLE,
    Authority,
    Peer,
    answers,
    ask,
    authority_in,
    closes_after,
    http,
    proxying,
    resolving,
    serving,
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return authority_in(tmp_path)


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
