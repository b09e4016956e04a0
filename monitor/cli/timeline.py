"""`salname timeline`: what happened, in order of time."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import event_named, expect_topic, moment, positive
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
    since = moment(options.since, zone=zone, option="--since")
    until = moment(options.until, zone=zone, option="--until", end_of_day=True)
    as_of = moment(options.as_of, zone=zone, option="--as-of", end_of_day=True)
    with opened(place.database_path) as reader:
        if options.topic:
            expect_topic(options.topic, place, reader)
        event = event_named(options.event, reader) if options.event else None
        last = reader.timeline.last_row()
        changes = reader.timeline.changes(
            topic=options.topic,
            event=event,
            since=since,
            until=min(filter(None, (until, as_of)), default=None),
            limit=options.limit,
            world_only=not options.all,
        )
        if options.follow:
            _follow(changes, _new_ones(reader, last, topic=options.topic, event=event), zone, out)
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


def _print(changes: Sequence[Record], zone: ZoneInfo, out: Output) -> None:
    if not changes:
        out.remark("Nothing has happened here yet. `salname status` tells whether feeds are polled.")
    for show_part in _parts(changes, zone, out):
        show_part()


def _follow(changes: Sequence[Record], new_ones: Iterator[Record], zone: ZoneInfo, out: Output) -> None:
    """The changes so far and then every new one, each as soon as it is known, under one heading a day."""
    stream = chain(changes, new_ones)
    if out.json:
        for change in stream:
            out.line(change)
        return
    for show_part in _parts(stream, zone, out):
        show_part()
        sys.stdout.flush()


def _parts(changes: Iterable[Record], zone: ZoneInfo, out: Output) -> Iterator[Callable[[], None]]:
    """What to print, part by part, in a terminal or in a pipe."""
    if out.rich:
        from monitor.viewer.render import timeline

        show = out.shower()
        yield from (partial(show, part) for part in timeline(changes, zone=zone))
        return
    from monitor.viewer.plain import timeline as plain_timeline

    yield from (partial(out.say, line) for line in plain_timeline(changes, zone=zone))


def _new_ones(reader: Reader, last: int, *, topic: str | None, event: str | None) -> Iterator[Record]:
    """Changes within a second of their commit, for ever."""
    while True:
        time.sleep(LOOK_S)
        changes, last = reader.timeline.after(last, topic=topic, event=event)
        yield from changes
