"""`salname events`: the running events, last changed first."""

import argparse
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import moment, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", metavar="T")
    parser.add_argument("--status", metavar="S")
    parser.add_argument("--since", metavar="D", help="changed since this day, time, or span such as 7d")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="default: 50")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    if options.topic and place.topics and options.topic not in place.topics:
        raise unknown("topic", options.topic, place.topics, see="salname topics")
    zone = ZoneInfo(place.timezone)
    since = moment(options.since, zone=zone, option="--since")
    with opened(place.database_path) as reader:
        events = reader.events.newest(topic=options.topic, status=options.status, since=since, limit=options.limit)
    if out.json:
        out.data(events)
    elif events:
        rows = [
            (one["id"], str(one["items"]), str(len(one["sources"])), one["changed_at"][:10], one["title"])
            for one in events
        ]
        out.table(("event", "items", "sources", "changed", "title"), rows)
    else:
        out.remark("No event yet.")
    return Exit.OK
