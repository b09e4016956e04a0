"""Decisions about alerts in a person's words: what became of each, until when it waits, and what explains it.

Rule: a reason that is not known here is shown as it is stored, never left out.
"""

import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from alerts.visible import clean, counted
from monitor.viewer.phrases import Record, spoken

_SUPPRESSED: Mapping[str, str] = {
    "no_route": "no route fits it",
    "below_importance": "of low importance, and no digest is configured for it",
    "backfill": "published before its feed was watched, or three days before it was found",
    "silenced": "kept quiet by silence {}",
    "inhibited": "made needless by alert {}",
    "duplicate_of": "told by another route to the same channel, alert {}",
    "reverted": "it had changed back before anybody was told",
    "churn_guard": "an article that is edited again and again",
    "disabled": "[flood] first_run says so",
    "gone": "its channel {} is no longer configured",
    "about_itself": "a channel does not tell of its own trouble",
}
_MOMENT = re.compile(r"\b(at|until) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_HELD: Mapping[str, str] = {
    "quiet": "quiet hours",
    "digest": "for the digest",
    "rate": "the channel has said all that it may in an hour",
    "churn_guard": "its feed looked renumbered",
    "dead": "message {} of another channel could not be delivered",
    "gone": "for channel {}, which is no longer configured",
}
_STATES: Mapping[str, str] = {
    "queued": "waits to be sent",
    "sending": "is being sent",
    "in_doubt": "may have arrived",
    "delivered": "arrived",
    "dead": "was given up",
    "folded": "is told by a later message",
    "cancelled": "was cancelled",
}


def why(decision: Record, zone: ZoneInfo) -> str:
    """One line: told, waiting or silent, and why."""
    reason = decision["reason"] or ""
    match decision["decision"]:
        case "suppressed":
            return f"not told: {_reason(_SUPPRESSED, reason)}"
        case "held":
            return f"held: {_reason(_HELD, reason)}{_until(decision, zone)}"
        case "pending":
            return f"waits for more of the same{_until(decision, zone)}"
        case _:
            return f"told{f', after waiting: {_reason(_HELD, reason)}' if reason else ''}"


def waiting(one: Record, zone: ZoneInfo) -> str:
    """Why a delivery is where it is, its moment as the reader's clock shows it."""
    return _MOMENT.sub(lambda found: f"{found[1]} {spoken(found[2], zone)}", clean(one["why"]), count=1)


def deliveries(decision: Record, zone: ZoneInfo) -> Iterator[str]:
    """A line for each message that carries the decision."""
    for one in decision["deliveries"]:
        words = [one["id"], "to", clean(one["address"]), _STATES.get(one["state"], one["state"])]
        if at := one["done_at"] or one["next_at"]:
            words.append(spoken(at, zone))
        if one["attempts"]:
            words.append(f"({counted(one['attempts'], 'try', 'tries')})")
        yield " ".join(words) + (f": {clean(one['reason'])}" if one["reason"] else "")


def no_change(item: Record) -> str:
    """Why an item has no change of its own: nothing could be told of it."""
    match item["reason"]:
        case "no_topic":
            return "no topic's words are in it, so it belongs to no event; try them with: salname topics test TOPIC"
        case "unlinked":
            return f"it belongs to no event yet; see: salname item {item['id']} --why"
        case _:
            return f"one more report of an event, told with those that came with it: salname alerts why {item['event']}"


def importance(decision: Record) -> str:
    """How weighty it was, and what made it so."""
    rule = clean(decision["rule"] or "")
    return f"{decision['importance']} by {f'rule {rule}' if rule else 'its kind'}"


def _reason(words: Mapping[str, str], reason: str) -> str:
    found = re.fullmatch(r"(\w+)(?:\((.*)\))?", reason)
    known = words.get(found[1]) if found else None
    return known.format(found[2]) if known and found else clean(reason) or "nobody noted why"


def _until(decision: Record, zone: ZoneInfo) -> str:
    return f", until {spoken(decision['until'], zone)}" if decision["until"] else ""
