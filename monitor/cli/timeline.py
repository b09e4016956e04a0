"""`salname timeline`: what happened, in order of time."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import moment, positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Reader, Record, opened

LOOK_S = 0.5  # between two looks for new changes


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", metavar="T")
    parser.add_argument("--event", metavar="ID")
    parser.add_argument("--since", metavar="D", help="a day, a time, or a span such as 24h or 7d")
    parser.add_argument("--until", metavar="D", help="a day (included), a time, or a span")
    parser.add_argument("--as-of", metavar="D", help="as it was known on this day or at this time")
    parser.add_argument("--limit", type=positive, default=100, metavar="N", help="the newest N changes; default: 100")
    parser.add_argument("--all", action="store_true", help="what is said of feeds and of salname itself too")
    parser.add_argument("--follow", action="store_true", help="wait for new changes and print them as they come")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    zone = place.zone
    _expect_topic(options.topic, place)
    with opened(place.database_path) as reader:
        _expect_event(options.event, reader)
        last = reader.timeline.last_row()
        until = moment(options.as_of or options.until, zone=zone, option="--until", end_of_day=True)
        changes = reader.timeline.changes(
            topic=options.topic,
            event=options.event,
            since=moment(options.since, zone=zone, option="--since"),
            until=until,
            limit=options.limit,
            world_only=not options.all,
        )
        if options.follow:
            for found in _followed(reader, changes, last, options):
                _tell(found, zone, out)
        elif out.json:
            out.data(changes)
        else:
            _print(changes, zone, out)
    return Exit.OK


def show(database: Path, out: Output, *, zone: str) -> None:
    """The whole timeline of a database, as the command prints it."""
    with opened(database) as reader:
        changes = reader.timeline.changes(limit=1_000)
    if out.json:
        out.data(changes)
    else:
        _print(changes, ZoneInfo(zone), out)


def _print(changes: Iterable[Record], zone: ZoneInfo, out: Output) -> None:
    found = list(changes)
    if not found:
        out.remark("Nothing has happened here yet. `salname status` tells whether feeds are polled.")
        return
    if sys.stdout.isatty():
        from monitor.viewer.render import timeline

        for part in timeline(found, zone=zone):
            out.console.print(part)
        return
    from monitor.viewer.plain import timeline as plain_timeline

    for line in plain_timeline(found, zone=zone):
        out.say(line)


def _followed(reader: Reader, changes: list[Record], last: int, options: argparse.Namespace) -> Iterator[list[Record]]:
    """The changes so far, then those of each commit within a second of it, for ever."""
    while True:
        if changes:
            yield changes
        time.sleep(LOOK_S)
        changes, last = reader.timeline.after(last, topic=options.topic, event=options.event)


def _tell(changes: list[Record], zone: ZoneInfo, out: Output) -> None:
    if not out.json:
        _print(changes, zone, out)
        sys.stdout.flush()
        return
    for change in changes:
        out.line(change)


def _expect_topic(topic: str | None, place: Place) -> None:
    if topic is not None and place.topics and topic not in place.topics:
        raise unknown("topic", topic, place.topics, see="salname topics")


def _expect_event(event: str | None, reader: Reader) -> None:
    if event is not None and not reader.events.exists(event):
        raise unknown("event", event, reader.events.ids_like(event), see="salname events")
