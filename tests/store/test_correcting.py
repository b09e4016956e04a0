"""A person corrects the archive: what merges, splits, pins and their undoing leave in the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import ConfigError
from tests.builders_rulings import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path) as made:
        for subject in ("cable", "school", "cable", "school", "cable"):
            made.reports(subject)
        assert sorted(made.groups().values()) == [[1, 3, 5], [2, 4]]
        yield made


def test_merged_events_are_one_and_the_older_one_stays(archive: Archive) -> None:
    older, younger = archive.event_of(1), archive.event_of(2)
    done = archive.correcting.merge(younger, older)
    assert archive.groups() == {older: [1, 2, 3, 4, 5]}
    event = archive.event(younger)
    assert (event["id"], event["items"]) == (older, 5)
    assert event["sources"] == ["outlet0", "outlet1", "outlet2", "outlet3"]
    assert [one["id"] for one in archive.listed()] == [older]
    assert done.moved_count == 2
    assert archive.event(older)["title"] == "ITU report 1: sea bottom ship laying divers harbour"


def test_a_merge_is_told_on_the_timeline_and_nothing_is_rewritten(archive: Archive) -> None:
    before = archive.changes()
    older, younger = archive.event_of(1), archive.event_of(2)
    archive.correcting.merge(older, younger)
    *kept, told = archive.changes()
    assert [one["id"] for one in kept] == [one["id"] for one in before]
    assert (told["kind"], told["event"]) == ("event.merged", older)
    assert told["summary"].startswith("Merged by hand: “ITU report 2:")
    assert {one["event"] for one in archive.changes()} == {older}


def test_the_linker_finds_what_was_merged(archive: Archive) -> None:
    older, younger = archive.event_of(1), archive.event_of(2)
    archive.correcting.merge(older, younger)
    assert archive.event_of(archive.reports("school")) == older
    assert archive.event_of(archive.reports("cable")) == older


def test_a_split_makes_an_event_that_goes_its_own_way(archive: Archive) -> None:
    old = archive.event_of(1)
    done = archive.correcting.split(old, [1, 5])
    made = archive.event_of(1)
    assert made != old
    assert archive.groups()[made] == [1, 5]
    assert archive.groups()[old] == [3]
    assert (archive.event(made)["items"], archive.event(old)["items"]) == (2, 1)
    assert archive.event(old)["title"].startswith("ITU report 3")
    assert [one["kind"] for one in archive.event(made)["changes"]] == ["event.created"]
    assert [one["kind"] for one in archive.event(old)["changes"]][-1] == "event.split"
    assert done.summary.startswith("Split by hand: ITU report 1:")


def test_a_pinned_item_moves_and_what_it_leaves_empty_answers_as_the_other(archive: Archive) -> None:
    rocket = archive.reports("rocket")
    left, target = archive.event_of(rocket), archive.event_of(1)
    archive.correcting.pin(rocket, target)
    assert archive.event_of(rocket) == target
    assert archive.event(left)["id"] == target
    assert left not in {one["id"] for one in archive.listed()}
    archive.correcting.undo()
    assert archive.event_of(rocket) == left
    assert archive.event(left)["items"] == 1
    assert archive.event_of(archive.reports("rocket")) == left


@pytest.mark.parametrize("ruling", ["merge", "split", "pin"])
def test_undoing_restores_links_events_counts_and_what_the_linker_sees(archive: Archive, ruling: str) -> None:
    before = archive.state()
    one, other = archive.event_of(1), archive.event_of(2)
    match ruling:
        case "merge":
            archive.correcting.merge(one, other)
        case "split":
            archive.correcting.split(one, [1, 3])
        case _:
            archive.correcting.pin(4, one)
    assert archive.state() != before
    archive.correcting.undo()
    assert archive.state() == before


def test_a_ruling_in_the_middle_can_be_undone(archive: Archive) -> None:
    one, other = archive.event_of(1), archive.event_of(2)
    archive.correcting.merge(one, other)
    archive.correcting.split(one, [4])
    archive.correcting.undo(1)
    # Item 4 was split from the merged event; without the merge it never stood there.
    assert archive.groups() == {one: [1, 3, 5], other: [2, 4]}
    assert archive.event(other)["items"] == 2


def test_what_joined_a_merged_event_stays_when_the_merge_is_undone(archive: Archive) -> None:
    one, other = archive.event_of(1), archive.event_of(2)
    archive.correcting.merge(one, other)
    later = archive.reports("school")
    archive.correcting.undo()
    assert archive.groups() == {one: [1, 3, 5, later], other: [2, 4]}


def test_what_makes_no_sense_is_refused_and_changes_nothing(archive: Archive) -> None:
    one, other, before = archive.event_of(1), archive.event_of(2), archive.state()
    for wrong, words in (
        (lambda: archive.correcting.merge(one, one), "one event already"),
        (lambda: archive.correcting.merge(one, "ABCDEFGH"), 'no event "ABCDEFGH"'),
        (lambda: archive.correcting.split(one, [2]), "does not stand in event"),
        (lambda: archive.correcting.split(one, [1, 3, 5]), "nothing would stay"),
        (lambda: archive.correcting.pin(99, other), "no item 99"),
        (archive.correcting.undo, "no ruling holds"),
        (lambda: archive.correcting.undo(7), "no ruling 7 holds"),
    ):
        with pytest.raises(ConfigError, match=words):
            wrong()
    assert archive.state() == before
    assert archive.changes("event.merged") == archive.changes("event.split") == []


def test_a_ruling_remembers_who_and_when(archive: Archive) -> None:
    archive.correcting.merge(archive.event_of(1), archive.event_of(2))
    with archive.monitor.store.reading() as tx:
        (ruling,) = tx.rulings.active()
    assert (ruling.author, ruling.at) == ("ayan", archive.now)
