from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.limits import (
    PROBE_LAST,
    PROBE_PARKED,
    Breaker,
    BreakerState,
    Bucket,
    may_try,
    parked,
    refilled,
    take,
    tried,
    trying,
)
from alerts.retry import OutcomeKind
from tests.builders_messages import HOUR, NOW

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def test_a_token_is_there_once_a_second():
    bucket, wait = take(Bucket(tokens=1.0, refilled_at=NOW), NOW, rate=1.0)
    assert (bucket.tokens, wait) == (0.0, 0.0)
    bucket, wait = take(bucket, NOW + SECOND / 4, rate=1.0)
    assert wait == pytest.approx(0.75)
    assert take(bucket, NOW + SECOND, rate=1.0)[1] == 0.0


def test_an_idle_destination_saves_up_no_more_than_its_burst():
    bucket = refilled(Bucket(tokens=0.0, refilled_at=NOW), NOW + HOUR, rate=1.0, burst=3.0)
    assert bucket == Bucket(tokens=3.0, refilled_at=NOW + HOUR)


def test_a_clock_that_jumps_back_takes_nothing_and_strands_nothing():
    bucket, wait = take(Bucket(tokens=0.0, refilled_at=NOW + DAY), NOW, rate=1.0)
    assert wait == 1.0
    assert take(bucket, NOW + SECOND, rate=1.0)[1] == 0.0


@given(st.lists(st.integers(0, 3_000_000), max_size=60), st.sampled_from([0.1, 0.5, 1.0, 3.0]))
def test_no_window_of_a_second_holds_more_than_the_rate_and_the_burst(pauses_us, rate):
    bucket, now, sent = Bucket(tokens=1.0, refilled_at=NOW), NOW, []
    for pause_us in pauses_us:
        now += timedelta(microseconds=pause_us)
        bucket, wait = take(bucket, now, rate=rate)
        if not wait:
            sent.append(now)
        else:
            assert wait <= 1 / rate
    for at in sent:
        window = [other for other in sent if at <= other < at + timedelta(seconds=10)]
        assert len(window) <= 10 * rate + 1 + 1e-3


@given(st.integers(0, 5_000_000))
def test_who_waits_as_told_gets_a_token(pause_us):
    now = NOW + timedelta(microseconds=pause_us)
    bucket, wait = take(Bucket(tokens=0.0, refilled_at=NOW), now, rate=0.7)
    assert not wait or take(bucket, now + timedelta(seconds=wait), rate=0.7)[1] == 0.0


def a_breaker(**fields: object) -> Breaker:
    return replace(Breaker(since_at=NOW), **fields)  # type: ignore[arg-type]  # a test names fields


def failing(count: int, kind: OutcomeKind = OutcomeKind.TEMPORARY) -> Breaker:
    """A breaker after so many failures, its probes included, each at its time."""
    breaker, now = a_breaker(), NOW
    for _ in range(count):
        now = breaker.probe_at or now
        breaker = tried(trying(breaker, now), kind, now)
    return breaker


def test_four_failures_in_a_row_are_borne_and_the_fifth_opens():
    assert [failing(count).state for count in range(6)] == [BreakerState.CLOSED] * 5 + [BreakerState.OPEN]
    assert may_try(failing(4), NOW)
    assert not may_try(failing(5), NOW)


def test_a_success_in_between_forgives_the_failures_before():
    assert tried(failing(4), OutcomeKind.OK, NOW).failure_count == 0


def test_probes_come_after_30_s_and_1_2_4_8_minutes_then_every_quarter_of_an_hour():
    waits = []
    for count in range(5, 13):
        breaker = failing(count)
        assert breaker.probe_at is not None
        waits.append((breaker.probe_at - breaker.since_at).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    far = failing(200)
    assert far.probe_at is not None
    assert far.probe_at - far.since_at == PROBE_LAST


def test_one_try_is_let_through_at_its_time_and_decides():
    broken = failing(5)
    assert broken.probe_at == NOW + 30 * SECOND
    assert not may_try(broken, NOW + 29 * SECOND)
    assert may_try(broken, NOW + 30 * SECOND)
    half = trying(broken, NOW + 30 * SECOND)
    assert (half.state, half.probe_at) == (BreakerState.HALF, None)
    assert tried(half, OutcomeKind.OK, NOW) == a_breaker()
    assert tried(half, OutcomeKind.TEMPORARY, NOW).state is BreakerState.OPEN


@pytest.mark.parametrize(
    "kind", [OutcomeKind.OK, OutcomeKind.RATE_LIMITED, OutcomeKind.MESSAGE_PERMANENT, OutcomeKind.RECIPIENT_PERMANENT]
)
def test_any_answer_about_the_message_shows_that_the_channel_works(kind):
    assert tried(failing(4), kind, NOW) == a_breaker()
    assert tried(trying(failing(6), NOW + HOUR), kind, NOW) == a_breaker()


def test_a_receiver_that_never_answers_counts_as_failing():
    assert failing(5, OutcomeKind.IN_DOUBT).state is BreakerState.OPEN


def test_a_refused_channel_is_parked_at_once_and_probed_every_day():
    breaker = tried(a_breaker(), OutcomeKind.CHANNEL_PERMANENT, NOW, "HTTP 404 no_service")
    assert (breaker.state, breaker.reason) == (BreakerState.PARKED, "HTTP 404 no_service")
    assert not may_try(breaker, NOW + DAY - SECOND)
    assert may_try(breaker, NOW + DAY)
    again = tried(trying(breaker, NOW + DAY), OutcomeKind.CHANNEL_PERMANENT, NOW + DAY, "HTTP 404")
    assert (again.state, again.probe_at) == (BreakerState.PARKED, NOW + 2 * DAY)
    assert tried(trying(breaker, NOW + DAY), OutcomeKind.OK, NOW) == a_breaker()


def test_parking_again_remembers_since_when():
    breaker = parked(parked(a_breaker(), NOW, "first"), NOW + HOUR, "second")
    assert (breaker.since_at, breaker.reason) == (NOW, "second")


def test_a_probe_that_lies_absurdly_far_ahead_does_not_strand_the_queue():
    broken = failing(5)
    jumped = NOW - 365 * DAY
    assert broken.probe_at is not None
    assert broken.probe_at > jumped + PROBE_PARKED
    assert may_try(broken, jumped)


def test_a_working_channel_is_not_touched_by_trying():
    assert trying(a_breaker(failure_count=2), NOW) == a_breaker(failure_count=2)
