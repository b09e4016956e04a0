"""`salname restore`: a backup takes the place of the database, which is kept aside."""

import argparse
from pathlib import Path

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a backup written by `salname backup`")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.store import restore

    source = Path(options.file).expanduser()
    aside = restore(source, place.database_url)
    if out.json:
        out.data(
            {"restored": str(source), "database": str(place.database_path), "aside": str(aside) if aside else None}
        )
        return Exit.OK
    out.say(f"Restored {source} to {place.database_path}.")
    if aside:
        out.say(f"The database that stood there is kept as {aside}.")
    return Exit.OK
