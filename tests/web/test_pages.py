"""Plain web pages, watched like feeds: what changes of their text, and when they are left alone."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.checking import expect_page_reader
from monitor.feeds import pages
from monitor.feeds.pages import read_page
from storage.errors import ConfigError, ParseError
from tests.builders_line import Site, World

TEXT = (
    "The conference takes place in the capital on 17-28 November 2025. More than 2,000 delegates are expected. "
    "Registration is open to members."
)


def a_page(text: str = TEXT, *, around: str = "1 visitor") -> bytes:
    """A page with all that stands around a text on the web."""
    return (
        '<!DOCTYPE html><html><head><title>Conference</title><script>var a = "17 May";</script></head><body>'
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>'
        f"<main><h1>Conference of the year</h1><p>{text}</p><ul><li>Agenda</li><li>Venue &amp; travel</li></ul>"
        "<table><tr><td>Papers</td><td>1 September 2025</td></tr><tr><td>Visas</td><td>1 May 2025</td></tr></table>"
        f"</main><footer><p>Copyright. {around}.</p></footer></body></html>"
    ).encode()


def watching(site: Site, more: str = "") -> str:
    return (
        f'[[pages]]\nname = "Conference page"\nurl = "{site.url("page")}"\n{more}\n'
        '[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
    )


@pytest.fixture
def world(site: Site, tmp_path: Path):
    site.serves(a_page(), name="page")
    with World(site, tmp_path, feeds=(), extra=watching(site)) as world:
        yield world


def test_the_main_text_of_a_page_is_read_without_what_stands_around_it() -> None:
    (entry,) = read_page(a_page(), "text/html", title="A <page>", url="https://a.example/").entries
    assert entry.title == "A &lt;page&gt;"
    assert entry.body.splitlines() == [
        "Conference of the year.", TEXT, "Agenda.", "Venue &amp; travel.", "Papers; 1 September 2025.",
        "Visas; 1 May 2025.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 \x00\x01", "not_a_page"),
        (b"<html><body><div id=app></div><script>let a = 1</script></body></html>", "no_text"),
        (b"<html><body>" + b"<div>" * 20_000, "no_text"),
    ],
)
def test_what_has_no_text_is_no_page(body: bytes, problem: str) -> None:
    with pytest.raises(ParseError, match=f"^{problem}: "):
        read_page(body, None, title="A", url="https://a.example/")


def test_an_edited_page_is_one_revision_with_its_words_and_one_alert(world: World, site: Site) -> None:
    assert world.verdicts(world.polls()) == ["NEW"]
    assert [(item["title"], item["origin"]) for item in world.items()] == [("Conference page", "baseline")]
    site.serves(a_page(around="2 visitors"), name="page")
    assert world.verdicts(world.polls()) == []
    assert world.changes("item.revised") == []
    world.later(days=30)
    site.serves(a_page(TEXT.replace("17-28 November", "1-12 December")), name="page")
    polled = world.polls()
    assert world.verdicts(polled) == ["REVISED"]
    (change,) = world.changes("item.revised")
    assert change["class"] == "fact"
    assert change["diff"].count("[-17-28 November-]{+1-12 December+}") == 1
    assert polled[0].plan.verdicts[0].reason == "known by its guid; a number, date or status changed"
    assert [alert.decision for one in polled for alert in one.plan.alerts] == ["pending"]
    assert len(world.items()) == 1


def test_a_page_is_of_the_topics_declared_for_it(site: Site, tmp_path: Path) -> None:
    site.serves(a_page(), name="page")
    with World(site, tmp_path, feeds=(), extra=watching(site, 'topics = ["itu"]')) as world:
        world.polls()
        assert [[topic["id"] for topic in item["topics"]] for item in world.items()] == [["itu"]]


def test_a_page_is_polled_at_the_pace_of_its_changes_and_never_called_silent(world: World, site: Site) -> None:
    for day in range(6):
        world.polls(after=timedelta(days=1))
        site.serves(a_page(TEXT.replace("2,000", f"2,{day + 1}00")), name="page")
    world.polls(after=timedelta(days=60))
    world.polls(after=timedelta(days=60))
    feed = world.monitor.feed_named("Conference page")
    assert feed.memory.next_poll_why.startswith("changed every")
    assert "page" in feed.memory.flags
    assert world.changes("system.feed_silent") == []
    assert len(world.changes("item.revised")) == 6


def test_a_page_that_robots_txt_forbids_is_not_fetched_and_that_is_said(world: World, site: Site) -> None:
    site.serves(b"User-agent: *\nDisallow: /page\n", name="robots.txt")
    page = site.pages["/page"]
    world.polls()
    assert page.requests == []
    assert len(site.pages["/robots.txt"].requests) == 1
    assert "robots.txt asks programs not to read" in (
        world.monitor.feed_named("Conference page").memory.last_error or ""
    )
    site.serves(b"", name="robots.txt")
    assert world.verdicts(world.polls(after=timedelta(days=2))) == ["NEW"]
    assert len(page.requests) == 1


def test_a_redirect_to_what_robots_txt_forbids_is_not_followed(world: World, site: Site) -> None:
    site.serves(b"User-agent: *\nDisallow: /hidden\n", name="robots.txt")
    hidden = site.serves(a_page(), name="hidden")
    site.serves(b"", name="page", status=302, headers={"Location": "/hidden"})
    world.polls()
    assert site.pages["/page"].statuses == [302]
    assert hidden.requests == []
    assert "robots.txt" in (world.monitor.feed_named("Conference page").memory.last_error or "")


def test_a_page_on_a_private_address_is_refused(site: Site, tmp_path: Path) -> None:
    page = site.serves(a_page(), name="page")
    with World(site, tmp_path, feeds=(), extra=watching(site)) as world:
        network = world.monitor.network
        closed = world.config.model_copy(update={"http": world.config.http.model_copy(update={"allow_private": ()})})
        world.monitor.configure(closed)
        assert world.monitor.network is network
        world.polls()
        assert page.requests == []
        assert "robots.txt" not in site.pages
        assert "127.0.0.1" in (world.monitor.feed_named("Conference page").memory.last_error or "")


def test_a_missing_extractor_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.config import parse_config

    config = parse_config('[[pages]]\nname = "a"\nurl = "https://a.example/"\n')
    expect_page_reader(config)
    monkeypatch.setattr(pages, "find_spec", lambda _: None)
    expect_page_reader(parse_config(""))
    with pytest.raises(ConfigError, match=r"pip install '\.\[pages\]'") as caught:
        expect_page_reader(config)
    assert len(caught.value.problems) == 1
