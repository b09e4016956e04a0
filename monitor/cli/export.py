"""`salname export`: the timeline for others, as a page, a calendar, a feed, a table or a brief."""

import argparse
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import NoReturn

from monitor.cli import Exit
from monitor.cli.asking import event_named, expect_topic, moment, positive
from monitor.cli.output import Output
from monitor.cli.place import Place
from monitor.viewer.export import FORMATS, Wanted, document, gather
from monitor.viewer.export.chronicle import LIMIT
from storage.errors import ConfigError, Error
from storage.reading import Reader, opened

LOOK_S = 0.5  # between two looks for new changes


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", required=True, choices=FORMATS, metavar="F", help=", ".join(FORMATS))
    parser.add_argument("--output", metavar="FILE", help="default: standard output")
    parser.add_argument("--topic", action="append", default=[], metavar="T", help="may be given several times")
    parser.add_argument("--event", metavar="ID")
    parser.add_argument("--since", metavar="D", help="a day, a time, or a span such as 24h or 7d")
    parser.add_argument("--until", metavar="D", help="a day (included), a time, or a span")
    parser.add_argument("--limit", type=positive, default=LIMIT, metavar="N", help=f"the newest N; default: {LIMIT}")
    parser.add_argument("--watch", action="store_true", help="write the file again whenever something changes")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.watch and not options.output:
        raise ConfigError("--watch needs a file to keep: --output FILE")
    with opened(place.database_path) as reader:
        for topic in options.topic:
            expect_topic(topic, place, reader)
        wanted = _wanted(options, place, reader)
        chronicle = gather(reader, wanted, zone=place.zone, names=place.topics)
    if options.watch:
        _watch(options, place, wanted, out)
    content = document(chronicle, options.format)
    if chronicle.left_out:
        out.remark(f"There are older changes than the newest {options.limit}; --limit N takes more.")
    if options.output:
        from monitor.viewer.export.keeping import put

        written = put(Path(options.output), content)
        out.remark(f"{options.output} {'written' if written else 'is up to date'}")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    return Exit.OK


def _wanted(options: argparse.Namespace, place: Place, reader: Reader) -> Wanted:
    event = event_named(options.event, reader) if options.event else None
    return Wanted(
        topics=tuple(dict.fromkeys(options.topic)),
        event=event,
        since=moment(options.since, zone=place.zone, option="--since"),
        until=moment(options.until, zone=place.zone, option="--until", end_of_day=True),
        limit=options.limit,
    )


def _watch(options: argparse.Namespace, place: Place, wanted: Wanted, out: Output) -> NoReturn:
    """Keep the file in step until interrupted; each look costs microseconds. A trouble that lasts is told once."""
    from monitor.viewer.export.keeping import Kept

    path = Path(options.output)
    kept = Kept(path, options.format, place.database_path, wanted, zone=place.zone, names=place.topics)
    trouble: Error | None = None
    interrupted = _interruptions()
    with closing(kept):
        written = kept.refresh()  # what fails at once is told like any failure
        while True:
            if written:
                out.remark(f"{path} written")
            time.sleep(LOOK_S)
            if interrupted:
                raise KeyboardInterrupt
            try:
                written, trouble = kept.refresh(), None
            except Error as error:
                if str(error) != str(trouble):
                    out.error(f"{error}; it will be tried again")
                written, trouble = False, error


def _interruptions() -> list[int]:
    """Filled by the first Ctrl-C, between two looks; the second one interrupts at once.

    An exception that a signal raises while something is being finalized is printed and lost.
    """
    caught: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, on_signal)
    return caught
