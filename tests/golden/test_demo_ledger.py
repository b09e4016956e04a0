"""What the demo has to show of a ledger: each kind of change at least once, with its words."""

from pathlib import Path

import pytest

from monitor.demo.run import play
from monitor.viewer.ledger import promise_record
from storage.reading import Record, opened


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    play(folder, speed=None, on_round=lambda _: None)
    return folder / "salname.db"


@pytest.fixture
def changes(database: Path) -> list[Record]:
    with opened(database) as reader:
        return reader.timeline.changes(limit=1000)


def said(changes: list[Record], kind: str) -> list[str]:
    return [one["summary"] for one in changes if one["kind"] == kind]


def test_a_date_slips_twice(changes: list[Record]) -> None:
    slipped = said(changes, "date.slipped")
    assert any("10 November 2025 → 24 November 2025 (+14 days, 1st slip)" in line for line in slipped)
    assert any("→ 4 December 2025 (+10 days, 2nd slip, +24 days in all)" in line for line in slipped)


def test_a_count_grows(changes: list[Record]) -> None:
    grown = said(changes, "fact.changed")
    assert any("2.9 million → 3.1 million (+200,000)" in line for line in grown)


def test_two_outlets_contradict_each_other(changes: list[Record]) -> None:
    (line,) = [line for line in said(changes, "fact.conflict") if "attended" in line]
    assert "2,640" in line
    assert "2,460" in line


def test_a_centre_that_was_under_way_is_done(changes: list[Record]) -> None:
    assert any("acceleration-centre" in line and "underway → done" in line for line in said(changes, "status.changed"))


def test_a_promise_passes_in_silence(changes: list[Record], database: Path) -> None:
    (line,) = said(changes, "promise.overdue")
    assert "5g-baku" in line
    assert "silence" in line
    with opened(database) as reader:
        rows = reader.claims.promises(state="overdue")
    assert [promise_record(row, today=row["promise"].hi)["what"] for row in rows] == ["Start (5g-baku)"]


def test_what_was_promised_and_slipped_was_kept_in_the_end(database: Path) -> None:
    with opened(database) as reader:
        kept = {row["promise"].key: row["promise"].slip_no for row in reader.claims.promises(state="kept")}
    assert kept["caspian-cable|contract.sign||date"] == 2
