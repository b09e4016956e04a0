"""The five articles that the product was conceived from, polled from loopback; skipped where they are not at hand."""

from datetime import date
from pathlib import Path

import pytest

from storage.reading import Record
from tests.builders_line import Site, World

SEEDS = Path(__file__).parents[3] / "shared" / "seeds" / "feeds"
NAMES = {"000": "azernews", "001": "trend", "002": "menafn", "003": "regionplus", "004": "cgitc"}
SHIPPED = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")
TOPICS = SHIPPED[SHIPPED.index("[terms.itu]") : SHIPPED.index("# What figures and dates are about")]

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the articles are not at hand")


@pytest.fixture
def world(tmp_path: Path):
    with Site() as site:
        for name in NAMES.values():
            site.serves((SEEDS / f"{name}.xml").read_bytes(), name=name)
        with World(site, tmp_path, feeds=list(NAMES.values()), topics=TOPICS) as world:
            world.now = world.now.replace(month=12, day=3)
            yield world


def by_number(world: World) -> dict[str, Record]:
    items = {item["feed"].rpartition("/")[2]: item for item in world.items()}
    return {number: items[name] for number, name in NAMES.items()}


def test_five_articles_become_five_items_of_the_right_topics(world: World) -> None:
    world.polls()
    items = by_number(world)
    topics = {number: {topic["id"] for topic in item["topics"]} for number, item in items.items()}
    assert all(
        "itu-azerbaijan" in topics[number] and "itu" in topics[number] for number in ("000", "001", "002", "003")
    )
    assert "itu" in topics["004"]
    assert "itu-azerbaijan" not in topics["004"]


def test_their_dates_are_those_of_the_articles_and_never_the_day_of_the_fetch(world: World) -> None:
    world.polls()
    with world.monitor.store.reading() as tx:
        stored = {number: tx.items.get(int(item["id"])) for number, item in by_number(world).items()}
    days = {number: item.published_on for number, item in stored.items() if item}
    assert days == {
        "000": None,
        "001": date(2025, 11, 28),
        "002": date(2025, 11, 18),
        "003": date(2025, 12, 1),
        "004": None,
    }


def test_a_second_poll_is_answered_304_and_changes_nothing(world: World) -> None:
    assert [one.fetch.outcome for one in world.polls()] == ["new"] * 5
    changes = world.changes()
    again = world.polls()
    assert [one.fetch.outcome for one in again] == ["not_modified"] * 5
    assert world.changes() == changes


def test_the_timeline_shows_them(world: World) -> None:
    world.polls()
    created = world.changes("event.created")
    assert len(created) == len({item["event"] for item in by_number(world).values()})
    assert all(one["summary"] for one in created)
