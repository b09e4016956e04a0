"""The picture of the exported page in the README: the demo's archive, exported, seen by a browser.

python -m tests.pictures [FOLDER]        writes timeline-page.png, by default into docs/
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1180, 820
LARGEST = 200_000  # bytes


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs"
    with tempfile.TemporaryDirectory() as made:
        salname("demo", "--speed", "max", "--keep", f"{made}/demo")
        page = Path(made) / "timeline.html"
        salname("--config", f"{made}/demo/config.toml", "export", "--format", "html", "--output", str(page))
        picture = photograph(page)
    assert len(picture) < LARGEST, f"{len(picture)} bytes"
    (folder / "timeline-page.png").write_bytes(picture)


def salname(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "monitor", *arguments], check=True, stdout=subprocess.DEVNULL)


def photograph(page: Path, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        opened = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
        opened.goto(page.as_uri())
        picture = opened.screenshot()
        browser.close()
    return picture


if __name__ == "__main__":
    main()
