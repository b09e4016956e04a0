"""A story read in any order, over as many polls as it has reports, leaves the same ledger in the database."""

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from monitor.app import Monitor
from monitor.config import parse_config
from monitor.viewer import ledger
from storage.reading import opened

CONFIG = """
[[subjects]]
id = "fair"
aliases = { en = ["Harbour Fair"], az = ["Liman sərgisi"], ru = ["Портовая ярмарка"] }
"""
STORY = (
    ("2026-01-10", "en", "Harbour Fair called", "The Harbour Fair will be held on 3 May 2026, its organisers said."),
    ("2026-03-02", "en", "Harbour Fair is late", "The Harbour Fair has been postponed to 20 June 2026 by the rain."),
    ("2026-03-20", "az", "Liman sərgisi", "Liman sərgisi 3 may 2026-cı ildə keçiriləcək. Yerlər azdır."),
    ("2026-05-15", "ru", "Портовая ярмарка", "Портовая ярмарка перенесена на 8 августа 2026 года. Причина - ремонт."),
    ("2026-08-09", "en", "Harbour Fair was held", "The Harbour Fair was held on 8 August 2026, and it rained again."),
)
KEY = "fair|.hold||date"


def line(number: int) -> str:
    day, lang, title, text = STORY[number]
    return json.dumps(
        {
            "id": f"item-{number}",
            "url": f"https://outlet-{number}.example/{number}",
            "title": title,
            "text": text,
            "published": f"{day}T09:00:00Z",
            "language": lang,
            "source": f"Outlet {number}",
            "topics": ["fairs"],
        }
    )


def polled(path: Path, order: Sequence[int], *, times: int = 1) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What stands in the ledger after a poll for each report, and the changes that were told."""
    with Monitor.open(parse_config(CONFIG), f"sqlite:///{path}") as monitor:
        for number in [*order] * times:
            monitor.import_lines([line(number)], name="story")
        with monitor.store.reading() as tx:
            chain = tx.claims.promises(KEY)
    with opened(path) as reader:
        events = reader.events.newest(limit=100)
        facts: dict[str, Any] = {}
        for event in events:
            facts |= ledger.facts_of_event(reader, event["id"])
        changes = [one for one in reader.timeline.changes(limit=1000) if one["kind"] in ledger_kinds]
        spoken = {
            key: [(str(step.verdict), step.claim.value, str(step.claim.hi)) for step in fact.steps]
            for key, fact in facts.items()
        }
    return {
        "facts": spoken,
        "shown": {key: fact.shown and fact.shown.value for key, fact in facts.items()},
        "chain": [(str(one.hi), one.state.value, one.slip_no, one.total_days) for one in chain],
        "states": sorted({(str(event["status"]), str(event["starts_on"])) for event in events}),
    }, changes


ledger_kinds = frozenset({"date.slipped", "fact.changed", "fact.conflict", "status.changed"})


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    left, changes = polled(tmp_path_factory.mktemp("story") / "salname.db", range(5))
    told = sorted((one["kind"], one["old"], one["new"]) for one in changes)
    assert [one for one in told if one[0] == "date.slipped"] == [
        ("date.slipped", "20 June 2026", "8 August 2026"),
        ("date.slipped", "3 May 2026", "20 June 2026"),
    ]
    assert left["chain"] == [
        ("2026-05-03", "slipped", 0, 0),
        ("2026-06-20", "slipped", 1, 48),
        ("2026-08-08", "kept", 2, 97),
    ]
    return left


SOME = [order for place, order in enumerate(permutations(range(5))) if place % 17 == 5]


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (1, 0, 3, 2, 4), *SOME], ids=str)
def test_a_story_polled_in_any_order_leaves_the_same_ledger(
    tmp_path: Path, in_order: dict[str, Any], order: Sequence[int]
) -> None:
    left, _ = polled(tmp_path / "salname.db", order)
    assert left == in_order


def test_a_story_polled_twice_tells_nothing_more(tmp_path: Path, in_order: dict[str, Any]) -> None:
    left, changes = polled(tmp_path / "salname.db", range(5), times=2)
    assert left == in_order
    assert sum(one["kind"] == "date.slipped" for one in changes) == 2


def test_a_day_to_which_something_was_put_off_waits_for_what_was_promised(tmp_path: Path) -> None:
    left, _ = polled(tmp_path / "alone.db", [1])
    assert (left["shown"]["fair|.moved||date"], left["chain"]) == ("to 20 June 2026", [])
    left, _ = polled(tmp_path / "both.db", [1, 0])
    assert "fair|.moved||date" not in left["shown"]
    assert [state for _, state, _, _ in left["chain"]] == ["slipped", "open"]
