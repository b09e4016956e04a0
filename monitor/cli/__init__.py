"""The command line: parse arguments, one call, print, exit code.

A command's module is imported only when it is asked for, so that reading the timeline does not pay for polling feeds.
Exit codes: 0 fine, 1 a feed or delivery failed, 2 usage or configuration, 3 database, 75 another instance holds the
database or the disk is full, 130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from types import ModuleType
from typing import Protocol

from monitor import __version__
from monitor.cli.asking import unknown
from monitor.cli.output import Output, open_streams
from monitor.cli.place import Place
from storage.errors import AlreadyRunning, ConfigError, DiskFull, Error, StoreError

COMMANDS: dict[str, str] = {
    "demo": "watch an invented archive of feeds become a timeline; needs nothing",
    "init": "write the shipped configuration to start from",
    "run": "the daemon: poll what is due, deliver, tidy up",
    "poll": "one pass over the feeds that are due",
    "deliver": "send what waits in the outbox, once",
    "check": "validate configuration, secrets, channels and database",
    "status": "is it running, what fails, what is due; exit code 0 or 1",
    "timeline": "what happened, in order of time",
    "view": "the timeline on the whole terminal: read, search, decide",
    "events": "the running events",
    "storylines": "the threads that events belong to; name, merge, split",
    "event": "one event with its items and changes",
    "facts": "what is known of an event's figures, dates and states; pin, drop, merge, split",
    "promises": "what was promised, how often it slipped, what never came",
    "changes": "the timeline, newest first; --why: the words behind a change",
    "items": "items, newest first",
    "item": "one item with its versions; --why, --diff",
    "search": "items by the words in them, in any form, with the hits marked",
    "dates": "what the date grammar reads in a text",
    "topics": "topics, and what matches them",
    "feeds": "feeds: list, add, remove, pause, resume, discover, import, export",
    "alerts": "what was sent, what waits, and why: list, show, why, status, preview, retry, resolve, cancel, release",
    "channels": "where messages go: list, test, park, resume",
    "silences": "what nobody wants to hear of for a while: list, add, expire",
    "digest": "tell now what is held for a digest",
    "export": "the timeline as a page, calendar, feed, table or brief",
    "import": "backfill items from JSON Lines; never alerts",
    "rebuild": "link all stored items anew and say what differs; never alerts",
    "evaluate": "link a labelled stream from nothing, and score it",
    "backup": "write a consistent copy of the database",
    "restore": "put a backup in the place of the database",
    "completion": "print a completion script for bash, zsh or tcsh",
}

# Commands that have no document to print, with what to ask for instead.
NO_DOCUMENT: dict[str, str] = {
    "run": "salname status --json tells how it is",
    "view": "salname timeline --json lists the same",
    "export": "--format json writes one",
    "completion": "it prints a script for a shell",
}


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    STORE = 3
    BUSY = 75
    INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the value is the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    _check_installation()
    named = _named_in(arguments)
    if named is not None and named not in COMMANDS:
        return _report(unknown("command", named, COMMANDS, see="salname --help"), Output())
    parser = build_parser(named)
    options = parser.parse_args(arguments)
    open_streams(json=options.json)
    out = Output(json=options.json, quiet=options.quiet, color=not options.no_color)
    if options.version:
        out.version(__version__)
        return Exit.OK
    if options.command is None:
        parser.print_help(sys.stderr)
        return Exit.USAGE
    return _run(options, out)


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """The parser with the arguments of `command` alone, or of every command for "*".

    A parser of all twenty commands takes as long to make as the timeline to read: only a list of them needs it.
    """
    parser = argparse.ArgumentParser(
        prog="salname",
        description="Watches news feeds, keeps a timeline of events, notices what changed, tells people once.",
        formatter_class=_formatter(),
    )
    _add_global(parser, default=None)
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    listed = COMMANDS if command in {None, "*"} or _asks_for_help() else {command: COMMANDS[command]}
    for name, help_text in listed.items():
        child = commands.add_parser(
            name, help=help_text, description=_sentence(help_text), formatter_class=_formatter()
        )
        if command in {name, "*"}:
            _add_global(child, default=argparse.SUPPRESS)
            module(name).configure(child)
            for action in _actions_of(child):
                _add_global(action, default=argparse.SUPPRESS)
    return parser


def module(command: str) -> ModuleType:
    """The module behind a command: `configure(parser)` and `run(options, place, out) -> Exit`."""
    return importlib.import_module(f"monitor.cli.{command}_" if command == "import" else f"monitor.cli.{command}")


def _run(options: argparse.Namespace, out: Output) -> Exit:
    """The command itself; what goes wrong becomes a line and an exit code."""
    try:
        if out.json and (instead := NO_DOCUMENT.get(options.command)):
            raise ConfigError(f"{options.command} has no --json; {instead}")
        code = Exit(module(options.command).run(options, _place(options), out))
        sys.stdout.flush()
    except BrokenPipeError:  # `salname timeline | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Error as error:
        return _report(error, out, as_document=out.json and options.command == "check")
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return code


def _place(options: argparse.Namespace) -> Place:
    """`init` writes the file that others refuse to do without, and a completion script says nothing of it."""
    return Place(config_path=None) if options.command in {"init", "completion"} else Place.of(options.config)


def _add_global(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    """Global options stand before or after the command and its action; the one that is given last counts."""

    def flag(*names: str, help_text: str) -> None:
        parser.add_argument(*names, action="store_true", default=default or False, help=help_text)

    parser.add_argument(
        "--config", metavar="PATH", default=default, help="default: ./config.toml, then your configuration folder"
    )
    flag("--json", help_text="one JSON document on stdout")
    flag("-q", "--quiet", help_text="no progress, no remarks")
    flag("-v", "--verbose", help_text="more log lines")
    flag("--no-color", help_text="no colour, even in a terminal")
    flag("--version", help_text="print the version")


def _actions_of(command: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of `feeds add`, `feeds remove` and so on."""
    for action in command._actions:  # noqa: SLF001  argparse offers no other way to them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.values()


def _formatter() -> "_MakesFormatter":
    if not _asks_for_help():
        return _plain_formatter
    from rich_argparse import RichHelpFormatter

    return RichHelpFormatter


class _MakesFormatter(Protocol):
    def __call__(self, *, prog: str) -> argparse.HelpFormatter: ...


def _plain_formatter(*, prog: str) -> argparse.HelpFormatter:
    """One is made for every argument; without a width each asks `shutil`, which loads four compressors."""
    return argparse.HelpFormatter(prog, width=78)


def _asks_for_help() -> bool:
    return bool({"-h", "--help"} & set(sys.argv))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _named_in(arguments: Sequence[str]) -> str | None:
    """The command that the arguments name, known or not, without parsing them."""
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "--config":
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _report(error: Error, out: Output, *, as_document: bool = False) -> Exit:
    """Say what went wrong, one line a problem or all in the document of `check --json`; choose the exit code."""
    problems = error.problems if isinstance(error, ConfigError) else (str(error),)
    if as_document:
        out.data({"ok": False, "problems": list(problems), "remarks": []})
    else:
        for line in problems:
            out.error(line)
    match error:
        case ConfigError():
            return Exit.USAGE
        case AlreadyRunning() | DiskFull():
            return Exit.BUSY
        case StoreError():
            return Exit.STORE
        case _:
            return Exit.FAILED


def _check_installation() -> None:
    """The import names are generic: make sure that it is our packages that were found."""
    import alerts
    import monitor
    import storage

    for package in (monitor, alerts, storage):
        if getattr(package, "__distribution__", None) != "salname":
            sys.exit(
                f"salname: the package '{package.__name__}' at {package.__path__[0]} belongs to another distribution; "
                "install salname on its own: pipx install salname"
            )
