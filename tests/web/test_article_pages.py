"""The pages of a feed's items: read beside the feed for three days, compared, and asked when an item disappears."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.cli import main
from storage.reading import opened
from tests.builders_line import START, Site, World, a_document, an_entry

TEXT = (
    "The ITU opened its conference in the capital. More than 2,000 delegates are expected until Friday. "
    "Its chair thanked the hosts and spoke of a plan for villages without broadband."
)


def an_article(text: str = TEXT) -> bytes:
    return (
        '<!DOCTYPE html><html><head><title>Outlet - news</title></head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>ITU opens its conference</h1><p>{text}</p></article><footer>Copyright</footer></body></html>"
    ).encode()


def entries(site: Site, *slugs: str) -> list[str]:
    """A newer and an older item, so that what disappears between them leaves a hole."""
    days = {"newer": 1, "a": 2, "older": 3}
    titles = {"newer": "ITU elects a chair", "a": "ITU opens its conference", "older": "ITU publishes its report"}
    return [
        an_entry(
            slug, titles[slug], f"{titles[slug]} today.", at=START - timedelta(hours=days[slug]), link=site.url(slug)
        )
        for slug in slugs
    ]


@pytest.fixture
def world(site: Site, tmp_path: Path):
    """A feed past its baseline that has just brought an article."""
    site.publishes(*entries(site, "older"))
    extra = (
        f'[[feeds]]\nname = "feed"\nurl = "{site.url("feed")}"\nfetch_page = true\n'
        '[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
    )
    with World(site, tmp_path, feeds=(), extra=extra) as world:
        world.polls()
        site.serves(an_article(), name="a")
        site.publishes(*entries(site, "newer", "a", "older"))
        yield world


def why(world: World, url: str) -> list[str]:
    (item,) = [one for one in world.items() if one["url"] == url]
    with opened(world.database) as reader:
        found = reader.items.one(item["id"])
    assert found is not None
    return [one["reason"] for one in found["why"]]


def test_an_edited_page_is_one_revision_with_its_words_and_one_alert(world: World, site: Site) -> None:
    world.polls()
    page = site.pages["/a"]
    assert len(page.requests) == 1
    assert any("the page has the whole text" in reason for reason in why(world, site.url("a")))
    assert world.changes("item.revised") == []
    site.serves(an_article(TEXT.replace("2,000", "2,600")), name="a")
    told = [alert for one in world.polls(after=timedelta(hours=2)) for alert in one.plan.alerts]
    (change,) = world.changes("item.revised")
    assert (change["class"], change["source"], change["url"]) == ("fact", "feed", site.url("a"))
    assert "[-2,000-]{+2,600+}" in change["diff"]
    assert [alert.decision for alert in told] == ["pending"]
    assert [item["title"] for item in world.items() if item["url"] == site.url("a")] == ["ITU opens its conference"]
    assert "if-none-match" in page.requests[1]


def test_a_page_is_read_six_times_in_three_days_and_then_left_alone(world: World, site: Site) -> None:
    page = site.pages["/a"]
    for _ in range(40):
        world.polls(after=timedelta(hours=2))
    assert len(page.requests) == 6
    assert page.statuses == [200, 304, 304, 304, 304, 304]
    site.serves(an_article(TEXT.replace("2,000", "2,600")), name="a")
    world.polls(after=timedelta(hours=1))
    assert len(page.requests) == 6
    assert world.changes("item.revised") == []


def test_pages_of_the_baseline_and_of_other_feeds_are_not_asked_for(world: World, site: Site) -> None:
    older = site.serves(an_article(), name="older")
    world.polls()
    assert len(site.pages["/a"].requests) == 1
    assert older.requests == []


def test_an_item_is_withdrawn_once_its_page_is_gone_too(world: World, site: Site) -> None:
    world.polls()
    site.serves(b"", name="a", status=404)
    for number in range(3):
        assert world.changes("item.withdrawn") == []
        site.serves(a_document(*entries(site, "newer", "older"), title=f"Outlet {number}"))
        world.polls(after=timedelta(days=3))
    (change,) = world.changes("item.withdrawn")
    assert change["url"] == site.url("a")


def test_an_item_whose_page_still_answers_is_not_withdrawn(world: World, site: Site) -> None:
    world.polls()
    before = len(site.pages["/a"].requests)
    for number in range(5):
        site.serves(a_document(*entries(site, "newer", "older"), title=f"Outlet {number}"))
        world.polls(after=timedelta(days=3))
    assert len(site.pages["/a"].requests) == before + 2
    assert world.changes("item.withdrawn") == []


def test_a_page_that_robots_txt_forbids_is_not_asked_for_and_that_is_said(world: World, site: Site) -> None:
    site.serves(b"User-agent: *\nDisallow: /a\n", name="robots.txt")
    site.serves(an_article(), name="newer")
    world.polls()
    assert len(site.pages["/newer"].requests) == 1
    assert site.pages["/a"].requests == []
    assert any("robots.txt asks programs not to read" in reason for reason in why(world, site.url("a")))


def test_a_page_on_a_private_address_is_refused(world: World, site: Site) -> None:
    with Site() as private:
        secret = private.serves(an_article(), name="secret")
        site.publishes(
            *entries(site, "a", "older"), an_entry("s", "ITU secret", "The ITU.", at=START, link=private.url("secret"))
        )
        world.polls()
        assert len(site.pages["/a"].requests) == 1
        assert secret.requests == []
        assert any("127.0.0.1" in reason for reason in why(world, private.url("secret")))


def test_an_article_that_leads_to_the_front_page_is_no_revision(world: World, site: Site) -> None:
    world.polls()
    site.serves(an_article("Today: 17 other things of the outlet that have nothing to do with it."), name="")
    site.serves(b"", name="a", status=302, headers={"Location": "/"})
    world.polls(after=timedelta(hours=2))
    assert len(site.pages["/"].requests) == 1
    assert world.changes("item.revised") == []


def test_pages_are_not_asked_for_once_nobody_wants_it(world: World, site: Site) -> None:
    world.polls()
    feeds = tuple(feed.model_copy(update={"fetch_page": False}) for feed in world.config.feeds)
    world.monitor.configure(world.config.model_copy(update={"feeds": feeds}))
    world.polls(after=timedelta(hours=5))
    assert len(site.pages["/a"].requests) == 1


def test_a_page_that_fails_is_no_feed_that_fails(world: World, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    world.polls()
    site.publishes(*entries(site, "a", "older"), an_entry("n", "ITU news", "The ITU.", at=START, link=site.url("none")))
    world.monitor.close()
    config = world.folder / "config.toml"
    config.write_text(f'{world.text}\n[storage]\nurl = "sqlite:///{world.database}"\n')
    code = main(["--config", str(config), "poll", "--all", "--force"])
    said = capsys.readouterr().out
    assert "1 feed and " in said
    assert "pages in " in said
    assert "0 feeds failed" in said
    assert code == 0
    assert site.pages["/a"].requests
