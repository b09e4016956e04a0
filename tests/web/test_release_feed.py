"""A feed that looked renumbered and was not: a person lets its entries in, as news in one message."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.watching import Watching
from tests.builders_line import Site, World, an_entry, kinds

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
