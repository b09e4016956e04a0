"""What a reprint does to the timeline: it joins its original, is one voice with it, and says where it differs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.reading import opened
from tests.builders_line import Site, World, an_entry
from tests.builders_reading import CHANNEL, SECRET

OLD = an_entry("old", "ITU publishes its yearly report", "Figures of the ITU.")
LEAD = "The ITU will connect 40 villages to the fibre network before the end of the summer."
TEXT = (
    f"{LEAD} Engineers have been laying the cable along the coast since spring, in all weathers. "
    "The mayor of the largest village said that people had waited for it for many long years. "
    "A school and a hospital are to be the first ones to use the new line, and others will follow them soon."
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with Site() as site, World(site, tmp_path, feeds=["one", "two", "three"], extra=CHANNEL) as made:
        for name in ("one", "two", "three"):
            site.publishes(OLD, name=name)
        made.polls()
        site.publishes(OLD, an_entry("a", "ITU connects villages", TEXT), name="one")
        made.polls("one")
        yield made


def reprints(world: World, text: str, *, name: str = "two", title: str = "Another headline of the ITU") -> None:
    world.site.publishes(OLD, an_entry("b", title, text, link=f"https://{name}.example/b", guid=name), name=name)
    world.polls(name)


def test_a_reprint_joins_its_original_and_tells_nothing_of_its_own(world: World) -> None:
    reprints(world, f"Our desk reports this evening from the coast. {TEXT}")
    copy, original = world.items()[:2]
    assert (copy["same_text_as"], copy["event"]) == (original["id"], original["event"])
    assert [one["kind"] for one in world.changes("event.updated")] == ["event.updated"]
    assert world.changes("item.differs") == []


def test_a_reprint_with_other_numbers_is_told_with_both(world: World) -> None:
    reprints(world, TEXT.replace("40 villages", "44 villages"))
    (told,) = world.changes("item.differs")
    assert told["summary"] == "Reprint by two says otherwise: 40 → 44 in “Another headline of the ITU”"
    assert (told["old"], told["new"]) == (LEAD, LEAD.replace("40", "44"))
    assert told["event"] == world.items()[0]["event"]
    with closing(sqlite3.connect(world.database)) as connection:
        decided = connection.execute(
            "SELECT a.decision FROM alert a JOIN change c ON c.id = a.change_id WHERE c.kind = 'item.differs'"
        ).fetchall()
    assert decided == [("bundled",)]


def test_a_reprint_of_a_reprint_joins_the_event_of_both(world: World) -> None:
    """The third outlet cut what the first one wrote: only the second one's words are its own."""
    own = "Our correspondent adds that the coast was quiet that evening and the sea was calm as seldom before. "
    kept = TEXT.partition(". ")[2]
    reprints(world, own + TEXT)
    reprints(world, own + kept, name="three")
    assert len({item["event"] for item in world.items()[:3]}) == 1
    assert {item["same_text_as"] for item in world.items()[:2]} == {world.items()[2]["id"]}


def test_reprints_are_one_voice(world: World) -> None:
    reprints(world, f"Our desk reports this evening from the coast. {TEXT}")
    with opened(world.database) as reader:
        event = reader.events.one(world.items()[0]["event"])
    assert event is not None
    assert (event["items"], event["sources"]) == (2, ["one"])
    assert world.monitor.planner.linker.live.outlet_count(event["id"]) == 1
