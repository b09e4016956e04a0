"""`salname channels`: where messages go, whether they arrive; try one, stop one, let it go on."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

PARKED = timedelta(hours=24)  # after that it tries one message by itself
_LIMITS = {
    "apprise": "Apprise passes on no answer and no wish to wait; what is refused for good looks like a bad moment"
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="state, queue and last success of each channel")
    test = actions.add_parser("test", help="send a test message by the real path")
    test.add_argument("name", metavar="NAME")
    test.add_argument("--kind", metavar="K", default="event.created", help="such as fact.changed, digest, or all")
    test.add_argument("--dry-run", action="store_true", help="print what would be sent")
    park = actions.add_parser("park", help="stop a channel for a day or until it is resumed; its messages wait")
    park.add_argument("name", metavar="NAME")
    park.add_argument("--reason", metavar="TEXT", default="a person stopped it", help="for those who ask why")
    resume = actions.add_parser("resume", help="try a parked channel again now")
    resume.add_argument("name", metavar="NAME")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "test":
            return _test(options, place, out)
        case "resume":
            return _resume(options.name, place, out)
        case "park":
            return _park(options, place, out)
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
            "in_doubt": states.get(name, {}).get("in_doubt", 0),
            "probe_at": states.get(name, {}).get("probe_at"),
            "not_before_at": states.get(name, {}).get("not_before_at"),
            "rate_per_s": channel.rate,
            "max_per_hour": channel.max_per_hour or None,
            "fallback": channel.fallback,
            "limits": _LIMITS.get(channel.kind),
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
                _state(one, zone),
                str(one["queued"]),
                str(one["dead"]),
                minute(one["oldest_at"], zone, absent="-"),
                minute(one["last_ok_at"], zone),
                f"{one['max_per_hour']}/h" if one["max_per_hour"] else "-",
            )
            for one in found
        ]
        out.table(("channel", "kind", "state", "queued", "dead", "oldest", "last ok", "at most"), rows)
        for kind in dict.fromkeys(one["kind"] for one in found):
            if kind in _LIMITS:
                out.remark(f"{kind}: {_LIMITS[kind]}")
    else:
        out.remark("No channel is configured; see [channels] in config.toml.")
    return Exit.OK


def _state(one: Record, zone: ZoneInfo) -> str:
    """The breaker in a person's words, and until when the other side asked to be left alone."""
    from monitor.viewer.phrases import spoken

    words = {"closed": "ok", "open": "failing", "half": "being tried"}
    said = words.get(one["state"]) or str(one["state"])
    wait = one["not_before_at"]
    if wait and datetime.fromisoformat(wait) > datetime.now(UTC):
        return f"{said}: asked to wait until {spoken(wait, zone)}"
    return f"{said}: {one['reason']}" if one["reason"] else said


def _test(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from alerts.specimens import KINDS
    from monitor.app import Monitor
    from monitor.trying import try_channel

    kinds = KINDS if options.kind == "all" else (options.kind,)
    with Monitor.open(place.required_config, place.database_url) as monitor:
        if options.name not in monitor.config.channels:
            raise unknown("channel", options.name, monitor.config.channels, see="salname channels")
        tried: list[Record] = []
        for kind in kinds:
            if tried and not options.dry_run:
                time.sleep(1 / monitor.config.channels[options.name].rate)  # not through the queue's limits
            tried.append(try_channel(monitor, options.name, kind, dry_run=options.dry_run))
    if out.json:
        out.data(tried if options.kind == "all" else tried[0])
    else:
        for one in tried:
            for line in [one["body"]] if options.dry_run else _came_of(one):
                out.say(line)
    return Exit.OK if options.dry_run or all(one["outcome"] == "ok" for one in tried) else Exit.FAILED


def _came_of(tried: Record) -> Iterator[str]:
    """A line for each address, which is named where there are several."""
    for one in tried["addresses"]:
        to = f" to {one['address']}" if len(tried["addresses"]) > 1 else ""
        detail = " ".join(str(one[key]) for key in ("code", "detail", "reply") if one[key])
        yield f"{tried['channel']}: {tried['kind']}{to}: {one['outcome']} in {one['seconds']:.2f} s {detail}".rstrip()


def _park(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.cli.alerts_moves import writing

    _expect(options.name, place)
    now = datetime.now(UTC)
    with writing(place) as tx:
        state = tx.outbox.park(options.name, options.reason, now, now + PARKED)
    if out.json:
        out.data({"channel": options.name, "state": state.breaker.value, "reason": state.parked_reason})
    else:
        out.say(
            f"{options.name} is parked; its messages wait. Let it go on with: salname channels resume {options.name}"
        )
    return Exit.OK


def _expect(name: str, place: Place) -> None:
    from monitor.config import load_config

    known = load_config(place.required_config).channels
    if name not in known:
        raise unknown("channel", name, known, see="salname channels")


def _resume(name: str, place: Place, out: Output) -> Exit:
    from monitor.cli.alerts_moves import writing

    _expect(name, place)
    with writing(place) as tx:
        state = tx.outbox.resume(name, datetime.now(UTC))
    if out.json:
        out.data({"channel": name, "state": state.breaker.value})
    else:
        out.say(f"{name}: its next message is tried now.")
    return Exit.OK
