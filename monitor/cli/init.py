"""`salname init`: the shipped configuration, to start from."""

import argparse
from importlib import resources
from pathlib import Path

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default="config.toml", metavar="PATH", help="default: ./config.toml")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001  it makes the place
    path = Path(options.path).expanduser()
    if path.is_dir():
        path /= "config.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(shipped())
    except FileExistsError:
        raise ConfigError(f"{path} exists already; name another file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    if out.json:
        out.data({"written": str(path)})
    else:
        out.say(f"Wrote {path}. Next: salname check, then salname poll, then salname timeline.")
    return Exit.OK


def shipped() -> str:
    """The configuration of the distribution; in a checkout, the file at its top."""
    packed = resources.files("monitor").joinpath("default_config.toml")
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    return Path(__file__).parents[2].joinpath("config.toml").read_text(encoding="utf-8")
