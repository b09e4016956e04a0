"""Suggestions: events that seem to be one, items that seem to stand in the wrong one; nothing is done by itself."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.suggesting import Suggested, suggest
from tests.builders_reading import Shell
from tests.builders_rulings import SUBJECTS, Archive

WINDOW = timedelta(days=30)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path) as made:
        yield made


def tells(archive: Archive, subject: str) -> int:
    words = SUBJECTS[subject]
    return archive.reports(subject, title=f"ITU {words}", text=f"{words} ITU {words}")


def suggested(archive: Archive) -> Suggested:
    return suggest(archive.monitor.store, window=WINDOW)


def test_events_that_say_the_same_are_suggested_until_they_are_one(archive: Archive) -> None:
    first, _ = tells(archive, "cable"), tells(archive, "school")
    archive.now += timedelta(days=35)  # the linker does not look so far back
    second = tells(archive, "cable")
    events = {archive.event_of(first), archive.event_of(second)}
    assert len(events) == 2
    assert suggest(archive.monitor.store, window=WINDOW).merges == ()
    (found,) = suggest(archive.monitor.store, window=timedelta(days=60)).merges
    assert set(found.events) == events
    assert found.reason == "common stems: bottom, depth, diver, harbour"
    archive.correcting.merge(*found.events)
    assert suggest(archive.monitor.store, window=timedelta(days=60)).merges == ()


def test_an_item_far_from_the_rest_is_suggested_to_be_split(archive: Archive) -> None:
    items = [tells(archive, "cable") for _ in range(4)]
    stray = tells(archive, "school")
    assert suggested(archive).splits == ()
    cable = archive.event_of(items[0])
    # Somebody merged what does not belong together.
    archive.correcting.merge(cable, archive.event_of(stray))
    (found,) = suggested(archive).splits
    assert (found.event_id, found.items) == (cable, (stray,))
    archive.correcting.split(cable, found.items)
    after = suggested(archive)
    assert (after.splits, after.merges) == ((), ())


def test_what_a_person_pinned_is_not_doubted(archive: Archive) -> None:
    items = [tells(archive, "cable") for _ in range(4)]
    stray = tells(archive, "school")
    archive.correcting.pin(stray, archive.event_of(items[0]))
    assert suggested(archive).splits == ()


def test_the_command_names_what_to_type(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    items = [tells(archive, "cable") for _ in range(4)]
    stray = tells(archive, "school")
    cable = archive.event_of(items[0])
    archive.correcting.merge(cable, archive.event_of(stray))
    archive.close()
    with (archive.path.parent / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[storage]\nurl = "{archive.path}"\n')
    shell = Shell(folder=archive.path.parent, capture=capsys)
    found = shell.json("events", "suggest")
    assert (found["merges"], [one["items"] for one in found["splits"]]) == ([], [[str(stray)]])
    assert f"salname events split {cable} {stray}" in shell("events", "suggest").out
    shell("events", "split", cable, str(stray))
    assert "Nothing to suggest" in shell("events", "suggest").err
