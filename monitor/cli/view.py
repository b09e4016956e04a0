"""`salname view`: the timeline, looked at and acted on in the terminal."""

import argparse
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import moment
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError
from storage.reading import opened

if TYPE_CHECKING:
    from monitor.viewer.screen.palette import Palette


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--oldest-first", action="store_true", help="begin with the oldest change")
    parser.add_argument("--plain", action="store_true", help="numbered lines and typed words, for screen readers")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    zone = place.zone
    if options.plain:
        return _spoken(place, out, newest_first=not options.oldest_first)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("view needs a terminal; for a pipe: salname timeline, or salname view --plain")
    try:
        from monitor.viewer.screen.app import ViewApp
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("textual"):
            raise
        raise ConfigError("the viewer needs Textual; in Salname's clone: pip install '.[view]'") from None
    from monitor.cli.deeds import StoredDeeds
    from monitor.viewer.screen.looks import Looks
    from monitor.viewer.screen.sight import Sight

    with opened(place.database_path) as reader, StoredDeeds(place) as deeds:
        looks = Looks(
            palette=_palette(out),
            zone=zone,
            day=lambda text: _end_of(text, zone),
            newest_first=not options.oldest_first,
            has_browser=has_browser(),
        )
        ViewApp(Sight(place.database_path, reader, place.topics), deeds, looks).run()
    return Exit.OK


def _spoken(place: Place, out: Output, *, newest_first: bool) -> Exit:
    from monitor.cli.deeds import StoredDeeds
    from monitor.viewer.spoken import Spoken

    def say(text: str) -> None:
        out.say(text)
        sys.stdout.flush()

    with opened(place.database_path) as reader, StoredDeeds(place) as deeds:
        zone = place.zone
        spoken = Spoken(
            reader,
            deeds,
            topics=place.topics,
            zone=zone,
            day=lambda text: _end_of(text, zone),
            say=say,
            newest_first=newest_first,
        )
        spoken.talk(sys.stdin)
    return Exit.OK


def has_browser() -> bool:
    """Whether a link can be opened beside the terminal: over SSH a browser in the terminal would take its place."""
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _end_of(text: str, zone: ZoneInfo) -> datetime:
    found = moment(text, zone=zone, option="as known on", end_of_day=True)
    assert found is not None  # noqa: S101  None is the answer to None alone
    return found


def _palette(out: Output) -> "Palette":
    """The terminal's own sixteen colours where it has no more, or where none are wanted."""
    from dataclasses import replace

    from rich.console import Console

    from monitor.viewer.screen.palette import ASCII_MARKS, ASCII_SIGNS, INK, SIXTEEN

    colorless = not out.color or bool(os.environ.get("NO_COLOR"))
    if not colorless and Console().color_system in {"truecolor", "256"}:
        return INK
    if os.environ.get("TERM") == "linux":  # the console's own font has few signs
        return replace(SIXTEEN, signs=ASCII_SIGNS, marks=ASCII_MARKS)
    return SIXTEEN
