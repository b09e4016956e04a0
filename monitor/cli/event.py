"""`salname event ID`: one event with its facts, promises, reports and changes."""

import argparse
from datetime import datetime
from typing import Any

from monitor.cli import Exit
from monitor.cli.asking import moment, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--as-of", metavar="D", help="the facts as they were known on this day or at this time")
    parser.add_argument("--why", action="store_true", help="why its items stand together")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.viewer import ledger
    from monitor.viewer.past import as_known
    from storage.reading import opened

    as_of = moment(options.as_of, zone=place.zone, option="--as-of", end_of_day=True)
    with opened(place.database_path) as reader:
        event = reader.events.one(options.id.upper())
        if event is None:
            raise unknown("event", options.id, reader.events.ids_like(options.id.upper()), see="salname events")
        facts = ledger.facts_of_event(reader, event["id"], as_of=as_of)
        today = datetime.now(place.zone).date()
        records = ledger.promises_of_event(reader, event["id"], today=today, as_of=as_of)
    event = as_known(event, facts, as_of) | {"claims": ledger.fact_records(facts), "promises": records}
    if out.json:
        out.data(event)
    elif out.rich:
        from monitor.viewer.facts import fact_page
        from monitor.viewer.render import event_page

        out.show(event_page(event, zone=place.zone, why=options.why))
        if facts:
            out.show(fact_page(facts, heading="Facts"))
        _promises(records, out)
    else:
        from monitor.viewer import plain

        out.lines(plain.event_page(event, zone=place.zone, why=options.why))
        if facts:
            out.lines(["", "Facts", *ledger.plain_facts(facts)])
        _promises(records, out)
    return Exit.OK


def _promises(records: list[dict[str, Any]], out: Output) -> None:
    from monitor.viewer.ledger import plain_promises

    if records:
        out.lines(["", "Promises", *plain_promises(records)])
