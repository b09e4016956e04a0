"""Every form of date that feeds use, with the reading that a person would give it."""

import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.elements import date_in_document, date_in_words
from monitor.feeds.published import Published, published

BAKU = ZoneInfo("Asia/Baku")  # four hours east, without summer time
NOW = datetime(2026, 10, 1, tzinfo=UTC)

SAID = {  # raw form -> instant; the zone is said
    "Fri, 28 Nov 2025 19:02:00 +0400": "2025-11-28T15:02:00Z",
    "Fri, 28 Nov 2025 01:40:14 +04": "2025-11-27T21:40:14Z",
    "Fri, 28 Nov 2025 11:00:00 +04:00": "2025-11-28T07:00:00Z",
    "Thu,28 Jul 2022 4:35:5 GMT+9": "2022-07-27T19:35:05Z",
    "Thu, 28 Jul 2022 04:35:05 UTC+05:30": "2022-07-27T23:05:05Z",
    "Seg, 24 Set 2018 19:42:40 -0300": "2018-09-24T22:42:40Z",
    "Fri, 28 Nov 2025 11:00:00 AZT": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 MSK": "2025-11-28T08:00:00Z",
    "Mon, 28 Jul 2025 11:00:00 BST": "2025-07-28T10:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 GET": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 est": "2025-11-28T16:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 Z": "2025-11-28T11:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 -0000": "2025-11-28T11:00:00Z",
    "Fri, 28 Nov 2025 24:00:00 GMT": "2025-11-29T00:00:00Z",
    "Fri, 28 Nov 2025 23:59:60 GMT": "2025-11-29T00:00:00Z",
    "Fri, 28 Nov 2025 07:02 PM GMT": "2025-11-28T19:02:00Z",
    "Fri, 28 Nov 2025 12:02 am GMT": "2025-11-28T00:02:00Z",
    "28-Nov-25 11:00:00 GMT": "2025-11-28T11:00:00Z",
    "Friday, 28-Nov-1997 11:00:00 GMT": "1997-11-28T11:00:00Z",
    "28 Nov 97 11:00 GMT": "1997-11-28T11:00:00Z",
    "2025-11-28T11:00:00Z": "2025-11-28T11:00:00Z",
    "2025-11-28T11:00:00.125+04:00": "2025-11-28T07:00:00.125Z",
    "2025-11-28T11:00+0400": "2025-11-28T07:00:00Z",
    "2025-11-28 11:00:00 +0400": "2025-11-28T07:00:00Z",
    "  2025-11-28T11:00:00Z\n": "2025-11-28T11:00:00Z",
    "Mon Sep 14 2026 11:00:00 GMT+0400 (Azerbaijan Standard Time)": "2026-09-14T07:00:00Z",
    "Mon Sep 14 11:00:00 MSK 2026": "2026-09-14T08:00:00Z",
    "1518478934": "2018-02-12T23:42:14Z",
    "1518478934000": "2018-02-12T23:42:14Z",
}

OWN_CLOCK = {  # raw form -> instant for a feed in Baku; no zone that can be believed
    "14.09.2026 11:00": "2026-09-14T07:00:00Z",
    "14-09-2026 11:00:30": "2026-09-14T07:00:30Z",
    "14 sentyabr 2026": "2026-09-13T20:00:00Z",
    "14 SENTYABR 2026, 11:00": "2026-09-14T07:00:00Z",
    "14 İyun 2026 11:00": "2026-06-14T07:00:00Z",
    "Çərşənbə axşamı, 14 iyul 2026-cı il 11:00": "2026-07-14T07:00:00Z",
    "14 Ağustos 2026 Cuma 11:00": "2026-08-14T07:00:00Z",
    "٢٨ Nov 2025": "2025-11-27T20:00:00Z",
    "14 Ağustos 2026 11:00": "2026-08-14T07:00:00Z",
    "Пн, 14 сентября 2026 г. в 11:00": "2026-09-14T07:00:00Z",
    "14 мая 2026": "2026-05-13T20:00:00Z",
    "lun., 14 sept. 2026 11:00:00": "2026-09-14T07:00:00Z",
    "14 février 2026 à 11:00": "2026-02-14T07:00:00Z",
    "14 Fev 2026 às 11:00": "2026-02-14T07:00:00Z",
    "Sep 14, 2026 11:00 AM": "2026-09-14T07:00:00Z",
    "Mon Sep 14 11:00:00 2026": "2026-09-14T07:00:00Z",
    "2020/1/10 14:03:00": "2020-01-10T10:03:00Z",
    "25/12/2025 10:00": "2025-12-25T06:00:00Z",
    "2025-11-28": "2025-11-27T20:00:00Z",
    "2025-11-28T11:00:00": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 +3000": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 IST": "2025-11-28T07:00:00Z",
    "Fri, 28 Nov 2025 11:00:00 local": "2025-11-28T07:00:00Z",
}

NEVER = [
    "",
    "now",
    "yesterday at noon",
    "31 Feb 2025",
    "28 Vendémiaire 2025",
    "Sep 14 11:00",
    "05/12/2025",
    "2025-13-01",
    "Fri, 28 Nov 2025 25:00:00 GMT",
    "Fri, 28 Nov 2025 11:61:00 GMT",
    "0000-00-00 00:00:00",
    "0001-01-01T00:00:00Z",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "2099-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "0000000001",
    "99999999999999999999",
    "1 " * 5_000,
    "a" * 5_000,
    "2025-" * 1_000,
]

THEIRS = {  # raw form -> what feedparser alone reads in it
    "Παρ, 28 Νοε 2025 11:00:00 EST": "2025-11-28T16:00:00Z",
    "2025-332T10:00:00Z": "2025-11-28T10:00:00Z",
    "20251128": "2025-11-28T00:00:00Z",
    "Fri, 2006/09/15 08:19:53 EDT": "2006-09-15T12:19:53Z",
}
GUESSED = [
    "2025년 11월 28일",
    "2025-július-13T9:15-05:00",
    "2025 noyabrın 28-i",
    "2025",
]  # it fills in the month of today


def at(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


@pytest.mark.parametrize(("raw", "instant"), SAID.items(), ids=SAID)
def test_a_date_with_its_zone_is_an_instant(raw: str, instant: str):
    assert published(raw, zone=BAKU, now=NOW) == Published(at=at(instant), tz_known=True)


@pytest.mark.parametrize(("raw", "instant"), OWN_CLOCK.items(), ids=OWN_CLOCK)
def test_a_date_without_a_zone_is_in_the_feeds_own_time(raw: str, instant: str):
    assert published(raw, zone=BAKU, now=NOW) == Published(at=at(instant), tz_known=False)


@pytest.mark.parametrize("raw", [*SAID, *OWN_CLOCK, *NEVER, *THEIRS], ids=lambda raw: raw[:30])
def test_a_date_by_itself_is_what_feedparser_reads_in_a_document(raw: str):
    assert date_in_words(raw.strip()) == date_in_document(raw)


@given(st.from_regex(r"[\w ,.:/+&<-]{0,40}", fullmatch=True))
@settings(max_examples=200)
def test_any_text_by_itself_is_what_feedparser_reads_in_a_document(raw: str):
    assert date_in_words(raw.strip()) == date_in_document(raw)


@pytest.mark.parametrize(("raw", "instant"), THEIRS.items(), ids=THEIRS)
def test_a_date_that_only_feedparser_reads_is_read(raw: str, instant: str):
    assert published(raw, zone=BAKU, now=NOW) is None
    found = published(raw, zone=BAKU, now=NOW, fallback=lambda: date_in_words(raw))
    assert found == Published(at=at(instant), tz_known=False)


@pytest.mark.parametrize("raw", GUESSED)
def test_a_year_without_a_month_that_anybody_reads_is_no_date(raw: str):
    assert date_in_words(raw) is not None
    assert published(raw, zone=BAKU, now=NOW, fallback=lambda: date_in_words(raw)) is None


@pytest.mark.parametrize("raw", NEVER, ids=lambda raw: raw[:30])
def test_what_is_no_date_of_this_time_is_none(raw: str):
    assert published(raw, zone=BAKU, now=NOW) is None


@pytest.mark.parametrize(
    ("names", "month"),
    [
        ("jan January yan yanvar ocak января janvier janeiro", 1),
        ("feb fev fevral şubat ŞUBAT февраля février fevereiro", 2),
        ("mar mart MART марта março mars", 3),
        ("apr aprel nisan апреля abril avril", 4),
        ("may mayıs MAYIS мая maio mai", 5),
        ("jun iyun İYUN haziran июня junho juin", 6),
        ("jul iyul temmuz июля julho juillet", 7),
        ("aug avqust ağustos августа agosto août", 8),
        ("sep sept sentyabr eylül сентября setembro septembre", 9),
        ("oct oktyabr ekim октября outubro octobre", 10),
        ("nov noyabr kasım KASIM ноября novembro novembre", 11),
        ("dec dekabr aralık ARALIK декабря dezembro décembre", 12),
    ],
)
def test_months_are_known_in_six_languages(names: str, month: int):
    found = {name: published(f"15 {name} 2025 12:00 GMT", zone=UTC, now=NOW) for name in names.split()}
    assert found == {name: Published(at=datetime(2025, month, 15, 12, tzinfo=UTC), tz_known=True) for name in found}


def test_the_edges_of_the_years_that_are_believed():
    def shown(iso: str) -> bool:
        return published(iso, zone=UTC, now=NOW) is not None

    assert (shown("1995-01-01T00:00:00Z"), shown("1994-12-31T23:59:59Z")) == (True, False)
    assert (shown("2028-09-30T00:00:00Z"), shown("2028-10-02T00:00:00Z")) == (True, False)


def test_feedparsers_reading_fills_in_and_its_zone_is_unknown():
    parsed = time.gmtime(1_764_327_600)
    assert published("gibberish", zone=BAKU, now=NOW, fallback=lambda: parsed) == Published(
        at=datetime(2025, 11, 28, 11, tzinfo=UTC), tz_known=False
    )


def test_our_reading_wins_over_feedparsers():
    parsed = time.gmtime(0)
    assert published("2025-11-28T11:00:00Z", zone=BAKU, now=NOW, fallback=lambda: parsed) == Published(
        at=datetime(2025, 11, 28, 11, tzinfo=UTC), tz_known=True
    )


@pytest.mark.parametrize("parsed", [(1518, 1, 1), (0, 0, 0), (99_999, 1, 1)])
def test_an_absurd_reading_of_feedparsers_is_none(parsed: tuple[int, int, int]):
    absurd = time.struct_time((*parsed, 0, 0, 0, 0, 1, 0))
    assert published("gibberish", zone=UTC, now=NOW, fallback=lambda: absurd) is None


@given(
    st.datetimes(datetime(1995, 1, 3), datetime(2026, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.integers(-14 * 60, 14 * 60),
)
def test_what_is_written_by_the_standards_is_read_back(naive: datetime, minutes: int):
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    expected = Published(at=moment.astimezone(UTC), tz_known=True)
    for form in ("%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%d.%m.%Y %H:%M:%S %z", "%d/%b/%Y %H:%M:%S %z"):
        assert published(moment.strftime(form), zone=BAKU, now=NOW) == expected


@given(st.text(max_size=120))
def test_no_text_makes_it_fail(raw: str):
    found = published(raw, zone=BAKU, now=NOW)
    assert found is None or found.at.tzinfo is UTC
