"""Pages of the timeline and read marks: every row once, by index, whatever marks stand on it."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storage.reading import Reader, opened
from storage.reading.paging import Lens, Place
from storage.store import Store
from tests.builders_storage import NOON, open_store
from tests.builders_view import FIRST, an_archive, more

ALL = Lens()
LENSES = {
    "everything": ALL,
    "a topic": Lens(topic="itu"),
    "events": Lens(events=("CABLE001", "CONF0001")),
    "events of a topic": Lens(topic="itu", events=("CABLE001", "CONF0001")),
    "as of a day": Lens(until=FIRST + timedelta(days=1)),
    "a topic as of a day": Lens(topic="cable", until=FIRST + timedelta(days=2)),
}
COUNTS = {
    "everything": 14, "a topic": 9, "events": 8, "events of a topic": 4, "as of a day": 5, "a topic as of a day": 3,
}  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    an_archive(tmp_path)
    return tmp_path


@pytest.fixture
def pages(archive: Path) -> Iterator[Reader]:
    with opened(archive / "salname.db") as reader:
        yield reader


@pytest.fixture
def store(archive: Path) -> Iterator[Store]:
    store = open_store(archive)
    yield store
    store.close()


def walked(reader: Reader, lens: Lens, *, older: bool, limit: int) -> list[str]:
    found: list[str] = []
    after: Place | None = None
    while rows := reader.pages.page(lens, older=older, after=after, limit=limit):
        found += [row["id"] for row in rows]
        after = rows[-1]["place"]
    return found


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_hold_each_change_once_from_either_end(pages: Reader, lens: str, limit: int) -> None:
    down = walked(pages, LENSES[lens], older=True, limit=limit)
    assert len(down) == len(set(down)) == COUNTS[lens]
    assert walked(pages, LENSES[lens], older=False, limit=limit) == down[::-1]
    assert pages.pages.size(LENSES[lens]) >= COUNTS[lens]


def test_a_page_can_begin_with_the_row_it_begins_at(pages: Reader) -> None:
    third = pages.pages.page(ALL, older=True, limit=3)[2]
    assert pages.pages.page(ALL, older=True, after=third["place"], inclusive=True, limit=1)[0]["id"] == third["id"]
    assert pages.pages.newer_than(ALL, third["place"]) <= 2


@pytest.mark.parametrize("lens", LENSES)
def test_no_page_reads_or_sorts_the_whole_timeline(pages: Reader, lens: str) -> None:
    middle = pages.pages.page(LENSES[lens], older=True, limit=2)[-1]["place"]
    plan = plan_of(pages, lambda: pages.pages.page(LENSES[lens], older=True, after=middle))
    assert not [step for step in plan if step.startswith(("SCAN c", "SCAN t", "SCAN e"))]
    if LENSES[lens].events is None:
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan


def plan_of(reader: Reader, query: Callable[[], object]) -> list[str]:
    connection = reader._connection._connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    query()
    connection.set_trace_callback(None)
    assert statements
    return [row["detail"] for one in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")]


def test_a_mark_is_seen_and_put_back(pages: Reader, store: Store) -> None:
    ids = [row["id"] for row in pages.pages.page(ALL, older=True)]
    assert pages.pages.unread_count(ALL) == 14
    with store.writing() as tx:
        before = tx.marks.put(ids[:3], is_read=True, at=NOON)
    assert pages.pages.unread_count(ALL) == 11
    assert [row["is_read"] for row in pages.pages.page(ALL, older=True, limit=4)] == [True, True, True, False]
    with store.writing() as tx:
        again = tx.marks.put(ids[:1], is_read=False, at=NOON)
        tx.marks.restore(again, NOON)
        tx.marks.restore(before, NOON)
    assert pages.pages.unread_count(ALL) == 14
    assert pages.pages.unread_ids(ALL) == ids


def test_all_is_read_until_now_and_what_comes_later_is_not(archive: Path, pages: Reader, store: Store) -> None:
    with store.writing() as tx:
        before = tx.marks.set_until(tx.marks.newest())
        assert before is None
    assert pages.pages.unread_count(ALL) == 0
    more(archive, "Later")
    assert pages.pages.unread_count(ALL) == 1
    with store.writing() as tx:
        first = tx.marks.put(["c_event.created_1"], is_read=False, at=NOON)
    assert pages.pages.unread_count(ALL) == 2
    with store.writing() as tx:
        tx.marks.restore(first, NOON)
        tx.marks.set_until(before)
    assert pages.pages.unread_count(ALL) == 15


def test_what_was_there_before_anyone_watched_is_not_new(archive: Path, pages: Reader) -> None:
    with sqlite3.connect(archive / "salname.db") as connection:
        connection.execute(
            "UPDATE change SET origin = 'baseline' WHERE at < ?", (int(FIRST.timestamp() + 1) * 1_000_000,)
        )
    assert pages.pages.unread_count(ALL) == 11


@pytest.mark.parametrize("lens", LENSES)
def test_only_what_is_unread_is_shown_and_what_somebody_reads_is_kept(pages: Reader, store: Store, lens: str) -> None:
    every = walked(pages, LENSES[lens], older=True, limit=100)
    with store.writing() as tx:
        tx.marks.put(every[::2], is_read=True, at=NOON)
    fresh = replace(LENSES[lens], unread=True)
    assert walked(pages, fresh, older=True, limit=2) == every[1::2]
    assert walked(pages, replace(fresh, kept=every[0]), older=False, limit=2) == [*every[1::2][::-1], every[0]]
    assert pages.pages.size(fresh) == pages.pages.unread_count(fresh) == len(every[1::2])


def test_the_next_unread_is_found_in_either_direction(pages: Reader, store: Store) -> None:
    rows = pages.pages.page(ALL, older=True)
    with store.writing() as tx:
        tx.marks.put(
            [row["id"] for row in rows if row["id"] not in {rows[4]["id"], rows[9]["id"]}], is_read=True, at=NOON
        )
    assert pages.pages.unread(ALL, older=True) == rows[4]["place"]
    assert pages.pages.unread(ALL, older=True, after=rows[4]["place"]) == rows[9]["place"]
    assert pages.pages.unread(ALL, older=True, after=rows[9]["place"]) is None
    assert pages.pages.unread(ALL, older=False, after=rows[9]["place"]) == rows[4]["place"]
    assert pages.pages.is_read(rows[0]["id"])
    assert not pages.pages.is_read(rows[4]["id"])


def test_a_commit_by_another_is_noticed_and_counted(archive: Path, pages: Reader) -> None:
    version, last = pages.pages.data_version(), pages.pages.last_row()
    assert pages.pages.data_version() == version
    more(archive, "One", "Two")
    assert pages.pages.data_version() != version
    assert pages.pages.count_after(last) == 2


def test_merged_events_answer_together(archive: Path, pages: Reader) -> None:
    with sqlite3.connect(archive / "salname.db") as connection:
        connection.execute("UPDATE event SET merged_into = 'CONF0001' WHERE id = 'ARAB0001'")
    assert pages.pages.with_merged(["CONF0001"]) == ("CONF0001", "ARAB0001")
