"""The kinds of value that a key of config.toml can hold, each with an error that shows a right one."""

import ipaddress
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from storage.errors import ConfigError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SQLITE = "sqlite:///"
LANGUAGES = ("en", "az", "ru", "tr", "kk", "fr", "de", "es", "pt", "ar", "fa", "zh")

# Every kind of change that is ever made; conditions ask for them by name or by a pattern such as "fact.*".
KINDS = (
    *(f"event.{name}" for name in ("created", "updated", "merged", "split", "closed")),
    *("fact.changed", "fact.conflict", "status.changed", "date.slipped", "promise.overdue", "promise.reminder"),
    *("item.revised", "item.differs", "item.withdrawn", "feed.failing", "feed.recovered"),
    *("system.baseline", "system.online", "system.possible_gap", "system.validators_unreliable"),
    *(f"system.feed_{name}" for name in ("gone", "held", "moved", "refused", "rekeyed", "silent")),
    *(f"system.channel_{name}" for name in ("parked", "failing", "recovered", "dead", "in_doubt", "gone", "backlog")),
)


def _duration(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)):
        return timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    if isinstance(value, timedelta):
        return value
    raise ValueError('a duration such as "45s", "15m", "6h" or "7d" is expected')


def _zone(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('the name of a time zone such as "Asia/Baku" is expected')  # noqa: TRY004  pydantic turns only ValueError into a reported problem
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'no time zone is called "{value}"; an example is "Asia/Baku"') from None
    return value


def _rate(value: object) -> object:
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*([smh])\s*", value)):
        return float(found[1]) / _UNITS[found[2]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError('a rate such as "1/s" or "30/m" is expected')


def _pattern(value: object) -> object:
    if isinstance(value, str):
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return value


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    if isinstance(value, time):
        return value
    raise ValueError('a time of day such as "08:00" is expected')


def _url(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"https?://[^/\s]+", value, re.IGNORECASE):
        raise ValueError("an http or https address is expected")
    return value


def _open_url(value: str) -> str:
    """An address to poll: a user name or a password in it is refused at every poll."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("the address cannot be read") from None
    if "@" in parts.netloc:
        raise ValueError("a user name or password stands in the address; name a variable with them in auth_env")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", value):
        raise ValueError(f'"{value}" is no code of a language such as "en", "az" or "ru"')
    return value


def _host(value: str) -> str:
    """A host as `allow_private` compares it: a network or an address of a page would be equal to none."""
    host, colon, port = value.strip().rpartition(":")
    if not (colon and re.fullmatch("[0-9]*", port) and (":" not in host or host.startswith("["))):
        host, port = value.strip(), "1"
    number = host.strip("[]").rstrip(".")
    try:
        if ":" in host or re.fullmatch(r"[0-9]+(?:\.[0-9]+){3}", number):
            ipaddress.ip_address(number)
        is_host = bool(":" in host or re.fullmatch(r"[\w.-]*\w\.?", host))
    except ValueError:
        is_host = False
    if not (is_host and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 1 << 16):
        raise ValueError(f'"{value}" is no host such as "intranet.example", "10.0.0.7:8080" or "[fd00::7]:8080"')
    return value


def _mailbox(value: str) -> str:
    from alerts.channels.email import mailbox  # what a mail is made of is needed by few

    try:
        mailbox(value)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    return value


def _database(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str) and value.startswith(_SQLITE) and not value.startswith(f"{_SQLITE}/"):
        return f"{_SQLITE}{_beside(value.removeprefix(_SQLITE), info)}"
    return _beside(value, info) if isinstance(value, str) and "://" not in value else value


def _beside(value: str, info: ValidationInfo) -> str:
    """A path as the file says it is seen from the file's folder, which validation is told as its context."""
    return str(Path(info.context or "", Path(value).expanduser()))


def _names(value: object) -> object:
    return [value] if isinstance(value, str) else value


def span(text: str, *, key: str) -> timedelta:
    """A duration as the command line gives it; raises ConfigError that names `key`."""
    try:
        found = _duration(text)
    except ValueError as error:
        raise ConfigError(f"{key}: {error}") from None
    assert isinstance(found, timedelta)  # noqa: S101  that is what _duration gives for text
    return found


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, BeforeValidator(_zone)]
Rate = Annotated[float, BeforeValidator(_rate)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
File = Annotated[str, AfterValidator(_beside)]
Database = Annotated[str, AfterValidator(_database)]
Clock = Annotated[time, BeforeValidator(_clock)]
Url = Annotated[str, BeforeValidator(_url)]
OpenUrl = Annotated[Url, AfterValidator(_open_url)]
Language = Annotated[str, AfterValidator(_language)]
Host = Annotated[str, AfterValidator(_host)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ImportanceName = Literal["low", "normal", "high", "critical"]
UnitName = Literal[
    "count", "money", "%", "pp", "Tbit/s", "Gbit/s", "Mbit/s", "km2", "km", "mi", "m", "ha", "t", "MW", "GW",
    "years", "months", "weeks", "days", "hours",
]  # fmt: skip
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]  # one name may stand alone
Languages = Annotated[tuple[Language, ...], BeforeValidator(_names)]
Words = dict[str, list[str]] | list[str]  # by language, or of any language
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
