"""The viewer's first paint, beside that of an app of Textual that shows nothing: CPU of a process of its own for each.

        python -m tests.bench.viewing

An archive of a hundred thousand events and an empty one are opened; each process ends when its screen has been drawn.
The wanted ratio is 1.6 for either. Then keys are pressed in the middle of the large one.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from textual import events

from storage.reading.paging import Place
from tests.bench.measuring import spent
from tests.builders_view import FIRST, a_large_archive, looking, settled

EVENTS = 100_000
ROUNDS = 7

_EMPTY = """
from textual.app import App
class Empty(App):
    def on_mount(self):
        self.call_after_refresh(self.exit)
Empty().run(headless=True, size=(120, 40))
"""
_VIEWER = """
import sys
from datetime import UTC, datetime
from monitor.cli.deeds import StoredDeeds
from monitor.cli.place import Place
from monitor.viewer.screen.app import ViewApp
from monitor.viewer.screen.looks import Looks
from monitor.viewer.screen.palette import INK
from monitor.viewer.screen.sight import Sight
from storage.reading import opened

class Painted(ViewApp):
    def on_mount(self):
        super().on_mount()
        self.call_after_refresh(self.call_after_refresh, self.exit)

place = Place.of(sys.argv[1])
with opened(place.database_path) as reader, StoredDeeds(place) as deeds:
    looks = Looks(palette=INK, zone=place.zone, day=lambda _: datetime.now(UTC))
    app = Painted(Sight(place.database_path, reader, place.topics), deeds, looks)
    app.run(headless=True, size=(120, 40))
    assert len(app.timeline.window.rows) == int(sys.argv[2])
"""


async def keys(folder: Path) -> dict[str, float]:
    """Milliseconds of CPU that each key costs, drawing included, far from either end."""
    costs = {}
    async with looking(folder, size=(160, 48)) as (app, pilot):
        app.timeline.window.go(Place(int(FIRST.timestamp()) * 1_000_000 + EVENTS // 2 * 60_000_000, 0))
        app.timeline.moved()
        await settled(pilot)
        for name, key, times in (
            ("a row", "j", 300),
            ("a screen", "space", 60),
            ("the last row, the first", "G g", 20),
        ):
            begun = time.process_time()
            for _ in range(times):
                for one in key.split():
                    app.post_message(events.Key(one, one))
                await pilot.pause()
            costs[name] = (time.process_time() - begun) / times / len(key.split()) * 1e3
    return costs


def cost(script: str, *arguments: str) -> float:
    """Seconds of CPU of a process that runs the script."""
    command = [sys.executable, "-c", script, *arguments]
    return spent(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)).cpu_s


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        for one, count in ((large, EVENTS), (small, 0)):
            one.mkdir()
            a_large_archive(one, count)
        rounds = [
            (
                cost(_EMPTY),
                cost(_VIEWER, str(large / "config.toml"), "100"),
                cost(_VIEWER, str(small / "config.toml"), "0"),
            )
            for _ in range(ROUNDS)
        ]
        scrolled = asyncio.run(keys(large))
    empty, many, none = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"an empty app of Textual          {empty:.2f} s of CPU")
    print(f"the viewer, no event             {none:.2f} s, {none / empty:.2f} of it")
    print(f"the viewer, {EVENTS:,} events      {many:.2f} s, {many / empty:.2f} of it    (wanted: 1.6)")
    for name, spent_ms in scrolled.items():
        print(f"a key that moves by {name:24} {spent_ms:5.1f} ms of CPU    (a screen is drawn every 16)")


if __name__ == "__main__":
    main()
