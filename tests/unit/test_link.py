"""Which event a report belongs to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.events.link import RELATED_BELOW, LinkSettings, decide, grow, index_terms
from storage.events import POSTINGS
from tests.builders_events import DAY, MORNING, Room, a_report

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
OPENING_IN_RUSSIAN = (
    "В Гяндже открылась телекоммуникационная конференция",
    (
        "Министр Рашад Набиев открыл 17 ноября в Гяндже телекоммуникационную конференцию, на которую прибыли 2400 "
        "делегатов из 130 стран."
    ),
)
CLOSING = (
    "Telecom conference in Ganja ends with a declaration",
    (
        "Delegates adopted the Ganja declaration on 28 November. It names five priorities until 2029, from cheap "
        "handsets to cooperation on satellites."
    ),
)
FOOTBALL = ("Striker injured before the derby", "The club said its striker would be out for six weeks.")


def spelt(number: int) -> str:
    return "".join("bdfgklmnpr"[int(digit)] for digit in f"{number:02}")


def test_the_first_report_of_anything_founds_an_event():
    decision = Room().hears(*OPENING)
    assert (decision.event_id, decision.how, decision.score) == (None, "founded", 0.0)
    assert decision.reasons == decision.related == ()


def test_a_second_report_of_a_happening_joins_its_event():
    room = Room()
    room.hears(*OPENING)
    decision = room.hears(*OPENING_AGAIN, at=MORNING + timedelta(hours=5))
    assert (decision.event_id, decision.how) == ("EVENT001", "joined")


def test_a_report_in_another_language_joins_by_its_sounds_numbers_and_dates():
    room = Room()
    room.hears(*OPENING)
    decision = room.hears(*OPENING_IN_RUSSIAN, lang="ru")
    assert decision.event_id == "EVENT001"
    assert {label for label, _ in decision.reasons} <= {"words that sound alike", "numbers", "dates", "names"}


def test_another_story_founds_another_event():
    room = Room()
    room.hears(*OPENING)
    assert room.hears(*FOOTBALL).how == "founded"
    assert room.hears(*OPENING_AGAIN).event_id == "EVENT001"


def test_the_end_of_a_conference_is_not_its_opening():
    room = Room()
    room.hears(*OPENING)
    assert room.hears(*OPENING_AGAIN).how == "joined"
    assert room.hears(*CLOSING, at=MORNING + 11 * DAY).how == "founded"


def test_an_event_is_over_when_its_window_has_passed():
    room = Room()
    room.hears(*OPENING)
    late = a_report(*OPENING, number=2, at=MORNING + 14 * DAY + timedelta(seconds=1))
    assert room.asks(late).how == "founded"
    assert room.asks(replace(late, sort_at=MORNING + timedelta(days=1))).how == "joined"


def test_the_window_is_that_of_the_settings_and_reaches_both_ways():
    room = Room(LinkSettings(window=DAY, theta=0.1))
    room.hears(*OPENING)
    for at in (MORNING + DAY, MORNING - DAY):
        assert room.asks(a_report(*OPENING, at=at)).how == "joined"
    for at in (MORNING + 1.1 * DAY, MORNING - 1.1 * DAY):
        assert room.asks(a_report(*OPENING, at=at)).how == "founded"


def test_likeness_fades_with_the_days_between():
    room = Room()
    room.hears(*OPENING)
    title = "Delegates meet minister Nabiyev"  # alike, but far from wholly
    scores = [room.asks(a_report(title, at=MORNING + days * DAY)).score for days in (0, 1, 3, 9)]
    assert 0 < scores[0] < 1
    assert scores == sorted(scores, reverse=True)
    assert scores[2] == pytest.approx(scores[0] / 2, rel=0.01)


def test_the_likelier_of_two_events_is_joined_and_the_other_is_related():
    room = Room(LinkSettings(theta=0.1))
    room.states["OTHER"] = grow(None, a_report(*CLOSING), "OTHER")
    room.states["OPENING"] = grow(None, a_report(*OPENING), "OPENING")
    decision = room.asks(a_report(*OPENING_AGAIN))
    assert decision.event_id == "OPENING"
    assert [event for event, _ in decision.related] == ["OTHER"]


def test_an_event_that_is_nearly_like_enough_is_related_but_not_joined():
    room = Room()
    room.hears(*OPENING)
    score = room.asks(a_report(*OPENING_AGAIN)).score
    for theta, related in ((score + 0.01, True), (score + RELATED_BELOW + 0.01, False)):
        room.settings = LinkSettings(theta=theta)
        decision = room.asks(a_report(*OPENING_AGAIN))
        assert (decision.how, bool(decision.related)) == ("founded", related)


def test_the_threshold_itself_is_enough():
    room = Room(LinkSettings(theta=1.0))
    room.hears(*OPENING)
    decision = room.asks(a_report(*OPENING))
    assert (decision.score, decision.how) == (1.0, "joined")


def test_the_reasons_are_the_largest_parts_of_the_score():
    room = Room()
    room.hears(*OPENING)
    decision = room.asks(a_report(*OPENING_AGAIN, at=MORNING + 3 * DAY))
    values = [value for _, value in decision.reasons]
    assert len(values) == 3
    assert values == sorted(values, reverse=True)
    assert sum(values) <= decision.score + 0.001
    assert values[0] > decision.score / 5


def test_a_group_of_aliases_in_common_is_not_enough():
    room = Room()
    room.hears("ITU meets in Azerbaijan", "The ITU discussed satellites in Azerbaijan.")
    assert room.hears("ITU trains teachers", "Teachers in Azerbaijan learn from the ITU.").how == "founded"


def test_a_day_in_common_is_not_enough():
    room = Room()
    room.hears("Ministry counts cable kilometres", "The figure was published on 30 October.")
    assert room.hears("Оператор продает телефоны", "Об этом сообщили 30 октября.", lang="ru").how == "founded"


def test_without_words_nothing_is_alike():
    room = Room()
    room.hears("", "")
    assert room.hears("", "").how == "founded"


def test_candidates_in_another_order_change_nothing():
    room = Room(LinkSettings(theta=0.05))
    for number, words in enumerate((OPENING, CLOSING, FOOTBALL)):
        room.states[f"E{number}"] = grow(None, a_report(*words), f"E{number}")
    report = a_report(*OPENING_AGAIN)
    turned = dict(reversed(room.states.items()))
    assert room.asks(report) == decide(report, turned, room.counts, room.total, room.settings)


def test_of_equally_likely_events_the_first_by_name_is_joined():
    room = Room()
    for name in ("B", "A"):
        room.states[name] = grow(None, a_report(*OPENING), name)
    assert room.asks(a_report(*OPENING)).event_id == "A"


def test_an_event_knows_the_sums_of_its_members():
    first = grow(None, a_report("Cable opened", "A cable.", outlet="Courier", at=MORNING), "E")
    both = grow(first, a_report("Cables", "Opened", lang="en", outlet="Wire", at=MORNING - DAY), "E")
    both = grow(both, a_report("Кабель", lang="ru", outlet="Wire", at=MORNING - DAY), "E")
    assert both.fields["title"] == {"cabl": 2, "open": 1, "кабел": 1}
    assert (both.first_at, both.last_at, both.item_count) == (MORNING - DAY, MORNING, 3)
    assert (both.outlets, both.langs) == (("Courier", "Wire"), ("en", "ru"))
    assert [dict(one["title"]) for one in both.recent] == [{"cabl": 1, "open": 1}, {"cabl": 1}, {"кабел": 1}]


def test_growing_leaves_the_event_before_as_it_was():
    first = grow(None, a_report("Cable opened"), "E")
    kept = {name: dict(counts) for name, counts in first.fields.items()}
    grow(first, a_report("Cable opened"), "E")
    assert first.fields == kept


def test_an_event_of_many_reports_stays_small():
    state = None
    for number in range(60):
        words = " ".join(f"{spelt(number)}{spelt(place)}" for place in range(100))
        state = grow(state, a_report(words, words, number=number), "E")
    assert state is not None
    assert max(len(counts) for counts in state.fields.values()) == 200
    assert len(state.recent) == 4
    assert max(len(counts) for member in state.recent for counts in member.values()) == 60


def test_a_term_that_occurs_thousands_of_times_is_weighed_too():
    state = grow(None, a_report(*OPENING), "E")
    often = {name: dict.fromkeys(counts, 5_000) for name, counts in state.fields.items()}
    room = Room(states={"E": replace(state, fields=often)})
    assert room.asks(a_report(*OPENING_AGAIN)).event_id == "E"


def test_an_event_is_found_by_its_most_frequent_terms_of_each_kind():
    state = grow(grow(None, a_report(*OPENING), "E"), a_report(*OPENING_AGAIN), "E")
    terms = index_terms(state)
    assert len(terms) <= POSTINGS
    assert {"names:nabiyev", "numbers:2400", "dates:11-17", "title:confer", "text:broadband"} <= terms.keys()
    assert all(0 < weight <= 1 for weight in terms.values())


def test_no_event_is_found_by_more_terms_than_are_kept_for_one():
    words = " ".join(f"{spelt(number)}{spelt(7 * number)}" for number in range(100))
    terms = index_terms(grow(None, a_report(words, words), "E"))
    assert len(terms) == POSTINGS
    assert {term.partition(":")[0] for term in terms} == {"title", "text", "skeletons"}
