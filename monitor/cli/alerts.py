"""`salname alerts`: what was sent, what waits and why, what failed; retry what is dead or in doubt."""

import argparse
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError
from storage.reading import Record

STATES = ("due", "held", "dead", "in-doubt", "delivered", "cancelled")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="deliveries, the latest first; held: decisions that told nobody, and why")
    for one in (parser, listed):
        one.add_argument("--state", choices=STATES, default=argparse.SUPPRESS)
        one.add_argument("--channel", metavar="NAME", default=argparse.SUPPRESS)
        one.add_argument("--limit", type=positive, default=argparse.SUPPRESS, metavar="N", help="default: 50")
    show = actions.add_parser("show", help="one delivery with its changes, its attempts and the answers")
    show.add_argument("id", metavar="ID")
    retry = actions.add_parser("retry", help="send again what is dead or in doubt, under the same id")
    retry.add_argument("id", nargs="?", metavar="ID")
    retry.add_argument("--dead", action="store_true", help="everything that is dead")
    retry.add_argument("--channel", metavar="NAME", help="everything dead or in doubt on this channel")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "show":
            return _show(options.id, place, out)
        case "retry":
            return _retry(options, place, out)
        case _:
            return _list(options, place, out)


def _list(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    state, channel = getattr(options, "state", None), getattr(options, "channel", None)
    limit = getattr(options, "limit", 50)
    with opened(place.database_path) as reader:
        found = (
            reader.alerts.undelivered(limit=limit)
            if state == "held"
            else reader.alerts.deliveries(state=state, channel=channel, limit=limit)
        )
    if out.json:
        out.data(found)
    elif not found:
        out.remark("Nothing to show.")
    elif state == "held":
        out.table(("at", "kind", "decision", "reason", "what"), [_held_row(one, place.zone) for one in found])
    else:
        out.table(("delivery", "channel", "state", "when", "what"), [_row(one, place.zone) for one in found])
    return Exit.OK


def _held_row(one: Record, zone: ZoneInfo) -> tuple[str, str, str, str, str]:
    from monitor.viewer.phrases import minute

    return minute(one["at"], zone), one["kind"], one["decision"], one["reason"] or "", one["summary"] or ""


def _row(one: Record, zone: ZoneInfo) -> tuple[str, str, str, str, str]:
    from monitor.viewer.phrases import minute

    when = minute(one["done_at"] or one["next_at"], zone, absent="")
    reason = f" ({one['reason']})" if one["reason"] else ""
    return (
        one["id"],
        one["channel"],
        one["state"],
        when,
        f"{': '.join(filter(None, (one['kind'], one['event_title'])))}{reason}",
    )


def _show(delivery: str, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.alerts.delivery(delivery)
        if found is None:
            raise unknown("delivery", delivery, reader.alerts.ids_like(delivery), see="salname alerts list")
    if out.json:
        out.data(found)
        return Exit.OK
    for key in ("id", "channel", "address", "state", "reason"):
        out.say(f"{key:<8} {out.clean(str(found[key] or '-'))}")
    for change in found["changes"]:
        out.say(f"tells    {change['kind']}: {out.clean(change['summary'] or '')}")
    if not found["attempts"]:
        out.say("It was not tried yet.")
        return Exit.OK
    from monitor.viewer.phrases import minute

    out.table(
        ("try", "started", "outcome", "code", "detail"),
        [
            (
                str(one["n"]),
                minute(one["started_at"], place.zone),
                one["outcome"] or "nobody knows",
                str(one["code"] or ""),
                _said(one),
            )
            for one in found["attempts"]
        ],
    )
    return Exit.OK


def _said(attempt: Record) -> str:
    return " ".join(part for part in (attempt["phase"], attempt["detail"], attempt["reply"]) if part)


def _retry(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.model import DeliveryState
    from storage.store import Store

    if not (options.id or options.dead or options.channel):
        raise ConfigError("alerts retry: name a delivery, or give --dead or --channel NAME")
    states = [DeliveryState.DEAD] if options.dead else [DeliveryState.DEAD, DeliveryState.IN_DOUBT]
    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            ids = (
                [options.id]
                if options.id
                else [one.id for one in tx.outbox.deliveries(states, channel=options.channel, limit=10_000)]
            )
            for one in ids:
                tx.outbox.retry(one, datetime.now(UTC))
    finally:
        store.close()
    if out.json:
        out.data({"retried": ids})
    else:
        out.say(f"{len(ids)} to be sent again; the daemon or `salname deliver` does it.")
    return Exit.OK
