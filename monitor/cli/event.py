"""`salname event ID`: one event with its reports and changes."""

import argparse

from monitor.cli import Exit
from monitor.cli.asking import unknown
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--why", action="store_true", help="why its items stand together")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        event = reader.events.one(options.id.upper())
        if event is None:
            raise unknown("event", options.id, reader.events.ids_like(options.id.upper()), see="salname events")
    if out.json:
        out.data(event)
    elif out.rich:
        from monitor.viewer.render import event_page

        out.show(event_page(event, zone=place.zone, why=options.why))
    else:
        from monitor.viewer import plain

        out.lines(plain.event_page(event, zone=place.zone, why=options.why))
    return Exit.OK
