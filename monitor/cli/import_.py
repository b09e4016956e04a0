"""`salname import`: backfill items from JSON Lines; never alerts."""

import argparse
from pathlib import Path
from typing import TextIO

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE.jsonl",
        help="one JSON object a line: title, and url or id; also text, published (ISO 8601), language, source, "
        "topics (a list of ids); event is for evaluate",
    )


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from alerts.visible import counted
    from monitor.app import Imported, Monitor
    from monitor.intake import ignored

    results: dict[str, Imported] = {}
    with Monitor.open(place.required_config, place.database_url) as monitor, monitor.sole():
        for name in options.files:
            path = Path(name).expanduser()
            with _opened(path) as file, out.bar(total=None, what=f"importing {path.name}") as advance:
                results[name] = monitor.import_lines(file, name=path.name, on_batch=advance)
    problems = [problem for one in results.values() for problem in one.problems]
    for problem in problems:
        out.error(problem)
    for name, one in results.items():
        if one.ignored:
            out.remark(out.clean(ignored(name, one.ignored)))
    if out.json:
        out.data(
            {
                "schema": 1,
                "items_new": sum(one.item_count for one in results.values()),
                "items_known": sum(one.known_count for one in results.values()),
                "problems": problems,
            }
        )
    else:
        for name, one in results.items():
            new, bad = counted(one.item_count, "new item"), counted(len(one.problems), "bad line")
            out.say(f"{name}: {new}, {one.known_count} known, {bad}")
    return Exit.FAILED if problems else Exit.OK


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
