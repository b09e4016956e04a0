"""Rulings in any order, taken back in any order, leave the archive as if there had been none."""

import shutil
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.events.rulings import Rulings
from storage.errors import ConfigError
from storage.model import Ruling, RulingKind
from tests.builders_line import START
from tests.builders_rulings import Archive

ITEMS = tuple(range(1, 8))
EVENTS = "ABCD"
Step: TypeAlias = tuple[str, int, Any]


def rulings() -> st.SearchStrategy[list[Ruling]]:
    event, item = st.sampled_from(EVENTS), st.sampled_from(ITEMS)
    merge = st.builds(lambda keep, gone: (RulingKind.MERGE, {"keep": keep, "gone": gone}), event, event)
    split = st.builds(
        lambda one, items: (RulingKind.SPLIT, {"event": one, "items": sorted(items)}), event, st.sets(item, min_size=1)
    )
    pin = st.builds(lambda one, into: (RulingKind.PIN, {"item": one, "event": into}), item, event)
    return st.lists(st.one_of(merge, split, pin), max_size=8).map(
        lambda some: [
            Ruling(id=number, kind=kind, at=START, payload={**payload, "into": f"N{number}"})
            for number, (kind, payload) in enumerate(some, 1)
        ]
    )


@given(rulings(), st.dictionaries(st.sampled_from(ITEMS), st.sampled_from(EVENTS)))
def test_each_item_stands_in_one_event_that_answers_as_itself(held: list[Ruling], decided: dict[int, str]) -> None:
    found = Rulings.of(held, decided)
    for item in ITEMS:
        event = found.place(item, decided.get(item))
        assert event is None or found.resolve(event) == event
        assert event not in found.kept_from(item)


@given(rulings(), st.dictionaries(st.sampled_from(ITEMS), st.sampled_from(EVENTS), min_size=7))
def test_a_pin_made_last_always_holds(held: list[Ruling], decided: dict[int, str]) -> None:
    pin = Ruling(id=99, kind=RulingKind.PIN, at=START, payload={"item": 3, "event": "D"})
    found = Rulings.of([*held, pin], decided)
    assert found.place(3, decided[3]) == found.resolve("D")


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archived")
    with Archive(folder) as archive:
        for subject in ("cable", "school", "rocket", "cable", "school", "rocket", "cable"):
            archive.reports(subject)
        assert len(archive.groups()) == 3
    return folder


STEP = st.one_of(
    st.tuples(st.just("merge"), st.sampled_from(ITEMS), st.sampled_from(ITEMS)),
    st.tuples(st.just("split"), st.sampled_from(ITEMS), st.sets(st.sampled_from(ITEMS), min_size=1, max_size=3)),
    st.tuples(st.just("pin"), st.sampled_from(ITEMS), st.sampled_from(ITEMS)),
    st.tuples(st.just("undo"), st.integers(1, 6), st.none()),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_what_is_ruled_and_undone_leaves_no_trace(
    tmp_path: Path, archived: Path, steps: list[Step], order: Random
) -> None:
    shutil.rmtree(tmp_path)
    shutil.copytree(archived, tmp_path)
    with Archive(tmp_path) as archive:
        before = archive.state()
        for step in steps:
            rule(archive, step)
        with archive.monitor.store.reading() as tx:
            held = [one.id for one in tx.rulings.active()]
        order.shuffle(held)
        for ruling in held:
            archive.correcting.undo(ruling)
        assert archive.state() == before


def rule(archive: Archive, step: Step) -> None:
    """One step, by the items that stand in the events it is about; what makes no sense is refused."""
    kind, one, other = step
    try:
        match kind:
            case "merge":
                archive.correcting.merge(archive.event_of(one), archive.event_of(other))
            case "split":
                archive.correcting.split(archive.event_of(one), sorted(other))
            case "pin":
                archive.correcting.pin(one, archive.event_of(other))
            case _:
                archive.correcting.undo(one)
    except ConfigError:
        return
