"""`salname events`: the running events, last changed first; and a person's corrections: merge, split, pin, undo."""

import argparse
from typing import TYPE_CHECKING

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import expect_one_of, expect_topic, moment, number, positive
from monitor.cli.output import Output
from monitor.cli.place import Place
from monitor.cli.ruled import tell

if TYPE_CHECKING:
    from monitor.correcting import Correcting, Done
    from monitor.suggesting import Suggested


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="the running events, last changed first")
    for one in (parser, listed):
        one.add_argument("--topic", metavar="T", default=argparse.SUPPRESS)
        one.add_argument("--status", metavar="S", default=argparse.SUPPRESS)
        one.add_argument(
            "--since", metavar="D", default=argparse.SUPPRESS, help="changed since this day, time, or span such as 7d"
        )
        one.add_argument("--limit", type=positive, metavar="N", default=argparse.SUPPRESS, help="default: 50")
    merge = actions.add_parser("merge", help="make one event of two; the older one stays")
    merge.add_argument("events", nargs=2, metavar="EVENT")
    split = actions.add_parser("split", help="make these items an event of their own")
    split.add_argument("event", metavar="EVENT")
    split.add_argument("items", nargs="+", metavar="ITEM")
    pin = actions.add_parser("pin", help="let an item stand in an event, whatever the linker says")
    pin.add_argument("item", metavar="ITEM")
    pin.add_argument("event", metavar="EVENT")
    actions.add_parser("suggest", help="events that seem to be one, items that seem to stand in the wrong one")
    undo = actions.add_parser("undo", help="take a correction back: the last one, or the one that is named")
    undo.add_argument("ruling", nargs="?", metavar="RULING")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.action in {None, "list"}:
        return _list(options, place, out)
    from monitor.app import Monitor
    from monitor.correcting import Correcting

    with Monitor.open(place.required_config, place.database_url, create=False) as monitor:
        if options.action == "suggest":
            from monitor.suggesting import suggest

            return _suggest(suggest(monitor.store, window=monitor.config.linking.window), out)
        return _show(_ruled(Correcting(monitor), options), out)


def _list(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    asked = vars(options)
    topic, status, since = asked.get("topic"), asked.get("status"), asked.get("since")
    if status is not None:
        from monitor.events.machine import ASIDE, LEVELS

        expect_one_of([*LEVELS, *sorted(ASIDE)], status, what="status")
    zone = place.zone
    start = moment(since, zone=zone, option="--since")
    with opened(place.database_path) as reader:
        if topic:
            expect_topic(topic, place, reader)
        events = reader.events.newest(topic=topic, status=status, since=start, limit=asked.get("limit", 50))
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
        out.remark("No such event." if topic or status or since else "No event yet; salname poll brings them.")
    return Exit.OK


def _ruled(correcting: "Correcting", options: argparse.Namespace) -> "Done":
    match options.action:
        case "merge":
            return correcting.merge(*options.events)
        case "split":
            return correcting.split(
                options.event, [number(one, "an item", see="salname items") for one in options.items]
            )
        case "pin":
            return correcting.pin(number(options.item, "an item", see="salname items"), options.event)
        case _:
            named = options.ruling
            return correcting.undo(None if named is None else number(named, "a ruling", see="salname events undo"))


def _suggest(found: "Suggested", out: Output) -> Exit:
    merges = [
        {
            "events": list(one.events),
            "titles": [found.titles[event] for event in one.events],
            "score": one.score,
            "reason": one.reason,
        }
        for one in found.merges
    ]
    splits = [
        {
            "event": one.event_id,
            "title": found.titles[one.event_id],
            "items": [str(item) for item in one.items],
            "score": one.score,
            "reason": one.reason,
        }
        for one in found.splits
    ]
    if out.json:
        out.data({"merges": merges, "splits": splits})
        return Exit.OK
    for one in found.merges:
        titles = " / ".join(f"“{found.titles[event]}”" for event in one.events)
        out.say(out.clean(f"{one.score:.2f}  salname events merge {' '.join(one.events)}  {titles}: {one.reason}"))
    for other in found.splits:
        items = " ".join(map(str, other.items))
        title = found.titles[other.event_id]
        out.say(
            out.clean(f"{other.score:.2f}  salname events split {other.event_id} {items}  “{title}”: {other.reason}")
        )
    if not (merges or splits):
        out.remark("Nothing to suggest among the events that changed last.")
    return Exit.OK


def _show(done: "Done", out: Output) -> Exit:
    moved = counted(done.moved_count, "item")
    summary = done.summary if out.json else f"{done.summary} ({moved} moved)"
    details = {"events": [event.id for event in done.events], "items_moved": done.moved_count}
    return tell(done.ruling, summary, out, command="events", details=details)
