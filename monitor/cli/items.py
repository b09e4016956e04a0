"""`salname items`: items, newest first; `items forget ID` removes one's words."""

import argparse
from datetime import UTC, datetime

from monitor.cli import Exit
from monitor.cli.asking import expect_feed, expect_topic, moment, number, positive
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", metavar="T")
    parser.add_argument("--feed", metavar="URL", help="address or name of the feed that brought them")
    parser.add_argument("--since", metavar="D", help="a day, a time, or a span such as 24h or 7d")
    parser.add_argument("--until", metavar="D", help="a day (included), a time, or a span")
    parser.add_argument("--limit", type=positive, default=50, metavar="N", help="default: 50")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    forget = actions.add_parser("forget", help="remove an item's words for good; it never comes back as news")
    forget.add_argument("id", metavar="ID")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.action == "forget":
        return _forget(number(options.id, "an item", see="salname items"), place, out)
    return _list(options, place, out)


def _list(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.reading import opened

    zone = place.zone
    with opened(place.database_path) as reader:
        if options.topic:
            expect_topic(options.topic, place, reader)
        if options.feed:
            expect_feed(options.feed, place, reader)
        items = reader.items.newest(
            topic=options.topic,
            feed=options.feed,
            since=moment(options.since, zone=zone, option="--since"),
            until=moment(options.until, zone=zone, option="--until", end_of_day=True),
            limit=options.limit,
        )
    if out.json:
        out.data(items)
    elif items:
        from monitor.viewer.phrases import day

        rows = [
            (one["id"], day(one["published_at"] or one["first_seen_at"], zone), one["source"] or "", one["title"])
            for one in items
        ]
        out.table(("item", "day", "source", "title"), rows)
    else:
        out.remark("No such item." if _narrowed(options) else "No item yet; salname poll brings them.")
    return Exit.OK


def _narrowed(options: argparse.Namespace) -> bool:
    return bool(options.topic or options.feed or options.since or options.until)


def _forget(item: int, place: Place, out: Output) -> Exit:
    from storage.store import Store

    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            found = tx.items.forget(item, datetime.now(UTC))
    finally:
        store.close()
    if not found:
        raise ConfigError(f"there is no item {item}; see: salname items")
    if out.json:
        out.data({"forgotten": str(item)})
    else:
        out.say(f"Item {item}: its words are gone, and it will not come back. Messages already sent keep theirs.")
    return Exit.OK
