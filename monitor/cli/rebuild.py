"""`salname rebuild`: links the whole archive anew from the stored items; never alerts."""

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

if TYPE_CHECKING:
    from monitor.pipeline.relink import Relinked
    from monitor.pipeline.restate import Restated

_SHOWN = 20  # of each kind of difference; --json has all


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would differ and write nothing")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.rebuilding import rebuild

    started = time.monotonic()
    with (
        Monitor.open(place.required_config, place.database_url, create=False) as monitor,
        monitor.sole(),
        out.counting("linking") as (begin, advance),
    ):
        restated: list[Restated] = []
        found = rebuild(
            monitor, dry_run=options.dry_run, on_start=begin, on_linked=advance, on_restated=restated.append
        )
    told = _record(found, dry_run=options.dry_run, seconds=time.monotonic() - started)
    told["facts"] = [{"key": key, "old": old, "new": new} for one in restated for key, old, new in one.differences]
    if out.json:
        out.data(told)
    else:
        for line in _lines(told):
            out.say(out.clean(line))
        for one in told["facts"]:
            out.say(out.clean(f"~ {one['key']}: {one['old'] or 'nothing'} → {one['new'] or 'nothing'}"))
    return Exit.OK


def _record(found: "Relinked", *, dry_run: bool, seconds: float) -> Record:
    return {
        "schema": 1,
        "dry_run": dry_run,
        "items": found.item_count,
        "items_moved": len(found.moved),
        "events_before": len(set(found.stood.values())),
        "events_after": len(set(found.stands.values())),
        "joined": [
            {"event": event, "title": found.before[event].title, "into": into or None}
            for event, into in found.joined.items()
        ],
        "parted": [
            {
                "event": event,
                "title": found.after[event].title,
                "from": parted.source or None,
                "items": [str(item) for item in parted.items],
            }
            for event, parted in found.parted.items()
        ],
        "renamed": [{"event": event, "old": old, "new": new} for event, (old, new) in found.renamed.items()],
        "moved": [
            {"item": str(item), "from": was or None, "to": now or None} for item, (was, now) in found.moved.items()
        ],
        "seconds": round(seconds, 3),
    }


def _lines(told: Record) -> Iterator[str]:
    before = counted(told["events_before"], "event")
    yield f"{counted(told['items'], 'item')}, {before} before, {told['events_after']} after."
    for word, sign, line in (
        ("joined", "-", "{event} “{title}” is part of {into}"),
        ("parted", "+", "{event} “{title}” is an event of its own, {count}, most from {from}"),
        ("renamed", "~", "{event} “{old}” is called “{new}”"),
    ):
        some = told[word]
        for one in some[:_SHOWN]:
            yield f"{sign} {line.format(**one, count=counted(len(one.get('items', ())), 'item'))}"
        if len(some) > _SHOWN:
            yield f"{sign} … and {len(some) - _SHOWN} more {word} (--json lists them)"
    kept = "Nothing was written." if told["dry_run"] else "Written."
    yield (
        f"Standing elsewhere than before: {counted(told['items_moved'], 'item')}. {kept}"
        if told["items_moved"]
        else (f"Nothing differs. {kept}")
    )
