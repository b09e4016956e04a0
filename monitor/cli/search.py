"""`salname search`: items by the words in them, with the place where they were found."""

import argparse
from datetime import datetime

from monitor.cli import Exit
from monitor.cli.asking import expect_topic, moment, positive
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import opened


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="+",
        metavar="WORDS",
        help='words in any form; "a phrase", begin*, -without, topic:ID, source:NAME, lang:az, since:30d',
    )
    parser.add_argument("--limit", type=positive, default=20, metavar="N", help="the best N; default: 20")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.viewer.search import parse, search

    zone = place.zone

    def since(text: str) -> datetime:
        at = moment(text, zone=zone, option="since:")
        assert at is not None  # noqa: S101  only no text gives no moment
        return at

    asked = parse(" ".join(options.words), moment=since)
    with opened(place.database_path) as reader:
        for topic in asked.topics:
            expect_topic(topic, place, reader)
        found = search(reader, asked, limit=options.limit)
    if out.json:
        out.data(found)
    elif not found:
        out.remark("Nothing found. Fewer words find more; begin* finds every word that begins so.")
    elif out.rich:
        from monitor.viewer.render import found_items

        out.show(found_items(found, zone=zone))
    else:
        from monitor.viewer.plain import found_items as plain_items

        out.lines(plain_items(found, zone=zone))
    return Exit.OK
