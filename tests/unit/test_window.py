"""Local times, on ordinary days and when clocks are changed; reference points from the rules of Europe/Paris."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.window import AT_ONCE, Quiet, Timing, digest_at, held_until, last_slot, next_slot, quiet_until, wait_of
from storage.model import Importance

PARIS, BAKU = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Baku")
SLOTS = (time(8), time(18))
NIGHTS = Quiet(name="nights", begins=time(22), ends=time(7), zone=PARIS)
LOW, NORMAL, HIGH, CRITICAL = Importance


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2025-12-01 03:59:59", "2025-12-01 04:00"),  # 08:00 in Baku
        ("2025-12-01 04:00:00", "2025-12-01 14:00"),  # strictly after
        ("2025-12-01 14:00:00", "2025-12-02 04:00"),
        ("2025-12-01 22:00:00", "2025-12-02 04:00"),  # tomorrow in Baku already
    ],
)
def test_a_digest_comes_at_the_next_local_time(after, expected):
    assert next_slot(SLOTS, BAKU, utc(after)) == utc(expected)


def test_the_latest_digest_is_the_one_before_or_at_an_instant():
    assert last_slot(SLOTS, BAKU, utc("2025-12-01 04:00")) == utc("2025-12-01 04:00")
    assert last_slot(SLOTS, BAKU, utc("2025-12-01 03:59")) == utc("2025-11-30 14:00")
    assert last_slot((), BAKU, utc("2025-12-01 03:59")) is None
    assert next_slot((), BAKU, utc("2025-12-01 03:59")) is None


def test_a_time_that_the_spring_skips_is_an_hour_later_and_one_that_autumn_doubles_comes_once():
    gap = (time(2, 30),)
    assert next_slot(gap, PARIS, utc("2026-03-28 12:00")) == utc("2026-03-29 01:30")  # 03:30 by the clock
    assert next_slot(gap, PARIS, utc("2026-03-29 01:30")) == utc("2026-03-30 00:30")
    assert next_slot(gap, PARIS, utc("2026-10-24 12:00")) == utc("2026-10-25 00:30")  # the first 02:30
    assert next_slot(gap, PARIS, utc("2026-10-25 00:30")) == utc("2026-10-26 01:30")


@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("2026-03-29 00:30", timedelta(hours=4, minutes=30)),  # clocks go forward in this night
        ("2026-10-25 00:30", timedelta(hours=5, minutes=30)),  # and back in this one
        ("2026-06-01 00:30", timedelta(hours=4, minutes=30)),
        ("2026-06-01 21:00", timedelta(hours=8)),  # 23:00, of the same day
        ("2026-06-01 05:00", None),  # 07:00: over
        ("2026-06-01 19:59", None),
        ("2026-06-01 20:00", timedelta(hours=9)),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(at, left):
    until = quiet_until(NIGHTS, utc(at))
    assert (until and until - utc(at)) == left


def test_a_night_belongs_to_the_day_on_which_it_begins():
    friday = Quiet(name="f", begins=time(22), ends=time(7), zone=PARIS, days=frozenset({4}))
    assert quiet_until(friday, utc("2026-06-06 03:00")) == utc("2026-06-06 05:00")  # Saturday morning
    assert quiet_until(friday, utc("2026-06-05 03:00")) is None  # Friday morning
    daily = Quiet(name="d", begins=time(12), ends=time(14), zone=PARIS, days=frozenset({4}))
    assert quiet_until(daily, utc("2026-06-05 10:30")) == utc("2026-06-05 12:00")
    assert quiet_until(daily, utc("2026-06-06 10:30")) is None


def test_what_is_weighty_enough_breaks_quiet_hours():
    timing = Timing(quiet=NIGHTS)
    midnight = utc("2026-06-01 22:00")
    assert held_until(timing, HIGH, midnight) == utc("2026-06-02 05:00")
    assert held_until(timing, CRITICAL, midnight) is None
    assert held_until(Timing(), LOW, midnight) is None


def test_the_weightier_the_shorter_the_wait():
    asked = Timing(wait=timedelta(minutes=3))
    assert [wait_of(Timing(wait=None), one).total_seconds() for one in Importance] == [600, 600, 60, 0]
    assert [wait_of(asked, one).total_seconds() for one in Importance] == [180, 180, 180, 0]
    assert wait_of(Timing(), NORMAL) == AT_ONCE


def test_what_overflows_waits_for_the_digest_or_without_one_for_the_full_hour():
    now = utc("2025-12-01 03:20")
    assert digest_at(Timing(digest=SLOTS, zone=BAKU), NORMAL, now) == utc("2025-12-01 04:00")
    assert digest_at(Timing(), NORMAL, now) == utc("2025-12-01 04:00")
    assert digest_at(Timing(), NORMAL, utc("2025-12-01 04:00")) == utc("2025-12-01 05:00")
    late = Timing(digest=(time(23),), zone=PARIS, quiet=NIGHTS)
    assert digest_at(late, HIGH, utc("2025-12-01 04:00")) == utc("2025-12-02 06:00")  # 23:00 lies in the quiet hours
    assert digest_at(late, CRITICAL, utc("2025-12-01 04:00")) == utc("2025-12-01 22:00")


zones = st.sampled_from([PARIS, BAKU, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
instants = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: utc("2025-01-01 00:00") + timedelta(minutes=minutes))


@given(st.lists(clocks, min_size=1, max_size=4), zones, instants)
def test_slots_never_lie_more_than_25_hours_apart_and_next_and_last_enclose_every_instant(slots, zone, now):
    last, following = last_slot(slots, zone, now), next_slot(slots, zone, now)
    assert last is not None
    assert following is not None
    assert last <= now < following
    assert following - last <= timedelta(hours=25)
    assert next_slot(slots, zone, last) == following


@given(clocks, clocks, zones, st.frozensets(st.integers(0, 6), min_size=1), instants)
def test_quiet_hours_end_after_the_instant_within_a_day_at_their_hour(begins, ends, zone, days, now):
    if begins == ends:
        return
    until = quiet_until(Quiet(name="q", begins=begins, ends=ends, zone=zone, days=days), now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        by_the_clock = datetime.combine(until.astimezone(zone).date(), ends, tzinfo=zone).astimezone(UTC)
        assert until == by_the_clock
