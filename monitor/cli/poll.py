"""`salname poll`: one pass over what is due, then exit."""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import positive
from monitor.cli.output import SCHEMA, Output
from monitor.cli.place import Place

if TYPE_CHECKING:
    from monitor.app import Monitor, Polled
    from monitor.feeds.pace import Rest
    from monitor.pipeline.read import PollOptions
    from storage.model import Feed, TopicMatch, Verdict

# One feed, several, and what can be done about it; by the reason.
_UNASKED = {
    "wait": ("its server asks to wait", "their servers ask to wait", ""),
    "fresh": (
        "its server calls what it sent fresh", "their servers call what they sent fresh", "to ask all the same: --force"
    ),
    "paused": ("it is paused", "they are paused", "to wake one: salname feeds resume FEED"),
    "gone": ("it is gone for good", "they are gone for good", "to ask one all the same, name it"),
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("feeds", nargs="*", metavar="FEED", help="names or addresses; default: what is due")
    parser.add_argument(
        "--all", action="store_true", help="every feed, due or not, unless it is paused or its server asks to wait"
    )
    parser.add_argument("--dry-run", action="store_true", help="fetch and decide, print the plan, write nothing")
    parser.add_argument("--force", action="store_true", help="ask again even for what the server calls fresh")
    parser.add_argument(
        "--backfill", type=positive, default=0, metavar="N", help="follow links to at most N older pages"
    )
    parser.add_argument(
        "--alert-since", metavar="SPAN", help="alert on a new feed's items published within SPAN, such as 24h"
    )


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.config.values import span
    from monitor.pipeline.read import PollOptions

    asked = PollOptions(
        force=options.force,
        alert_since=span(options.alert_since, key="--alert-since") if options.alert_since else None,
    )
    started = time.monotonic()
    with Monitor.open(place.required_config, place.database_url) as monitor, monitor.sole():
        polled = _poll(monitor, options, asked, out)
        unasked = _unasked(monitor, options, polled)
        if options.backfill and not options.dry_run:
            from monitor.watching import Watching

            names = options.feeds or [one.feed.url for one in polled if one.page is None]
            polled += Watching(monitor).backfill(names, min(options.backfill, 20))
    seconds = time.monotonic() - started
    for line in _in_words(unasked, place.zone, one_by_one=bool(options.feeds)):
        (out.remark if out.json else out.say)(line)
    if out.json:
        out.data(_document(polled, unasked, seconds, dry_run=options.dry_run))
    elif polled or not unasked:
        _tell(polled, seconds, out, dry_run=options.dry_run)
    return Exit.FAILED if any(one.fetch.outcome == "failed" and one.page is None for one in polled) else Exit.OK


def _poll(monitor: "Monitor", options: argparse.Namespace, asked: "PollOptions", out: Output) -> "list[Polled]":
    with out.counting("polling") as (begin, advance):
        polled = monitor.poll(
            options.feeds,
            everything=options.all,
            dry_run=options.dry_run,
            options=asked,
            on_start=begin,
            on_polled=lambda one: advance(0 if one.page else 1),
        )
        if not options.dry_run:
            from monitor.pipeline.storylines import place_events

            place_events(monitor.store)
        return polled


def _unasked(monitor: "Monitor", options: argparse.Namespace, polled: "Sequence[Polled]") -> "list[tuple[Feed, Rest]]":
    """The feeds that were wanted and left alone, as they stand after the poll."""
    from monitor.feeds.pace import Reason, Rest, resting
    from storage.model import FeedState

    if not (options.all or options.feeds):
        return []
    asked = {one.feed.id for one in polled if one.page is None}
    with monitor.store.reading() as tx:
        known = {feed.id: feed for feed in tx.feeds.all() if feed.active and feed.id not in asked}
    wanted = {feed.id: known[feed.id] for feed in map(monitor.feed_named, options.feeds) if feed.id in known}
    found = []
    for feed in (wanted if options.feeds else known).values():
        rest = resting(feed.memory, monitor.clock(), force=options.force)
        if feed.memory.state is FeedState.GONE and not options.feeds:
            rest = Rest(reason=Reason.GONE)
        if rest is not None:
            found.append((feed, rest))
    return found


def _in_words(unasked: "Sequence[tuple[Feed, Rest]]", zone: ZoneInfo, *, one_by_one: bool) -> Iterator[str]:
    """A line a feed, or one for all that are left alone for the same reason."""
    for reason, (of_one, of_many, advice) in _UNASKED.items():
        found = [(feed, rest.until) for feed, rest in unasked if rest.reason == reason]
        after = f"; {advice}" if advice else ""
        if one_by_one or len(found) == 1:
            for feed, until in found:
                when = f" until {_minute(until, zone)}" if until else ""
                yield f"{feed.name} was not asked: {of_one}{when}{after}."
        elif found:
            ends = [until for _, until in found if until is not None]
            when = f", the first until {_minute(min(ends), zone)}" if ends else ""
            yield f"{len(found):,} feeds were not asked: {of_many}{when}{after}."


def _minute(at: datetime, zone: ZoneInfo) -> str:
    """Rounded up: at the time that is told, it may be asked."""
    up = at if not (at.second or at.microsecond) else at + timedelta(minutes=1)
    return f"{up.astimezone(zone):%Y-%m-%d %H:%M}"


def _document(
    polled: "Sequence[Polled]", unasked: "Sequence[tuple[Feed, Rest]]", seconds: float, *, dry_run: bool
) -> dict[str, object]:
    document: dict[str, object] = {
        "schema": SCHEMA,
        "feeds": [
            *(_feed(one) for one in polled if one.page is None),
            *(_skipped(feed, rest) for feed, rest in unasked),
        ],
        "items_new": sum(len([item for item in one.plan.items if item.relevant]) for one in polled),
        "items_revised": sum(one.fetch.revised_count for one in polled),
        "events_new": sum(change.kind == "event.created" for one in polled for change in one.plan.changes),
        "events_changed": sum(change.kind == "event.updated" for one in polled for change in one.plan.changes),
        "alerts": sum(alert.decision != "suppressed" for one in polled for alert in one.plan.alerts),
        "seconds": round(seconds, 3),
    }
    if dry_run:
        document["plan"] = [entry for one in polled for entry in _plan(one)]
    return document


def _feed(one: "Polled") -> dict[str, object]:
    from storage.addresses import shown
    from storage.model import VerdictKind

    items = one.plan.items
    next_at = one.plan.memory.next_poll_at if one.plan.memory else None
    return {
        "url": shown(one.feed.url),
        "name": one.feed.name,
        "outcome": one.fetch.outcome,
        "http_status": one.fetch.http_status,
        "entries": one.fetch.entry_count,
        "new": sum(item.relevant and item.copy_of is None for item in items),
        "revised": one.fetch.revised_count,
        "same_text": sum(verdict.kind is VerdictKind.SAME_TEXT for verdict in one.plan.verdicts),
        "irrelevant": sum(not item.relevant for item in items),
        "held": _held_count(one),
        "error": one.fetch.error,
        "next_poll_at": _stamp(next_at),
    }


def _skipped(feed: "Feed", rest: "Rest") -> dict[str, object]:
    from storage.addresses import shown

    counts = dict.fromkeys(("entries", "new", "revised", "same_text", "irrelevant"), 0)
    return {
        "url": shown(feed.url),
        "name": feed.name,
        "outcome": "skipped",
        "http_status": None,
        **counts,
        "error": _UNASKED[rest.reason][0],
        "next_poll_at": _stamp(rest.until),
    }


def _stamp(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _held_count(one: "Polled") -> int:
    from storage.model import VerdictKind

    return sum(verdict.kind is VerdictKind.HELD for verdict in one.plan.verdicts)


def _plan(one: "Polled") -> list[dict[str, object]]:
    items = {item.id: item for item in (*one.plan.items, *one.plan.item_updates)}
    return [
        {
            "feed": one.feed.name,
            "verdict": verdict.kind.value,
            "via": verdict.via or None,
            "reason": verdict.reason,
            "title": items[verdict.item_id].title if verdict.item_id in items else _unstored_title(one, verdict),
            "item": str(verdict.item_id) if verdict.item_id is not None else None,
            "event": items[verdict.item_id].event_id if verdict.item_id in items else None,
            "keys": [f"{key.kind}:{key.value}" for key in verdict.keys],
            "topics": [{"id": match.topic, "matched": match.words} for match in _matches(one, verdict)],
        }
        for verdict in one.plan.verdicts
    ]


def _unstored_title(one: "Polled", verdict: "Verdict") -> str | None:
    """Of an entry that is held or skipped, so that no item has it."""
    entry = one.unstored.get(verdict.position) if verdict.position is not None else None
    return entry.prepared.content.title if entry else None


def _matches(one: "Polled", verdict: "Verdict") -> "Iterable[TopicMatch]":
    entry = one.unstored.get(verdict.position) if verdict.position is not None else None
    return entry.topics if entry else one.plan.topics.get(verdict.item_id or 0, ())


def _tell(polled: "Sequence[Polled]", seconds: float, out: Output, *, dry_run: bool) -> None:
    from alerts.visible import counted

    if not polled:
        out.say(
            "Nothing is due. `salname feeds` shows when; `salname poll --all` asks every feed that may be asked now."
        )
        return
    feeds = [one for one in polled if one.page is None]
    failed = [one for one in feeds if one.fetch.outcome == "failed"]
    for one in failed:
        out.say(f"{one.feed.name}: {one.fetch.error}")
    if dry_run:
        for entry in (entry for one in polled for entry in _plan(one)):
            out.say(f"{entry['verdict']:10} {entry['feed']}: {entry['title'] or '(no topic)'} - {entry['reason']}")
    relevant = sum(item.relevant for one in polled for item in one.plan.items)
    other = sum(not item.relevant for one in polled for item in one.plan.items)
    events = sum(change.kind == "event.created" for one in polled for change in one.plan.changes)
    revised = sum(one.fetch.revised_count for one in polled)
    withdrawn = sum(change.kind == "item.withdrawn" for one in polled for change in one.plan.changes)
    pages = f" and {counted(len(polled) - len(feeds), 'page')}" if len(polled) > len(feeds) else ""
    new = f"{counted(relevant, 'new item')} in {counted(events, 'new event')}"
    for one in feeds:
        if count := _held_count(one):
            entries = counted(count, "unknown entry", "unknown entries")
            out.say(f"{one.feed.name}: {entries} at once held, for it looks renumbered; see: salname feeds")
    found = f"{new}, {revised} revised, {withdrawn} withdrawn, {other} of no topic"
    said = f"{counted(len(feeds), 'feed')}{pages} in {seconds:.1f} s: {found}, {counted(len(failed), 'feed')} failed."
    if dry_run:
        out.say(f"{said} Nothing was written.")
        return
    out.say(said)
    out.remark("Next: salname timeline")
