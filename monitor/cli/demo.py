"""`salname demo`: an invented archive becomes a timeline."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speed", default="1", metavar="X", help='pause less between the rounds: 4, or "max"')
    parser.add_argument("--keep", metavar="DIR", help="leave configuration and database in this folder")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001  it has a place of its own
    speed = _speed(options.speed)
    folder = _folder(options.keep)
    try:
        return _play(folder, speed, out, kept=options.keep is not None)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _play(folder: Path, speed: float | None, out: Output, *, kept: bool) -> Exit:
    from monitor.cli.timeline import show
    from monitor.demo.run import Round, play

    def tell(one: Round) -> None:
        failed = f", {one.failed_count} failed" if one.failed_count else ""
        out.remark(
            f"{one.day:>12}  round {one.number}: {counted(one.polled_count, 'feed')} polled{failed}, "
            f"{counted(one.new_count, 'new entry', 'new entries')}, {one.revised_count} edited"
        )

    out.remark("Ten invented outlets are served on this machine and polled five times, as a daemon would over weeks.")
    config = play(folder, speed=speed, on_round=tell)
    show(folder / "salname.db", out, zone="Asia/Baku")
    if out.json:
        return Exit.OK
    if kept:
        out.remark(f"\nTry next: {_named()} view --config {config}")
        out.remark("In a pipe as well: events, then event ID, item ID --why, item ID --diff")
    else:
        out.remark(f"\nTry next: {_named()} demo --keep ./demo --speed max")
        out.remark(f"    then: {_named()} view --config ./demo/config.toml")
    out.remark(f"For your own feeds: {_named()} init, then poll, then view")
    return Exit.OK


def _named() -> str:
    """The command as it can be typed here: by its name, or as it was called."""
    return "salname" if shutil.which("salname") else sys.argv[0]


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if speed <= 0:
        raise ConfigError(f'--speed: a number above 0 or "max" is expected, not "{text}"')
    return speed


def _folder(keep: str | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="salname-demo-"))
    folder = Path(keep).expanduser().absolute()
    if (folder / "salname.db").exists():
        raise ConfigError(f"--keep: {folder} holds a database already; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--keep: {folder} cannot be made: {error.strerror}") from None
    return folder
