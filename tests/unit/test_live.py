"""The events in reach, in memory: what is found, what is kept, and that a restart shows in nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.events.link import LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.vectors import ITEMS, UNIT, counted, epoch_of
from tests.builders_events import DAY, MORNING, Room, a_report, state_bytes

OPENING = (
    "Telecom conference opens in Ganja",
    (
        "Some 2,400 delegates from 130 countries gathered in Ganja on 17 November as minister Rashad Nabiyev opened "
        "the telecom conference and called for broadband in every village."
    ),
)
OPENING_AGAIN = (
    "Nabiyev opens telecom conference in Ganja",
    (
        "The telecom conference with 2,400 delegates began in Ganja on 17 November. Rashad Nabiyev promised broadband "
        "to villages in his opening speech."
    ),
)
FOOTBALL = ("Striker injured before the derby", "The club said its striker would be out for six weeks.")


def test_the_first_report_of_anything_founds_an_event() -> None:
    decision = Room().hears(*OPENING)
    assert (decision.event_id, decision.how, decision.score) == (None, "founded", 0.0)
    assert decision.reasons == decision.related == ()


def test_a_second_report_of_a_happening_joins_its_event_and_another_story_does_not() -> None:
    room = Room()
    room.hears(*OPENING)
    assert room.hears(*OPENING_AGAIN, at=MORNING + timedelta(hours=5)).event_id == "EVENT001"
    assert room.hears(*FOOTBALL).how == "founded"


def test_an_event_is_out_of_reach_when_its_window_has_passed() -> None:
    room = Room(LinkSettings(window=14 * DAY, theta=0.4))
    room.hears(*OPENING)
    late = a_report(*OPENING, number=2, at=MORNING + 14 * DAY + timedelta(seconds=1))
    assert room.asks(late).score == 0
    assert room.asks(replace(late, sort_at=MORNING + timedelta(days=1))).how == "joined"


def test_a_topic_may_let_its_events_run_for_a_time_of_its_own() -> None:
    settings = LinkSettings(window=14 * DAY, theta=0.4, windows={"slow": 40 * DAY, "fast": 2 * DAY})
    assert settings.longest == 40 * DAY
    room = Room(settings)
    room.hears(*OPENING)
    late = a_report(*OPENING, number=2, at=MORNING + 10 * DAY)

    def score(*topics: str, days: int = 10) -> float:
        return room.asks(replace(late, sort_at=MORNING + days * DAY, topics=topics)).score

    assert score() > 0
    assert score("itu") > 0
    assert score("fast") == 0
    assert score("fast", "itu") > 0, "of several topics the longest window counts"
    assert score("itu", days=20) == 0
    assert score("itu", "slow", days=20) > 0


def test_deciding_changes_nothing() -> None:
    room = Room()
    room.hears(*OPENING)
    before = state_bytes(room.live, "EVENT001")
    assert room.asks(a_report(*OPENING_AGAIN)) == room.asks(a_report(*OPENING_AGAIN))
    assert state_bytes(room.live, "EVENT001") == before


def test_an_event_that_is_dropped_is_found_no_more_until_it_is_restored() -> None:
    room = Room()
    room.hears(*OPENING)
    kept = room.live.state("EVENT001")
    room.live.drop_before(MORNING)
    assert "EVENT001" in room.live
    room.live.drop_before(MORNING + timedelta(seconds=1))
    assert "EVENT001" not in room.live
    assert room.live.span() is None
    assert room.asks(a_report(*OPENING_AGAIN)).how == "founded"
    room.live.restore(kept)
    assert room.live.span() == (MORNING, MORNING)
    assert room.asks(a_report(*OPENING_AGAIN)).how == "joined"


def test_a_vector_is_a_unit_of_whole_numbers_and_shorter_where_little_is_said() -> None:
    vectors = LiveEvents(LinkSettings()).weigh(a_report(*OPENING))
    length = sum(weight**2 for weight in vectors["text"].values()) ** 0.5
    assert length == pytest.approx(UNIT, rel=0.02)
    assert sum(weight**2 for weight in vectors["dates"].values()) ** 0.5 < 0.9 * UNIT
    assert all(isinstance(weight, int) for terms in vectors.values() for weight in terms.values())


def test_counts_are_asked_once_and_of_two_epochs() -> None:
    live, report = LiveEvents(LinkSettings()), a_report(*OPENING)
    epoch = epoch_of(report.sort_at)
    asked = live.unknown([report.analysis], [epoch])
    assert {one for one, _ in asked} == {epoch - 1, epoch}
    assert asked[epoch, ITEMS] == {ITEMS}
    live.know(asked, {(epoch, ITEMS): {ITEMS: 50}, (epoch - 1, "text"): {"confer": 40}})
    assert live.unknown([report.analysis], [epoch]) == {}
    common, rare = (live.weigh(report)["text"][term] for term in ("confer", "villag"))
    assert common < rare


def test_a_count_that_grew_in_memory_is_not_overwritten_by_an_older_one() -> None:
    live, report = LiveEvents(LinkSettings()), a_report(*OPENING)
    asked = live.unknown([report.analysis], [epoch_of(report.sort_at)])
    live.add(report, live.weigh(report), "E")
    before = live.weigh(report)
    live.know(asked, {})
    assert live.weigh(report) == before


def test_an_item_counts_in_its_own_epoch() -> None:
    report = a_report("Cable", "Cable laid")
    epoch = epoch_of(report.sort_at)
    told = {place: set(terms) for place, terms in counted(report)}
    assert told[epoch, ITEMS] == {ITEMS}
    assert "cabl" in told[epoch, "text"] & told[epoch, "title"]
    assert epoch_of(MORNING + 64 * DAY) == epoch + 1


def test_items_of_another_time_weigh_nothing_on_this_one() -> None:
    live = LiveEvents(LinkSettings())
    alone = live.weigh(a_report(*OPENING))
    for number in range(50):
        old = a_report(*OPENING, number=number, at=MORNING - 1_000 * DAY)
        live.add(old, live.weigh(old), "OLD")
    assert live.weigh(a_report(*OPENING)) == alone
    assert live.decide(a_report(*OPENING), alone).how == "founded"


def test_a_state_is_plain_json() -> None:
    room = Room()
    room.hears(*OPENING)
    state = room.live.state("EVENT001")
    told = json.loads(json.dumps([state.fields, state.recent, state.langs, state.outlets, state.tallies]))
    assert told == [dict(state.fields), list(state.recent), list(state.langs), list(state.outlets), state.tallies]
    assert (state.first_at, state.last_at, state.item_count) == (MORNING, MORNING, 1)


def test_an_event_of_many_reports_stays_small() -> None:
    room = Room()
    for number in range(60):
        words = " ".join("".join("bdfgklmnpr"[int(digit)] for digit in f"{number:02}{place:02}") for place in range(99))
        report = a_report(words, words, number=number)
        room.live.add(report, room.live.weigh(report), "E")
    state = room.live.state("E")
    assert state.item_count == 60
    assert len(state.fields["text"]) <= 192
    assert len(state.recent) == 8
