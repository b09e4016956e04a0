"""`salname storylines`: the threads that events belong to; name, merge, split, undo."""

import argparse
from typing import TYPE_CHECKING

from monitor.cli import Exit
from monitor.cli.asking import number, positive
from monitor.cli.output import Output
from monitor.cli.place import Place
from monitor.cli.ruled import tell

if TYPE_CHECKING:
    from monitor.storylines import Ruled, Storylines


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="the last changed first")
    for one in (parser, listed):
        one.add_argument("--all", action="store_true", default=argparse.SUPPRESS, help="those of a single event, too")
        one.add_argument("--limit", type=positive, metavar="N", default=argparse.SUPPRESS, help="default: 50")
    name = actions.add_parser("name", help="call a storyline by a name of your own")
    name.add_argument("storyline", metavar="STORYLINE")
    name.add_argument("title", nargs="+", metavar="WORD")
    merge = actions.add_parser("merge", help="make one storyline of two; the first stays")
    merge.add_argument("storylines", nargs=2, metavar="STORYLINE")
    split = actions.add_parser("split", help="make these events a storyline of their own")
    split.add_argument("storyline", metavar="STORYLINE")
    split.add_argument("events", nargs="+", metavar="EVENT")
    undo = actions.add_parser("undo", help="take a correction back: the last one, or the one that is named")
    undo.add_argument("ruling", nargs="?", metavar="RULING")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.action in {None, "list"}:
        return _list(options, place, out)
    import getpass

    from monitor.app import Monitor
    from monitor.storylines import Storylines
    from storage.reading import opened

    with opened(place.database_path) as reader:
        known = reader.storylines.members()
    with Monitor.open(place.required_config, place.database_url, create=False) as monitor:
        ruled = _ruled(Storylines(monitor, known, author=getpass.getuser()), options)
    return tell(ruled.ruling, ruled.summary, out, command="storylines")


def _list(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    asked = vars(options)
    with opened(place.database_path) as reader:
        found = reader.storylines.newest(limit=asked.get("limit", 50), least_events=1 if asked.get("all") else 2)
    if out.json:
        out.data(found)
    elif found:
        from monitor.viewer.phrases import day

        rows = [
            (
                one["id"],
                str(one["events"]),
                str(one["items"]),
                day(one["first_seen_at"], place.zone),
                day(one["changed_at"], place.zone),
                one["title"],
            )
            for one in found
        ]
        out.table(("storyline", "events", "items", "since", "changed", "title"), rows)
    else:
        out.remark("No storyline of several events yet; --all shows those of a single one.")
    return Exit.OK


def _ruled(storylines: "Storylines", options: argparse.Namespace) -> "Ruled":
    match options.action:
        case "name":
            return storylines.name(options.storyline, " ".join(options.title))
        case "merge":
            return storylines.merge(*options.storylines)
        case "split":
            return storylines.split(options.storyline, options.events)
        case _:
            named = options.ruling
            return storylines.undo(None if named is None else number(named, "a ruling", see="salname storylines"))
