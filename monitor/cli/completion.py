"""`salname completion`: a completion script for the shell."""

import argparse

from monitor.cli import Exit, build_parser
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001  the same everywhere
    import shtab

    out.say(shtab.complete(build_parser("*"), shell=options.shell))
    return Exit.OK
