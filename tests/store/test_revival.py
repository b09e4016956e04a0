"""Events that slept for months, and what wakes them: found through postings in storage, at a bounded cost."""

from dataclasses import replace
from datetime import datetime

import pytest

from monitor.events.revival import LONGEST_SLEEP, LOOKED_UP, sought
from monitor.pipeline.linking import Linker
from storage.linking import _TOLD
from storage.model import Link, Member
from storage.store import Store
from tests.builders_events import DAY, MORNING, a_report, an_event, state_bytes
from tests.builders_linking import a_linker, poll
from tests.builders_storage import a_plan, an_item

# A matter that was reported once, and a report that comes months later of the very same.
BREAK = (
    "Caspian Link cable breaks off Aktau",
    (
        "The Caspian Link cable between Aktau and Sumgait broke on 14 November at a depth of 212 metres, said Orxan "
        "Mammadli of AzerTelecom. Some 1,340 subscribers in Mangystau lost their connection when the cable broke."
    ),
)
ITS_CAUSE = (
    "Anchor tore Caspian Link cable off Aktau",
    (
        "An anchor tore the Caspian Link cable between Aktau and Sumgait that broke on 14 November at a depth of 212 "
        "metres, AzerTelecom and Orxan Mammadli found. It had cut the connection of 1,340 subscribers in Mangystau."
    ),
)
ANOTHER_BREAK = (BREAK[0], BREAK[1].replace("14 November", "2 March").replace("212", "87").replace("1,340", "4,020"))
WTDC_22 = (
    "WTDC-22 opens in Kigali",
    "WTDC-22 opened in Kigali on 6 June with 1,900 delegates of 150 states, said Doreen Bogdan-Martin in Kigali Arena.",
)
WTDC_25 = (WTDC_22[0].replace("22", "25"), WTDC_22[1].replace("WTDC-22", "WTDC-25"))


def tells(store: Store, words: tuple[str, str], number: int, at: datetime, linker: Linker | None = None) -> Link:
    (link,) = poll(store, linker or a_linker(), [a_report(*words, number=number, at=at, outlet=f"O{number}")])
    return link


@pytest.mark.parametrize("restarts", [False, True])
def test_a_matter_that_slept_for_months_is_found_again(store: Store, restarts: bool) -> None:
    kept = a_linker()
    first = tells(store, BREAK, 1, MORNING, kept)
    late = tells(store, ITS_CAUSE, 2, MORNING + 150 * DAY, None if restarts else kept)
    assert (late.how, late.event_id) == ("revived", first.event_id)
    assert late.score >= 0.9
    assert late.reasons
    after = tells(store, ITS_CAUSE, 3, MORNING + 151 * DAY, None if restarts else kept)
    assert (after.how, after.event_id) == ("joined", first.event_id)


def test_after_a_restart_a_woken_event_is_the_same_to_the_byte(store: Store) -> None:
    kept, anew = a_linker(), a_linker()
    event = tells(store, BREAK, 1, MORNING, kept).event_id
    tells(store, ITS_CAUSE, 2, MORNING + 150 * DAY, kept)
    with store.reading() as tx:
        anew.hold(tx.linking, tx.events.version(), [MORNING + 150 * DAY], MORNING + 150 * DAY)
    assert kept.live.size(event) == 2
    assert state_bytes(kept.live, event) == state_bytes(anew.live, event)


@pytest.mark.parametrize(
    ("first", "later", "days"),
    [
        (BREAK, ANOTHER_BREAK, 108),  # of the same names, with other figures and another day
        (WTDC_22, WTDC_25, 150),  # another edition
        (BREAK, ITS_CAUSE, LONGEST_SLEEP.days + 1),  # what returns each year
    ],
)
def test_what_is_only_told_in_the_same_words_founds_an_event(store: Store, first, later, days: int) -> None:
    asleep = tells(store, first, 1, MORNING).event_id
    assert tells(store, first, 2, MORNING + 100 * DAY).event_id == asleep
    found = tells(store, later, 3, MORNING + (100 + days) * DAY)
    assert (found.how, found.event_id) == ("founded", "EVENT003")


def test_what_was_told_before_is_not_woken_by_what_was_written_earlier(store: Store) -> None:
    later = tells(store, BREAK, 1, MORNING).event_id
    assert tells(store, ITS_CAUSE, 2, MORNING - 150 * DAY).how == "founded"
    assert tells(store, ITS_CAUSE, 3, MORNING + 150 * DAY).event_id == later


def test_a_report_that_names_little_asks_storage_for_nothing() -> None:
    room = a_linker().live
    told = a_report("Choir sings in Baku", "Children of the choir sang 14 songs in Baku.")
    assert sought(room.weigh(told)) == ()
    assert sought(room.weigh(a_report(*BREAK))) == ("numbers:1340", "numbers:212", "dates:11-14")
    many = " ".join(f"{number} km," for number in range(300, 330))
    assert len(sought(room.weigh(a_report(BREAK[0], f"{BREAK[1]} {many}")))) == LOOKED_UP


def test_of_a_term_that_everybody_tells_the_newest_few_are_looked_at(store: Store) -> None:
    terms, count = ("numbers:212", "dates:11-14", "numbers:1340"), 100
    with store.writing() as tx:
        items = [an_item(number, at=MORNING)._replace(event_id=f"EVENT{number:03}") for number in range(1, count + 1)]
        members = [
            Member(item_id=one.id, at=MORNING + one.id * DAY, outlet="", lang="en", vectors={}, found_by=terms)
            for one in items
        ]
        events = [an_event(one.event_id or "") for one in items]
        tx.apply(replace(a_plan(*items), events=events, members=members))
    with store.reading() as tx:
        found = tx.linking.told(terms, MORNING, MORNING + 90 * DAY, least=3, most=count)
        assert found == [f"EVENT{number:03}" for number in range(59, 91)]
        assert tx.linking.told(terms[:2], MORNING, MORNING + 90 * DAY, least=3, most=count) == []
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {_TOLD}", (terms[0], 0, 1)).all()
    assert [row.detail for row in plan] == ["SEARCH item_term USING PRIMARY KEY (term=? AND at>? AND at<?)"]
