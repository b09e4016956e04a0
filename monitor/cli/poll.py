"""`salname poll`: one pass over what is due, then exit."""

import argparse
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from monitor.cli import Exit
from monitor.cli.asking import positive
from monitor.cli.output import SCHEMA, Output
from monitor.cli.place import Place

if TYPE_CHECKING:
    from monitor.app import Monitor, Polled
    from monitor.pipeline.read import PollOptions
    from storage.model import TopicMatch, Verdict


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("feeds", nargs="*", metavar="FEED", help="names or addresses; default: what is due")
    parser.add_argument("--all", action="store_true", help="every feed, due or not")
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
        if options.backfill and not options.dry_run:
            from monitor.watching import Watching

            names = options.feeds or [one.feed.url for one in polled if one.page is None]
            polled += Watching(monitor).backfill(names, min(options.backfill, 20))
    seconds = time.monotonic() - started
    if out.json:
        out.data(_document(polled, seconds, dry_run=options.dry_run))
    else:
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


def _document(polled: "Sequence[Polled]", seconds: float, *, dry_run: bool) -> dict[str, object]:
    document: dict[str, object] = {
        "schema": SCHEMA,
        "feeds": [_feed(one) for one in polled if one.page is None],
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
        "next_poll_at": next_at.strftime("%Y-%m-%dT%H:%M:%SZ") if next_at else None,
    }


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
        out.say("Nothing is due. `salname feeds` shows when; `salname poll --all` asks every feed now.")
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
