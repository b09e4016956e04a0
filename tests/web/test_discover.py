"""The feeds of a site, found from the address of a page; a real server on loopback, a real client."""

import time
from datetime import UTC, datetime

import pytest
import requests
from pytest_httpserver import HTTPServer

from monitor.feeds.discover import CANDIDATE_LIMIT, PATHS, Found, Page, candidates, discover
from tests.builders_feeds import atom, rss

NOW = datetime(2026, 2, 1, tzinfo=UTC)
FEED = rss("<title>a</title>", "<title>b</title>")
HTML = "text/html; charset=utf-8"


def fetch(url: str) -> Page | None:
    reply = requests.get(url, timeout=5)
    if reply.status_code != 200:
        return None
    return Page(
        url=reply.url, body=reply.content, content_type=reply.headers["content-type"], link=reply.headers.get("link")
    )


def found(server: HTTPServer, path: str = "/") -> list[tuple[str, str]]:
    base = server.url_for("").rstrip("/")
    return [(one.url.removeprefix(base), one.where) for one in discover(base + path, fetch, now=NOW)]


def asked(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log]


def page(*links: str, base: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{base}{''.join(links)}</head><body><p>Welcome</p></body></html>"


def alternate(href: str, kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}">'


def test_an_address_that_is_a_feed_is_the_answer(httpserver: HTTPServer):
    httpserver.expect_request("/feed.xml").respond_with_data(FEED, content_type="text/plain")
    url = httpserver.url_for("/feed.xml")
    assert discover(url, fetch, now=NOW) == [
        Found(url=url, title="Feed", version="rss20", entry_count=2, where="address")
    ]
    assert asked(httpserver) == ["/feed.xml"]


def test_the_link_header_comes_before_the_page(httpserver: HTTPServer):
    header = '</css>; rel=stylesheet, </h.xml>; rel="alternate"; type="application/atom+xml", </x>; rel=alternate'
    httpserver.expect_request("/").respond_with_data(
        page(alternate("/p.xml")), content_type=HTML, headers={"Link": header}
    )
    httpserver.expect_request("/h.xml").respond_with_data(atom("<id>1</id>"))
    httpserver.expect_request("/p.xml").respond_with_data(FEED)
    assert found(httpserver) == [("/h.xml", "header"), ("/p.xml", "page")]
    assert asked(httpserver) == ["/", "/h.xml", "/p.xml"]


@pytest.mark.parametrize(
    "link",
    [
        alternate("/f"),
        alternate("f"),
        alternate("/f", "application/atom+xml"),
        alternate("/f", "application/feed+json"),
        alternate("/f", "text/xml"),
        "<LINK REL='alternate' TYPE=\"Application/RSS+XML\" HREF=/f >",
        '<link href="/f" type="application/rss+xml" rel="home alternate"/>',
        '<link\n  rel = "alternate"\n  type = "application/rss+xml"\n  title="a > b"\n  href = "/f" />'.replace(
            " > ", " "
        ),
        '<link rel="alternate" type="application/rss+xml" href="&#x2F;f">',
    ],
)
def test_a_page_names_its_feed_in_many_hands(httpserver: HTTPServer, link: str):
    httpserver.expect_request("/").respond_with_data(page(link), content_type=HTML)
    httpserver.expect_request("/f").respond_with_data(FEED)
    assert found(httpserver) == [("/f", "page")]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" type="text/css" href="/f">',
        '<link rel="alternate" hreflang="az" href="/f">',
        '<link rel="alternate" type="text/html" href="/f">',
        alternate("javascript:alert(1)"),
        alternate("file:///etc/passwd"),
        alternate("http://[::1"),
        alternate(""),
        '<a rel="alternate" type="application/rss+xml" href="/f">',
        "&lt;link rel=alternate type=application/rss+xml href=/f&gt;",
    ],
)
def test_what_names_no_feed_is_not_fetched(httpserver: HTTPServer, link: str):
    httpserver.expect_request("/").respond_with_data(page(link, alternate("/real")), content_type=HTML)
    httpserver.expect_request("/real").respond_with_data(FEED)
    assert found(httpserver) == [("/real", "page")]
    assert asked(httpserver) == ["/", "/real"]


def test_addresses_are_relative_to_the_base_of_the_page(httpserver: HTTPServer):
    html = page(alternate("f.xml"), base='<base href="/deep/er/"><base href="/ignored/">')
    httpserver.expect_request("/").respond_with_data(html, content_type=HTML)
    httpserver.expect_request("/deep/er/f.xml").respond_with_data(FEED)
    assert found(httpserver) == [("/deep/er/f.xml", "page")]


@pytest.mark.parametrize("path", PATHS)
def test_the_usual_paths_are_tried_where_nothing_is_named(httpserver: HTTPServer, path: str):
    httpserver.expect_request("/news/1.html").respond_with_data(page(), content_type=HTML)
    httpserver.expect_request(path).respond_with_data(FEED)
    assert found(httpserver, "/news/1.html") == [(path, "path")]
    assert asked(httpserver) == ["/news/1.html", *PATHS]


def test_the_usual_paths_are_tried_where_the_page_itself_cannot_be_had(httpserver: HTTPServer):
    httpserver.expect_request("/rss").respond_with_data(FEED)
    assert found(httpserver) == [("/rss", "path")]


def test_a_feed_without_entries_and_a_page_that_lies_do_not_count(httpserver: HTTPServer):
    html = page(alternate("/empty"), alternate("/lies"), alternate("/gone"), alternate("/good"))
    httpserver.expect_request("/").respond_with_data(html, content_type=HTML)
    httpserver.expect_request("/empty").respond_with_data(rss())
    httpserver.expect_request("/lies").respond_with_data(page(), content_type="application/rss+xml")
    httpserver.expect_request("/good").respond_with_data(FEED)
    assert found(httpserver) == [("/good", "page")]


def test_two_names_of_one_feed_are_one_answer(httpserver: HTTPServer):
    html = page(alternate("/a"), alternate("/a"), alternate("/old"))
    httpserver.expect_request("/").respond_with_data(html, content_type=HTML)
    httpserver.expect_request("/a").respond_with_data(FEED)
    httpserver.expect_request("/old").respond_with_data(status=302, headers={"Location": "/a"})
    assert found(httpserver) == [("/a", "page")]


def test_nothing_found_is_an_empty_list(httpserver: HTTPServer):
    httpserver.expect_request("/").respond_with_data(page(), content_type=HTML)
    assert found(httpserver) == []
    assert len(asked(httpserver)) == 1 + len(PATHS)


def test_a_page_cannot_make_us_fetch_without_end():
    html = page(*(alternate(f"/{number}") for number in range(5_000)))
    assert len(candidates(Page(url="https://a.example/", body=html.encode()))) == CANDIDATE_LIMIT


@pytest.mark.parametrize(
    "piece", ["<link ", '<link a="', "<link rel=alternate ", "<", "<link/", '<link href="x" ' + "a=b " * 600]
)
def test_a_hostile_page_is_scanned_in_no_time(piece: str):
    body = (piece * (1_000_000 // len(piece))).encode()
    started = time.process_time()
    assert candidates(Page(url="https://a.example/", body=body)) == ()
    assert time.process_time() - started < 5


def test_a_hostile_link_header_is_read_in_no_time():
    started = time.process_time()
    for piece in ("<", "<a>;", '<a>;a="', "<a>;rel=alternate" * 3):
        assert candidates(Page(url="https://a.example/", body=b"", link=piece * (60_000 // len(piece)))) == ()
    assert time.process_time() - started < 5


def test_a_bounded_parser_may_be_given(httpserver: HTTPServer):
    httpserver.expect_request("/feed.xml").respond_with_data(FEED)
    url = httpserver.url_for("/feed.xml")
    asked_for: list[str] = []

    def bounded(body: bytes, content_type: str | None, *, final_url: str, **more: object) -> object:
        from monitor.feeds.parse import parse

        asked_for.append(final_url)
        return parse(body, content_type, final_url=final_url, **more)  # type: ignore[arg-type]  # handed on as they came

    assert len(discover(url, fetch, now=NOW, parse=bounded)) == 1  # type: ignore[arg-type]  # a looser signature
    assert asked_for == [url]
