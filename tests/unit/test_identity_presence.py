"""Waves of unknown entries, and items that are gone."""

from datetime import timedelta

import pytest

from storage.model import Entry, Origin
from tests.builders_items import NOON, OLD, World, absence_of, an_entry, entries, started_world

DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return started_world()


def test_a_held_wave_that_stays_is_released_as_baseline(world: World):
    wave = entries(30, "wave")
    assert set(world.kinds(*wave)) == {"HELD"}
    since = world.now
    verdicts = world.poll(*wave[1:], an_entry("Fresh news", name="fresh"))

    assert {(verdict.kind, verdict.origin) for verdict in verdicts[:29]} == {("NEW", Origin.BASELINE)}
    assert f"held since {since:%Y-%m-%d %H:%M} UTC" in verdicts[0].reason
    assert (verdicts[29].kind, verdicts[29].origin) == ("NEW", Origin.LIVE)
    assert set(world.kinds(*wave[1:])) == {"SEEN"}


def test_a_wave_with_other_names_at_each_poll_stays_held(world: World):
    assert set(world.kinds(*entries(30, "wave"))) == {"HELD"}
    assert set(world.kinds(*entries(30, "again"))) == {"HELD"}


def test_a_wave_that_a_person_lets_in_is_baseline(world: World):
    verdicts = world.poll(*entries(30, "wave"), trust=True)

    assert {(verdict.kind, verdict.origin) for verdict in verdicts if verdict.position is not None} == {
        ("NEW", Origin.BASELINE)
    }


def test_a_trusted_feed_without_a_wave_is_live(world: World):
    assert world.one(an_entry(), OLD, trust=True).origin is Origin.LIVE


def test_twenty_new_entries_are_no_wave(world: World):
    assert set(world.kinds(*entries(20, "wave"))) == {"NEW"}


@pytest.mark.parametrize(("memory", "most"), [({"new_p95": 10.0}, 50), ({"gap_s": 3600.0}, 85)])
def test_a_busy_feed_may_bring_more(memory: dict[str, object], most: int):
    for count, kind in ((most, "NEW"), (most + 1, "HELD")):
        world = started_world()
        world.feeds[1].memory = memory
        world.now += timedelta(hours=28)  # and half an hour: 28.5 new entries are expected

        assert set(world.kinds(*entries(count, "wave"))) == {kind}


def test_no_first_document_is_held():
    assert set(World().kinds(*entries(80))) == {"NEW"}


def _absence_kinds(world: World, *document: Entry, **how: object) -> set[str]:
    return {verdict.kind for verdict in world.poll(*document, **how) if verdict.position is None}  # type: ignore[arg-type]


def test_what_rolls_off_the_end_is_missing_and_no_more():
    world, news = World(), entries(8)
    world.poll(*news[3:])
    kinds = [_absence_kinds(world, *news[n : n + 5]) for n in (2, 1, 0)]
    kinds += [_absence_kinds(world, *news[:5]) for _ in range(4)]

    assert kinds == [{"MISSING"}] * 5 + [set(), set()]


def test_a_pinned_old_entry_withdraws_nothing():
    world, news = World(), entries(14)
    pinned = an_entry("Welcome to our feed", name="pinned", at=NOON - 90 * DAY)
    world.poll(pinned, *news[9:])
    kinds = [_absence_kinds(world, pinned, *news[n : n + 5]) for n in range(8, -1, -1)]

    assert kinds == [{"MISSING"}] * 9


def test_two_neighbours_that_go_together_are_withdrawn_together():
    world, news = World(), entries(6)
    world.poll(*news)
    left = [*news[:2], *news[4:]]
    kinds = [_absence_kinds(world, *left) for _ in range(3)]

    assert kinds == [{"MISSING"}, {"MISSING"}, {"WITHDRAWN"}]


@pytest.mark.parametrize("flaw", ["truncated", "partial"])
def test_in_a_document_that_is_not_whole_nothing_is_missing(flaw: str):
    world, news = World(), entries(3)
    world.poll(*news)

    assert _absence_kinds(world, news[0], news[2], **{flaw: True}) == set()
    assert _absence_kinds(world, news[0], news[2]) == {"MISSING"}


def test_in_an_empty_document_nothing_is_missing():
    world, news = World(), entries(3)
    world.poll(*news)

    assert world.poll() == ()
    assert _absence_kinds(world, news[0]) == {"MISSING"}


def test_an_entry_known_by_its_bytes_is_present():
    world, news = World(), entries(3)
    world.poll(*news)

    assert world.poll(*news, differential=True) == ()
    assert [v.kind for v in world.poll(news[0], news[2], differential=True)] == ["MISSING"]


def test_a_deleted_entry_that_stands_in_the_document_is_there(world: World):
    assert world.kinds(OLD, deleted_guids=frozenset({"id-old"})) == ["SEEN"]
    assert _absence_kinds(world, an_entry(), deleted_guids=frozenset({"id-old"})) == {"WITHDRAWN"}


def test_an_item_whose_newer_neighbour_leaves_at_last_has_rolled_off():
    world, news = World(), entries(6)
    pinned = an_entry("Welcome to our feed", name="pinned", at=NOON - 90 * DAY)
    world.poll(pinned, *news[:5])
    for _ in range(2):
        world.poll(pinned, *news[:4])
    verdicts = world.poll(pinned, *news[:3])

    assert [verdict.kind for verdict in verdicts if verdict.position is None] == ["MISSING", "MISSING"]
    gone = absence_of(verdicts, world.item(news[4]))
    assert gone
    assert gone.reason == "not in 3 new documents of the feed; the next newer one left after it, so it rolled off"


def test_an_absence_is_counted_in_words():
    world, news = World(), [an_entry(f"Story {n}", name=n, at=None) for n in ("one", "two")]
    world.poll(*news)
    absences = [absence_of(world.poll(news[0]), world.item(news[1])) for _ in range(3)]

    assert [one.reason for one in absences if one] == [
        "not in 1 new document of the feed",
        "not in 2 new documents of the feed",
        "not in 3 new documents of the feed; nothing older is, so it may have rolled off",
    ]
