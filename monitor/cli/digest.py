"""`salname digest now`: tell at once what a route or a channel holds for its next digest."""

import argparse
from datetime import UTC, datetime

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import unknown
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    now = actions.add_parser("now", help="make the digest of a route or channel now")
    now.add_argument("name", metavar="ROUTE|CHANNEL")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.cli.alerts_moves import writing
    from monitor.config import load_config

    config = load_config(place.required_config)
    routes = [route.name for route in config.routes]
    if options.name not in {*routes, *config.channels}:
        raise unknown("route or channel", options.name, [*routes, *config.channels], see="salname channels")
    now = datetime.now(UTC)
    with writing(place) as tx:
        if options.name in routes:
            count = tx.outbox.release_held(now, route=options.name)
        else:
            count = tx.outbox.release_held(now, channel=options.name)
    if out.json:
        out.data({"digest": options.name, "released": count})
    elif count:
        out.say(f"{counted(count, 'alert')} for a digest now; the daemon or `salname deliver` sends it.")
    else:
        out.say(f"Nothing is held for {options.name}.")
    return Exit.OK
