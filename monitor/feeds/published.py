"""When an entry was published: every form of date that feeds are known to use.

Our own reading comes first, feedparser's fills in, and what neither understands is no date at all. A date that nobody
understood is never guessed, and one that says no zone is marked: it is the feed's own time.
"""

import calendar
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from monitor.words import fold

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # no feed is older than the web's first news sites
AHEAD = timedelta(days=731)
RAW_LIMIT = 100

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?"
    r"(?:\ ?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
)
_WORDS = r"(?:[^\W\d_]++[.,]*+\ ?+){0,3}+"  # the day of the week, which may be two words and is never needed
_MONTH_NAME = r"(?P<name>[^\W\d_]{3,12})"
_YEAR_WORD = r"(?:\ ?(?:г|год|года|il|ili|yil|yili|-[cç][iı]\ il)\b\.?)?"
_TIME = rf"(?:[\ ,Tt]+(?:(?:[^\W\d_]++,?+|-)\ )?{_CLOCK}(?P<zone>.*))?"
_DAY_FIRST = re.compile(
    rf"(?:{_WORDS})?(?P<day>\d{{1,2}})(?:st|nd|rd|th|º|er|\.)?[\ \-/.]*{_MONTH_NAME}[\ .,\-/]+"
    rf"(?P<year>\d{{4}}|\d{{2}}){_YEAR_WORD}{_TIME}"
)
_MONTH_FIRST = re.compile(
    rf"(?:[^\W\d_]++[.,]*+\ )?{_MONTH_NAME}\.?\ (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?"
    rf"(?:\ (?P<year>\d{{4}}))?(?:[\ ,]+(?:at\ )?{_CLOCK}(?P<zone>.*?)(?:\ (?P<late_year>\d{{4}}))?)?"
)
_ISO = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[\-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}")
_NUMERIC = re.compile(rf"(?P<day>\d{{1,2}})(?P<mark>[\-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_TIME}")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_NO_MONTH = re.compile(r"\d{4}(?![-/.]?\d)")  # feedparser would fill in the month of today
_OFFSET = re.compile(r"(?:UTC|UT|GMT|Z)?\ ?(?P<sign>[+\-−])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?:\ ?\(.*\))?")
_ZONE_NAME = re.compile(r"\(?([A-Za-z]{1,5})\)?")

_ZONES = {  # hours east of Greenwich; names of two meanings (IST, AST, AMT) are left out: they say nothing
    name: hours
    for hours, names in (
        (-8.0, "PST"),
        (-7.0, "MST PDT"),
        (-6.0, "CST MDT"),
        (-5.0, "EST CDT"),
        (-4.0, "EDT"),
        (-3.0, "BRT"),
        (0.0, "Z UT UTC GMT WET"),
        (1.0, "BST CET MEZ WEST"),
        (2.0, "CEST EET MESZ SAST"),
        (3.0, "EAT EEST MSK TRT"),
        (3.5, "IRST"),
        (4.0, "AZT GET GST MSD SAMT"),
        (5.0, "AQTT AZST PKT TJT TMT UZT YEKT"),
        (6.0, "ALMT KGT OMST"),
        (8.0, "HKT SGT"),
        (9.0, "JST KST"),
        (10.0, "AEST"),
        (11.0, "AEDT"),
        (12.0, "NZST"),
        (13.0, "NZDT"),
    )
    for name in names.split()
}
_MONTHS = {
    fold(name): month
    for month, names in enumerate(
        (
            "jan january yan yanvar oca ocak янв январь января janeiro janv janvier",
            "feb february fev fevral şub şubat фев февр февраль февраля fevereiro févr février fevrier",
            "mar march mart март марта março marco mars",
            "apr april aprel nis nisan апр апрель апреля abr abril avr avril",
            "may mayıs май мая mai maio",
            "jun june iyn iyun haz haziran июн июнь июня junho juin",
            "jul july iyl iyul tem temmuz июл июль июля julho juil juillet",
            "aug august avq avqust ağu ağustos авг август августа ago agosto aoû août aout",
            "sep sept september sen sentyabr eyl eylül сен сент сентябрь сентября set setembro septembre",
            "oct october okt oktyabr eki ekim окт октябрь октября out outubro octobre",
            "nov november noy noyabr kas kasım ноя нояб ноябрь ноября novembro novembre",
            "dec december dek dekabr ara aralık дек декабрь декабря dez dezembro déc décembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An instant, and whether the source itself said in which zone its clock stands."""

    at: datetime
    tz_known: bool


def published(
    raw: str, *, zone: tzinfo, now: datetime, fallback: Callable[[], time.struct_time | None] = lambda: None
) -> Published | None:
    """What `raw` says; `zone` is the feed's, for dates without one, `fallback` gives feedparser's reading in UTC.

    None for what nobody understands, and for dates before 1995 or more than two years ahead of `now`.
    """
    text = " ".join(raw[:RAW_LIMIT].split())
    found = _own(text, zone)
    if found is None and not _NO_MONTH.match(text):
        parsed = fallback()
        found = _from_struct(parsed) if parsed is not None else None
    if found is None or not EARLIEST <= found.at <= now + AHEAD:
        return None
    return found


def _own(text: str, zone: tzinfo) -> Published | None:
    """One form after the other; none of them fits the beginning of another."""
    try:
        if match := _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text):
            month = _month(match["name"])
            return _instant(match, month, zone) if month else None
        if match := _ISO.fullmatch(text):
            return _instant(match, int(match["month"]), zone)
        if (match := _NUMERIC.fullmatch(text)) and _is_day_first(match):
            return _instant(match, int(match["month"]), zone)
        if _EPOCH.fullmatch(text):
            return Published(at=datetime.fromtimestamp(int(text[:10]), UTC), tz_known=True)
    except (ValueError, OverflowError):  # the 31st of February, the year 0
        pass
    return None


def _month(name: str) -> int | None:
    return _MONTHS.get(fold(name))


def _is_day_first(match: re.Match[str]) -> bool:
    """With slashes some write the month first: then only a day beyond 12 tells."""
    return match["mark"] != "/" or int(match["day"]) > 12


def _instant(match: re.Match[str], month: int, zone: tzinfo) -> Published | None:
    found = match.groupdict()
    year = found.get("year") or found.get("late_year")
    if not year:
        return None
    local = datetime(_full_year(year), month, int(found["day"]), tzinfo=UTC) + _clock(found)
    offset = _offset(found["zone"] or "")
    if offset is None:
        return Published(at=local.replace(tzinfo=zone).astimezone(UTC), tz_known=False)
    return Published(at=local - offset, tz_known=True)


def _full_year(year: str) -> int:
    """RFC 822 has two digits: below 70 they are of this century."""
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) < 70 else 1900)


def _clock(found: dict[str, str | None]) -> timedelta:
    """The time of day, midnight if none is said; hour 24 is the next day's midnight, second 60 the next minute."""
    hour, minute, second = int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0)
    half, fraction = found["half"], found["fraction"]
    if half:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)


@lru_cache(maxsize=256)  # a feed says the same one on each entry
def _offset(said: str) -> timedelta | None:
    """The zone's distance from UTC; None where none is said, or one that nobody knows or that cannot be (+3000)."""
    said = said.strip()
    match = _OFFSET.fullmatch(said)
    if match:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if offset > timedelta(hours=14):
            return None
        return offset if match["sign"] == "+" else -offset
    name = _ZONE_NAME.fullmatch(said)
    hours = _ZONES.get(name[1].upper()) if name else None
    return None if hours is None else timedelta(hours=hours)


def _from_struct(parsed: time.struct_time) -> Published | None:
    try:
        at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Published(at=at, tz_known=False)
