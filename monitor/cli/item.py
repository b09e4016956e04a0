"""`salname item ID`: one item with its versions; what changed between them, and why it is what it is."""

import argparse

from monitor.cli import Exit
from monitor.cli.asking import number
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--diff", action="store_true", help="the words that changed from version to version")
    parser.add_argument("--why", action="store_true", help="every decision about it, with its reason")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        item = reader.items.one(number(options.id, "an item", see="salname items"))
    if item is None:
        raise ConfigError(f"there is no item {options.id}; see: salname items")
    diffs = None
    if options.diff:
        from monitor.viewer.knowing import diffs as diffs_of

        diffs = diffs_of(item["versions"])
    if out.json:
        if diffs is not None:
            item["diffs"] = diffs
        out.data(item)
    elif out.rich:
        from monitor.viewer.render import item_page

        out.show(item_page(item, zone=place.zone, diff=diffs, why=options.why))
    else:
        from monitor.viewer import plain

        out.lines(plain.item_page(item, zone=place.zone, diff=diffs, why=options.why))
    return Exit.OK
