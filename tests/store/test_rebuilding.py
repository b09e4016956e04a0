"""`salname rebuild`: the archive linked anew says the same, tells nobody, and remembers what a person ruled."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app import Monitor
from monitor.config import load_config
from monitor.demo.run import play
from monitor.events.link import LinkSettings
from monitor.pipeline.linking import Linker
from monitor.rebuilding import rebuild
from tests.builders_line import Site, World, an_entry
from tests.builders_reading import CHANNEL, SECRET, Shell
from tests.builders_rulings import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path) as made:
        for subject in ("cable", "school", "cable", "rocket", "school", "cable"):
            made.reports(subject)
        yield made


def everything(path: Path) -> dict[str, Any]:
    """All that a rebuild could change, byte for byte."""
    tables = (
        "item",
        "event",
        "event_item",
        "event_topic",
        "event_state",
        "linked_item",
        "term_count",
        "change",
        "ruling",
    )
    with closing(sqlite3.connect(path)) as connection:
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}


def linked_by(archive: Archive, theta: float) -> None:
    """Another linker: what is alike joins from `theta` on."""
    linker = Linker(settings=LinkSettings(theta=theta), name=archive.monitor.planner.linker.name)
    archive.monitor.planner = replace(archive.monitor.planner, linker=linker)


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_archive_that_nothing_happened_to_is_the_same_afterwards(archive: Archive, dry_run: bool) -> None:
    before = everything(archive.path)
    archive.now += timedelta(days=3)
    found = rebuild(archive.monitor, dry_run=dry_run)
    assert found.item_count == 6
    assert (found.moved, found.joined, found.parted, found.renamed) == ({}, {}, {}, {})
    assert everything(archive.path) == before


def test_rulings_are_remembered_at_their_time(archive: Archive) -> None:
    cable, school, rocket = (archive.event_of(item) for item in (1, 2, 4))
    archive.correcting.merge(cable, school)
    archive.reports("school")
    archive.correcting.split(cable, [3, 6])
    archive.reports("cable")
    archive.correcting.pin(5, rocket)
    archive.correcting.undo(1)
    archive.reports("rocket")
    archive.reports("school")
    assert len(archive.groups()) == 4
    before, grouped = everything(archive.path), archive.groups()
    found = rebuild(archive.monitor, dry_run=False)
    assert found.moved == {}
    assert archive.groups() == grouped
    assert everything(archive.path) == before


def test_another_linker_is_shown_and_written_only_when_told_to(archive: Archive) -> None:
    before = everything(archive.path)
    linked_by(archive, theta=1.01)
    looked = rebuild(archive.monitor, dry_run=True)
    assert everything(archive.path) == before
    assert sorted(one.items for one in looked.parted.values()) == [(3,), (5,), (6,)]
    assert {one.source for one in looked.parted.values()} == {archive.event_of(1), archive.event_of(2)}
    assert len(looked.moved) == 3
    written = rebuild(archive.monitor, dry_run=False)
    assert written.moved == looked.moved
    assert len(archive.groups()) == 6
    assert {one["items"] for one in archive.listed()} == {1}


def test_events_keep_their_names_over_rebuilds_there_and_back(archive: Archive) -> None:
    before = archive.groups()
    linked_by(archive, theta=1.01)
    rebuild(archive.monitor, dry_run=False)
    apart = archive.groups()
    assert before.keys() < apart.keys()
    linked_by(archive, theta=LinkSettings().theta)
    joined = rebuild(archive.monitor, dry_run=False)
    assert archive.groups() == before
    assert joined.joined.keys() == apart.keys() - before.keys()
    # A name that vanished answers as the event that has its items, on every page.
    for event, into in joined.joined.items():
        assert archive.event(event)["id"] == into


def test_what_a_rebuild_regroups_stands_on_the_timeline_and_alerts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with Archive(tmp_path, CHANNEL) as archive:
        for subject in ("cable", "cable", "cable"):
            archive.reports(subject)
        linked_by(archive, theta=1.01)
        rebuild(archive.monitor, dry_run=False)
        linked_by(archive, theta=LinkSettings().theta)
        rebuild(archive.monitor, dry_run=False)
        told = archive.changes()
        assert [one["kind"] for one in told[3:]] == ["event.created", "event.created", "event.merged", "event.merged"]
        with closing(sqlite3.connect(archive.path)) as connection:
            assert connection.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
            decided = connection.execute("SELECT DISTINCT decision, reason FROM alert").fetchall()
            assert decided == [("suppressed", "backfill")]
        archive.correcting.merge(archive.event_of(1), archive.event_of(archive.reports("school")))
        with closing(sqlite3.connect(archive.path)) as connection:
            assert connection.execute("SELECT count(*) FROM delivery").fetchone() == (1,)


def test_a_ruling_about_an_event_that_another_linker_does_not_find_holds_for_the_one_that_has_its_items(
    archive: Archive,
) -> None:
    cable, rocket = archive.event_of(1), archive.event_of(4)
    linked_by(archive, theta=1.01)
    rebuild(archive.monitor, dry_run=False)
    alone = archive.event_of(3)
    assert alone != cable
    archive.correcting.merge(alone, rocket)
    linked_by(archive, theta=LinkSettings().theta)
    rebuild(archive.monitor, dry_run=False)
    assert archive.event_of(1) == archive.event_of(3) == archive.event_of(4)


def test_an_edited_item_is_linked_by_the_words_it_came_with(tmp_path: Path) -> None:
    with Site() as site:
        site.publishes(an_entry("a", "ITU cable ship lays a deep sea cable", "A cable of the ITU on the sea bottom."))
        with World(site, tmp_path) as world:
            world.polls()
            site.publishes(an_entry("a", "ITU school pupils get tablets", "Lessons of the ITU on tablets in schools."))
            world.polls()
            again = an_entry("b", "ITU cable ship lays its deep sea cable", "The sea bottom cable of the ITU.")
            site.publishes(an_entry("a", "ITU school pupils get tablets", "Lessons of the ITU on tablets."), again)
            world.polls()
            events = {item["event"] for item in world.items()}
            before = everything(world.database)
            assert len(world.changes("item.revised")) == 2
            assert rebuild(world.monitor, dry_run=False).moved == {}
            assert everything(world.database) == before
            assert len(events) == 1


def test_the_demo_archive_is_the_same_after_a_rebuild(tmp_path: Path) -> None:
    """Eleven feeds, several polls, edits, copies and four languages."""
    config = load_config(play(tmp_path, speed=None, on_round=lambda _: None))
    made = tmp_path / "salname.db"
    before = everything(made)
    with Monitor.open(config, f"sqlite:///{made}") as monitor:
        found = rebuild(monitor, dry_run=True)
    assert found.item_count > 50
    assert (found.joined, found.parted, found.renamed, found.moved) == ({}, {}, {}, {})
    assert everything(made) == before


def test_the_command_says_what_it_found(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    archive.close()
    folder = archive.path.parent
    with (folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[linking]\nwindow = "30m"\n[storage]\nurl = "{archive.path}"\n')
    shell = Shell(folder=folder, capture=capsys)
    looked = shell.json("rebuild", "--dry-run")
    assert (looked["dry_run"], looked["items"], looked["events_before"]) == (True, 6, 3)
    assert shell("rebuild").out.splitlines()[-1].startswith("Standing elsewhere than before: ")
    assert shell("rebuild").out.splitlines()[-1] == "Nothing differs. Written."
    assert shell.json("rebuild")["events_after"] == looked["events_after"] == len(shell.json("events"))
