"""An event is called as its item is, and takes place when its reports say, also when these change."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage.reading import Record, opened
from tests.builders_line import START, Site, World, an_entry

SUBJECTS = """
[[subjects]]
id = "forum-26"
kind = "conference"
edition = "2026"
aliases = { en = ["Coast Forum"] }
"""
OLDER = an_entry("older", "ITU publishes its yearly report", "Figures of the ITU for the year.", at=START)
FORUM = "ITU invites to the Coast Forum"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Site() as site, World(site, tmp_path, extra=SUBJECTS) as made:
        site.publishes(OLDER)
        made.polls()
        yield made


def tells(world: World, *entries: str, days: int) -> None:
    world.now = START + timedelta(days=days)
    world.site.publishes(OLDER, *entries)
    world.polls()


def event(world: World, words: str) -> Record:
    with opened(world.database) as reader:
        (found,) = [one for one in reader.events.newest(limit=50) if words in one["title"]]
        return found


def at(days: int) -> datetime:
    return START + timedelta(days=days)


def test_an_event_is_called_by_the_new_headline_of_the_item_that_it_began_with(world: World) -> None:
    tells(world, an_entry("one", "ITU opens office in the harbour", "The ITU office opens.", at=at(0)), days=0)
    before = event(world, "ITU opens office")
    tells(
        world, an_entry("one", "ITU opens its first office in the harbour", "The ITU office opens.", at=at(0)), days=1
    )
    after = event(world, "first office")
    assert after["id"] == before["id"]


def test_an_event_takes_place_on_the_days_that_stand_now(world: World) -> None:
    invited = an_entry("one", FORUM, "The Coast Forum will be held from 3 to 5 March 2026 by the ITU.", at=at(1))
    tells(world, invited, days=1)
    first = event(world, FORUM)
    assert (first["starts_on"], first["ends_on"]) == ("2026-03-03", "2026-03-05")
    put_off = an_entry(
        "two", "Gales: ITU closes the harbour", "The Coast Forum was postponed to 20 May 2026, the ITU said.", at=at(30)
    )
    tells(world, invited, put_off, days=30)
    assert (event(world, FORUM)["starts_on"], event(world, FORUM)["ends_on"]) == ("2026-05-20", "2026-05-20")


def test_an_event_without_a_day_has_none(world: World) -> None:
    tells(world, an_entry("one", FORUM, "The Coast Forum will be held in March 2026 by the ITU.", at=at(1)), days=1)
    assert event(world, FORUM)["starts_on"] is None
