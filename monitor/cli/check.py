"""`salname check`: configuration, secrets, channels and database; every problem at once."""

import argparse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError, Error, StoreError

if TYPE_CHECKING:
    from monitor.config import Config


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001  it looks at everything
    from monitor.config import load_config
    from monitor.viewer.phrases import counted

    config = load_config(place.required_config)
    problems, exit_code = _problems(place)
    remarks = _remarks(config)
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


def _problems(place: Place) -> tuple[list[str], Exit]:
    problems: list[str] = []
    exit_code = Exit.OK
    for part in _parts(place):
        try:
            part()
        except ConfigError as error:
            problems += error.problems
            exit_code = Exit.USAGE
        except Error as error:
            problems.append(str(error))
            exit_code = exit_code or (Exit.STORE if isinstance(error, StoreError) else Exit.FAILED)
    return problems, exit_code


def _remarks(config: "Config") -> list[str]:
    """What is no problem, and still not what one might think."""
    from monitor.config import unused

    remarks = [f"no effect yet: {line}" for line in unused(config)]
    if "example.org" in config.http.contact:
        remarks.append("http.contact: publishers see an example address; put your own page or mail address there")
    if not config.channels:
        remarks.append("channels: none is configured, so the timeline is kept and nothing is sent")
    return remarks


def _parts(place: Place) -> tuple[Callable[[], None], ...]:
    """What can be wrong apart from the file itself; each raises Error."""
    from monitor import build
    from monitor.config import load_config
    from storage.store import Store

    config = load_config(place.required_config)

    def channels() -> None:
        build.channels(config)

    def feeds() -> None:
        build.check_feeds(config)

    def database() -> None:
        path = place.database_path
        _expect_room_for_files(path)
        if path.exists():
            with closing(Store.open(place.database_url, create=False)) as store, store.writing():
                pass  # the lock alone tells whether it can be written

    def pages() -> None:
        build.check_pages(config)

    return channels, feeds, pages, database


def _expect_room_for_files(path: Path) -> None:
    """The log and the lock stand beside the database: its folder, or the one that it will be made in, takes files."""
    folder = next(parent for parent in path.parents if parent.exists())
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {folder} takes no files ({error.strerror})") from None
