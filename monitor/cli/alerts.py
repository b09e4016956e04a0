"""`salname alerts`: what was sent, what waits and why, what failed; and what a person does about it."""

import argparse
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import expect_channel, positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

STATES = ("due", "held", "dead", "in-doubt", "delivered", "cancelled")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="messages, the latest first; held: decisions that told nobody, and why")
    for one in (parser, listed):
        one.add_argument("--state", choices=STATES, default=argparse.SUPPRESS)
        one.add_argument("--channel", metavar="NAME", default=argparse.SUPPRESS)
        one.add_argument("--limit", type=positive, default=argparse.SUPPRESS, metavar="N", help="default: 50")
    show = actions.add_parser("show", help="one message with its changes, its tries and the answers")
    show.add_argument("id", metavar="ID")
    why = actions.add_parser("why", help="why something was told or not: of a change, event, item, alert or message")
    why.add_argument("id", metavar="ID")
    actions.add_parser("status", help="what waits and what is stopped; exit code 1 when somebody should look")
    preview = actions.add_parser("preview", help="what the present configuration would have told; nothing is written")
    preview.add_argument("--since", metavar="D", default="7d", help="a day, a time, or a span; default: 7d")
    _configure_moves(actions)


def _configure_moves(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    retry = actions.add_parser("retry", help="send again what is dead or in doubt, under the same id")
    retry.add_argument("id", nargs="?", metavar="ID")
    retry.add_argument("--dead", action="store_true", help="everything that is dead")
    retry.add_argument("--channel", metavar="NAME", help="everything dead or in doubt on this channel")
    retry.add_argument("--since", metavar="D", help="of these, what ended since this day, time, or span")
    resolve = actions.add_parser("resolve", help="say what became of a message that may have arrived")
    resolve.add_argument("id", metavar="ID")
    what = resolve.add_mutually_exclusive_group(required=True)
    what.add_argument("--delivered", action="store_true", help="it was seen")
    what.add_argument("--resend", action="store_true", help="send it again, marked as a possible repeat")
    cancel = actions.add_parser("cancel", help="never send what waits")
    cancel.add_argument("id", nargs="+", metavar="ID")
    release = actions.add_parser("release", help="tell now what is held")
    release.add_argument("--held", action="store_true", help="for quiet hours, a digest, or a ceiling")
    release.add_argument("--channel", metavar="NAME", help="of this channel alone")
    release.add_argument("--feed", metavar="F", help="take as news what is held of a feed that looked renumbered")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "show":
            return _show(options.id, place, out)
        case "why":
            from monitor.cli.alerts_why import why

            return why(options.id, place, out)
        case "status":
            from monitor.cli.alerts_why import status

            return status(place, out)
        case "preview":
            from monitor.cli.alerts_preview import preview

            return preview(options.since, place, out)
        case "retry" | "resolve" | "cancel" | "release":
            from monitor.cli.alerts_moves import move

            return move(options, place, out)
        case _:
            return _list(options, place, out)


def _list(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    state, channel = getattr(options, "state", None), getattr(options, "channel", None)
    limit = getattr(options, "limit", 50)
    with opened(place.database_path) as reader:
        if channel:
            expect_channel(channel, place, reader)
        found = (
            reader.alerts.undelivered(channel=channel, limit=limit)
            if state == "held"
            else reader.alerts.deliveries(now=datetime.now(UTC), state=state, channel=channel, limit=limit)
        )
    if out.json:
        out.data(found)
    elif not found:
        out.remark("Nothing to show.")
    elif state == "held":
        out.table(("at", "change", "kind", "channel", "why", "what"), [_held_row(one, place.zone) for one in found])
    else:
        out.table(("message", "channel", "state", "when", "what", "why"), [_row(one, place.zone) for one in found])
    return Exit.OK


def _held_row(one: Record, zone: ZoneInfo) -> tuple[str, ...]:
    from monitor.viewer.phrases import minute
    from monitor.viewer.reasons import why

    return (
        minute(one["at"], zone),
        one["change"],
        one["kind"],
        one["channel"] or "-",
        why(one, zone),
        one["summary"] or "",
    )


def _row(one: Record, zone: ZoneInfo) -> tuple[str, ...]:
    from monitor.viewer.phrases import minute
    from monitor.viewer.reasons import waiting

    when = minute(one["done_at"] or one["next_at"], zone, absent="")
    what = ": ".join(filter(None, (one["kind"], one["event_title"])))
    why = "" if one["state"] == "delivered" or one["why"] == one["state"] else waiting(one, zone)
    return one["id"], one["channel"], one["state"], when, what, why


def _show(delivery: str, place: Place, out: Output) -> Exit:
    from monitor.viewer.reasons import waiting
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.alerts.delivery(delivery, now=datetime.now(UTC))
        if found is None:
            raise unknown("delivery", delivery, reader.alerts.ids_like(delivery), see="salname alerts list")
    if out.json:
        out.data(found)
        return Exit.OK
    for key in ("id", "channel", "address", "state"):
        out.say(f"{key:<8} {out.clean(str(found[key] or '-'))}")
    out.say(f"why      {waiting(found, place.zone) or '-'}")
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
