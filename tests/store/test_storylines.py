"""Storylines: threads of events without a window of time, suggested, and corrected by a person."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.pipeline.storylines import place_events
from monitor.rebuilding import rebuild
from monitor.storylines import Storylines
from storage.errors import ConfigError
from storage.reading import Record, opened
from tests.builders_reading import Shell
from tests.builders_rulings import SUBJECTS, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Two threads: months lie between the events of one."""
    with Archive(tmp_path) as made:
        for _ in range(2):
            for subject in ("cable", "school"):
                tells(made, subject)
            made.now += timedelta(days=90)
        tells(made, "rocket")
        assert len(made.groups()) == 5
        yield made


def tells(archive: Archive, subject: str) -> int:
    """A report that shares nothing with those of other subjects but what makes it relevant."""
    words = SUBJECTS[subject]
    return archive.reports(subject, title=f"ITU {words}", text=f"{words} ITU {words}")


def listed(archive: Archive, *, least: int = 1) -> list[Record]:
    with opened(archive.path) as reader:
        return reader.storylines.newest(least_events=least)


def grouped(archive: Archive) -> list[list[int]]:
    """The items of each storyline."""
    events = archive.groups()
    return sorted(sorted(item for event in one["event_list"] for item in events[event]) for one in listed(archive))


def ruling(archive: Archive) -> Storylines:
    with opened(archive.path) as reader:
        return Storylines(archive.monitor, reader.storylines.members(), author="ayan")


def storyline_of(archive: Archive, item: int) -> str:
    (found,) = [one["id"] for one in listed(archive) if archive.event_of(item) in one["event_list"]]
    return str(found)


def test_events_months_apart_stand_in_one_storyline(archive: Archive) -> None:
    assert grouped(archive) == [[1, 3], [2, 4], [5]]
    several = listed(archive, least=2)
    assert [(one["events"], one["items"]) for one in several] == [(2, 2), (2, 2)]
    assert {one["storyline"] for one in archive.listed()} == {one["id"] for one in listed(archive)}


def test_an_event_is_placed_once_and_again_when_it_has_doubled(archive: Archive) -> None:
    assert place_events(archive.monitor.store) == 0
    sizes = []
    for _ in range(4):
        archive.now += timedelta(hours=1)
        tells(archive, "rocket")
        with closing(sqlite3.connect(archive.path)) as connection:
            asked = "SELECT item_count FROM event_storyline WHERE event_id = ?"
            sizes += connection.execute(asked, (archive.event_of(5),)).fetchone()
    assert sizes == [2, 2, 4, 4]


def test_a_name_given_by_a_person_stays(archive: Archive) -> None:
    storyline = storyline_of(archive, 1)
    ruling(archive).name(storyline.lower(), "  The  deep cable ")
    assert next(one["title"] for one in listed(archive) if one["id"] == storyline) == "The deep cable"
    archive.now += timedelta(days=90)
    tells(archive, "cable")
    assert [one["title"] for one in listed(archive) if one["events"] == 3] == ["The deep cable"]


def test_merged_storylines_are_one_for_what_comes_later_too(archive: Archive) -> None:
    cable, school = storyline_of(archive, 1), storyline_of(archive, 2)
    ruling(archive).merge(cable, school)
    assert grouped(archive) == [[1, 2, 3, 4], [5]]
    archive.now += timedelta(days=90)
    later = tells(archive, "school")
    assert storyline_of(archive, later) == cable
    ruling(archive).undo()
    assert grouped(archive) == [[1, 3], [2, 4, later], [5]]


def test_a_split_storyline_is_two_and_one_again(archive: Archive) -> None:
    storyline = storyline_of(archive, 1)
    ruling(archive).split(storyline, [archive.event_of(3).lower()])
    assert grouped(archive) == [[1], [2, 4], [3], [5]]
    ruling(archive).undo()
    assert grouped(archive) == [[1, 3], [2, 4], [5]]


def test_wrong_rulings_are_refused(archive: Archive) -> None:
    rules, cable = ruling(archive), storyline_of(archive, 1)
    for wrong, words in (
        (lambda: rules.name("NOTTHERE", "x"), "no storyline"),
        (lambda: rules.name(cable, " "), "needs a word"),
        (lambda: rules.merge(cable, cable), "one storyline already"),
        (lambda: rules.split(cable, [archive.event_of(2)]), "does not stand in"),
        (lambda: rules.split(cable, [archive.event_of(1), archive.event_of(3)]), "nothing would stay"),
        (rules.undo, "no such ruling"),
    ):
        with pytest.raises(ConfigError, match=words):
            wrong()
    assert grouped(archive) == [[1, 3], [2, 4], [5]]


def test_a_merged_event_leaves_its_storyline(archive: Archive) -> None:
    archive.correcting.merge(archive.event_of(1), archive.event_of(5))
    place_events(archive.monitor.store)
    assert grouped(archive) == [[1, 3, 5], [2, 4]]
    with closing(sqlite3.connect(archive.path)) as connection:
        placed = connection.execute("SELECT DISTINCT storyline_id FROM event_storyline ORDER BY 1").fetchall()
        assert connection.execute("SELECT id FROM storyline ORDER BY 1").fetchall() == placed
        assert connection.execute("SELECT DISTINCT storyline_id FROM storyline_term ORDER BY 1").fetchall() == placed


def test_a_rebuild_leaves_storylines_as_they_are(archive: Archive) -> None:
    before = grouped(archive)
    rebuild(archive.monitor, dry_run=False)
    assert grouped(archive) == before


def test_the_commands_list_name_merge_split_and_undo(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    cable, school = storyline_of(archive, 1), storyline_of(archive, 2)
    archive.close()
    with (archive.path.parent / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[storage]\nurl = "{archive.path}"\n')
    shell = Shell(folder=archive.path.parent, capture=capsys)
    found = shell.json("storylines")
    wanted = {"id", "title", "events", "items", "first_seen_at", "changed_at"}
    assert all(wanted <= one.keys() for one in found)
    assert len(found) == 2
    assert len(shell.json("storylines", "--all")) == 3
    assert shell.json("storylines", "name", cable, "The", "deep", "cable")["kind"] == "storyline_name"
    assert "The deep cable" in shell("storylines").out
    assert shell.json("storylines", "merge", cable, school)["undone"] is False
    assert [one["events"] for one in shell.json("storylines")] == [4]
    assert shell.json("storylines", "undo")["undone"] is True
    assert "no storyline" in shell.refusal("storylines", "merge", cable, "NOTTHERE")
