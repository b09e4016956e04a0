"""`salname topics`: topics with what they hold; `topics test ID` tries one on everything that is stored."""

import argparse

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import positive, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record

_EMPTY = {"items": 0, "events": 0, "last_item_at": None}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    test = actions.add_parser("test", help="the stored items that the topic matches as configured now, with the words")
    test.add_argument("id", metavar="ID")
    test.add_argument("--limit", type=positive, default=20, metavar="N", help="default: 20")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    return _test(options, place, out) if options.action == "test" else _list(place, out)


def _list(place: Place, out: Output) -> Exit:
    from storage.reading import opened

    counts: dict[str, Record] = {}
    if place.database_path.exists():
        with opened(place.database_path) as reader:
            counts = reader.items.topic_counts()
    names = place.topics | {topic: topic for topic in counts if topic not in place.topics}
    topics = [{"id": topic, "name": name, **counts.get(topic, _EMPTY)} for topic, name in names.items()]
    if out.json:
        out.data(topics)
        return Exit.OK
    if not topics:
        out.remark("No topic is configured; see [[topics]] in config.toml.")
        return Exit.OK
    from monitor.viewer.phrases import day

    rows = [
        (one["id"], str(one["items"]), str(one["events"]), day(one["last_item_at"], place.zone), one["name"])
        for one in topics
    ]
    out.table(("topic", "items", "events", "last item", "name"), rows)
    return Exit.OK


def _test(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.trying import try_topic

    if options.id not in place.topics:
        raise unknown("topic", options.id, place.topics, see="salname topics")
    with Monitor.open(place.required_config, place.database_url, create=False) as monitor:
        found, looked_at = try_topic(monitor, options.id, limit=options.limit)
    if out.json:
        items = [{"id": str(one.id), "title": one.title, "matched": list(one.matched)} for one in found]
        out.data({"topic": options.id, "looked_at": looked_at, "items": items})
        return Exit.OK
    for one in found:
        words = ", ".join(f"“{match['words']}” ({match['where']})" for match in one.matched)
        out.say(f"{one.id:>6}  {out.clean(one.title)}\n        {out.clean(words)}")
    out.say(f"{len(found)} of {counted(looked_at, 'stored item')} match {options.id}.")
    return Exit.OK
