"""What several commands ask in the same way: spans of time, and names that do not exist."""

import argparse
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from storage.errors import ConfigError

if TYPE_CHECKING:
    from monitor.cli.place import Place
    from storage.reading import Reader

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(text: str | None, *, zone: ZoneInfo, option: str, end_of_day: bool = False) -> datetime | None:
    """A day or time of the given zone, or a span before now such as 24h or 7d; None stays None.

    `end_of_day`: a bare day means its end, so that --until includes the day it names.
    """
    if text is None:
        return None
    try:
        return _moment(text.strip(), zone, end_of_day=end_of_day)
    except (ValueError, OverflowError):
        raise ConfigError(f'{option}: "{text}" is no day (2025-11-18), time or span (24h, 7d)') from None


def span(text: str, *, option: str) -> timedelta:
    """A length of time such as 45m, 2h, 7d."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*([smhdw])\s*", text)
    if not found or not int(found[1]):
        raise ConfigError(f'{option}: "{text}" is no span of time, such as 45m, 2h or 7d')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def unknown(what: str, name: str, known: Iterable[str], *, see: str) -> ConfigError:
    """The error for a name that does not exist, with the nearest one that does."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    hint = f'; did you mean "{near[0]}"?' if near else f"; see: {see}"
    return ConfigError(f'there is no {what} "{name}"{hint}')


def expect_one_of(known: Iterable[str], name: str, *, what: str) -> None:
    """Raises ConfigError, with all of the few names there are, for another one."""
    names = list(known)
    if name not in names:
        raise unknown(what, name, names, see=f"one of {', '.join(names)}")


def expect_topic(topic: str, place: "Place", reader: "Reader") -> None:
    """Raises ConfigError for a topic that is neither configured nor any stored item's."""
    if topic not in place.topics and not reader.items.has_topic(topic):
        raise unknown("topic", topic, {**place.topics, **reader.items.topic_counts()}, see="salname topics")


def expect_feed(feed: str, place: "Place", reader: "Reader") -> None:
    """Raises ConfigError for a name or address that no feed has, be it configured, watched, or given up."""
    from storage.addresses import named_by, shown

    stored = reader.feeds.known()
    sections = ("feeds", "pages")
    names = [name for name, _ in stored] + [name for section in sections for name in place.named(section)]
    addresses = [url for _, url in stored] + [url for section in sections for url in place.named(section, "url")]
    if feed not in names and named_by(feed, addresses) is None:
        raise unknown("feed", feed, [*names, *map(shown, addresses)], see="salname feeds")


def expect_channel(channel: str, place: "Place", reader: "Reader") -> None:
    """Raises ConfigError for a channel that is not configured and has told nothing."""
    known = [*place.channels, *reader.alerts.channels()]
    if channel not in known:
        raise unknown("channel", channel, known, see="salname channels")


def event_named(given: str, reader: "Reader") -> str:
    """The id of the event that a person names; raises ConfigError with the nearest where there is none."""
    event = given.upper()
    if not reader.events.exists(event):
        raise unknown("event", given, reader.events.ids_like(event), see="salname events")
    return event


def positive(text: str) -> int:
    """A number of things to show, as argparse takes it."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f'a whole number above 0 is expected, not "{text}"')
    return int(text)


def day(text: str) -> date:
    """A day, as argparse takes it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'a day such as 2025-11-18 is expected, not "{text}"') from None


def number(text: str, what: str, *, see: str) -> int:
    """The id of an item."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ConfigError(f'"{text}" is no id of {what}; see: {see}')
    return int(text)


def _moment(text: str, zone: ZoneInfo, *, end_of_day: bool) -> datetime:
    if found := re.fullmatch(r"(\d+)\s*([smhdw])", text):
        return datetime.now(UTC) - timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    if end_of_day and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        at += timedelta(days=1)
    return at.astimezone(UTC)
