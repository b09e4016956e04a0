"""`salname promises`: what was promised, when it is due, how often it slipped, and what never came."""

import argparse
import re
from datetime import datetime, timedelta

from monitor.cli import Exit
from monitor.cli.asking import event_named
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def configure(parser: argparse.ArgumentParser) -> None:
    state = parser.add_mutually_exclusive_group()
    for name, help_text in (
        ("overdue", "whose time and grace are over"),
        ("kept", "that were kept"),
        ("slipped", "that another date took the place of"),
    ):
        state.add_argument(f"--{name}", dest="state", action="store_const", const=name, help=f"only those {help_text}")
    parser.add_argument("--due-within", metavar="SPAN", help="only those due within a span such as 30d or 8w")
    parser.add_argument("--event", metavar="ID", help="only those of one event")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.viewer.ledger import plain_promises, promise_record
    from storage.reading import opened

    today = datetime.now(place.zone).date()
    until = today + _span(options.due_within) if options.due_within else None
    with opened(place.database_path) as reader:
        event = event_named(options.event, reader) if options.event else None
        rows = reader.claims.promises(state=options.state, event=event, until=until)
    if until is not None:
        rows = [row for row in rows if row["promise"].hi >= today]
    records = [promise_record(row, today=today) for row in rows]
    if out.json:
        out.data(records)
    else:
        out.lines(plain_promises(records))
        if not records:
            out.remark("No such promise is known.")
    return Exit.OK


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})\s*([dwmy])", text.strip())
    if found is None:
        raise ConfigError(f'--due-within: "{text}" is no span such as 30d, 8w or 6m')
    return timedelta(days=int(found[1]) * _DAYS[found[2]])
