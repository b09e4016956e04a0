from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.transport import Limits, Policy
from monitor.feeds.fetch import (
    ACCEPT,
    Failed,
    FailureKind,
    Fetched,
    Fetcher,
    FetchRequest,
    FetchResult,
    FetchSettings,
    NotModified,
)
from tests.builders_web import Peer, Server, answers, authority_in, http, resolving, routes, serving

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = b"<rss version='2.0'/>"
SETTINGS = FetchSettings(
    version="1.2",
    contact="https://watch.example/about",
    policy=Policy(allow_private=frozenset({"127.0.0.1"})),
    limits=Limits(deadline_s=3.0, body_bytes=10_485_760, whole=True),
)


def fetch(url: str, settings: FetchSettings = SETTINGS, **request) -> FetchResult:
    with closing(Fetcher(settings, clock=lambda: NOW)) as fetcher:
        return fetcher.fetch(FetchRequest(url=url, **request))


def fetched(url: str, settings: FetchSettings = SETTINGS, **request) -> Fetched:
    result = fetch(url, settings, **request)
    assert isinstance(result, Fetched), result
    return result


def failed(url: str, settings: FetchSettings = SETTINGS, **request) -> Failed:
    result = fetch(url, settings, **request)
    assert isinstance(result, Failed), result
    return result


def to(location: str, status: int = 302) -> bytes:
    return http(status, {"Location": location})


def targets(server: Server) -> list[str]:
    return [asked.target for asked in server.requests]


def test_a_document_comes_with_all_that_the_next_poll_must_know():
    headers = {
        "Content-Type": "application/rss+xml; charset=windows-1251",
        "ETag": 'W/"á-1"',
        "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT",
        "Cache-Control": "max-age=600",
        "Link": '<https://hub.example/>; rel="hub"',
    }
    with serving(answers(http(200, headers, FEED))) as server:
        result = fetched(server.url("/feed#top"))
    assert result == Fetched(
        body=FEED,
        status=200,
        content_type="application/rss+xml; charset=windows-1251",
        etag='W/"á-1"',
        last_modified="Sun, 01 Mar 2026 10:00:00 GMT",
        fresh_s=600.0,
        final_url=server.url("/feed"),
        permanent_to=None,
        redirect_statuses=(),
        link='<https://hub.example/>; rel="hub"',
        wire_byte_count=len(FEED),
    )


def test_the_request_is_polite_and_says_who_asks():
    with serving(answers(http(200, body=FEED))) as server:
        fetched(server.url())
        fetched(server.url(), user_agent="compatible")
    first, second = server.requests
    assert first.method == "GET"
    assert first.headers["user-agent"] == "salname/1.2 (+https://watch.example/about)"
    assert second.headers["user-agent"] == "Mozilla/5.0 (compatible; salname/1.2; +https://watch.example/about)"
    assert first.headers["accept"] == ACCEPT
    assert first.headers["accept-encoding"] == "gzip"
    assert set(first.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_without_a_contact_the_agent_is_named_alone():
    with serving(answers(http(200, body=FEED))) as server:
        fetched(server.url(), replace(SETTINGS, contact=""))
        fetched(server.url(), replace(SETTINGS, contact=""), user_agent="compatible")
    agents = [asked.headers["user-agent"] for asked in server.requests]
    assert agents == ["salname/1.2", "Mozilla/5.0 (compatible; salname/1.2)"]


def conditional(server: Server, etag: str | None = 'W/"1"', last_modified: str | None = "yesterday", **request):
    options = {"validators_url": server.url(), **request}
    return fetch(server.url(), etag=etag, last_modified=last_modified, **options)


def test_stored_validators_are_sent_back_byte_for_byte():
    with serving(answers(http(304))) as server:
        result = conditional(server, etag='W/"á\\"', last_modified="Sun,01 Mar 2026")
    assert isinstance(result, NotModified)
    assert server.requests[0].headers["if-none-match"] == 'W/"á\\"'
    assert server.requests[0].headers["if-modified-since"] == "Sun,01 Mar 2026"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"if-none-match", "if-modified-since"}),
        ({"etag": None}, {"if-modified-since"}),
        ({"last_modified": None}, {"if-none-match"}),
        ({"unconditional": True}, set()),
        ({"validators_url": None}, set()),
        ({"validators_url": "http://other.example/feed"}, set()),
    ],
)
def test_validators_are_sent_only_where_they_belong(options, names):
    with serving(answers(http(200, body=FEED))) as server:
        conditional(server, **options)
    assert {name for name in server.requests[0].headers if name.startswith("if-")} == names


def test_validators_belong_to_the_end_of_a_chain_of_redirects():
    def end(peer: Peer) -> None:
        peer.send(http(304) if "if-none-match" in peer.request.headers else http(200, {"ETag": '"1"'}, FEED))

    with serving(routes({"/feed": to("/final"), "/final": end})) as server:
        first = fetched(server.url())
        second = fetch(server.url(), etag=first.etag, validators_url=first.final_url)
    assert isinstance(second, NotModified)
    assert second.final_url == first.final_url == server.url("/final")
    assert ["if-none-match" in asked.headers for asked in server.requests] == [False, False, False, True]


def test_a_304_renews_what_it_names_and_leaves_the_rest():
    with serving(answers(http(304, {"ETag": '"2"', "Cache-Control": "max-age=60"}))) as server:
        assert conditional(server) == NotModified(
            etag='"2"',
            last_modified="yesterday",
            fresh_s=60.0,
            final_url=server.url(),
            permanent_to=None,
            redirect_statuses=(),
        )


def test_a_304_that_nobody_asked_for_is_an_error():
    with serving(answers(http(304))) as server:
        assert failed(server.url()).kind is FailureKind.HTTP_ERROR


@pytest.mark.parametrize("etag", ['"' + "a" * 5_000 + '"', '"\x01"', '\xa0"1"'])
def test_a_validator_that_could_not_be_sent_back_is_forgotten(etag):
    with serving(answers(http(200, {"ETag": etag, "Last-Modified": "then"}, FEED))) as server:
        result = fetched(server.url())
    assert (result.etag, result.last_modified) == (None, "then")


def test_an_unasked_226_is_a_part_of_the_document():
    with serving(answers(http(226, body=FEED))) as server:
        result = fetched(server.url())
    assert (result.status, result.partial, result.body) == (226, True, FEED)
    assert "a-im" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, FailureKind.REFUSED),
        (403, FailureKind.REFUSED),
        (404, FailureKind.NOT_FOUND),
        (410, FailureKind.GONE),
        (429, FailureKind.THROTTLED),
        (503, FailureKind.THROTTLED),
        (400, FailureKind.HTTP_ERROR),
        (500, FailureKind.HTTP_ERROR),
        (204, FailureKind.HTTP_ERROR),
        (206, FailureKind.HTTP_ERROR),
        (300, FailureKind.HTTP_ERROR),
        (302, FailureKind.HTTP_ERROR),  # without a Location
        (799, FailureKind.HTTP_ERROR),
    ],
)
def test_every_status_without_a_document_has_its_class(status, kind):
    with serving(answers(http(status, body=b"" if status == 204 else b"<html>"))) as server:
        result = failed(server.url())
    assert (result.kind, result.status) == (kind, status)
    assert result.detail.startswith(f"127.0.0.1: HTTP {status}")


def test_a_throttling_server_says_when_to_come_back_and_how_long_this_is_fresh():
    headers = {"Retry-After": "999999999", "Cache-Control": "max-age=60"}
    with serving(answers(http(429, headers), http(503, {"Retry-After": "-5"}))) as server:
        result = failed(server.url())
        assert (result.retry_after_s, result.fresh_s) == (7 * 86_400.0, 60.0)
        assert failed(server.url()).retry_after_s is None


def test_a_challenge_is_noted_in_the_detail():
    with serving(answers(http(403, {"cf-mitigated": "challenge\x1b[1m"}))) as server:
        assert failed(server.url()).detail == "127.0.0.1: HTTP 403 Forbidden (cf-mitigated: challengem)"


def test_a_captive_portal_is_a_document_like_any_other_and_moves_nothing():
    login = http(200, {"Content-Type": "text/html"}, b"<html>Log in to the hotel</html>")
    with serving(routes({"/feed": to("/login"), "/login": login})) as server:
        result = fetched(server.url())
    assert (result.content_type, result.permanent_to, result.redirect_statuses) == ("text/html", None, (302,))


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        ((301,), "/1"),
        ((308,), "/1"),
        ((302,), None),
        ((303,), None),
        ((307,), None),
        ((301, 308), "/2"),
        ((301, 302), "/1"),
        ((302, 301), None),
        ((301, 307, 301), "/1"),
        ((301, 301, 301, 301, 301), "/5"),
    ],
)
def test_only_an_unbroken_chain_of_permanent_redirects_is_recorded(statuses, permanent):
    table = {f"/{n}": to(f"/{n + 1}", status) for n, status in enumerate(statuses)}
    with serving(routes({**table, f"/{len(statuses)}": http(200, body=FEED)})) as server:
        result = fetched(server.url("/0"))
    assert result.final_url == server.url(f"/{len(statuses)}")
    assert result.permanent_to == (server.url(permanent) if permanent else None)
    assert result.redirect_statuses == statuses


def test_five_redirects_are_followed_and_not_a_sixth():
    table = {f"/{n}": to(f"/{n + 1}") for n in range(6)}
    with serving(routes({**table, "/6": http(200, body=FEED)})) as server:
        assert fetched(server.url("/1")).final_url == server.url("/6")
        server.requests.clear()
        assert failed(server.url("/0")).kind is FailureKind.TOO_MANY_REDIRECTS
    assert targets(server) == ["/0", "/1", "/2", "/3", "/4", "/5"]


@pytest.mark.parametrize("location", ["/feed", "/b", "#x", "http://127.0.0.1:{port}/feed#y"])
def test_a_circle_of_redirects_is_an_error(location):
    def circle(peer: Peer) -> None:
        peer.send(to(location.format(port=server.port) if peer.request.target == "/feed" else "/feed"))

    with serving(circle) as server:
        result = failed(server.url())
    assert (result.kind, result.status) == (FailureKind.REDIRECT_LOOP, 302)
    assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("next?a=b", "/dir/next?a=b"),
        ("//{address}/x", "/x"),
        (" /blank ", "/blank"),
        ("/\u0259 b", "/%C9%99%20b"),
        ("/%c9%99", "/%C9%99"),
    ],
)
def test_a_relative_or_sloppy_location_is_understood(location, target):
    def redirects(peer: Peer) -> None:
        if peer.request.target == "/dir/feed":
            raw = location.format(address=server.address).encode()
            peer.send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + raw + b"\r\n\r\n")
        else:
            peer.send(http(200, body=FEED))

    with serving(redirects) as server:
        result = fetched(server.url("/dir/feed"))
        assert targets(server) == ["/dir/feed", target]
        assert fetched(result.final_url).body == FEED


@pytest.mark.parametrize("location", ["http://[::1", "http://127.0.0.1:99999/"])
def test_an_unreadable_location_is_an_error(location):
    with serving(answers(to(location))) as server:
        assert failed(server.url()).kind is FailureKind.PROTOCOL


def test_encryption_is_never_given_up(tmp_path):
    authority = authority_in(tmp_path)
    settings = replace(SETTINGS, policy=replace(SETTINGS.policy, ca_file=str(authority.ca_file)))
    with serving(answers(http(200, body=FEED))) as plain:
        locations = [plain.url(), plain.url().replace("http:", "HTTP:")]
        with serving(answers(*map(to, locations)), context=authority.context()) as server:
            results = [failed(server.url(), settings) for _ in locations]
    assert {result.kind for result in results} == {FailureKind.BAD_SCHEME}
    assert plain.connection_count == 0


SECRETS: dict[str, Any] = {"auth": "me:p\u00e4ss", "extra_headers": (("X-Api-Key", "hidden"),)}


def test_secrets_are_sent_to_the_configured_host():
    with serving(answers(http(200, body=FEED))) as server:
        fetched(server.url(), **SECRETS)
    assert server.requests[0].headers["x-api-key"] == "hidden"
    assert server.requests[0].headers["authorization"] == "Basic bWU6cMOkc3M="


def test_secrets_follow_a_redirect_on_the_same_host_and_no_other():
    with serving(answers(http(200, body=FEED))) as other:
        policy = replace(SETTINGS.policy, allow_private=frozenset({"127.0.0.1", other.address}))
        with serving(routes({"/feed": to("/b"), "/b": to(other.url())})) as server:
            fetched(server.url(), replace(SETTINGS, policy=policy), **SECRETS)
    assert ["x-api-key" in asked.headers for asked in (*server.requests, *other.requests)] == [True, True, False]
    assert "authorization" not in other.requests[0].headers


def test_secrets_stay_with_the_declared_host_after_the_feed_has_moved():
    with serving(answers(http(200, body=FEED))) as moved, serving(answers(http(200, body=FEED))) as declared:
        policy = replace(SETTINGS.policy, allow_private=frozenset({"127.0.0.1", moved.address}))
        for url in (moved.url(), declared.url()):
            fetched(url, replace(SETTINGS, policy=policy), declared_url=declared.url(), **SECRETS)
    assert "x-api-key" not in moved.requests[0].headers
    assert "x-api-key" in declared.requests[0].headers


@pytest.mark.parametrize("bad", ["line\nbreak", "\u0259"])
def test_secrets_are_in_no_repr_and_no_error(bad):
    request = FetchRequest(url="http://127.0.0.1/", auth="me:hidden", extra_headers=(("X-Api-Key", "hidden" + bad),))
    assert "hidden" not in repr(request)
    with closing(Fetcher(SETTINGS)) as fetcher:
        result = fetcher.fetch(request)
    assert isinstance(result, Failed)
    assert result.detail == "127.0.0.1: a header that cannot be sent"
    assert "hidden" not in repr(result)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", FailureKind.BAD_SCHEME),
        ("http://[::1", FailureKind.PROTOCOL),
        ("http://me:hidden@127.0.0.1/", FailureKind.PROTOCOL),
        ("http://unknown.example/", FailureKind.DNS),
        ("http://10.0.0.1/", FailureKind.REFUSED_ADDRESS),
        ("http://127.0.0.1:1/", FailureKind.CONNECT),
    ],
)
def test_what_cannot_be_asked_is_a_value_and_no_exception(url, kind):
    settings = replace(SETTINGS, policy=replace(SETTINGS.policy, resolve=resolving({})))
    assert failed(url, settings).kind is kind


def test_an_invalid_certificate_is_a_failure_of_tls(tmp_path):
    with serving(answers(http(200, body=FEED)), context=authority_in(tmp_path).context()) as server:
        result = failed(server.url())
    assert result.kind is FailureKind.TLS
    assert "certificate" in result.detail


def test_a_document_that_was_cut_is_handed_on_without_its_validators():
    reply = http(200, {"Content-Length": "1000", "ETag": '"1"', "Last-Modified": "then"}, FEED)

    def cut(peer: Peer) -> None:
        peer.send(reply)
        peer.close()

    with serving(cut) as server:
        result = fetched(server.url())
    assert (result.body, result.truncated) == (FEED, True)
    assert (result.etag, result.last_modified) == (None, None)


def test_nothing_of_a_document_is_an_error():
    def cut(peer: Peer) -> None:
        peer.send(http(200, {"Content-Length": "1000"}))
        peer.close()

    with serving(cut) as server:
        assert failed(server.url()).kind is FailureKind.PROTOCOL


def test_connections_are_kept_between_polls_of_one_host():
    replies = answers(http(200, {"ETag": '"1"'}, FEED), http(304))
    with serving(replies) as server, closing(Fetcher(SETTINGS)) as fetcher:
        first = fetcher.fetch(FetchRequest(url=server.url()))
        assert isinstance(first, Fetched)
        again = FetchRequest(url=server.url(), etag=first.etag, validators_url=first.final_url)
        results = [fetcher.fetch(again) for _ in range(3)]
    assert {type(result) for result in results} == {NotModified}
    assert server.connection_count == 1


def test_the_deadline_is_for_all_hops_together():
    def slow(peer: Peer) -> None:
        peer.stopped.wait(0.4)
        with suppress(OSError):
            peer.send(to(peer.request.target + "a"))

    with serving(slow) as server:
        result = failed(server.url("/"), replace(SETTINGS, limits=replace(SETTINGS.limits, deadline_s=1.0)))
    assert result.kind is FailureKind.TIMEOUT
    assert 2 <= len(server.requests) <= 3
