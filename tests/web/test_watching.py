from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import Polled
from monitor.config import parse_config
from monitor.watching import BACKFILL_SPACING_S, Watching
from storage.errors import ConfigError, FetchError, ParseError
from storage.model import FeedState
from tests.builders_line import START, Site, World, an_entry

OLDER = an_entry("older", "ITU publishes its yearly report", "Figures of the ITU.", at=START - timedelta(days=2))
PAGE = b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/more"></head></html>'


@pytest.fixture
def site():
    with Site() as site:
        site.publishes(OLDER)
        site.publishes(an_entry("m", "ITU opens a school", "The ITU."), name="more")
        yield site


@pytest.fixture
def world(site: Site, tmp_path: Path):
    with World(site, tmp_path) as world:
        yield world


@pytest.fixture
def watching(world: World) -> Watching:
    return Watching(world.monitor)


def backfilled(world: World, site: Site, waits: list[float]) -> list[Polled]:
    """Two older pages of a feed that has a channel to tell of news."""
    hook = '\n[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
    world.monitor.configure(parse_config(world.text + hook))
    for number in range(3):
        title, text = f"ITU decision number {number} of the council", f"The ITU decided on matter {number}."
        page = a_page(an_entry(f"p{number}", title, text), older=site.url(f"page{number + 1}"))
        site.serves(page, name=f"page{number}" if number else "feed")
    world.polls()
    assert len(world.items()) == 1
    return Watching(world.monitor, sleep=waits.append).backfill(["feed"], 2)


def a_page(entry: str, *, older: str) -> bytes:
    """A document that names the one with older entries (RFC 5005)."""
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="prev-archive" href="{older}"/>'
    return f'<rss version="2.0"><channel><title>Outlet</title>{link}{entry}</channel></rss>'.encode()


def added(watching: Watching, site: Site, name: str = "more") -> str:
    feed, _ = watching.add(site.url(name), name="More", lang="en", topics=("itu",))
    return feed.name


def test_a_feed_that_is_added_is_polled_as_a_baseline(world: World, watching: Watching, site: Site) -> None:
    feed, entry_count = watching.add(site.url("more"), name=None, lang="en", topics=("itu",))
    assert (feed.name, feed.kind, feed.options.lang, entry_count) == ("Outlet", "command", "en", 1)
    assert world.verdicts(world.polls("Outlet")) == ["NEW"]
    assert [(item["source"], item["origin"]) for item in world.items()] == [("Outlet", "baseline")]


def test_a_permanent_redirect_is_followed_at_once(watching: Watching, site: Site) -> None:
    site.serves(b"", name="moved", status=301, headers={"Location": "/more"})
    feed, _ = watching.add(site.url("moved"), name=None, lang=None, topics=())
    assert feed.url == site.url("more")


def test_a_feed_is_watched_once(watching: Watching, site: Site) -> None:
    added(watching, site)
    with pytest.raises(ConfigError, match="is watched already, as More"):
        added(watching, site)


def test_what_is_no_feed_is_refused_with_what_to_try(watching: Watching, site: Site) -> None:
    site.serves(PAGE, name="page")
    with pytest.raises(FetchError, match=r"/page is no feed .*; try: salname feeds discover") as caught:
        added(watching, site, "page")
    assert "(not_a_feed: the document is an HTML page); try" in str(caught.value)
    assert str(caught.value).count("salname feeds discover") == 1
    with pytest.raises(FetchError, match=r"/none cannot be watched: .*404"):
        added(watching, site, "none")


def test_an_unknown_topic_is_refused_before_anything_is_fetched(watching: Watching, site: Site) -> None:
    page = site.pages["/more"]
    with pytest.raises(ConfigError, match='there is no topic "drums"; there are itu'):
        watching.add(site.url("more"), name=None, lang=None, topics=("drums",))
    assert page.requests == []


def test_a_feed_that_is_removed_is_not_polled_and_its_items_stay(world: World, watching: Watching, site: Site) -> None:
    added(watching, site)
    world.polls("More")
    assert watching.remove("More", purge=False)[1] == 0
    assert [item["title"] for item in world.items()] == ["ITU opens a school"]
    assert {one.feed.name for one in world.polls()} == {"feed"}


def test_purging_removes_the_words_of_the_items_that_only_it_brought(
    world: World, watching: Watching, site: Site
) -> None:
    added(watching, site)
    world.polls()
    assert len(world.items()) == 2
    assert watching.remove("More", purge=True)[1] == 1
    assert [item["title"] for item in world.items()] == ["ITU publishes its yearly report"]


def test_a_declared_feed_is_removed_in_the_configuration(world: World, watching: Watching) -> None:
    world.monitor.config_path = world.folder / "config.toml"
    world.monitor.config_path.write_text(world.text, encoding="utf-8")
    line = world.text.splitlines().index(f'url = "{world.site.url("feed")}"') + 1
    with pytest.raises(ConfigError, match=rf"feed is declared in config\.toml, line {line}; remove it there"):
        watching.remove("feed", purge=False)


def test_a_paused_feed_waits_until_it_is_resumed(world: World, watching: Watching) -> None:
    assert len(world.polls()) == 1
    assert watching.pause("feed", until=None).name == "feed"
    assert world.polls() == []
    assert not watching.resume("feed")[1]
    assert len(world.polls()) == 1


def test_a_pause_may_have_an_end(world: World, watching: Watching) -> None:
    watching.pause("feed", until=world.now + timedelta(days=1))
    with world.monitor.store.reading() as tx:
        assert tx.feeds.get(1).memory.state is FeedState.PAUSED
    assert world.polls() == []
    assert len(world.polls(after=timedelta(days=1))) == 1


@pytest.mark.parametrize("ago", [timedelta(), timedelta(seconds=1), timedelta(days=400)])
def test_a_pause_that_would_end_before_it_begins_is_refused(world: World, watching: Watching, ago: timedelta) -> None:
    with pytest.raises(ConfigError, match=r"^--until: \d{4}-\d\d-\d\d \d\d:\d\d is past; name a day or time to come"):
        watching.pause("feed", until=world.now - ago)
    assert len(world.polls()) == 1
    watching.pause("feed", until=world.now + timedelta(minutes=30))
    assert world.polls() == []


def test_a_feed_whose_document_turned_over_in_a_pause_starts_with_a_baseline(
    world: World, watching: Watching, site: Site
) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", "The ITU."))
    world.polls()
    watching.pause("feed", until=None)
    site.publishes(an_entry("later", "ITU elects a council", "The ITU.", at=START + timedelta(days=40)))
    world.later(days=40)
    assert watching.resume("feed")[1]
    world.polls()
    assert {item["title"]: item["origin"] for item in world.items()}["ITU elects a council"] == "baseline"


def test_the_feeds_that_a_page_offers_are_found(watching: Watching, site: Site) -> None:
    site.serves(PAGE, name="page", headers={"Content-Type": "text/html"})
    assert [(found.url, found.entry_count) for found in watching.discover(site.url("page"))] == [(site.url("more"), 1)]


def test_what_is_written_as_opml_can_be_read_elsewhere(
    world: World, watching: Watching, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    added(watching, site)
    document = watching.give().encode()
    new, known = watching.bring(document)
    assert (new, known) == ([], 2)
    with World(site, tmp_path_factory.mktemp("other"), feeds=[]) as other:
        new, known = Watching(other.monitor).bring(document)
        assert ([feed.name for feed in new], known) == (["feed", "More"], 0)
        assert {one.feed.name for one in other.polls()} == {"feed", "More"}


def test_a_list_that_is_no_opml_is_refused(watching: Watching) -> None:
    with pytest.raises(ParseError):
        watching.bring(b"<html>no list</html>")


def test_older_pages_are_read_slowly_as_backfill(world: World, site: Site) -> None:
    waits: list[float] = []
    backfilled(world, site, waits)
    assert waits == [BACKFILL_SPACING_S] * 2
    assert sorted(item["origin"] for item in world.items()) == ["backfill", "backfill", "baseline"]


def test_older_pages_never_alert(world: World, site: Site) -> None:
    polled = backfilled(world, site, [])
    assert world.verdicts(polled) == ["NEW", "NEW"]
    assert {alert.reason for one in polled for alert in one.plan.alerts} == {"backfill"}


def test_pages_that_point_at_each_other_end(world: World, site: Site) -> None:
    site.serves(a_page(OLDER, older=site.url("feed")))
    waits: list[float] = []
    assert Watching(world.monitor, sleep=waits.append).backfill(["feed"], 20) == []
    assert waits == []
