"""`salname channels`: where messages go, whether they arrive; try one, resume a parked one."""

import argparse
from datetime import UTC, datetime

from monitor.cli import Exit
from monitor.cli.asking import unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="state, queue and last success of each channel")
    test = actions.add_parser("test", help="send a test message by the real path")
    test.add_argument("name", metavar="NAME")
    test.add_argument("--dry-run", action="store_true", help="print what would be sent")
    resume = actions.add_parser("resume", help="try a parked channel again now")
    resume.add_argument("name", metavar="NAME")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "test":
            return _test(options, place, out)
        case "resume":
            return _resume(options.name, place, out)
        case _:
            return _list(place, out)


def _list(place: Place, out: Output) -> Exit:
    from monitor.config import load_config
    from storage.reading import opened

    config = load_config(place.required_config)
    states: dict[str, Record] = {}
    if place.database_path.exists():
        with opened(place.database_path) as reader:
            states = reader.alerts.channels()
    found = [
        {
            "name": name,
            "kind": channel.kind,
            "state": states.get(name, {}).get("state", "closed"),
            "reason": states.get(name, {}).get("reason"),
            "queued": states.get(name, {}).get("queued", 0),
            "oldest_at": states.get(name, {}).get("oldest_at"),
            "last_ok_at": states.get(name, {}).get("last_ok_at"),
            "dead": states.get(name, {}).get("dead", 0),
            "rate_per_s": channel.rate,
        }
        for name, channel in config.channels.items()
    ]
    if out.json:
        out.data(found)
    elif found:
        from monitor.viewer.phrases import minute

        zone = place.zone
        rows = [
            (
                one["name"],
                one["kind"],
                _state(one),
                str(one["queued"]),
                str(one["dead"]),
                minute(one["last_ok_at"], zone),
            )
            for one in found
        ]
        out.table(("channel", "kind", "state", "queued", "dead", "last ok"), rows)
    else:
        out.remark("No channel is configured; see [channels] in config.toml.")
    return Exit.OK


def _state(one: Record) -> str:
    """The breaker in a person's words."""
    words = {"closed": "ok", "open": "failing", "half": "being tried"}
    said = words.get(one["state"]) or str(one["state"])
    return f"{said}: {one['reason']}" if one["reason"] else said


def _test(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.trying import try_channel

    with Monitor.open(place.required_config, place.database_url) as monitor:
        if options.name not in monitor.config.channels:
            raise unknown("channel", options.name, monitor.config.channels, see="salname channels")
        tried = try_channel(monitor, options.name, dry_run=options.dry_run)
    if out.json:
        out.data(tried)
    elif options.dry_run:
        out.say(str(tried["body"]))
    else:
        detail = " ".join(str(tried[key]) for key in ("code", "detail", "reply") if tried[key])
        out.say(f"{options.name}: {tried['outcome']} in {tried['seconds']:.2f} s {detail}".rstrip())
    return Exit.OK if options.dry_run or tried["outcome"] == "ok" else Exit.FAILED


def _resume(name: str, place: Place, out: Output) -> Exit:
    from monitor.config import load_config
    from storage.store import Store

    known = load_config(place.required_config).channels
    if name not in known:
        raise unknown("channel", name, known, see="salname channels")
    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            state = tx.outbox.resume(name, datetime.now(UTC))
    finally:
        store.close()
    if out.json:
        out.data({"channel": name, "state": state.breaker.value})
    else:
        out.say(f"{name}: its next message is tried now.")
    return Exit.OK
