"""The linker's memory and what is stored of it: a restart, another writer or a rollback leaves the same events."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.events.link import LinkSettings
from monitor.events.vectors import counted
from monitor.pipeline.linking import COUNTED_AT_ONCE, SNAPSHOT_EVERY, Desk
from storage.errors import StoreError
from storage.model import Link, Plan
from storage.store import Store
from tests.builders_events import DAY, MORNING, state_bytes
from tests.builders_linking import CHOIR, NOW, SHIP, WINDOW, a_linker, poll, reports
from tests.builders_storage import add_feed, open_store


def events_of(links: Sequence[Link]) -> set[str]:
    return {link.event_id for link in links}


def test_the_reports_of_a_happening_stand_in_one_event_from_poll_to_poll(store: Store) -> None:
    linker = a_linker()
    ship = [*poll(store, linker, reports([1, 2])), *poll(store, linker, reports([3]))]
    choir = poll(store, linker, reports([4], CHOIR))
    assert len(events_of(ship)) == 1
    assert events_of(ship).isdisjoint(events_of(choir))


@pytest.mark.parametrize("size", [1, SNAPSHOT_EVERY - 1, SNAPSHOT_EVERY, 3 * SNAPSHOT_EVERY + 2])
def test_after_a_restart_the_events_are_the_same_to_the_byte(store: Store, size: int) -> None:
    kept = a_linker()
    for start in range(1, size + 1, 3):
        (event_id,) = events_of(poll(store, kept, reports(range(start, min(start + 3, size + 1)))))
    anew = a_linker()
    poll(store, kept, reports([size + 1]))
    with store.reading() as tx:
        anew.hold(tx.linking, tx.events.version(), [MORNING], NOW)
    assert kept.live.size(event_id) == anew.live.size(event_id) == size + 1
    assert state_bytes(kept.live, event_id) == state_bytes(anew.live, event_id)


def test_after_a_restart_decisions_are_the_same_to_the_digit(tmp_path: Path) -> None:
    decided = []
    for name, restarts in (("kept", False), ("anew", True)):
        store, linker = open_store(tmp_path / name), a_linker()
        add_feed(store)
        links = []
        for number in range(1, 12):
            if restarts:
                linker = a_linker()
            links += poll(store, linker, reports([number], SHIP if number % 3 else CHOIR))
        decided.append([(link.event_id, link.how, link.score, link.reasons) for link in links])
        store.close()
    assert decided[0] == decided[1]
    assert len({event for event, *_ in decided[0]}) == 2


def test_what_was_rolled_back_is_in_nobodys_memory(store: Store) -> None:
    linker = a_linker()
    poll(store, linker, reports([1]))
    with pytest.raises(StoreError, match="gave up"):
        poll(store, linker, reports([2], CHOIR), fails=True)
    (event_id,) = events_of(poll(store, linker, reports([2])))
    assert len(linker.live) == 1
    assert linker.live.size(event_id) == 2


def test_what_another_process_linked_is_seen_by_the_next_plan(store: Store) -> None:
    daemon, command = a_linker(), a_linker()
    first = poll(store, daemon, reports([1]))
    choir = poll(store, command, reports([2], CHOIR))
    assert events_of(poll(store, daemon, reports([3], CHOIR))) == events_of(choir) != events_of(first)


def test_terms_are_counted_in_storage_once_enough_items_have_come(store: Store) -> None:
    linker = a_linker()
    numbers = range(1, COUNTED_AT_ONCE + 1)
    poll(store, linker, reports(numbers[:-1]))
    with store.reading() as tx:
        waiting = list(tx.linking.uncounted())
        assert len(waiting) == COUNTED_AT_ONCE - 1
        asked = {place: [*terms] for one in reports(numbers[:-1]) for place, terms in counted(one)}
        assert not any(tx.linking.term_counts(asked).values())
    poll(store, linker, reports(numbers[-1:]))
    with store.reading() as tx:
        assert not list(tx.linking.uncounted())
        found = tx.linking.term_counts(asked)
    items = sum(counts[""] for (_, name), counts in found.items() if name == "")
    assert items == sum(counts["aktau"] for (_, name), counts in found.items() if name == "names") == COUNTED_AT_ONCE
    assert linker.pending_count == 0


def test_an_item_of_another_year_meets_the_events_of_its_own_time_alone(store: Store) -> None:
    linker = a_linker()
    past = MORNING - 1_000 * DAY
    now = poll(store, linker, reports([1]))
    then = poll(store, linker, reports([2], at=past))
    assert events_of(now).isdisjoint(events_of(then))
    assert events_of(poll(store, linker, reports([3]))) == events_of(now)
    assert events_of(poll(store, linker, reports([4], at=past))) == events_of(then)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(("windows", "how"), [({}, "founded"), ({"itu": 4 * WINDOW}, "joined")])
def test_events_of_a_topic_are_in_reach_for_the_window_of_that_topic(
    store: Store, windows: dict[str, timedelta], how: str, *, restarts: bool
) -> None:
    settings = LinkSettings(window=WINDOW, theta=1e-9, windows=windows)
    linker = a_linker(settings)
    poll(store, linker, reports([1], CHOIR))
    if restarts:
        linker = a_linker(settings)
    (later,) = poll(store, linker, reports([2], CHOIR, at=MORNING + 3 * WINDOW))
    assert later.how == how


def test_events_that_nothing_new_will_meet_leave_the_memory(store: Store) -> None:
    linker = a_linker()
    poll(store, linker, reports([1]))
    for month in range(1, 7):
        poll(store, linker, reports([100 * month], CHOIR, at=MORNING + month * 30 * DAY))
    assert len(linker.live) < 7
    assert linker.since is not None
    assert linker.since > MORNING


def test_only_members_after_a_snapshot_are_read(store: Store) -> None:
    linker = a_linker()
    (event_id,) = events_of(poll(store, linker, reports(range(1, SNAPSHOT_EVERY + 3))))
    poll(store, linker, reports([50]))
    with store.reading() as tx:
        ((name, state, members),) = tx.linking.states([event_id])
    assert name == event_id
    # The snapshot is of the end of the plan in which the eighth member came.
    assert state is not None
    assert state.item_count == SNAPSHOT_EVERY + 2
    assert [member.item_id for member in members] == [50]


def test_a_plan_without_items_leaves_the_linker_alone(store: Store) -> None:
    linker = a_linker()
    with store.writing() as tx:
        desk = Desk(linker, tx.linking, NOW)
        desk.expect([], tx.events.version())
        tx.apply(Plan(feed_id=1, at=NOW, memory=None, linked_as=desk.linked_as))
    assert linker.version is None
