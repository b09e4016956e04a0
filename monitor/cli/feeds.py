"""`salname feeds`: what is watched and how well; add, remove, pause, resume, discover, import, export."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import expect_one_of, moment
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.addresses import shown
from storage.errors import ConfigError
from storage.reading import Record

if TYPE_CHECKING:
    from monitor.watching import Watching

FLAGS = {  # what a feed is known to do, in a person's words; the others matter to the program alone
    "bozo": "not well-formed",
    "date_untrusted": "its dates are not trusted",
    "gap_risk": "its document turns over quickly: entries may be missed",
    "guid_barred": "its guids are used twice",
    "moved": "it has moved",
    "page": "a web page",
    "silent": "silent for longer than ever",
    "truncated": "its document ends too early",
    "validators_unreliable": "its ETag or Last-Modified cannot be trusted",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="health, rhythm and next poll of each feed")
    for one in (parser, listed):
        one.add_argument("--state", metavar="S", default=argparse.SUPPRESS, help="only feeds of this state or health")
    add = actions.add_parser("add", help="watch a feed; its present entries are taken without alerts")
    add.add_argument("url", metavar="URL")
    add.add_argument("--name", metavar="NAME")
    add.add_argument("--lang", metavar="L")
    add.add_argument("--topics", metavar="T,T", help="match only these topics")
    remove = actions.add_parser("remove", help="watch it no more; its items stay")
    remove.add_argument("feed", metavar="FEED")
    remove.add_argument("--purge", action="store_true", help="remove the words of the items that only it brought, too")
    pause = actions.add_parser("pause", help="do not poll it")
    pause.add_argument("feed", metavar="FEED")
    pause.add_argument("--until", metavar="T", help="a day or time")
    resume = actions.add_parser("resume", help="poll it again")
    resume.add_argument("feed", metavar="FEED")
    discover = actions.add_parser("discover", help="the feeds that a page offers")
    discover.add_argument("url", metavar="URL")
    bring = actions.add_parser("import", help="add the feeds of an OPML file")
    bring.add_argument("file", metavar="FILE")
    give = actions.add_parser("export", help="write the feeds as OPML")
    give.add_argument("--output", metavar="FILE")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.action in {None, "list"}:
        return _list(getattr(options, "state", None), place, out)
    from monitor.app import Monitor
    from monitor.watching import Watching

    with Monitor.open(place.required_config, place.database_url) as monitor:
        return _ACTIONS[options.action](Watching(monitor), options, out)


def _list(state: str | None, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    if state is not None:
        from storage.model import FeedState

        expect_one_of([*FeedState, "baseline"], state, what="state of a feed")
    with opened(place.database_path) as reader:
        feeds = reader.feeds.watched(state=state)
    if out.json:
        out.data(feeds)
    elif feeds:
        rows = [_row(one, place.zone) for one in feeds]
        out.table(("feed", "state", "last ok", "next poll", "new/day", "notes"), rows)
    elif state is not None:
        out.remark(f'No feed is of the state or health "{state}".')
    else:
        out.remark("No feed; declare some in config.toml, or: salname feeds add URL")
    return Exit.OK


def _row(one: Record, zone: ZoneInfo) -> tuple[str, str, str, str, str, str]:
    from monitor.viewer.phrases import minute

    rhythm = f"{one['new_per_day']:.1f}" if one["new_per_day"] is not None else ""
    due = {"gone": "-", "paused": "-"}.get(one["state"], minute(one["next_poll_at"], zone, absent="at once"))
    return one["name"], one["state"], minute(one["ok_at"], zone), due, rhythm, "; ".join(_notes(one, zone))


def _notes(one: Record, zone: ZoneInfo) -> Iterator[str]:
    from monitor.viewer.phrases import minute, way_out

    if one["failures"]:
        yield counted(one["failures"], "failure")
    if one["error"]:
        yield one["error"]
    if told := way_out(one):
        yield told
    yield from (FLAGS[flag] for flag in one["flags"] if flag in FLAGS)
    if one["possible_gap"]:
        yield f"possible gap {minute(one['possible_gap']['from'], zone)} to {minute(one['possible_gap']['to'], zone)}"
    if one["next_why"]:
        yield one["next_why"]


def _add(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    topics = tuple(topic for topic in (options.topics or "").split(",") if topic)
    feed, entry_count = watching.add(options.url, name=options.name, lang=options.lang, topics=topics)
    if out.json:
        out.data({"added": shown(feed.url), "name": feed.name, "entries": entry_count})
    else:
        entries = counted(entry_count, "entry", "entries")
        out.say(f"Watching {feed.name} ({shown(feed.url)}): {entries} now. The next poll takes them in silence.")
    return Exit.OK


def _remove(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    feed, purged = watching.remove(options.feed, purge=options.purge)
    if out.json:
        out.data({"removed": shown(feed.url), "items_purged": purged})
    else:
        removed = f" {counted(purged, 'item')} removed." if options.purge else ""
        out.say(f"{feed.name} is not watched any more.{removed}")
    return Exit.OK


def _pause(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    until = moment(options.until, zone=watching.zone, option="--until")
    feed = watching.pause(options.feed, until=until)
    if out.json:
        out.data({"paused": shown(feed.url), "until": until.strftime("%Y-%m-%dT%H:%M:%SZ") if until else None})
    else:
        out.say(f"{feed.name} is paused{f' until {until.astimezone(watching.zone):%Y-%m-%d %H:%M}' if until else ''}.")
    return Exit.OK


def _resume(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    feed, baseline = watching.resume(options.feed)
    if out.json:
        out.data({"resumed": shown(feed.url), "baseline": baseline})
    else:
        quiet = " What came meanwhile is taken without alerts." if baseline else ""
        out.say(f"{feed.name} is polled again.{quiet}")
    return Exit.OK


def _discover(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    found = watching.discover(options.url)
    if out.json:
        out.data([{"url": shown(one.url), "title": one.title, "entries": one.entry_count} for one in found])
    else:
        for one in found:
            entries = counted(one.entry_count, "entry", "entries")
            out.say(f"{shown(one.url)}  {out.clean(one.title or '')} ({entries})")
        if not found:
            out.say(f"No feed was found at {shown(options.url)}.")
    return Exit.OK if found else Exit.FAILED


def _import(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    path = Path(options.file).expanduser()
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    added, known = watching.bring(body)
    if out.json:
        out.data({"added": [shown(feed.url) for feed in added], "known": known})
    else:
        new = counted(len(added), "feed")
        out.say(f"{new} added, {known} known already. What a first poll finds is taken without alerts.")
    return Exit.OK


def _export(watching: "Watching", options: argparse.Namespace, out: Output) -> Exit:
    document = watching.give()
    if options.output is None:
        sys.stdout.write(document)
        return Exit.OK
    path = Path(options.output).expanduser()
    try:
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    out.say(f"Wrote {path}.")
    return Exit.OK


_ACTIONS = {
    "add": _add,
    "remove": _remove,
    "pause": _pause,
    "resume": _resume,
    "discover": _discover,
    "import": _import,
    "export": _export,
}
