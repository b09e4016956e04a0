"""`salname check`: configuration, secrets, channels and database; every problem at once."""

import argparse
from typing import TYPE_CHECKING

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.addresses import holds_secret
from storage.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from monitor.config import Config


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001  it looks at everything
    from monitor.checking import problems as found_beside
    from monitor.checking import unknown_sources
    from monitor.config import examine

    found = examine(place.required_config)
    config = found.config
    problems = [*found.problems, *map(out.clean, map(found.placed, found_beside(config)))]
    exit_code = Exit.USAGE if problems else Exit.OK
    try:
        _database(place)
    except ConfigError as error:
        problems += error.problems
        exit_code = Exit.USAGE
    except StoreError as error:
        problems.append(str(error))
        exit_code = exit_code or Exit.STORE
    remarks = [out.clean(found.placed(line)) for line in _remarks(config)]
    if not found.problems:  # else what a name leads to may be what was left out
        remarks += map(out.clean, unknown_sources(config, _stored(place)))
    if out.json:
        out.data({"ok": not problems, "problems": problems, "remarks": remarks})
        return exit_code
    for problem in problems:
        out.error(problem)
    for remark in remarks:
        out.say(remark)
    if not problems:
        pages = f"{counted(len(config.pages), 'page')}, " if config.pages else ""
        feeds, topics = counted(len(config.feeds), "feed"), counted(len(config.topics), "topic")
        said = f"{feeds}, {pages}{topics}, {counted(len(config.channels), 'channel')}"
        out.say(f"{place.required_config}: fine ({said}); database {place.database_path}")
    return exit_code


def _database(place: Place) -> None:
    from storage.reading.health import expect_sound

    expect_sound(place.database_path)


def _stored(place: Place) -> list[str]:
    """Names and addresses of the feeds that the database knows; none where it cannot be asked."""
    from storage.reading import opened

    try:
        with opened(place.database_path) as reader:
            return [name for feed in reader.feeds.known() for name in feed]
    except (ConfigError, StoreError):
        return []


def _remarks(config: "Config") -> list[str]:
    """What is no problem, and still not what one might think."""
    remarks = []
    if "example.org" in config.http.contact:
        remarks.append("http.contact: publishers see an example address; put your own page or mail address there")
    for place, feed in enumerate(config.feeds, 1):
        if holds_secret(feed.url):
            remarks.append(f"feeds[{place}].url: holds a secret, which the database keeps too; lists hide it")
    if not config.channels:
        remarks.append("channels: none is configured, so the timeline is kept and nothing is sent")
    return remarks
