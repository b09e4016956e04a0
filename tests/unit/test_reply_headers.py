import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.transport import http_date, retry_after
from monitor.feeds.headers import freshness_s

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1000000000", 7 * DAY_S),
        ("9" * 5_000, 7 * DAY_S),
        ("Sun, 01 Mar 2026 12:10:00 GMT", 600.0),
        ("Sunday, 01-Mar-26 12:10:00 GMT", 600.0),
        ("Sun Mar  1 12:10:00 2026", 600.0),
        ("Fri, 01 Mar 2126 12:10:00 GMT", 7 * DAY_S),
    ],
)
def test_a_server_may_ask_for_patience_in_seconds_or_in_three_forms_of_date(value, seconds):
    assert retry_after(value, NOW, cap_s=7 * DAY_S) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "-1",
        "+60",
        "1.5",
        "soon",
        "١٢٠",
        "120 s",
        "1e3",
        "Sun, 01 Mar 2026 11:59:59 GMT",
        "Sun, 01 Mar 2026 12:10:00 +0400",
        "Sun, 31 Feb 2026 12:10:00 GMT",
        "Sun, 01 Mrz 2026 12:10:00 GMT",
        "Sun, 01 Mar 2026 25:10:00 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",
        "2026-03-01T12:10:00Z",
    ],
)
def test_nonsense_and_the_past_are_as_good_as_no_header(value):
    assert retry_after(value, NOW) is None


def test_patience_ends_after_a_day_unless_the_caller_has_more():
    assert retry_after("999999", NOW) == DAY_S


@given(st.text(max_size=60))
def test_whatever_a_server_says_the_wait_is_bounded(value):
    wait_s = retry_after(value, NOW)
    assert wait_s is None or 0 <= wait_s <= DAY_S


@given(st.integers(0, 3_155_760_000))
def test_the_three_forms_of_one_date_mean_the_same_instant(seconds):
    at = datetime.fromtimestamp(seconds, UTC)
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[at.month * 3 - 3 : at.month * 3]
    clock = f"{at:%H:%M:%S}"
    assert http_date(f"Xxx, {at.day:02} {month} {at.year:04} {clock} GMT", NOW) == at
    assert http_date(f"Xxx {month} {at.day:2} {clock} {at.year:04}", NOW) == at
    if abs((at - NOW).days) < 49 * 365:  # two digits of a year tell no more than a century
        assert http_date(f"Wednesday, {at.day:02}-{month}-{at.year % 100:02} {clock} GMT", NOW) == at


def test_a_leap_second_is_the_next_minute():
    assert http_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == datetime(2017, 1, 1, tzinfo=UTC)


def at(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).strftime("Sun, %d Mar %Y %H:%M:%S GMT")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=600"}, 600.0),
        ({"cache-control": "public, MAX-AGE = 600 , must-revalidate"}, 600.0),
        ({"cache-control": 'max-age="600"'}, 600.0),
        ({"cache-control": 'private="x, max-age=5", max-age=600'}, 600.0),
        ({"cache-control": "max-age=600, max-age=7"}, 600.0),
        ({"cache-control": "max-age=600", "age": "200"}, 400.0),
        ({"cache-control": "max-age=600", "age": "garbage"}, 600.0),
        ({"cache-control": "max-age=600", "expires": at(5), "date": at(0)}, 600.0),
        ({"cache-control": "max-age=31536000"}, DAY_S),
        ({"cache-control": "public", "expires": at(900), "date": at(300)}, 600.0),
        ({"expires": at(900)}, 900.0),
        ({"expires": at(900), "date": at(300), "age": "100"}, 500.0),
        ({"cache-control": "s-maxage=50, max-age=600"}, 600.0),
    ],
)
def test_a_reply_is_fresh_for_as_long_as_its_server_says(headers, seconds):
    assert freshness_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cache-control": "no-cache"},
        {"cache-control": "max-age=600, no-cache"},
        {"cache-control": 'no-cache="set-cookie", max-age=600'},
        {"cache-control": "no-store, max-age=600"},
        {"cache-control": "max-age=0", "expires": at(900)},
        {"cache-control": "max-age=-5"},
        {"cache-control": "max-age=soon"},
        {"cache-control": "max-age"},
        {"cache-control": "max-age=600", "age": "600"},
        {"cache-control": "s-maxage=600"},
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": at(-900)},
        {"expires": at(900), "date": at(900)},
        {"last-modified": at(-100_000)},
    ],
)
def test_a_reply_that_sets_no_bound_is_fresh_for_no_known_time(headers):
    assert freshness_s(headers, NOW) is None


@given(st.text(max_size=80), st.text(max_size=12), st.text(max_size=40))
def test_whatever_a_server_says_freshness_is_bounded(control, age, expires):
    fresh_s = freshness_s({"cache-control": control, "age": age, "expires": expires}, NOW)
    assert fresh_s is None or 0 < fresh_s <= DAY_S


def test_a_header_of_blanks_costs_no_time():
    started_at = time.perf_counter()
    assert freshness_s({"cache-control": ("a" + " " * 20_000) * 3 + "!"}, NOW) is None
    assert retry_after(" " * 60_000 + "!", NOW) is None
    assert time.perf_counter() - started_at < 1
