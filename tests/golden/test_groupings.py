"""The events that a news desk would see, written down before there was a linker: it has to find them."""

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from pathlib import Path
from random import Random

import pytest

from monitor.demo.run import play
from monitor.demo.site import Archive
from monitor.events.link import Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.pipeline.linking import Desk
from storage.model import Link
from storage.store import Store
from tests.builders_line import Site, World

GOLDEN = Path(__file__).parent
SEEDS = Path(__file__).parents[3] / "shared" / "seeds" / "feeds"
SEED_FEEDS = {"azernews": "000", "trend": "001", "menafn": "002", "regionplus": "003", "cgitc": "004"}
DAYS = [datetime(2025, 12, 3, 9, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)]
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


def seed_events(folder: Path, day: datetime, feeds: list[str]) -> dict[str, str]:
    """Events of the five articles, polled in the order of `feeds`."""
    with Site() as site:
        for name in SEED_FEEDS:
            site.serves((SEEDS / f"{name}.xml").read_bytes(), name=name)
        with World(site, folder, feeds=feeds, topics=TOPICS) as world:
            world.now = day
            world.polls()
            return {SEED_FEEDS[item["feed"].rpartition("/")[2]]: item["event"] for item in world.items()}


@contextmanager
def overheard() -> Iterator[list[Incoming]]:
    """The items as the linker gets them from the whole line, in their order."""
    told: list[Incoming] = []
    link = Desk.link

    def heard(desk: Desk, incoming: Incoming, *, copy_event: str | None) -> Link:
        told.append(incoming)
        return link(desk, incoming, copy_event=copy_event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Desk, "link", heard)
        yield told


def linked(told: Iterable[Incoming], window: timedelta) -> dict[int, str]:
    live, events = LiveEvents(LinkSettings(window=window)), {}
    for incoming in told:
        vectors = live.weigh(incoming)
        events[incoming.item_id] = live.decide(incoming, vectors).event_id or incoming.new_event_id
        live.add(incoming, vectors, events[incoming.item_id])
    return events


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[list[Incoming]]], dict[int, str]]:
    """The demo's items by round and feed, and the names of their entries."""
    folder, rounds = tmp_path_factory.mktemp("orders"), [0]
    with overheard() as told:
        play(folder, speed=None, on_round=lambda _: rounds.append(len(told)))
    names, store = demo_names(), Store.open(f"sqlite:///{folder / 'salname.db'}", create=False)
    try:
        with store.reading() as tx:
            items = tx.items.many([one.item_id for one in told])
    finally:
        store.close()
    feeds: list[dict[int, list[Incoming]]] = [defaultdict(list) for _ in rounds[1:]]
    for place, (start, end) in enumerate(pairwise(rounds)):
        for one in told[start:end]:
            feeds[place][items[one.item_id].feed_id].append(one)
    called = {number: names[item.url or ""] for number, item in items.items()}
    return [[some[feed] for feed in sorted(some)] for some in feeds], called


@pytest.mark.parametrize("seed", range(24))
def test_the_demo_tells_the_same_events_in_whatever_order_its_feeds_are_committed(
    demo: tuple[list[list[list[Incoming]]], dict[int, str]], seed: int
) -> None:
    rounds, names = demo
    rng = Random(seed)
    told = [one for some in rounds for feed in rng.sample(some, len(some)) for one in feed]
    found = linked(told, timedelta(days=14))
    assert groups({names[number]: event for number, event in found.items()}) == grouping("demo")


def test_the_demo_tells_the_events_that_a_desk_would_see(tmp_path: Path) -> None:
    play(tmp_path, speed=None, on_round=lambda _: None)
    found = groups(stored_events(tmp_path / "salname.db"))
    assert found == grouping("demo")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the articles are not at hand")
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("order", [1, -1])
def test_five_real_articles_tell_five_events(tmp_path: Path, day: datetime, order: int) -> None:
    events = seed_events(tmp_path, day, list(SEED_FEEDS)[::order])
    assert len(events) == len(SEED_FEEDS)
    assert groups(events) == grouping("seeds")


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the articles are not at hand")
@pytest.mark.parametrize("day", DAYS)
def test_five_real_articles_tell_five_events_in_every_order(tmp_path: Path, day: datetime) -> None:
    with overheard() as told:
        seed_events(tmp_path, day, list(SEED_FEEDS))
    names = {one.item_id: SEED_FEEDS[one.outlet] for one in told}
    for order in permutations(told):
        found = linked(order, timedelta(days=30))
        assert groups({names[number]: event for number, event in found.items()}) == grouping("seeds")
