"""The HTTP headers that tell when to come back; pure functions of a value and the time.

Rule: what does not follow the grammar is absent. A server that sends nonsense must neither stop us for ever nor make us
ask at once.
"""

import re
from datetime import UTC, datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATE_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"[a-z]{{3}}, (?P<day>\d\d) (?P<month>[a-z]{{3}}) (?P<year>\d{{4}}) {_CLOCK} (?:GMT|UTC)",
        rf"[a-z]{{6,9}}, (?P<day>\d\d)-(?P<month>[a-z]{{3}})-(?P<year>\d\d) {_CLOCK} (?:GMT|UTC)",
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})",
    )
)


def retry_after(value: str | None, now: datetime, *, cap_s: float = 86_400.0) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110, 10.2.3), at most `cap_s`.

    None if the header is absent, garbage, negative or a time that has passed.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:18]), cap_s)
    date = http_date(text, now)
    if date is None or date <= now:
        return None
    return min((date - now).total_seconds(), cap_s)


def http_date(value: str | None, now: datetime) -> datetime | None:
    """One of the three forms of an HTTP date (RFC 9110, 5.6.7), else None.

    `strptime` would read month names in the language of the process.
    """
    text = (value or "").strip()
    for form in _DATE_FORMS:
        if found := form.fullmatch(text):
            return _instant(found, now)
    return None


def _instant(found: re.Match[str], now: datetime) -> datetime | None:
    name = found["month"].lower()
    if name not in _MONTHS:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:  # the century that puts it no more than 50 years ahead
        year += now.year // 100 * 100
        year -= 100 if year > now.year + 50 else 0
    try:
        return datetime(
            year, _MONTHS.index(name) + 1, int(found["day"]), int(found["hour"]), int(found["minute"]), tzinfo=UTC
        ) + timedelta(seconds=min(int(found["second"]), 60))
    except (ValueError, OverflowError):
        return None
