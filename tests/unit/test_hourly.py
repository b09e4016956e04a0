"""The ceiling over a sliding hour."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.deliver.hourly import HOUR, Hourly
from tests.builders_outbox import NOW, SECOND


def test_below_the_ceiling_nothing_waits():
    hourly = Hourly(2, [NOW])
    assert hourly.wait_s(NOW) == 0.0


def test_at_the_ceiling_the_oldest_message_must_be_an_hour_old():
    hourly = Hourly(2, [NOW, NOW + SECOND])
    assert hourly.wait_s(NOW + 2 * SECOND) == 3598.0
    assert hourly.wait_s(NOW + HOUR) == 0.0


def test_more_history_than_the_ceiling_counts_by_its_newest_part():
    hourly = Hourly(2, [NOW - HOUR, NOW, NOW + SECOND])
    assert hourly.wait_s(NOW + SECOND) == 3599.0


def test_messages_of_a_clock_that_was_ahead_hold_the_line_for_an_hour_at_most():
    hourly = Hourly(1, [NOW + timedelta(days=365)])
    assert hourly.wait_s(NOW) == 3600.0
    assert hourly.wait_s(NOW + HOUR) == 0.0


@given(limit=st.integers(1, 5), gaps=st.lists(st.integers(0, 3000), max_size=60))
def test_no_window_of_an_hour_holds_more_messages_than_the_ceiling(limit: int, gaps: list[int]):
    hourly, now, sent = Hourly(limit, []), NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if hourly.wait_s(now) == 0.0:
            hourly.add(now)
            sent.append(now)
    assert not gaps or sent
    for start in sent:
        assert sum(start <= at < start + HOUR for at in sent) <= limit
