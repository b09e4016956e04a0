"""Rules of polite and suspicious polling that take several polls, feeds or a bad clock to show."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.feeds.fetch import Failed, FailureKind
from monitor.pipeline.read import PollOptions
from storage.errors import DiskFull
from storage.model import Feed, FeedState, Origin, VerdictKind
from tests.builders_line import START, Site, World, a_document, an_entry, kinds

TEXT = "The ITU met, and its members spoke for a day about the networks of the coming years and their price."
OLDER = an_entry("older", "ITU publishes its yearly report", "Figures of the ITU.", at=START - timedelta(days=2))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(site: Site, tmp_path: Path):
    site.publishes(OLDER)
    with World(site, tmp_path) as world:
        yield world


@pytest.fixture
def live(world: World) -> World:
    world.polls()
    return world


def the_feed(world: World, name: str = "feed") -> Feed:
    return world.monitor.feed_named(name)


def test_two_limited_feeds_speak_for_their_whole_host(site: Site, tmp_path: Path) -> None:
    names = ["one", "two", "three"]
    for name in names:
        site.publishes(OLDER, name=name)
    with World(site, tmp_path, feeds=names) as world:
        world.polls()
        site.serves(b"", name="one", status=429, headers={"Retry-After": "3600"})
        world.polls("one")
        third = site.pages["/three"]
        asked = len(third.requests)
        assert len(world.polls("three")) == 1  # one limited feed speaks for itself
        site.serves(b"", name="two", status=503, headers={"Retry-After": "7200"})
        world.polls("two")
        limited = [the_feed(world, name).memory.not_before_at for name in names]
        assert limited == [limited[1]] * 3
        assert world.polls("three", after=timedelta(minutes=110)) == []
        assert len(third.requests) == asked + 1
        assert len(world.polls("three", after=timedelta(minutes=30))) == 1


def test_a_host_that_begins_to_limit_us_is_not_asked_by_the_feeds_that_were_due_already(
    site: Site, tmp_path: Path
) -> None:
    names = ["one", "two", "three"]
    for name in names:
        site.publishes(OLDER, name=name)
    with World(site, tmp_path, feeds=names) as world:
        world.polls()
        third = the_feed(world, "three")
        assert world.monitor.lease([third]) == {third.id}
        for name in ("one", "two"):
            site.serves(b"", name=name, status=429, headers={"Retry-After": "3600"})
        world.polls("one", "two")
        with world.monitor.store.writing() as tx:
            tx.feeds.release(third.id)
        assert world.monitor.lease([third]) == set()


def test_dates_that_are_always_now_are_not_believed_and_make_no_news(live: World, site: Site) -> None:
    entries = [("a", "ITU opens its conference", TEXT), ("b", "ITU elects a council", f"{TEXT} A council was elected.")]

    def publish() -> None:
        now = live.now + timedelta(minutes=20)
        site.publishes(*(an_entry(*entry, at=now) for entry in entries), OLDER)

    publish()
    assert live.verdicts(live.polls()) == ["NEW", "NEW"]
    seen = []
    for _ in range(4):
        publish()
        seen.append(live.polls()[0])
    assert set(live.verdicts(seen)) <= {"META"}
    assert [change for one in seen for change in one.plan.changes] == []
    assert "date_untrusted" in the_feed(live).memory.flags
    publish()
    entries.append(("c", "ITU adopts a plan", f"{TEXT} A plan was adopted."))
    publish()
    live.polls()
    with live.monitor.store.reading() as tx:
        trusted = {item.title: item.date_trusted for item in tx.items.replay()}
    assert (trusted["ITU opens its conference"], trusted["ITU adopts a plan"]) == (True, False)


def test_an_article_that_is_dated_anew_once_is_believed(live: World, site: Site) -> None:
    site.publishes(an_entry("a", "ITU opens its conference", TEXT), OLDER)
    live.polls()
    for _ in range(3):
        site.publishes(
            an_entry("a", "ITU opens its conference", TEXT, at=START + HOUR),
            an_entry(f"at{live.now.minute}{live.now.hour}", f"ITU agenda of {live.now:%H %M}", TEXT[:-20], at=live.now),
            OLDER,
        )
        live.polls()
    assert "date_untrusted" not in the_feed(live).memory.flags
    assert len(live.items()) > 2


def test_a_document_half_in_the_future_is_a_calendar(live: World, site: Site) -> None:
    ahead = [an_entry(f"f{n}", f"ITU session number {n}", f"{TEXT} {n}", at=START + (n + 9) * DAY) for n in range(3)]
    site.publishes(*ahead, OLDER, an_entry("a", "ITU opens its conference", TEXT))
    live.polls()
    assert "calendar" in the_feed(live).memory.flags
    past = [an_entry(f"p{n}", f"ITU decision number {n}", f"Decided: {TEXT} {n}") for n in range(4)]
    site.publishes(*ahead, *past, OLDER)
    live.polls()
    assert "calendar" not in the_feed(live).memory.flags


def test_a_pause_that_comes_while_the_poll_is_under_way_holds(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    live.later(hours=1)
    reading = live.monitor.feed_reader().read(the_feed(live), PollOptions())
    feed = the_feed(live)
    with live.monitor.store.writing() as tx:
        tx.feeds.set_memory(feed.id, feed.memory._replace(state=FeedState.PAUSED, paused_until_at=live.now + DAY))
    live.monitor.store_readings([reading])
    assert the_feed(live).memory.state is FeedState.PAUSED
    assert len(live.items()) == 2
    assert live.polls(after=HOUR) == []
    assert len(live.polls(after=DAY)) == 1
    assert the_feed(live).memory.state is FeedState.OK


def test_what_is_held_is_still_confirmed_after_the_server_was_busy_for_a_while(live: World, site: Site) -> None:
    fresh = [an_entry(f"x{n}", f"ITU notice {n} on matter {n * 7}", f"ITU notice {n}: {n * 11}.") for n in range(60)]
    site.publishes(*fresh)
    held = live.polls()[0]
    assert "system.feed_held" in kinds(held.plan.changes)
    site.serves(b"", status=503)
    live.polls()
    site.publishes(*fresh)
    live.polls(after=HOUR)
    assert {item["origin"] for item in live.items() if item["title"].startswith("ITU notice")} == {"baseline"}
    assert "held" not in the_feed(live).memory.flags


def test_the_rest_of_a_first_document_that_was_cut_is_no_news(site: Site, tmp_path: Path) -> None:
    second = an_entry("b", "ITU elects a new council", TEXT)
    document = a_document(OLDER, second)
    site.serves(document[: document.rindex(b"spoke for a day")])
    with World(site, tmp_path) as world:
        world.polls()
        site.serves(document)
        world.polls()
        assert {item["title"]: item["origin"] for item in world.items()} == {
            "ITU publishes its yearly report": "baseline",
            "ITU elects a new council": "baseline",
        }
        assert len(world.changes("system.baseline")) == 1
        site.publishes(OLDER, second, an_entry("c", "ITU adopts a plan", f"{TEXT} Adopted."))
        world.polls()
        assert world.items()[0]["origin"] == "live"


def test_an_edit_that_an_older_page_shows_is_told_to_nobody(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU counts 40 new networks", TEXT))
    live.polls()
    site.publishes(an_entry("a", "ITU counts 44 new networks", TEXT))
    live.later(hours=1)
    reading = live.monitor.feed_reader().read(the_feed(live), PollOptions(force=True, origin=Origin.BACKFILL))
    (polled,) = live.monitor.store_readings([reading._replace(page=True)])
    assert VerdictKind.REVISED in {verdict.kind for verdict in polled.plan.verdicts}
    assert [change.origin for change in polled.plan.changes] == [Origin.BACKFILL]


def test_a_poll_that_began_sooner_and_ended_later_is_told_behind(site: Site, tmp_path: Path) -> None:
    site.publishes(OLDER, name="slow")
    site.publishes(OLDER, name="swift")
    with World(site, tmp_path, feeds=["slow", "swift"]) as world:
        world.polls()
        readings = []
        for name in ("slow", "swift"):
            link = f"https://{name}.example/1"
            site.publishes(OLDER, an_entry(name, "ITU opens its conference", TEXT, link=link), name=name)
            world.later(seconds=20)
            readings.append(world.monitor.feed_reader().read(world.monitor.feed_named(name), PollOptions()))
        for reading in reversed(readings):
            world.monitor.store_readings([reading])
        assert [(one["kind"], one["source"]) for one in world.changes("event.")[-2:]] == [
            ("event.created", "swift"),
            ("event.updated", "slow"),
        ]
        world.later(hours=-2)
        (polled,) = world.monitor.store_readings([readings[0]._replace(at=world.now)])
        assert polled.plan.at == world.now


def test_an_older_page_leaves_what_is_held(live: World, site: Site) -> None:
    fresh = [an_entry(f"x{n}", f"ITU notice {n} on matter {n * 7}", f"ITU notice {n}: {n * 11}.") for n in range(60)]
    site.publishes(*fresh)
    held = live.polls()[0].plan.held
    assert held
    site.publishes(OLDER, name="page")
    page = replace(the_feed(live), effective_url=site.url("page"))
    reading = live.monitor.feed_reader().read(page, PollOptions(force=True, origin=Origin.BACKFILL))
    (polled,) = live.monitor.store_readings([reading._replace(page=True)])
    assert polled.plan.held.keys() == held.keys()


def test_a_feed_that_failed_and_was_then_busy_is_told_to_be_back(live: World, site: Site) -> None:
    site.serves(b"", status=500)
    for _ in range(4):
        live.polls(after=timedelta(hours=9))
    assert kinds(live.changes("feed.")) == ["feed.failing"]
    site.serves(b"", status=503)
    live.polls(after=DAY)
    site.publishes(OLDER)
    live.polls(after=DAY)
    assert kinds(live.changes("feed.")) == ["feed.failing", "feed.recovered"]


def test_a_clock_that_was_put_back_leaves_the_waits_as_long_as_they_were(live: World, site: Site) -> None:
    live.polls(after=365 * DAY)
    ahead = the_feed(live).memory
    assert ahead.next_poll_at is not None
    live.now -= 365 * DAY
    live.monitor.follow_clock()
    live.monitor.follow_clock()
    behind = the_feed(live).memory
    assert behind.next_poll_at == ahead.next_poll_at - 365 * DAY
    assert live.now < behind.next_poll_at < live.now + DAY


def test_the_network_that_comes_back_is_told_once_for_all_feeds(live: World) -> None:
    live.later(hours=1)
    read = live.monitor.feed_reader().read(the_feed(live), PollOptions())
    down = read._replace(offline=True, result=Failed(kind=FailureKind.DNS, detail="no such host"), document=None)
    live.monitor.store_readings([down, down])
    assert the_feed(live).memory.failure_count == 0
    back = [read._replace(at=read.at + HOUR), read._replace(at=read.at + HOUR)]
    live.monitor.store_readings(back)
    assert [change["summary"] for change in live.changes("system.online")] == ["the network is back after 1 h"]


def test_a_feed_that_is_gone_is_asked_only_by_its_name(live: World, site: Site) -> None:
    page = site.serves(b"", status=410)
    live.polls()
    live.polls(after=timedelta(hours=25))
    asked = len(page.requests)
    assert live.polls(after=10 * DAY) == []
    assert len(page.requests) == asked
    assert len(live.polls("feed", after=10 * DAY)) == 1
    site.serves(b"", status=500)
    live.polls("feed", after=10 * DAY)
    assert the_feed(live).memory.state is FeedState.GONE


def test_a_feed_named_twice_is_polled_once(live: World) -> None:
    assert len(live.polls("feed", "feed")) == 1


def test_a_lease_that_finds_no_room_ends_the_pass_and_loses_nothing(
    live: World, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> set[int]:
        raise DiskFull("no space is left")

    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    with monkeypatch.context() as patch:
        patch.setattr(live.monitor, "lease", full)
        with pytest.raises(DiskFull):
            live.polls()
    assert live.verdicts(live.polls()) == ["NEW"]


class Refused(World):
    """Feeds of several hosts, none of which takes a connection."""

    def configuration(self, feeds: Sequence[str], extra: str, topics: str) -> str:
        hosts = ", ".join(f'"{urlsplit(url).netloc}"' for url in feeds)
        made = [f'[[feeds]]\nname = "feed{number}"\nurl = "{url}"\n' for number, url in enumerate(feeds)]
        return f'[http]\nallow_private = [{hosts}]\n[polling]\nhost_spacing = "0s"\n{topics}\n{"".join(made)}{extra}'


@pytest.fixture
def refused(site: Site, tmp_path: Path):
    with ExitStack() as stack:
        bound = [stack.enter_context(socket.socket()) for _ in range(5)]
        for one in bound:
            one.bind(("127.0.0.1", 0))  # and never listens
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}/feed" for one in bound]
        yield stack.enter_context(Refused(site, tmp_path, feeds=urls))


def test_the_feeds_by_which_we_find_that_we_are_offline_are_no_more_to_blame_than_the_later_ones(
    refused: World,
) -> None:
    for number in range(3):
        refused.polls(f"feed{number}")
    counts = [the_feed(refused, f"feed{number}").memory.failure_count for number in range(5)]
    assert counts == [1, 1, 1, 0, 0]  # three hosts may well be down
    refused.polls("feed3", "feed4", after=timedelta(seconds=20))
    memories = [the_feed(refused, f"feed{number}").memory for number in range(5)]
    assert [one.failure_count for one in memories] == [0] * 5
    assert [one.failing_since_at for one in memories] == [None] * 5
    assert {one.next_poll_at for one in memories} == {refused.now + timedelta(minutes=2)}
    assert {one.next_poll_why for one in memories} == {"we seem to be offline"}
    assert [refused.monitor.network.host_failures(the_feed(refused, f"feed{n}").effective_url) for n in range(5)] == [
        0
    ] * 5


def test_all_feeds_that_fail_at_once_are_excused(refused: World) -> None:
    assert [one.fetch.outcome for one in refused.polls()] == ["failed"] * 5
    memories = [the_feed(refused, f"feed{number}").memory for number in range(5)]
    assert [(one.failure_count, one.next_poll_why) for one in memories] == [(0, "we seem to be offline")] * 5


def test_a_feed_that_was_paused_since_stays_paused_when_it_is_excused(refused: World) -> None:
    for number in range(3):
        refused.polls(f"feed{number}")
    with refused.monitor.store.writing() as tx:
        feed = the_feed(refused, "feed0")
        tx.feeds.set_memory(feed.id, feed.memory._replace(state=FeedState.PAUSED))
    refused.polls("feed3", after=timedelta(seconds=20))
    memory = the_feed(refused, "feed0").memory
    assert (memory.failure_count, memory.state) == (0, FeedState.PAUSED)
