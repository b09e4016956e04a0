"""The demo: the invented archive is served on loopback and polled, round by round, at its own invented time.

Everything but the clock and the publisher is real: the same fetches, the same database, the same line.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from monitor.app import Monitor
from monitor.config import parse_config
from monitor.demo.site import Archive, DemoSite
from monitor.pipeline.storylines import place_events

PAUSE_S = 1.0  # between two rounds at speed 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of polls brought."""

    number: int
    day: str
    polled_count: int
    failed_count: int
    new_count: int
    revised_count: int


def play(folder: Path, *, speed: float | None, on_round: Callable[[Round], None]) -> Path:
    """Poll every round of the archive into `folder`/salname.db; the configuration is left beside it.

    `speed` None does not pause between the rounds.
    """
    archive = Archive.load()
    with DemoSite(archive) as site:
        config, database = folder / "config.toml", f"sqlite:///{folder / 'salname.db'}"
        config.write_text(_configuration(archive, site, database), encoding="utf-8")
        with Monitor.open(parse_config(config.read_text(encoding="utf-8")), database) as monitor, monitor.sole():
            monitor.clock = lambda: site.now
            for place, one in enumerate(archive.rounds):
                if place and speed is not None:
                    time.sleep(PAUSE_S / speed)
                site.set_round(one.number)
                on_round(_poll(monitor, one.number, f"{one.at:%-d %b %Y}"))
            place_events(monitor.store)
    return config


def _poll(monitor: Monitor, number: int, day: str) -> Round:
    polled = monitor.poll(everything=True)
    return Round(
        number=number,
        day=day,
        polled_count=len(polled),
        failed_count=sum(one.fetch.outcome == "failed" for one in polled),
        new_count=sum(one.fetch.new_count for one in polled),
        revised_count=sum(one.fetch.revised_count for one in polled),
    )


def _configuration(archive: Archive, site: DemoSite, database: str) -> str:
    text = resources.files("monitor.demo").joinpath("demo.toml").read_text(encoding="utf-8")
    text = text.replace("[http]\n", f'[http]\nallow_private = ["{site.netloc}"]\n')
    feeds = [
        "\n".join(
            [
                "[[feeds]]",
                f'name = "{feed.name}"',
                f'url = "{site.url(feed.id)}"',
                f'lang = "{feed.lang}"',
                f'timezone = "{feed.timezone}"',
                f"official = {str(feed.official).lower()}",
            ]
        )
        for feed in archive.feeds
    ]
    storage = f"[storage]\nurl = {json.dumps(database)}"
    return "\n\n".join([text, storage, *feeds]) + "\n"
