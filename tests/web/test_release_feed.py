"""A feed that looked renumbered and was not: a person lets its entries in, as news in one message."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.watching import Watching
from tests.builders_line import Site, World, an_entry, kinds
from tests.builders_reading import Shell

HOOK = '[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
OLDER = an_entry("older", "ITU publishes its yearly report", "Figures.")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[World, Site]]:
    """A feed that has just brought sixty unknown entries at once, all of today."""
    with Site() as site:
        site.publishes(OLDER)
        with World(site, tmp_path, extra=HOOK) as world:
            world.polls()
            wave = [
                an_entry(f"x{n}", f"ITU notice {n} on matter {n * 7}", f"Notice {n} of the ITU says {n * 11}.")
                for n in range(60)
            ]
            site.publishes(OLDER, *wave)
            assert "system.feed_held" in kinds(world.polls()[0].plan.changes)
            assert len(world.items()) == 1
            yield world, site


def the_shell(world: World, capture: pytest.CaptureFixture[str]) -> Shell:
    """Commands on the database of `world`, as a person types them beside it."""
    stored = f'[storage]\nurl = "{world.database}"\n'
    (world.folder / "config.toml").write_text(world.text + stored, encoding="utf-8")
    return Shell(folder=world.folder, capture=capture)


def told(world: World) -> list[str]:
    with world.monitor.store.reading() as tx:
        return [one.kind for one in tx.outbox.deliveries(limit=1000)]


def test_what_a_person_releases_is_told_in_one_message(held: tuple[World, Site]) -> None:
    world, _ = held
    feed, was_held = Watching(world.monitor).release("feed")
    assert was_held
    assert feed.name == "feed"
    before = told(world)
    polled = world.polls(after=timedelta(minutes=1))
    assert {item["origin"] for item in world.items() if item["title"].startswith("ITU notice")} == {"live"}
    assert "event.created" in kinds(polled[0].plan.changes)
    world.later(minutes=30)
    world.monitor.telling.due()
    news = told(world)
    assert len(news) == len(before) + 1 + ("system.feed_held" not in before)
    assert news.count("digest") == 1
    assert Watching(world.monitor).release("feed")[1] is False


def test_what_nobody_releases_enters_in_silence(held: tuple[World, Site]) -> None:
    world, _ = held
    world.polls(after=timedelta(minutes=1))
    assert {item["origin"] for item in world.items() if item["title"].startswith("ITU notice")} == {"baseline"}
    world.later(minutes=30)
    world.monitor.telling.due()
    assert "digest" not in told(world)


def test_a_release_holds_for_one_document_alone(held: tuple[World, Site]) -> None:
    world, _ = held
    feed, _ = Watching(world.monitor).release("feed")
    assert "released" in world.monitor.feed_named("feed").memory.flags
    world.polls(after=timedelta(minutes=1))
    assert world.monitor.feed_named("feed").id == feed.id
    assert not {"released", "held"} & world.monitor.feed_named("feed").memory.flags


def test_what_left_the_feed_while_it_was_held_is_held_anew_when_it_comes_again(held: tuple[World, Site]) -> None:
    world, site = held
    wave = site.pages["/feed"].body
    site.publishes(OLDER)
    world.polls(after=timedelta(minutes=1))
    assert world.monitor.feed_named("feed").memory.state == "ok"
    site.serves(wave)
    (again,) = world.polls(after=timedelta(minutes=1))
    assert world.verdicts([again]).count("HELD") == 60
    assert len(world.items()) == 1


def test_status_and_the_list_of_feeds_say_why_a_feed_is_held_and_what_to_do(
    held: tuple[World, Site], capsys: pytest.CaptureFixture[str]
) -> None:
    world, _ = held
    shell = the_shell(world, capsys)
    why = f"60 unknown entries at once are held since {world.now:%Y-%m-%d %H:%M} UTC: it looks renumbered"
    (feed,) = shell.json("feeds")
    assert (feed["state"], feed["health"], feed["error"]) == ("held", "failing", why)
    assert feed["held"] == {"entries": 60, "since": f"{world.now:%Y-%m-%dT%H:%M:%SZ}", "released": False}
    assert f"{why}; its next poll takes in silence what is still there; " in shell("feeds").out
    (said,) = [line for line in shell("status").out.splitlines() if line.startswith("feed feed is held: ")]
    assert why in said
    assert said.endswith("salname alerts release --feed feed")
    assert shell("alerts", "release", "--feed", "feed").code == 0
    assert "a person released it: its next poll tells them" in shell("status").out
    world.polls(after=timedelta(minutes=1))
    (feed,) = shell.json("feeds")
    assert (feed["state"], feed["error"], feed["held"]) == ("ok", None, None)
    assert "held" not in shell("status").out


def test_a_poll_and_its_dry_run_tell_of_what_is_held(
    held: tuple[World, Site], capsys: pytest.CaptureFixture[str]
) -> None:
    world, site = held
    shell = the_shell(world, capsys)
    site.publishes(OLDER, *(an_entry(f"y{n}", f"ITU letter {n}", f"Letter {n} of the ITU.") for n in range(400)))
    planned = shell.json("poll", "feed", "--dry-run")
    waiting = [one for one in planned["plan"] if one["verdict"] == "HELD"]
    assert (len(waiting), planned["feeds"][0]["held"], planned["items_new"]) == (400, 400, 0)
    first = next(one for one in waiting if one["title"] == "ITU letter 0")
    assert first["reason"].startswith("400 unknown entries at once, where ")
    assert [match["id"] for match in first["topics"]] == ["itu"]
    assert first["keys"]
    assert "HELD       feed: ITU letter 7 - 400 unknown entries at once" in shell("poll", "feed", "--dry-run").out
    assert "feed: 400 unknown entries at once held, for it looks renumbered; see: salname feeds" in (
        shell("poll", "feed").out
    )
