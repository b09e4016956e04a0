"""What a command loads, seen in a fresh interpreter: looking at the timeline must not pay for polling feeds."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from storage.store import Store

ROOT = Path(__file__).parents[2]
HEAVY = {"sqlalchemy", "sqlmodel", "requests", "feedparser", "apscheduler", "pydantic", "alembic", "rich"}
CHILD = """
import json, sys
from monitor.cli import main
code = main(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps([int(code), sorted(sys.modules)]))
"""
LOOKS = {
    "timeline": 0, "search itu": 0, "export --format csv": 0,
    "events": 0, "items": 0, "item 1 --why": 0, "feeds": 0, "alerts": 0,
    "topics": 0, "status": 1,
}  # fmt: skip


@pytest.mark.parametrize("command", LOOKS)
def test_looking_in_a_pipe_loads_nothing_heavy(chronicle: Path, command: str) -> None:
    loaded = run(chronicle, command.split(), code=LOOKS[command])
    assert "sqlite3" in loaded
    assert loaded & HEAVY == set()


def test_reading_dates_loads_nothing_heavy(chronicle: Path) -> None:
    loaded = run(chronicle, ["dates", "by next summer", "--ref", "2025-11-18"])
    assert "monitor" in loaded
    assert loaded & (HEAVY | {"sqlite3", "snowballstemmer", "salname_snowball"}) == set()


def test_looking_in_a_terminal_loads_rich_and_nothing_else_that_is_heavy(chronicle: Path) -> None:
    terminal, end = pty.openpty()
    try:
        assert run(chronicle, ["topics"], stdout=end) & HEAVY == {"rich"}
    finally:
        os.close(terminal)
        os.close(end)


def test_the_timeline_in_a_terminal_loads_what_it_shows_and_no_more(chronicle: Path) -> None:
    terminal, end = pty.openpty()
    try:
        loaded = modules(chronicle, ["timeline"], stdout=end)
    finally:
        os.close(terminal)
        os.close(end)
    assert {"argparse", "sqlite3", "rich.console", "monitor.viewer.render"} <= loaded
    others = {"storage.model", "storage.reading.alerts", "rich.table", "decimal", "difflib", "shutil", "jinja2"}
    assert loaded & others == set()


def test_the_viewer_opens_without_what_writes_or_folds_claims() -> None:
    needed = "import monitor.cli.deeds, monitor.viewer.screen.app, monitor.viewer.screen.sight, sys"
    said = subprocess.check_output([sys.executable, "-c", f"{needed}; print(*sys.modules)"], cwd=ROOT, text=True)
    loaded = set(said.split())
    assert "textual.app" in loaded
    assert loaded & {"storage.model", "alerts.message", "monitor.viewer.ledger", "jinja2", *(HEAVY - {"rich"})} == set()


def test_checking_loads_neither_the_database_nor_the_network_where_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[storage]\nurl = "salname.db"\n', encoding="utf-8")
    Store.open(f"sqlite:///{tmp_path / 'salname.db'}").close()
    assert run(tmp_path, ["check"]) & HEAVY == {"pydantic"}


def run(folder: Path, command: list[str], *, code: int = 0, stdout: int = subprocess.DEVNULL) -> set[str]:
    """The packages that are loaded when the command is done."""
    return {name.partition(".")[0] for name in modules(folder, command, code=code, stdout=stdout)}


def modules(folder: Path, command: list[str], *, code: int = 0, stdout: int = subprocess.DEVNULL) -> set[str]:
    told = folder / "loaded.json"
    arguments = [sys.executable, "-c", CHILD, str(told), "--config", str(folder / "config.toml"), *command]
    subprocess.run(arguments, stdout=stdout, check=True, timeout=60, cwd=ROOT)
    ended, loaded = json.loads(told.read_text(encoding="utf-8"))
    assert ended == code
    return set(loaded)
