"""`salname events`: the running events, last changed first."""

import argparse

from monitor.cli import Exit
from monitor.cli.asking import moment, positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", metavar="T")
    parser.add_argument("--status", metavar="S")
    parser.add_argument("--since", metavar="D", help="changed since this day, time, or span such as 7d")
    parser.add_argument("--limit", type=positive, default=50, metavar="N", help="default: 50")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    if options.topic and place.topics and options.topic not in place.topics:
        raise unknown("topic", options.topic, place.topics, see="salname topics")
    zone = place.zone
    since = moment(options.since, zone=zone, option="--since")
    with opened(place.database_path) as reader:
        events = reader.events.newest(topic=options.topic, status=options.status, since=since, limit=options.limit)
    if out.json:
        out.data(events)
    elif events:
        from monitor.viewer.phrases import day

        rows = [
            (one["id"], str(one["items"]), str(len(one["sources"])), day(one["changed_at"], zone), one["title"])
            for one in events
        ]
        out.table(("event", "items", "sources", "changed", "title"), rows)
    else:
        narrowed = options.topic or options.status or options.since
        out.remark("No such event." if narrowed else "No event yet; salname poll brings them.")
    return Exit.OK
