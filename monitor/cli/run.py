"""`salname run`: the daemon, with structured lines on stderr."""

import argparse
import logging
import sys
from datetime import UTC, datetime

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place

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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("salname").setLevel(level)


class Lines(logging.Formatter):
    """logfmt; values are quoted where they hold a blank, and control characters never reach the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        extra = {key: value for key, value in vars(record).items() if key not in _PLAIN}
        words = [f"{at}Z", record.levelname.lower(), _quoted(record.getMessage(), force=True)]
        words += [f"{key}={_quoted(str(value))}" for key, value in extra.items()]
        line = " ".join(words)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _quoted(text: str, *, force: bool = False) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in text)
    if force or not shown or any(character in ' "=' for character in shown):
        return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return shown
