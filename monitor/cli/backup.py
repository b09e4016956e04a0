"""`salname backup`: a consistent copy, while everything runs on."""

import argparse
from pathlib import Path

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="the file to write; one of that name is replaced")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.store import Store

    target = Path(options.path).expanduser()
    store = Store.open(place.database_url, create=False)
    try:
        store.backup(target)
    finally:
        store.close()
    if out.json:
        out.data({"written": str(target), "bytes": target.stat().st_size})
    else:
        out.say(f"Wrote {target} ({target.stat().st_size / 1e6:.1f} MB), checked.")
    return Exit.OK
