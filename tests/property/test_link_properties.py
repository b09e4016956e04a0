"""What holds for every text, and for the demo's archive in any order within its days."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.demo.site import Archive
from monitor.events.link import Incoming
from monitor.events.terms import analyse
from tests.builders_events import ALIASES, Room, a_report, bcubed

GROUPING = Path(__file__).parents[1] / "golden" / "demo_grouping.json"


@given(st.text(max_size=400), st.text(max_size=2_000), st.sampled_from(["en", "az", "ru", "tr", "xx", "", None]))
@settings(max_examples=300)
def test_every_text_has_an_analysis_of_plain_terms(title: str, text: str, lang: str | None) -> None:
    found = analyse(title, text, lang=lang, aliases=ALIASES)
    assert found == analyse(title, text, lang=lang, aliases=ALIASES)
    for counts in found.fields.values():
        for term, count in counts.items():
            assert term
            assert count > 0
            assert not term.isspace()
            assert len(term) <= 48


def demo() -> list[tuple[Incoming, str]]:
    """The demo's reports in the order of their publication, with the events that a desk would see."""
    told = json.loads(GROUPING.read_text(encoding="utf-8"))["events"]
    wanted = {item: event["label"] for event in told for item in event["items"]}
    archive = Archive.load()
    moments = {each.number: each.at for each in archive.rounds}
    found = []
    for feed in archive.feeds:
        for entry in feed.entries:
            label = wanted.get(f"{feed.id}/{entry.id}")
            if label:
                text = entry.text if feed.texts else ""
                at = entry.published or moments[entry.first]
                report = a_report(entry.title, text, at=at, lang=feed.lang, outlet=feed.name)
                found.append((report, label))
    return sorted(found, key=lambda pair: pair[0].sort_at)


DEMO = demo()


def linked(news: list[tuple[Incoming, str]]) -> float:
    """BCubed F1 of the events that the reports are given in this order."""
    room = Room()
    for number, (report, _) in enumerate(news):
        room.takes(replace(report, new_event_id=f"E{number}"))
    return bcubed(room.events, [label for _, label in news])


@pytest.fixture(scope="module")
def in_order() -> float:
    found = linked(DEMO)
    assert found > 0.95
    return found


@given(st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_arrival_within_a_day_hardly_matters(in_order: float, rng: random.Random) -> None:
    shuffled = sorted(DEMO, key=lambda pair: (pair[0].sort_at.date(), rng.random()))
    assert abs(linked(shuffled) - in_order) <= 0.01
