"""`salname alerts preview`: what the present configuration would have told, without a word being sent or written."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import moment
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

if TYPE_CHECKING:
    from alerts.rehearsal import Message, Rehearsed
    from storage.outbox import Waiting

_SHOWN = 3  # changes of a message that are named in a line


def preview(since: str, place: Place, out: Output) -> Exit:
    from monitor.config import load_config
    from monitor.previewing import preview as rehearsed
    from storage.store import Store

    config = load_config(place.required_config)
    start, now = moment(since, zone=place.zone, option="--since") or datetime.now(UTC), datetime.now(UTC)
    store = Store.open(place.database_url, create=False)
    try:
        count, found = rehearsed(config, store, since=start, now=now)
    finally:
        store.close()
    if out.json:
        out.data(_document(found, start, now, count))
    else:
        _tell(found, count, place.zone, out)
    return Exit.OK


def _document(found: "Rehearsed", start: datetime, now: datetime, count: int) -> Record:
    return {
        "since": _instant(start),
        "until": _instant(now),
        "changes": count,
        "messages": [_message(one) for one in found.messages],
        "waiting": [_waiting(one) for one in found.waiting],
        "not_told": dict(found.silent),
    }


def _message(one: "Message") -> Record:
    return {
        "at": _instant(one.at),
        "channel": one.channel,
        "kind": one.kind,
        "event": one.event_id,
        "addresses": one.address_count,
        "routes": list(dict.fromkeys(told.alert.route for told in one.told)),
        "changes": [_change(told) for told in one.told],
    }


def _waiting(one: "Waiting") -> Record:
    until = one.alert.release_at
    return _change(one) | {
        "channel": one.alert.channel,
        "route": one.alert.route,
        "decision": one.alert.decision,
        "reason": one.alert.reason or None,
        "until": _instant(until) if until else None,
    }


def _change(one: "Waiting") -> Record:
    return {
        "id": one.change.id,
        "kind": one.change.kind,
        "summary": one.change.payload.get("summary"),
        "importance": one.alert.importance.value,
    }


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _tell(found: "Rehearsed", count: int, zone: ZoneInfo, out: Output) -> None:
    from monitor.viewer.phrases import minute

    if found.messages:
        rows = [(minute(_instant(one.at), zone), one.channel, one.kind, _what(one)) for one in found.messages]
        out.table(("at", "channel", "kind", "what"), rows)
    out.say(f"{counted(count, 'change')}, of which this configuration would have made:")
    for channel, messages in sorted(Counter(one.channel for one in found.messages).items()):
        out.say(f"  {counted(messages, 'message')} to {channel}")
    if not found.messages:
        out.say("  no message")
    if found.waiting:
        out.say(f"  {counted(len(found.waiting), 'alert')} that would still wait")
    for reason, times in found.silent.items():
        out.say(f"  not told, {reason.replace('_', ' ')}: {times}")


def _what(message: "Message") -> str:
    lines = [str(told.change.payload.get("summary") or told.change.kind) for told in message.told]
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "; ".join([*lines[:_SHOWN], *more])
