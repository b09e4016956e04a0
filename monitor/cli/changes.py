"""`salname changes`: the timeline, newest first; `--why ID` tells how one change was read out of the words."""

import argparse
from fnmatch import fnmatchcase
from typing import Any

from monitor.cli import Exit
from monitor.cli.asking import event_named, moment, positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="D", help="a day, a time, or a span such as 24h or 7d")
    parser.add_argument(
        "--kind", metavar="K", help="only this kind: date.slipped, fact.changed, ...; fact for all fact.*"
    )
    parser.add_argument("--event", metavar="ID")
    parser.add_argument("--limit", type=positive, default=100, metavar="N", help="the newest N changes; default: 100")
    parser.add_argument("--why", metavar="ID", help="the claims behind one change, with rule, words and day of each")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.why:
        return _why(options.why, place, out)
    from storage.reading import opened

    since = moment(options.since, zone=place.zone, option="--since")
    if options.kind:
        _expect_kind(options.kind)
    with opened(place.database_path) as reader:
        event = event_named(options.event, reader) if options.event else None
        changes = reader.timeline.changes(event=event, since=since, limit=options.limit if not options.kind else 10_000)
    chosen = [one for one in reversed(changes) if not options.kind or _is_of(one["kind"], options.kind)]
    chosen = chosen[: options.limit]
    if out.json:
        out.data(chosen)
        return Exit.OK
    if out.rich:
        from monitor.viewer.render import timeline

        for part in timeline(chosen, zone=place.zone):
            out.show(part)
    else:
        from monitor.viewer.plain import timeline as plain_timeline

        out.lines(plain_timeline(chosen, zone=place.zone))
    return Exit.OK


def _expect_kind(wanted: str) -> None:
    from monitor.config.values import KINDS

    if not any(_is_of(kind, wanted) for kind in KINDS):
        raise unknown("kind of change", wanted, KINDS, see="README, The kinds of change")


def _is_of(kind: str, wanted: str) -> bool:
    return fnmatchcase(kind, wanted) or kind.startswith(f"{wanted}.")


def _why(change: str, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.timeline.why(change)
        if found is None:
            raise ConfigError(f'there is no change "{change}"; see: salname changes --json')
        claims = [claim for one in found["claims"] if (claim := reader.claims.one(one))]
    from monitor.viewer.ledger import claim_record

    found["claims"] = [claim_record(claim) for claim in claims]
    if out.json:
        out.data(found)
    else:
        out.lines(_lines(found))
    return Exit.OK


def _lines(found: dict[str, Any]) -> list[str]:
    from alerts.visible import clean

    lines = [clean(found["summary"] or found["kind"]), f"{found['kind']}  {found['id']}  {found['at']}"]
    if found["verdict"]:
        lines.append(f"verdict: {found['verdict']}")
    for claim in found["claims"]:
        lines += [
            "",
            f"{claim['shown']}  ({clean(claim['source'])}, item {claim['item']}, as of {claim['as_of'] or 'no day'})",
            f"  “{clean(claim['quote'])}”",
            f"  rule: {clean(claim['rule'])}",
            f"  day: {clean(claim['as_of_how']) or 'none'}; characters {claim['start']}–{claim['end']}; {claim['id']}",
        ]
    return lines
