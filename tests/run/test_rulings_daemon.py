"""A person rules while the daemon runs: it obeys at its next poll, without being told."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders_daemon import Program, Receiver, running, until
from tests.builders_line import Site, an_entry

OLD = an_entry("old", "ITU publishes its yearly report")
CABLE = "cable ship sea bottom divers harbour repair kilometres depth laying"
SCHOOL = "school pupils teachers lessons tablets classroom village holidays parents exam"


@pytest.fixture
def program(tmp_path: Path):
    with Site() as site, Receiver() as receiver:
        site.publishes(OLD)
        yield Program(tmp_path, site, receiver).configure()


def an_item(name: str, words: str) -> str:
    return an_entry(name, f"ITU {words}", f"{words} ITU {words}", at=None)


def events(program: Program) -> dict[str, str]:
    """The event of each item, by its title."""
    with closing(sqlite3.connect(f"file:{program.database}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT title, event_id FROM item"))


def test_a_merge_beside_the_daemon_holds_for_what_it_polls_next(program: Program) -> None:
    cable, school = an_item("a", CABLE), an_item("b", SCHOOL)
    with running(program):
        assert until(lambda: any(body["type"] == "system.baseline" for _, _, body in program.receiver.received), 30)
        program.site.publishes(OLD, cable, school)
        assert until(lambda: len(events(program)) == 3, 30)
        before = events(program)
        ids = [before[f"ITU {CABLE}"], before[f"ITU {SCHOOL}"]]
        assert len(set(ids)) == 2
        ruled = program("events", "merge", *ids, "--json")
        assert ruled.returncode == 0
        assert json.loads(ruled.stdout)["items_moved"] == 1
        program.site.publishes(OLD, cable, school, an_item("c", f"{SCHOOL} again"))
        assert until(lambda: len(events(program)) == 4, 30)
        after = events(program)
        assert after[f"ITU {SCHOOL} again"] == after[f"ITU {CABLE}"] == after[f"ITU {SCHOOL}"]
        assert until(lambda: any(body["type"] == "event.merged" for _, _, body in program.receiver.received), 30)
