"""The events that a news desk would see, written down before there was a linker: it has to find them."""

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.demo.run import play
from monitor.demo.site import Archive
from storage.store import Store
from tests.builders_line import Site, World

GOLDEN = Path(__file__).parent
SEEDS = Path(__file__).parents[3] / "shared" / "seeds" / "feeds"
SEED_FEEDS = {"azernews": "000", "trend": "001", "menafn": "002", "regionplus": "003", "cgitc": "004"}
SHIPPED = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")
TOPICS = SHIPPED[SHIPPED.index("[terms.itu]") : SHIPPED.index("# What figures and dates are about")]


def grouping(name: str) -> set[frozenset[str]]:
    told = json.loads((GOLDEN / f"{name}_grouping.json").read_text(encoding="utf-8"))
    return {frozenset(event["items"]) for event in told["events"]}


def groups(events: Mapping[str, Hashable]) -> set[frozenset[str]]:
    """The items by name, in sets of one event each."""
    found: dict[Hashable, set[str]] = defaultdict(set)
    for name, event in events.items():
        found[event].add(name)
    return {frozenset(names) for names in found.values()}


def demo_names() -> dict[str, str]:
    """Names of the archive's entries by each link that they ever had."""
    return {
        f"{feed.site}{link}": f"{feed.id}/{entry.id}"
        for feed in Archive.load().feeds
        for entry in feed.entries
        for link in (entry.link, *(edit.link for edit in entry.edits))
        if link
    }


def stored_events(database: Path) -> dict[str, str | None]:
    """Events of the demo's items, by the names of their entries."""
    names = demo_names()
    store = Store.open(f"sqlite:///{database}", create=False)
    try:
        with store.reading() as tx:
            items = [tx.items.get(number) for number in range(1, len(names) + 1)]
            return {names[one.url or ""]: one.event_id for one in items if one and one.relevant}
    finally:
        store.close()


def test_the_demo_tells_the_events_that_a_desk_would_see(tmp_path: Path) -> None:
    play(tmp_path, speed=None, on_round=lambda _: None)
    found = groups(stored_events(tmp_path / "salname.db"))
    assert found == grouping("demo")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the articles are not at hand")
@pytest.mark.parametrize("day", [datetime(2025, 12, 3, 9, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)])
@pytest.mark.parametrize("order", [1, -1])
def test_five_real_articles_tell_five_events(tmp_path: Path, day: datetime, order: int) -> None:
    with Site() as site:
        for name in SEED_FEEDS:
            site.serves((SEEDS / f"{name}.xml").read_bytes(), name=name)
        with World(site, tmp_path, feeds=list(SEED_FEEDS)[::order], topics=TOPICS) as world:
            world.now = day
            world.polls()
            events = {SEED_FEEDS[item["feed"].rpartition("/")[2]]: item["event"] for item in world.items()}
    assert len(events) == len(SEED_FEEDS)
    assert groups(events) == grouping("seeds")
