"""Claims follow a person's rulings on events at once: what a rebuild would make of them stands there already."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.events.wording import qualified
from monitor.pipeline.restate import Restated
from monitor.rebuilding import rebuild
from monitor.viewer.ledger import facts_of_event
from storage.reading import Record, opened
from tests.builders_rulings import SUBJECTS, Archive

DECLARED = """
[[subjects]]
id = "lake-cable"
kind = "line"
aliases = { en = ["Lake Cable"] }
"""
SIGNED = "The contract for the laying will be signed on 15 December 2025."
LAID = "The Lake Cable is to be completed by the end of 2026."


def a_text(subject: str, *sentences: str) -> str:
    return " ".join((*sentences, f"The ITU heard of {SUBJECTS[subject]}."))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path, DECLARED) as made:
        made.reports("cable", text=a_text("cable", SIGNED))
        made.reports("school")
        made.reports("cable", text=a_text("cable", SIGNED.replace("15", "16")))
        made.reports("cable", text=a_text("cable", LAID))
        made.reports("school")
        made.correcting.pin(4, made.event_of(3))  # its figures are others, so by itself it stands apart
        yield made


def facts(archive: Archive, event: str) -> dict[str, str]:
    with opened(archive.path) as reader:
        found = facts_of_event(reader, event)
    return {key.removeprefix(f"event:{event}|"): qualified(fact.shown) for key, fact in found.items() if fact.shown}


def promised(archive: Archive) -> dict[str, str | None]:
    """The keys of the promises, each with the event it stands in."""
    with opened(archive.path) as reader:
        return {one["promise"].key: one["event"] for one in reader.claims.promises()}


def event(archive: Archive, event_id: str) -> Record:
    with opened(archive.path) as reader:
        (found,) = [one for one in reader.events.newest(limit=50) if one["id"] == event_id]
        return found


def differs(archive: Archive) -> tuple[tuple[str, str, str], ...]:
    """What a rebuild would change of the facts."""
    found: list[Restated] = []
    rebuild(archive.monitor, dry_run=True, on_restated=found.append)
    return found[0].differences


def test_what_a_split_item_claims_is_claimed_of_the_event_it_makes(archive: Archive) -> None:
    old = archive.event_of(3)
    assert facts(archive, old)["contract.sign||date"] == "15 December 2025"
    before = promised(archive)
    archive.correcting.split(old, [3, 4])
    new = archive.event_of(3)
    assert new != old
    assert facts(archive, old)["contract.sign||date"] == "15 December 2025"
    assert facts(archive, new)["contract.sign||date"] == "16 December 2025"
    assert "lake-cable|.end||date" in facts(archive, new)
    assert "lake-cable|.end||date" not in facts(archive, old)
    assert promised(archive) == {
        f"event:{old}|contract.sign||date": old,
        f"event:{new}|contract.sign||date": new,
        "lake-cable|.end||date": new,
    }
    assert differs(archive) == ()
    archive.correcting.undo()
    assert promised(archive) == before
    assert archive.event_of(3) == old
    assert differs(archive) == ()


def test_a_pinned_item_takes_its_claims_along(archive: Archive) -> None:
    cable, school = archive.event_of(3), archive.event_of(2)
    assert facts(archive, school) == {}
    archive.correcting.pin(3, school)
    archive.correcting.pin(4, school)
    assert facts(archive, school) == {
        "contract.sign||date": "16 December 2025",
        "status|contract|": "planned",
        "lake-cable|.end||date": "end of 2026",
    }
    assert promised(archive)["lake-cable|.end||date"] == school
    assert event(archive, school)["status"] == "planned"
    assert differs(archive) == ()
    archive.correcting.undo()
    archive.correcting.undo()
    assert facts(archive, school) == {}
    assert promised(archive)["lake-cable|.end||date"] == cable
    assert event(archive, school)["status"] is None


def test_two_events_made_one_have_one_ledger_and_two_again(archive: Archive) -> None:
    cable, school = archive.event_of(3), archive.event_of(2)
    apart = promised(archive), facts(archive, cable)
    archive.correcting.merge(cable, school)
    (one,) = archive.groups()
    assert facts(archive, one)["contract.sign||date"] == "15 December 2025"
    assert set(promised(archive)) == {f"event:{one}|contract.sign||date", "lake-cable|.end||date"}
    assert set(promised(archive).values()) == {one}
    assert differs(archive) == ()
    archive.correcting.undo()
    assert (promised(archive), facts(archive, cable)) == apart
    assert differs(archive) == ()
