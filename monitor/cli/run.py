"""`salname run`: the daemon, with structured lines on stderr."""

import argparse
import logging
import math
import sys
from datetime import UTC, datetime
from typing import TextIO

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place

EVERY_S = 10.0  # an error that lasts
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.daemon import Daemon

    start_logging(verbose=options.verbose, quiet=out.quiet)
    config = place.required_config
    with Monitor.open(config, place.database_url) as monitor, monitor.sole():
        Daemon(monitor, config).run()
    return Exit.OK


def start_logging(*, verbose: bool, quiet: bool) -> None:
    """One line a happening on stderr: time, level, message, then key=value."""
    handler = handler_of(sys.stderr)
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("salname").setLevel(level)


def handler_of(stream: TextIO) -> logging.Handler:
    """Writes the daemon's lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    handler.addFilter(Seldom())
    return handler


class Seldom(logging.Filter):
    """Tells an error that comes again and again at once and then each ten seconds, with how often it came meanwhile.

    Whatever tries again each second finds the disk as full as before; who reads the log must find the rest in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}  # when it was told last, and how often it came since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        now, what = record.created, f"{record.levelname} {record.getMessage()} {_extra(record)}"
        self._told = {key: told for key, told in self._told.items() if abs(now - told[0]) < 2 * EVERY_S}
        at, count = self._told.get(what, (-math.inf, 0))
        if abs(now - at) < EVERY_S:  # a clock that is put back must not silence it
            self._told[what] = at, count + 1
            return False
        self._told[what] = now, 0
        if count:
            record.times = count + 1
        return True


class Lines(logging.Formatter):
    """logfmt; values are quoted where they hold a blank, and control characters never reach the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        words = [f"{at}Z", record.levelname.lower(), _quoted(record.getMessage(), force=True)]
        words += [f"{key}={_quoted(str(value))}" for key, value in _extra(record).items()]
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


def _quoted(text: str, *, force: bool = False) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in text)
    if force or not shown or any(character in ' "=' for character in shown):
        return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return shown
