"""Draws the README's picture of the viewer: the demo's archive, looked at.

python -m tests.picture_view docs/view.svg
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from monitor.demo.run import play
from tests.builders_view import looking, presses

SIZE = (132, 38)
TELLING = ("date.slipped", "fact.changed", "status.changed", "item.revised")  # the first that there is


async def _drawn(folder: Path) -> str:
    async with looking(folder, size=SIZE) as (app, pilot):
        kinds = [row["kind"] for row in app.timeline.window.rows]
        shown = next(kinds.index(kind) for kind in TELLING if kind in kinds)
        await presses(pilot, *"n" * min(shown, 5), *"j" * max(shown - 5, 0))
        svg = app.export_screenshot(title="salname view")
    # The number that Textual draws is of no use here, and makes each picture another one.
    return re.sub(r"terminal-\d+", "terminal", svg)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), speed=None, on_round=lambda _: None)
        picture = asyncio.run(_drawn(Path(folder)))
    Path(sys.argv[1]).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
