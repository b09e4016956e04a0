from typing import Any

import pytest

from monitor.viewer.screen.ledger import CONFLICTS, MOVES, sparkline, tracks
from monitor.viewer.wording import diff_runs


def a_step(summary: str, old: str | None, new: str | None, *, kind: str = "fact.changed") -> dict[str, Any]:
    return {"kind": kind, "summary": summary, "old": old, "new": new, "item": "1"}


def test_the_values_of_a_fact_are_told_from_the_first_to_the_last() -> None:
    steps = [
        a_step("Opening: 10 May → 24 May (+14 days, 1st slip)", "10 May", "24 May", kind="date.slipped"),
        a_step("Users: 2.9 million → 3.1 million (+200,000)", "2.9 million", "3.1 million"),
        a_step("Opening: 24 May → 3 June (+10 days, 2nd slip)", "24 May", "3 June", kind="date.slipped"),
        a_step("Countries: 148 (A) or 152 (B)", "148", "152", kind="fact.conflict"),
    ]  # fmt: skip
    opening, users = tracks(steps, MOVES)
    assert opening.values == ["10 May", "24 May", "3 June"]
    assert (opening.name, opening.note) == ("Opening", "+10 days, 2nd slip")
    assert (users.values, users.note) == (["2.9 million", "3.1 million"], "+200,000")
    assert [one.name for one in tracks(steps, CONFLICTS)] == ["Countries"]


def test_a_diff_of_title_and_text_says_where_the_text_begins() -> None:
    runs = diff_runs("A plan [-of 40-]{+of 44+}\n[-40-]{+44+} villages", "was", "now", "plain")
    assert "".join(words for words, _ in runs) == "A plan [-of 40-]{+of 44+} · [-40-]{+44+} villages"


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        (["0", "50", "100"], "▁▅█"),
        (["100,000", "1 million", "2 million"], "▁▄█"),
        (["2.9 million", "3.1 million"], "▁█"),
        (["planned", "underway"], ""),
        (["10 November 2025", "24 November 2025"], ""),
        (["2024", "2026"], ""),
        (["5"], ""),
        ([], ""),
    ],
)
def test_a_count_that_grows_has_a_bar_for_each_value_and_nothing_else_has(values: list[str], bars: str) -> None:
    assert sparkline(values) == bars
